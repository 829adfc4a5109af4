"""Scripts that make the starter models. Each runs as `python -m scoring.training.starters.<kind>`."""
