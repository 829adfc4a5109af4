"""Text: normalising, masking, language, encoding."""
