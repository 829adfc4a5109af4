"""Effects: enforcement actions, webhooks and their deliveries."""
