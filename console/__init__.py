"""The console: Django apps in a total order; see flow.py for the pipeline."""
