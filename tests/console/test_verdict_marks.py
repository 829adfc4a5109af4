"""What comes with a verdict: marked words, a marked part of a film, and how long an action lasts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from console.accounts.models import Source, User
from console.audit.models import AuditRow
from console.cases.models import Case, Claim
from console.common.errors import Invalid
from console.common.models import OutboxEvent
from console.enforcement.models import EnforcementAction
from console.flow import actions_end, decisions_release, verdict_give, verdict_undo
from console.intake.models import Media
from console.training.snapshot import _pairs
from console.verdicts.models import Label, Verdict
from console.verdicts.services import VerdictForm
from tests.console.ui_forms import HTMX, verdict_data

Claimed = Callable[..., Claim]
TEXT = "The waiter 🤦‍♀️ laughed. What a complete mu\u0301ppet."
MARK = {"field": "text", "start": TEXT.index("What"), "end": len(TEXT), "label": ""}


def give(claim: Claim, **more: Any) -> Verdict:
    form = VerdictForm(outcome="enforce", **{"clauses": ("4.4",), **more})
    return verdict_give(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token, form=form)


def held(waiting: Callable[..., Case], rita: User, client: Client, kind: str, payload: dict[str, Any]) -> Claim:
    case = waiting(kind=kind, payload=payload)
    client.force_login(rita)
    client.post(f"/cases/{case.pk}/take")
    return Claim.objects.select_related("reviewer").get(case=case)


def test_it_keeps_the_marked_words_with_verdict_and_labels(claimed: Claimed) -> None:
    verdict = give(claimed(TEXT), clauses=("4.4", "4.8"), spans=[MARK, MARK, {**MARK, "end": MARK["start"] + 4, "label": "harassment"}])
    own = {**MARK, "end": MARK["start"] + 4, "label": "harassment"}
    assert verdict.spans == [MARK, own]  # the same mark twice is one
    spans = {label.name: label.spans for label in Label.objects.filter(value=1)}
    assert len(spans) == 2
    assert spans.pop("harassment") == [MARK, own]
    assert list(spans.values()) == [[MARK]]
    assert all(label.spans == [] for label in Label.objects.filter(value=0))


@pytest.mark.parametrize(
    "span",
    [
        {"field": "text", "start": 0, "end": 10_000},
        {"field": "text", "start": 5, "end": 5},
        {"field": "text", "start": -1, "end": 5},
        {"field": "text", "start": True, "end": 5},
        {"field": "text", "start": "0", "end": 5},
        {"field": "nowhere", "start": 0, "end": 1},
        {"field": "rating", "start": 0, "end": 1},
        {"field": 7, "start": 0, "end": 1},
        {"field": "text", "start": 0, "end": 1, "label": "no such label"},
        {"field": "media", "t0": 0, "t1": 1},
    ],
)
def test_it_rejects_a_mark_outside_of_the_text(claimed: Claimed, span: dict[str, Any]) -> None:
    claim = claimed(TEXT)
    with pytest.raises(Invalid) as refused:
        give(claim, spans=[span])
    assert "Mark 1" in refused.value.fields["spans"][0]
    assert not Verdict.objects.exists()


def test_it_rejects_too_many_marks(claimed: Claimed) -> None:
    with pytest.raises(Invalid):
        give(claimed(TEXT), spans=[{"start": 0, "end": 1}] * 201)


def test_it_marks_a_message_of_a_conversation(waiting: Callable[..., Case], rita: User, client: Client) -> None:
    messages = [{"sender": "a", "text": "Hello"}, {"sender": "b", "text": "Pay me outside"}]
    claim = held(waiting, rita, client, "chat", {"messages": messages})
    span = {"field": "messages.1.text", "start": 0, "end": 14, "label": "off_platform"}
    assert give(claim, clauses=("3.2",), spans=[span]).spans == [span]


def test_it_learns_from_marks_in_the_main_text_alone() -> None:
    spans = [{"start": 1, "end": 3}, {"field": "text", "start": 4, "end": 6}, {"field": "title", "start": 0, "end": 9}]
    assert list(_pairs([*spans, {"field": "media", "t0": 1.0, "t1": 2.0}])) == [(1, 3), (4, 6)]


def test_it_takes_marks_and_duration_from_the_page(client: Client, claimed: Claimed, rita: User) -> None:
    client.force_login(rita)
    claim = claimed(TEXT)
    data = verdict_data(claim, action="restrict", duration="24", spans=json.dumps([MARK]))
    assert client.post(f"/cases/{claim.case_id}/verdict", data, headers=HTMX).status_code == 200
    verdict = Verdict.objects.get()
    assert (verdict.duration_hours, verdict.spans) == (24, [MARK])


@pytest.mark.parametrize("wrong", [{"spans": "not json"}, {"spans": "{}"}, {"spans": "[1]"}, {"spans": "[" * 4000}, {"duration": "soon"}])
def test_it_says_what_it_could_not_read(client: Client, claimed: Claimed, rita: User, wrong: dict[str, str]) -> None:
    client.force_login(rita)
    claim = claimed(TEXT)
    answer = client.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim, action="restrict", **wrong), headers=HTMX)
    assert answer.status_code == 422
    assert not Verdict.objects.exists()


def test_it_ends_an_action_by_itself_and_tells_so(claimed: Claimed) -> None:
    verdict = give(claimed(TEXT, actor={"id": "u-1"}), action="suspend", duration_hours=24)
    assert verdict.decision.sentence == "Suspended for 1 day: personal attack."
    Verdict.objects.update(undo_until=Now())
    assert decisions_release() == 1
    action = EnforcementAction.objects.get()
    assert action.ends_at is not None
    assert abs((action.ends_at - action.created_at).total_seconds() - 24 * 3600) < 60
    assert actions_end() == 0  # its time is not over
    EnforcementAction.objects.update(ends_at=Now())
    assert actions_end() == 1
    assert actions_end() == 0
    action.refresh_from_db()
    assert action.state == EnforcementAction.State.ENDED
    assert AuditRow.objects.filter(verb="action.ended", item_id=verdict.item_id).count() == 1
    event = OutboxEvent.objects.get(dedupe_key=f"action:{action.pk}:ended")
    assert (event.topic, event.data["ended"], event.data["duration_hours"]) == ("item.restored", True, 24)


def test_an_action_without_a_duration_has_no_end(claimed: Claimed) -> None:
    give(claimed(TEXT), action="restrict")
    Verdict.objects.update(undo_until=Now())
    decisions_release()
    assert EnforcementAction.objects.get().ends_at is None


@pytest.mark.parametrize(("action", "hours"), [("remove", 24), ("restrict", 0), ("restrict", -1), ("restrict", 9000)])
def test_it_rejects_a_duration_that_cannot_be(claimed: Claimed, action: str, hours: int) -> None:
    claim = claimed(TEXT)
    with pytest.raises(Invalid) as refused:
        give(claim, action=action, duration_hours=hours)
    assert "duration_hours" in refused.value.fields
    assert not Verdict.objects.exists()


def test_it_trims_the_marked_part_and_nothing_without_one(
    waiting: Callable[..., Case], rita: User, client: Client, shop: Source
) -> None:
    media = Media.objects.create(source=shop, sha256="0" * 64, mime="video/mp4", size=1, duration_s=8.0)
    claim = held(waiting, rita, client, "video", {"media": str(media.pk), "title": "Harbour"})
    with pytest.raises(Invalid) as refused:
        give(claim, clauses=("2.3",), action="trim")
    assert "Mark the part to trim first" in refused.value.fields["action"][0]
    with pytest.raises(Invalid):
        give(claim, clauses=("2.3",), action="trim", spans=[{"field": "media", "t0": 2, "t1": 9}])
    verdict = give(claim, clauses=("2.3",), action="trim", spans=[{"field": "media", "t0": 2, "t1": 4.5, "label": "violence"}])
    assert verdict.spans == [{"field": "media", "t0": 2.0, "t1": 4.5, "label": "violence"}]
    assert verdict.decision.sentence == "Trimmed: real violence."
    event = OutboxEvent.objects.get(topic="item.enforced")
    assert event.data["ranges"] == [{"t0": 2.0, "t1": 4.5}]


def test_undo_leaves_no_end_and_no_mark_behind(claimed: Claimed) -> None:
    verdict = give(claimed(TEXT), action="restrict", duration_hours=1, spans=[MARK])
    verdict_undo(verdict_id=verdict.pk, reviewer=verdict.reviewer)
    assert not Label.objects.filter(withdrawn=False).exists()
    assert decisions_release() == 0
    assert not EnforcementAction.objects.exists()
