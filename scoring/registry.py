"""The kinds there are: one line for each."""

from __future__ import annotations

from scoring.kind import Kind
from scoring.kinds.chat import CHAT
from scoring.kinds.contact import CONTACT
from scoring.kinds.order import ORDER
from scoring.kinds.review import REVIEW
from scoring.kinds.video import VIDEO

KINDS: dict[str, Kind] = {kind.name: kind for kind in (REVIEW, VIDEO, CHAT, ORDER, CONTACT)}


def get_kind(name: str) -> Kind:
    """Raises KeyError that names the kinds there are."""
    if name not in KINDS:
        raise KeyError(f"there is no kind {name!r}; there are {', '.join(KINDS)}")
    return KINDS[name]
