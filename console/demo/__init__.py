"""Demo items of all five kinds, in our own words: what `make run` shows on an empty database."""
