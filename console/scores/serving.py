"""Scorers that are loaded in this process. One per bundle; a promoted version is picked up at the next batch."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock

from django.conf import settings

from scoring.artifacts import Bundle
from scoring.kind import Scorer
from scoring.registry import get_kind
from scoring.types import HashMatcher, RunContext

_KEEP = 8  # champion and challenger of a lane's kinds
_loaded: OrderedDict[tuple[str, str], Scorer] = OrderedDict()
_lock = Lock()


def scorer_for(bundle: Bundle) -> Scorer:
    """The scorer of a verified bundle, loaded once. Loading may take seconds; it never runs inside a transaction."""
    key = (bundle.model, bundle.checksum)
    with _lock:
        if key in _loaded:
            _loaded.move_to_end(key)
            return _loaded[key]
        scorer = get_kind(bundle.kind).load_scorer(bundle)
        _loaded[key] = scorer
        while len(_loaded) > _KEEP:
            _loaded.popitem(last=False)
        return scorer


def run_context(bank: HashMatcher | None) -> RunContext:
    options: dict[str, object] = {}
    if settings.FRAME_MODEL:
        options = {"frame_model": settings.FRAME_MODEL, "frame_model_revision": settings.FRAME_MODEL_REVISION}
    return RunContext(media_root=Path(settings.MEDIA_ROOT), bank=bank, options=options)
