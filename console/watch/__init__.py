"""Has the world moved since the model began to serve, and does it treat all alike? Readings with history; alerts that last."""
