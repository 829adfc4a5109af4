"""Near-duplicates and one account's items, decided together: each with its own verdict, undone as one."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.audit.models import AuditRow
from console.cases import alike
from console.cases.claiming import case_claim_one
from console.cases.limits import ServeLimits
from console.cases.models import Case, Claim, Skip
from console.common.errors import Conflict, Invalid, NotFound
from console.common.models import OutboxEvent
from console.flow import (
    batch_decide,
    batch_hold,
    batch_keep,
    batch_of,
    batch_open,
    batch_release,
    batch_undo,
    decisions_release,
    verdict_undo,
)
from console.intake.models import Item
from console.scores.models import Decision, Fingerprint
from console.verdicts.models import Batch, Label, Verdict
from console.verdicts.services import VerdictForm

SPAM = "Half price tickets for everybody, visit cheap tix example and message me today, the offer ends on day {}."
ENFORCE = VerdictForm(outcome="enforce", clauses=("4.5",))
Waiting = Callable[..., Case]


@pytest.fixture
def campaign(waiting: Waiting) -> list[Case]:
    """Twelve nearly equal reviews of four accounts, and one of an honest guest."""
    cases = [waiting(SPAM.format(day), actor={"id": f"seller-{day % 4}"}) for day in range(12)]
    waiting("The broth alone is worth the trip. Small tables, kind people.", actor={"id": "nadia"})
    return cases


def opened(case: Case, rita: User, basis: str = "alike", **more: Any) -> Batch:
    return batch_open(case=Case.objects.select_related("item").get(pk=case.pk), reviewer=rita, basis=basis, **more)


def everything(batch: Batch) -> dict[str, Any]:
    """What an undo must bring back, case by case."""
    ids = list(batch.members.values_list("case_id", flat=True))
    return {
        "cases": list(Case.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "state", "closed_at", "priority")),
        "items": list(Item.objects.filter(cases__in=ids).order_by("pk").values_list("pk", "status")),
        "decisions": list(Decision.objects.filter(state__in=["held", "effective"]).order_by("pk").values_list("pk", "state")),
        "labels": list(Label.objects.filter(withdrawn=False).order_by("pk").values_list("pk", flat=True)),
        "events": list(OutboxEvent.objects.filter(state="pending").order_by("pk").values_list("topic", flat=True)),
    }


def test_it_finds_what_says_nearly_the_same_and_nothing_else(campaign: list[Case], rita: User) -> None:
    found = alike.together(campaign[0], rita)
    assert {partner.case_id for partner in found.near} == {case.pk for case in campaign[1:]}
    assert {partner.actor_id for partner in found.near} == {"seller-0", "seller-1", "seller-2", "seller-3"}
    assert {partner.case_id for partner in found.author} == {campaign[4].pk, campaign[8].pk}


def test_it_compares_signatures_before_it_calls_two_alike(campaign: list[Case], rita: User) -> None:
    """A shared band alone says nothing."""
    own = Fingerprint.objects.get(item=campaign[0].item)
    stranger = Fingerprint.objects.get(item__actor_id="nadia")
    Fingerprint.objects.filter(pk=stranger.pk).update(bands=own.bands)
    assert stranger.item.cases.get().pk not in {partner.case_id for partner in alike.together(campaign[0], rita).near}


def test_it_leaves_out_what_this_person_is_not_served(
    campaign: list[Case], rita: User, ravi: User, rival: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    Skip.objects.create(case=campaign[1], reviewer=rita, reason="other")
    Case.objects.filter(pk=campaign[2].pk).update(severity=3)
    Case.objects.filter(pk=campaign[3].pk).update(label="sexual")
    Case.objects.filter(pk=campaign[4].pk).update(assigned_to=ravi)
    Case.objects.filter(pk=campaign[5].pk).update(purpose="gold")
    Case.objects.filter(pk=campaign[6].pk).update(state="closed")
    Item.objects.filter(pk=campaign[7].item_id).update(source=rival)
    monkeypatch.setattr(alike, "serve_limits", lambda user, kind="": ServeLimits(max_severity=2, avoid=("sexual",)))
    near = {partner.case_id for partner in alike.together(campaign[0], rita, source_id=campaign[0].item.source_id).near}
    assert near == {case.pk for case in campaign[8:]}


def test_a_case_that_checks_people_belongs_to_no_group(campaign: list[Case], rita: User) -> None:
    campaign[0].purpose = "gold"
    assert alike.together(campaign[0], rita) == alike.Together()
    with pytest.raises(Conflict):
        batch_open(case=campaign[0], reviewer=rita, basis="alike")


def test_it_holds_each_case_with_its_own_claim_and_fence(campaign: list[Case], rita: User, ravi: User) -> None:
    held_before = case_claim_one(case_id=campaign[0].pk, reviewer=rita)
    others = case_claim_one(case_id=campaign[3].pk, reviewer=ravi)
    assert held_before
    assert others
    batch = opened(campaign[0], rita)
    members = {member.case_id: member for member in batch.members.all()}
    assert len(members) == 12
    assert members[campaign[0].pk].token == held_before.token  # not taken anew
    assert members[campaign[3].pk].token is None  # Ravi has it
    assert Claim.objects.filter(reviewer=rita, state="open").count() == 11
    assert AuditRow.objects.filter(verb="case.claimed", actor="user:rita").count() == 11
    assert members[campaign[0].pk].place == 0


def test_a_batch_of_twelve_with_two_left_out_one_held_and_one_lost(campaign: list[Case], rita: User, ravi: User) -> None:
    case_claim_one(case_id=campaign[3].pk, reviewer=ravi)
    batch = opened(campaign[0], rita)
    Claim.objects.filter(case=campaign[5], state="open").update(lease_until=Now())
    rows = batch_decide(batch=batch, form=ENFORCE, exclude=[campaign[1].pk, campaign[2].pk])
    given = [row.verdict for row in rows if row.verdict]
    refused = {row.case_id: row.error for row in rows if row.error}
    assert (len(rows), len(given)) == (9, 8)
    assert list(refused) == [campaign[5].pk]
    assert getattr(refused[campaign[5].pk], "code", "") == "lease_over"
    assert "ran out" in str(refused[campaign[5].pk])
    verdicts = Verdict.objects.filter(batch=batch)
    assert verdicts.count() == 8
    assert len({v.undo_until for v in verdicts}) == 1  # one window for all of them
    assert set(OutboxEvent.objects.filter(topic="item.enforced").values_list("not_before", flat=True)) == {verdicts[0].undo_until}
    assert AuditRow.objects.filter(verb="verdict.given", data__batch=str(batch.pk)).count() == 8
    assert {case.state for case in Case.objects.filter(pk__in=[campaign[1].pk, campaign[2].pk])} == {"waiting"}
    assert Case.objects.get(pk=campaign[3].pk).state == "claimed"


def test_undo_as_one_brings_everything_back(campaign: list[Case], rita: User) -> None:
    batch = opened(campaign[0], rita)
    batch_release(batch=batch)
    before = everything(batch)
    batch_hold(batch=batch)
    batch_decide(batch=batch, form=ENFORCE, exclude=[campaign[2].pk])
    assert everything(batch) != before
    assert len(batch_undo(batch_id=batch.pk, reviewer=rita)) == 11
    assert everything(batch) == before
    with pytest.raises(Conflict) as twice:
        batch_undo(batch_id=batch.pk, reviewer=rita)
    assert twice.value.code == "already_undone"
    batch_hold(batch=batch)  # and it opens again as it was, with what was left out
    assert Claim.objects.filter(reviewer=rita, state="open").count() == 12
    assert batch.members.get(excluded=True).case_id == campaign[2].pk


def test_undo_as_one_takes_back_all_or_none(campaign: list[Case], rita: User) -> None:
    batch = opened(campaign[0], rita)
    batch_decide(batch=batch, form=ENFORCE)
    Verdict.objects.filter(case=campaign[4]).update(undo_until=Now())
    assert decisions_release() == 1
    with pytest.raises(Conflict, match="Correct it"):
        batch_undo(batch_id=batch.pk, reviewer=rita)
    assert Verdict.objects.filter(batch=batch, state="given").count() == 12


def test_one_verdict_of_a_batch_can_be_undone_alone(campaign: list[Case], rita: User) -> None:
    batch = opened(campaign[0], rita)
    batch_decide(batch=batch, form=ENFORCE)
    verdict_undo(verdict_id=Verdict.objects.get(case=campaign[4]).pk, reviewer=rita)
    assert len(batch_undo(batch_id=batch.pk, reviewer=rita)) == 11


def test_an_incomplete_verdict_writes_nothing(campaign: list[Case], rita: User) -> None:
    batch = opened(campaign[0], rita)
    with pytest.raises(Invalid):
        batch_decide(batch=batch, form=VerdictForm(outcome="enforce"))
    with pytest.raises(Invalid, match="at least one"):
        batch_decide(batch=batch, form=ENFORCE, exclude=[case.pk for case in campaign])
    assert not Verdict.objects.exists()
    assert Claim.objects.filter(reviewer=rita, state="open").count() == 12


def test_it_groups_one_account_and_keeps_and_gives_back_its_holds(campaign: list[Case], rita: User) -> None:
    batch = opened(campaign[0], rita, "author")
    assert batch.members.count() == 3
    Claim.objects.update(lease_until="2099-01-01T00:00:00Z")
    until = batch_keep(batch=batch)
    assert until is not None
    assert until.year < 2099
    batch_release(batch=batch)
    assert not Claim.objects.filter(state="open").exists()
    assert batch_keep(batch=batch) is None
    batch_release(batch=batch)  # again: nothing is left to give back


def test_who_saw_the_evidence_before_has_seen_it_in_the_batch(campaign: list[Case], rita: User) -> None:
    claim = case_claim_one(case_id=campaign[0].pk, reviewer=rita)
    assert claim
    Claim.objects.filter(pk=claim.pk).update(evidence_seen=True)
    batch_decide(batch=opened(campaign[0], rita), form=ENFORCE)
    assert Verdict.objects.filter(evidence_seen=True).values_list("case_id", flat=True).get() == campaign[0].pk


def test_nobody_undoes_the_batch_of_another(campaign: list[Case], rita: User, ravi: User) -> None:
    batch = opened(campaign[0], rita)
    batch_decide(batch=batch, form=ENFORCE)
    with pytest.raises(NotFound):
        batch_undo(batch_id=batch.pk, reviewer=ravi)


def test_a_batch_larger_than_a_transaction_is_whole(waiting: Waiting, rita: User) -> None:
    cases = [waiting(SPAM.format(day)) for day in range(23)]
    rows = batch_decide(batch=opened(cases[0], rita), form=ENFORCE)
    assert len([row for row in rows if row.verdict]) == 23


def test_a_failure_in_a_later_chunk_keeps_the_verdicts_before_it(
    waiting: Waiting, rita: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [waiting(SPAM.format(day)) for day in range(3)]
    batch = opened(cases[0], rita)
    Claim.objects.filter(case=cases[1], state="open").update(state="expired")
    Case.objects.filter(pk=cases[1].pk).update(state="waiting")
    monkeypatch.setattr("console.flow.batch.CHUNK", 1)
    rows = batch_decide(batch=batch, form=ENFORCE)
    assert [bool(row.verdict) for row in rows].count(True) == 2
    assert Case.objects.get(pk=cases[1].pk).state == "waiting"  # nothing of it is lost


def test_cases_that_somebody_holds_already_can_be_decided_together(campaign: list[Case], rita: User) -> None:
    from console.cases.holding import Hold

    claims = [case_claim_one(case_id=case.pk, reviewer=rita) for case in campaign[:3]]
    holds = [Hold(case_id=claim.case_id, reviewer=rita, token=claim.token) for claim in claims if claim]
    batch = batch_of(holds=holds, queue_id=campaign[0].queue_id)
    assert len(batch_decide(batch=batch, form=VerdictForm(outcome="allow"))) == 3
    assert batch.basis == "chosen"


def test_the_back_fill_finds_partners_among_older_items(campaign: list[Case], rita: User) -> None:
    Fingerprint.objects.all().delete()
    assert alike.together(campaign[0], rita).near == []
    out = StringIO()
    call_command("fingerprint_items", batch=5, stdout=out)
    assert "13 fingerprints written; 0 items have nothing to compare" in out.getvalue()
    assert len(alike.together(campaign[0], rita).near) == 11
    call_command("fingerprint_items", stdout=out)
    assert "0 fingerprints written" in out.getvalue()


def test_the_worker_writes_the_fingerprint_with_the_first_decision(
    post: Callable[..., Item], score_all: Callable[[], None]
) -> None:
    item = post(SPAM.format(1))
    assert not Fingerprint.objects.exists()
    score_all()
    assert len(Fingerprint.objects.get(item=item).bands) == 16
