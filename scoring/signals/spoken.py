"""The language of a text, where it is long and clear enough to say so."""

from __future__ import annotations


def sure_language(text: str) -> str:
    """ISO 639-1, or "": too short, mixed, or without letters. The model is loaded at the first call, in workers."""
    from scoring.text.language import identify

    found = identify(text)
    return found.code if found is not None and found.sure else ""
