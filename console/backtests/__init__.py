"""What a draft, a policy, a set of thresholds or a model would have done with what has already passed."""
