"""What somebody should know before it is a harm: raised once, told once, cleared by itself."""
