"""Celery: one file per lane of work. A task gets ids, makes one call and knows how to try again."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")  # Celery's Django part looks for it
django.setup()
