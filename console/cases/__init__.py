"""Queues, cases and claims: what waits for a person, and who holds it."""
