"""Second Look's scoring library: pure Python, usable from a notebook and `python -m scoring`."""
