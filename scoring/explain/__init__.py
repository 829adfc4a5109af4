"""From a score to the part of the item that moved it."""
