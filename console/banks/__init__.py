"""Banks of known content: exact and perceptual hashes."""
