"""Try a rule, a policy, thresholds or a model on what has been decided already. Pure: rows in, a tally and its summary out."""
