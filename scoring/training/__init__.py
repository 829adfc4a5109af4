"""Datasets, fitting, evaluation, comparison, replay."""
