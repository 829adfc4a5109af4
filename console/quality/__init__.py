"""Checks of what people decide: second looks, known answers, reviews by a lead, and what they add up to."""
