"""Snapshots, runs, model versions and schedules."""
