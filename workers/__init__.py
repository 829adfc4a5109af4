"""Celery: one file per lane of work. A task gets ids, makes one call and knows how to try again."""
