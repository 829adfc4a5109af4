"""The pipeline, top to bottom: receive -> score -> decide -> (claim -> verdict) -> effect. The only package that knows every app.

Each verb is one transaction and leaves an audit row. Only scoring itself runs outside transactions. Read the modules in this
order: receive, score (choose says which version), review, effect; draw and checks are what is checked of people, shadow is what
a new model would say, beside it.
"""

from __future__ import annotations

from console.flow.batch import batch_decide, batch_hold, batch_keep, batch_of, batch_open, batch_release, batch_undo
from console.flow.checks import adjudication_close, checks_settle, qa_contest
from console.flow.effect import actions_end, decision_apply, decisions_release, events_of
from console.flow.keeping import models_tidy
from console.flow.receive import FEEDBACK_LABELS, item_feedback, item_report, item_viewed, items_receive
from console.flow.review import case_claim, cases_fetch_ahead, verdict_correct, verdict_give, verdict_undo
from console.flow.score import items_score, scoring_gave_up
from console.flow.shadow import shadow_turn

__all__ = [
    "FEEDBACK_LABELS", "actions_end", "adjudication_close", "batch_decide", "batch_hold", "batch_keep", "batch_of", "batch_open",
    "batch_release", "batch_undo", "case_claim", "cases_fetch_ahead", "checks_settle", "decision_apply", "decisions_release", "events_of",
    "item_feedback", "item_report", "item_viewed", "items_receive", "items_score", "models_tidy", "qa_contest", "scoring_gave_up",
    "shadow_turn", "verdict_correct", "verdict_give", "verdict_undo",
]  # fmt: skip
