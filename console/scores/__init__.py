"""What the machine said of an item, and what was decided."""
