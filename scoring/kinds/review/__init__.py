"""The review kind: what people write about a product or a place, with stars, a title and perhaps pictures."""

from __future__ import annotations

from pathlib import Path

from scoring.kind import Kind, Words
from scoring.kinds.review.card import author_keys, draw_card, review_facts
from scoring.kinds.review.payload import ReviewPayload, headline, media_names, searchable_text

REVIEW = Kind(
    name="review",
    words=Words(one="review", many="reviews", allow="Allow", allowed="Kept", enforce="Remove", enforced="Removed"),
    lane="light",
    payload=ReviewPayload,
    scorer="scoring.kinds.review.scorer:ReviewScorer",
    trainers={
        "quick": "scoring.kinds.review.training:train_quick",
        "fine-tune": "scoring.kinds.review.finetune:train_fine_tune",
    },
    spaces={
        "quick": {"strength": (0.5, 1.0, 2.0, 4.0), "head_strength": (0.0005, 0.005, 0.05), "min_df": (1, 2, 3)},
        "fine-tune": {"epochs": (2, 5), "rate": (4e-5, 1.6e-4)},  # about its own 3 and 8e-5: a trial takes minutes, so few of them
    },
    light={"encoder": False, "folds": 2, "max_features": 50_000},
    card=draw_card,
    headline=headline,
    text=searchable_text,
    media=media_names,
    prose=True,
    policy=Path(__file__).with_name("policy.json"),
    keys=author_keys,
    facts=review_facts,
    exam="scoring.kinds.review.exam:EXAM",
    icon="M3 4h14v10H9l-4 3v-3H3zM6.5 7.5h7M6.5 10.5h4",
)
