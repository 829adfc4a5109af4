"""What changes under a model while it serves: inputs, scores, labels, and whom it treats differently."""
