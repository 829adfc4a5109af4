"""An alert is told once while it lasts, and once more when it comes back."""

from __future__ import annotations

import pytest

from console.alerts.models import Alert
from console.alerts.selectors import alerts_history, alerts_open
from console.alerts.services import alert_clear, alert_raise
from console.audit.models import AuditRow
from console.common.models import OutboxEvent

pytestmark = pytest.mark.django_db


def _raise(sentence: str = "Scores of reviews have moved.") -> bool:
    return alert_raise(code="score_drift", kind="review", sentence=sentence, data={"psi": 0.3})


def test_it_tells_an_alert_once_while_it_is_open() -> None:
    assert _raise()
    assert not _raise("Scores of reviews have moved further.")
    assert alerts_open(kind="review").get().sentence == "Scores of reviews have moved further."
    assert OutboxEvent.objects.filter(topic="alert.raised").count() == 1
    assert AuditRow.objects.filter(verb="alert.raised").count() == 1


def test_it_tells_it_again_when_it_comes_back() -> None:
    _raise()
    assert alert_clear(code="score_drift", kind="review", why="Two quiet days.")
    assert not alert_clear(code="score_drift", kind="review")
    assert not alerts_open().exists()
    assert _raise()
    assert OutboxEvent.objects.filter(topic="alert.raised").count() == 2
    assert alerts_history(kind="review").count() == 2


def test_it_keeps_kinds_subjects_and_codes_apart() -> None:
    _raise()
    assert alert_raise(code="score_drift", kind="chat", sentence="Scores of chats have moved.")
    assert alert_raise(code="score_drift", kind="review", subject="language:de", sentence="German reviews have moved.")
    assert alerts_open(kind="review").count() == 2
    assert Alert.objects.count() == 3
