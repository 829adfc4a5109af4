"""Media: safe probing, decoding, sampling, hashing."""
