"""The one error that reading media raises."""

from __future__ import annotations


class MediaError(Exception):
    """The file cannot be used; the message is one sentence that may be shown to the person who sent it."""
