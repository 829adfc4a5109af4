"""The contact kind: records about people at companies, verified field by field."""

from __future__ import annotations

from pathlib import Path

from scoring.kind import Kind, Words
from scoring.kinds.contact.card import draw_card
from scoring.kinds.contact.fields import RECORD_FIELDS
from scoring.kinds.contact.merge import LINKED_BY
from scoring.kinds.contact.payload import ContactPayload, headline, record_keys, searchable_text

CONTACT = Kind(
    name="contact",
    words=Words(one="contact", many="contacts", allow="Right", allowed="Confirmed", enforce="Wrong", enforced="Corrected"),
    lane="light",
    payload=ContactPayload,
    scorer="scoring.kinds.contact.scorer:ContactScorer",
    trainers={
        "quick": "scoring.kinds.contact.training:train_quick",
        "boosted": "scoring.kinds.contact.training:train_boosted",
    },
    spaces={
        "quick": {"strength": (0.03, 0.1, 0.3, 1.0, 3.0)},
        "boosted": {"num_leaves": (5, 15, 31), "learning_rate": (0.03, 0.05, 0.1), "min_data_in_leaf": (10, 20, 40)},
    },
    card=draw_card,
    headline=headline,
    text=searchable_text,
    policy=Path(__file__).with_name("policy.json"),
    keys=record_keys,
    linked_by=LINKED_BY,
    alike="",
    layout="wide",
    beside_risk=frozenset({"phone", "name", "title"}),  # a record is good when company and e-mail are right
    record_fields=RECORD_FIELDS,
    weighs=False,
    exam="scoring.kinds.contact.exam:EXAM",
    icon="M4 4h12v12H4zM8 8h4M7 13c1-2 5-2 6 0",
)
