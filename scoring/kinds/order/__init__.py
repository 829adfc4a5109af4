"""The order kind: card payments, judged by what they share with earlier ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from scoring.kind import Kind, Words
from scoring.kinds.order.card import draw_card, headline, searchable_text
from scoring.kinds.order.keys import kept_facts, placed_at, shared_keys
from scoring.kinds.order.linked import LINKED_BY
from scoring.kinds.order.payload import OrderPayload
from scoring.kinds.order.stakes import FIGURES, stakes

ORDER = Kind(
    name="order",
    words=Words(one="order", many="orders", allow="Release", allowed="Released", enforce="Cancel", enforced="Cancelled"),
    lane="light",
    payload=OrderPayload,
    scorer="scoring.kinds.order.scorer:OrderScorer",
    trainers={"quick": "scoring.kinds.order.training:train_trees", "linear": "scoring.kinds.order.training:train_linear"},
    spaces={
        "quick": {"rounds": (80, 150, 300), "learning_rate": (0.03, 0.05, 0.1), "num_leaves": (4, 7, 15), "lambda_l2": (1.0, 5.0, 20.0)},
        "linear": {"C": (0.005, 0.02, 0.05, 0.2, 1.0)},
    },
    card=draw_card,
    headline=headline,
    text=searchable_text,
    text_is_content=False,
    policy=Path(__file__).parent / "policy.json",
    keys=shared_keys,
    facts=kept_facts,
    at=placed_at,
    history=timedelta(days=30),
    alike="",
    linked_by=LINKED_BY,
    link_steps=2,
    stakes=stakes,
    verdict_first_above=500.0,
    figures=FIGURES,
    layout="order",
    weighs=False,
    exam="scoring.kinds.order.exam:EXAM",
    icon="M2 5h16v10H2zM2 8h16M5 12h4",
)
