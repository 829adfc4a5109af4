"""What is measured of a review beside its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scoring.kinds.review.features import fields_of
from scoring.signals.surface import KINDS
from scoring.text.hidden import hidden_spans, unmapped_scripts
from scoring.text.language import identify
from scoring.text.masking import count_entities
from scoring.text.normalise import normalise
from scoring.types import Json

NAMES = {"email": "emails", "url": "urls", "iban": "ibans", "card": "cards", "phone": "phones", "address": "addresses", "handle": "handles"}


def review_signals(payload: Mapping[str, Json], languages: Sequence[str]) -> dict[str, Json]:
    """Flat names to plain values. `out_of_scope` is true where the model cannot be trusted: unread scripts, unlearnt languages."""
    text = "\n".join(part for _, part in fields_of(payload))
    counts, language, scripts = count_entities(text), identify(text), unmapped_scripts(text)
    foreign = language is not None and language.sure and language.code not in languages
    signals: dict[str, Json] = {NAMES[kind]: counts.get(kind, 0) for kind in KINDS}
    signals |= {
        "language": language.code if language is not None else None, "language_sure": bool(language and language.sure),
        "unmapped_script": ", ".join(scripts) or None, "hidden_characters": sum(s.end - s.start for s in hidden_spans(text)),
        "normalised_differs": normalise(text).changed, "length": len(text),
        "has_private_data": any(counts.get(kind) for kind in ("phone", "card", "iban", "address")),
        "out_of_scope": bool(scripts) or foreign,
    }  # fmt: skip
    rating = payload.get("rating")
    if isinstance(rating, int | float) and not isinstance(rating, bool):
        signals["rating"] = rating
    return signals
