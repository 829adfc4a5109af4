"""One package per kind."""
