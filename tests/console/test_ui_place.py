"""Why a case stands where it stands, told in words; and what does not work, told before anybody asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from console.accounts.models import User
from console.cases.models import Case, Claim
from console.common.heartbeats import heartbeat_write
from console.common.models import Heartbeat
from console.flow import item_report
from console.scores.models import Score
from console.ui.degraded import troubles
from console.ui.place import place_sentence

Waiting = Callable[..., Case]


def test_it_says_place_reasons_and_waiting(waiting: Waiting, rita: User) -> None:
    _first, _second, third = (waiting(f"Soup {s}.", severity_hint=s) for s in (3, 3, 2))
    for reporter in ("a", "b", "c"):
        item_report(item=third.item, reporter=reporter, reason="", text="", actor="source:shop")
    Case.objects.filter(pk=third.pk).update(created_at=Now() - timedelta(minutes=18), priority=-1e9)
    third.refresh_from_db()
    third.queue.sla_serious = 60
    assert place_sentence(third, user=rita, revealed=False) == "Third of 3: may be serious, reported by 3 people, waits 18 of 60 min."


def test_it_tells_the_machine_s_part_only_with_the_evidence_and_nothing_of_a_blind_case(waiting: Waiting, rita: User) -> None:
    case = waiting()
    hidden, shown = (place_sentence(case, user=rita, revealed=revealed) for revealed in (False, True))
    assert "in 10" not in hidden
    assert "5 in 10 like it break a rule" in shown
    case.blind = True
    assert place_sentence(case, user=rita, revealed=True) == ""


def test_the_case_page_says_it(client: Client, claimed: Callable[..., Claim], rita: User) -> None:
    claim = claimed(severity_hint=3)
    client.force_login(rita)
    html = client.get(f"/cases/{claim.case_id}/").content.decode()
    assert re.search(r"First of 1: may be severe, waits \d+ s of 4 h\.", html)


@pytest.mark.django_db
def test_all_is_well_when_nothing_is_silent() -> None:
    heartbeat_write("lane:light")
    assert troubles() == []


def test_a_silent_worker_is_said_on_the_overview(client: Client, rita: User, ready: None) -> None:
    heartbeat_write("lane:light")
    Heartbeat.objects.update(at=Now() - timedelta(minutes=9))
    client.force_login(rita)
    html = client.get("/").content.decode()
    assert "Scoring stands still." in html
    assert "since 9 min" in html


def test_a_model_that_fails_for_most_is_said(waiting: Waiting) -> None:
    for number in range(4):
        waiting(f"Soup {number}.")
    assert troubles() == []
    waiting("The fifth.")
    assert [trouble.lead for trouble in troubles()] == ["Reviews are hardly scored."]


def test_an_analyser_that_does_not_answer_is_said(waiting: Waiting) -> None:
    case = waiting()
    Score.objects.bulk_create(Score(item=case.item, model="chat@1", checksum="", errors={"analyser": "no answer"}) for _ in range(5))
    assert [trouble.lead for trouble in troubles()] == ["The analyser does not answer."]
