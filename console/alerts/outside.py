"""What of an alert may leave to one source: a token and a webhook belong to a source, an alert concerns the whole installation.

Its sentence may quote an account, an item, another source, a path or what a person wrote. Only of codes whose sentence is made of
names of kinds, labels, features and models is it told; a code that is new here is told without, until somebody has looked.
"""

from __future__ import annotations

from typing import Any

from console.alerts.models import Alert

WHOLE = frozenset({"score_drift", "feature_drift", "language_mix", "analyser_answers", "label_shift", "band_lost"})
PLAIN = frozenset({"run", "failure", "version", "share", "against", "instead"})  # of the data: ids, codes and numbers


def told_outside(alert: Alert) -> dict[str, Any]:
    """Its `subject`, `sentence`, `data` and `why_cleared`, as they may be told."""
    subject = alert.subject.partition(":source:")[0]
    if alert.code in WHOLE and subject == alert.subject:
        return {"subject": subject, "sentence": alert.sentence, "data": alert.data, "why_cleared": alert.why_cleared}
    sentence = f"{alert.code.replace('_', ' ').capitalize()}: the alerts page says what is behind it."
    data = {name: value for name, value in alert.data.items() if name in PLAIN}
    return {"subject": subject, "sentence": sentence, "data": data, "why_cleared": ""}
