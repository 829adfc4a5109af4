"""The pipeline, verb by verb, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import Source, User
from console.audit.models import AuditRow
from console.cases.claiming import case_claim_one
from console.cases.holding import Hold, case_reveal
from console.cases.models import Case, Claim
from console.cases.services import queue_for
from console.common.errors import Conflict, Invalid, NotFound
from console.common.jobs import job_claim
from console.common.models import Job, OutboxEvent
from console.flow import case_claim, decisions_release, item_feedback, item_report, items_receive, items_score, verdict_give, verdict_undo
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.scores.models import Decision, Score
from console.scores.services import decision_take_effect
from console.verdicts.models import Label, Verdict
from console.verdicts.services import VerdictForm

ENFORCE = VerdictForm(outcome="enforce", clauses=("4.4",))
ALLOW = VerdictForm(outcome="allow")


def row(external_id: str = "r-1", text: str = "Fine soup.", **more: Any) -> Any:
    return parse_item({"kind": "review", "external_id": external_id, "payload": {"text": text}, **more})


def test_it_accepts_an_item_once_and_refuses_another_body_under_its_id(shop: Source, ready: None) -> None:
    first = items_receive(source=shop, rows=[row()], actor="source:shop")[0]
    again = items_receive(source=shop, rows=[row()], actor="source:shop")[0]
    other = items_receive(source=shop, rows=[row(text="Cold soup.")], actor="source:shop")[0]
    assert [first.result, again.result, other.result] == ["created", "same", "conflict"]
    assert first.id == again.id == other.id
    assert Item.objects.count() == Job.objects.filter(task="score_item").count() == 1
    assert AuditRow.objects.filter(verb="item.received").count() == 1


def test_it_keeps_order_and_doubles_inside_one_call(shop: Source, ready: None) -> None:
    answers = items_receive(source=shop, rows=[row("a"), row("b"), row("a"), row("a", "Other.")], actor="source:shop")
    assert [a.result for a in answers] == ["created", "created", "same", "conflict"]
    assert [a.external_id for a in answers] == ["a", "b", "a", "a"]


def test_two_sources_may_use_the_same_external_id(shop: Source, rival: Source, ready: None) -> None:
    one = items_receive(source=shop, rows=[row()], actor="source:shop")[0]
    two = items_receive(source=rival, rows=[row()], actor="source:rival")[0]
    assert one.result == two.result == "created"
    assert one.id != two.id


def test_it_scores_decides_and_records_versions(post: Callable[..., Item], score_all: Callable[[], None]) -> None:
    item = post("You are a stupid idiot and a liar, everybody in this shop is an idiot.")
    score_all()
    item.refresh_from_db()
    score, decision = Score.objects.get(item=item), Decision.objects.get(item=item)
    assert score.model.startswith("review@")
    assert score.risk is not None
    assert 0 < score.risk < 1
    assert len(score.checksum) == 64
    assert decision.policy_version.number == 1
    assert item.status == (Item.Status.IN_REVIEW if decision.outcome == "review" else Item.Status.DECIDED)
    assert Case.objects.filter(item=item).exists() == (decision.outcome == "review")


def test_a_job_that_lost_its_lease_writes_nothing(post: Callable[..., Item]) -> None:
    item = post()
    stale = job_claim(lane="light", task="score_item", owner="slow", lease_seconds=0)
    fresh = job_claim(lane="light", task="score_item", owner="quick")
    assert stale[0].id == fresh[0].id
    items_score(jobs=stale)
    assert not Score.objects.filter(item=item).exists()
    items_score(jobs=fresh)
    assert Score.objects.filter(item=item).count() == 1


def test_a_broken_model_sends_everything_to_people(
    post: Callable[..., Item], score_all: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from scoring.artifacts import ArtifactError

    def refuse(kind: str) -> Any:
        raise ArtifactError("head.npz does not have the checksum of the manifest")

    monkeypatch.setattr("console.flow.choose.serving_bundle", refuse)
    item = post()
    score_all()
    decision = Decision.objects.get(item=item)
    assert decision.outcome == "review"
    assert Case.objects.filter(item=item, state="waiting").exists()
    assert "checksum" in Score.objects.get(item=item).errors["model"]


def test_a_verdict_writes_decision_labels_event_and_audit_together(claimed: Callable[..., Claim], rita: User) -> None:
    claim = claimed()
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ENFORCE)
    decision = verdict.decision
    assert (decision.outcome, decision.state, decision.automated, decision.action) == ("enforce", "held", False, "remove")
    assert dict(Label.objects.filter(verdict=verdict).values_list("name", "value"))["harassment"] == 1
    assert Label.objects.get(verdict=verdict, name="hate").value == 0
    events = OutboxEvent.objects.filter(dedupe_key__startswith=f"decision:{decision.pk}:")
    assert {e.topic for e in events} == {"item.decided", "item.enforced"}
    assert {e.not_before for e in events} == {verdict.undo_until}
    assert Case.objects.get(pk=claim.case_id).state == "closed"
    assert AuditRow.objects.filter(verb="verdict.given", item_id=verdict.item_id).count() == 1
    assert decision.statement


def test_a_stale_token_is_refused_and_changes_nothing(claimed: Callable[..., Claim], rita: User) -> None:
    claim = claimed()
    with pytest.raises(Conflict) as refused:
        verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token + 1, form=ALLOW)
    assert refused.value.code == "not_held"
    assert not Verdict.objects.exists()


def test_a_lease_that_ran_out_is_refused(claimed: Callable[..., Claim], rita: User) -> None:
    from django.db.models.functions import Now

    claim = claimed()
    Claim.objects.filter(pk=claim.pk).update(lease_until=Now())
    with pytest.raises(Conflict) as refused:
        verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
    assert refused.value.code == "lease_over"


def test_the_same_verdict_twice_is_one_verdict(claimed: Callable[..., Claim], rita: User) -> None:
    claim = claimed()
    verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
    with pytest.raises(Conflict) as refused:
        verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
    assert refused.value.code == "already_decided"
    assert Verdict.objects.count() == 1


def test_a_verdict_must_name_a_clause_of_the_policy(claimed: Callable[..., Claim], rita: User) -> None:
    claim = claimed()
    with pytest.raises(Invalid) as missing:
        verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=VerdictForm(outcome="enforce"))
    with pytest.raises(Invalid) as unknown:
        verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=VerdictForm(outcome="enforce", clauses=("77",)))
    assert "clauses" in missing.value.fields
    assert "4.4" in unknown.value.fields["clauses"][0]
    assert Claim.objects.get(pk=claim.pk).state == "open"


def test_undo_restores_the_state_before(claimed: Callable[..., Claim], rita: User) -> None:
    claim = claimed()
    before = Decision.objects.get(item=claim.case.item, state="effective")
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ENFORCE)
    verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    before.refresh_from_db()
    verdict.decision.refresh_from_db()
    assert (before.state, verdict.decision.state) == ("effective", "undone")
    assert not Label.objects.filter(verdict=verdict, withdrawn=False).exists()
    assert set(OutboxEvent.objects.filter(dedupe_key__startswith=f"decision:{verdict.decision_id}:").values_list("state", flat=True)) == {
        "cancelled"
    }
    assert Case.objects.get(pk=claim.case_id).state == "waiting"
    assert Item.objects.get(pk=verdict.item_id).status == "in_review"
    again = case_claim_one(case_id=claim.case_id, reviewer=rita)
    assert again is not None
    assert again.token == claim.token + 1


def test_undo_is_refused_after_the_window(claimed: Callable[..., Claim], rita: User, settings: Any) -> None:
    settings.UNDO_SECONDS = 0
    claim = claimed()
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
    with pytest.raises(Conflict) as refused:
        verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    assert refused.value.code == "undo_over"


def test_undo_is_refused_once_the_decision_took_effect(claimed: Callable[..., Claim], rita: User) -> None:
    claim = claimed()
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ENFORCE)
    assert decision_take_effect(decision=verdict.decision)
    with pytest.raises(Conflict) as refused:
        verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    assert refused.value.code == "undo_over"
    assert Verdict.objects.get(pk=verdict.pk).state == "given"
    assert set(OutboxEvent.objects.values_list("state", flat=True)) == {"pending"}


def test_undo_is_refused_when_one_event_has_left(claimed: Callable[..., Claim], rita: User) -> None:
    claim = claimed()
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ENFORCE)
    OutboxEvent.objects.filter(topic="item.decided").update(state="relayed")
    with pytest.raises(Conflict):
        verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    assert Decision.objects.get(pk=verdict.decision_id).state == "held"
    assert OutboxEvent.objects.get(topic="item.enforced").state == "pending"


def test_evidence_that_was_seen_stays_seen(claimed: Callable[..., Claim], rita: User) -> None:
    claim = claimed()
    case_reveal(hold=Hold(case_id=claim.case_id, reviewer=rita, token=claim.token))
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
    verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    again = case_claim_one(case_id=claim.case_id, reviewer=rita)
    assert again is not None
    assert again.evidence_seen
    second = verdict_give(case_id=again.case_id, reviewer=rita, token=again.token, form=ALLOW)
    assert set(Label.objects.filter(verdict=second).values_list("model_visible", flat=True)) == {True}


def test_a_report_that_comes_while_it_is_scored_counts(
    post: Callable[..., Item], score_all: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from scoring.types import Score as Scored

    item = post()

    class Slow:
        def score(self, items: Any, context: Any) -> list[Scored]:
            item_report(item=item, reporter="a", reason="rude", text="", actor="source:shop")
            labels = dict.fromkeys(("hate", "sexual", "threat", "harassment", "spam", "privacy", "profanity"), 0.001)
            return [Scored(risk=0.001, labels=labels, uncertainty=0.01, model="review@slow") for _ in items]

    monkeypatch.setattr("console.flow.choose.scorer_for", lambda bundle: Slow())
    score_all()
    decision = Decision.objects.get(item=item)
    assert (decision.outcome, decision.reason) == ("review", "reports")
    assert Case.objects.filter(item=item, state="waiting").exists()


def test_nobody_undoes_the_verdict_of_another(claimed: Callable[..., Claim], rita: User, ravi: User) -> None:
    claim = claimed()
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
    with pytest.raises(NotFound):
        verdict_undo(verdict_id=verdict.pk, reviewer=ravi)


def test_a_held_decision_takes_effect_when_undo_is_over(claimed: Callable[..., Claim], rita: User, settings: Any) -> None:
    settings.UNDO_SECONDS = 0
    claim = claimed()
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ENFORCE)
    assert decisions_release() == 1
    assert decisions_release() == 0
    assert Decision.objects.get(pk=verdict.decision_id).state == "effective"
    assert verdict.item.actions.filter(action="remove", state="active").count() == 1


def test_a_report_brings_a_waiting_case_forward(waiting: Callable[..., Case], rita: User) -> None:
    first, second = waiting(), waiting()
    for reporter in ("a", "b", "b"):
        item_report(item=second.item, reporter=reporter, reason="rude", text="", actor="source:shop")
    assert Item.objects.get(pk=second.item_id).reports == 2
    claim = case_claim(queue=queue_for(first.item), reviewer=rita)
    assert claim is not None
    assert claim.case_id == second.pk


def test_feedback_becomes_a_label_once(post: Callable[..., Item]) -> None:
    item = post(kind="order", payload={"amount": 5, "placed_at": "2026-01-01T00:00:00Z"})
    for _ in range(2):
        item_feedback(item=item, event="chargeback", data={}, actor="source:shop")
    assert list(Label.objects.filter(item=item).values_list("name", "value", "source")) == [("fraud", 1, "feedback")]
    with pytest.raises(Invalid, match="not right"):
        item_feedback(item=item, event="sneeze", data={}, actor="source:shop")
    with pytest.raises(Invalid) as foreign:
        item_feedback(item=post(), event="chargeback", data={}, actor="source:shop")
    assert foreign.value.fields["event"] == ["A chargeback says nothing of a review."]


def test_a_hold_names_case_reviewer_and_token(claimed: Callable[..., Claim], ravi: User) -> None:
    from console.cases.holding import case_heartbeat

    claim = claimed()
    with pytest.raises(Conflict):
        case_heartbeat(hold=Hold(case_id=claim.case_id, reviewer=ravi, token=claim.token))
