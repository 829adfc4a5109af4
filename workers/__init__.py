"""Celery: one file per lane of work. A task gets ids, makes one call and knows how to try again."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")  # Celery's Django part looks for it
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # they would load every page and form into every worker
django.setup()
