"""People, sources, tokens and roles."""
