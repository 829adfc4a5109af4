"""Items, media, reports and feedback as they were received; what was invalid, with the reason."""
