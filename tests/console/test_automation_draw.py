"""Random audits: a chance for every decision of the machine, blind cases that look like any other, and what their answers do."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.audit.models import AuditRow
from console.automation.models import AuditPlan, Sample
from console.automation.plans import audit_plan_change, audit_plans_ensure_defaults, plans_measure
from console.cases.claiming import case_claim_one
from console.cases.models import Case, Claim
from console.common.errors import Conflict, Invalid
from console.flow import checks_settle
from console.flow.audits import audits_draw_more
from console.insights.sealed import as_seen, items_told
from console.intake.models import Item
from console.quality.models import Check
from console.scores.models import Decision
from console.verdicts.models import Label
from scoring.audits import luck
from tests.console.automation import audit, plan_all, receive
from tests.console.quality import ENFORCE, decide, settle, time_passes

CALM, WILD, UNSURE = "0.01", "0.99 spam", "0.5"


def in_force(item: Item) -> Decision:
    return Decision.objects.get(item=item, state="effective")


def test_every_decision_has_a_chance_whether_it_is_drawn_or_not(ready: None, shop: Source) -> None:
    plan = plan_all(allow_rate=0.02, enforce_rate=0.05, review_rate=0.02)
    receive(shop, [CALM] * 30 + [WILD] * 30 + [UNSURE] * 30)
    rows = list(Sample.objects.select_related("decision"))
    assert len(rows) == 90
    assert {row.outcome: row.chance for row in rows} == {"allow": 0.02, "enforce": 0.05, "review": 0.02}
    for row in rows:
        assert row.luck == luck(plan.seed, str(row.decision_id))  # drawn again, the same is drawn
        assert (row.check_case_id is not None or row.own_case_id is not None) == (row.luck < row.chance)


def test_a_kind_without_a_plan_is_not_audited(ready: None, shop: Source) -> None:
    receive(shop, [CALM, WILD])
    assert not Sample.objects.exists()
    audit_plans_ensure_defaults()
    audit_plans_ensure_defaults()
    assert AuditPlan.objects.filter(kind="review").count() == 1
    receive(shop, [CALM])
    assert Sample.objects.count() == 1


def test_what_the_machine_decided_alone_stays_decided_while_it_is_looked_at(ready: None, shop: Source) -> None:
    plan_all()
    calm, wild = receive(shop, [CALM, WILD])
    assert [in_force(item).outcome for item in (calm, wild)] == ["allow", "enforce"]
    assert [item.status for item in Item.objects.order_by("pk")] == ["decided", "decided"]
    for check in Check.objects.select_related("case"):
        assert (check.purpose, check.probability, check.case.blind, check.case.sentence) == ("audit", 1.0, True, "For review.")
        assert check.case.purpose == "check"  # as every case that measures


def test_what_goes_to_people_anyway_is_decided_blind_and_once(ready: None, shop: Source, rita: User) -> None:
    plan_all()
    (item,) = receive(shop, [UNSURE])
    case = Case.objects.get(item=item)
    assert (case.blind, case.purpose) == (True, "review")
    assert Sample.objects.get().own_case_id == case.pk
    audit(item, rita, "enforce")
    settle()
    assert in_force(item).outcome == "enforce"
    assert not Check.objects.exists()


def test_an_answer_that_agrees_is_a_label_given_blind_and_changes_nothing(ready: None, shop: Source, rita: User) -> None:
    plan_all()
    (item,) = receive(shop, [CALM])
    before = in_force(item)
    audit(item, rita)
    settle()
    check = Check.objects.get()
    assert (check.state, check.result) == ("closed", "same")
    assert in_force(item) == before
    labels = Label.objects.filter(item=item)
    assert {(row.source, row.model_visible, row.value) for row in labels} == {("audit", False, 0)}


def test_an_answer_that_differs_goes_to_a_lead_whose_word_is_put_in_force(ready: None, shop: Source, rita: User, lena: User) -> None:
    plan_all()
    (item,) = receive(shop, [CALM])
    audit(item, rita, "enforce")
    settle()
    assert in_force(item).outcome == "allow"  # until the lead has said so too
    lead = Check.objects.select_related("case").get(purpose="adjudicate")
    assert (lead.case.blind, lead.case.purpose, lead.parent.purpose if lead.parent else "") == (True, "adjudicate", "audit")
    decide(lead.case, lena, ENFORCE, lead=True)
    time_passes(days=2)
    checks_settle()
    assert in_force(item).outcome == "enforce"
    assert not in_force(item).automated


def test_doubtful_decisions_are_likelier_to_be_drawn_and_none_has_no_chance(ready: None, shop: Source) -> None:
    plan_all(allow_rate=0.02, enforce_rate=0.02, review_rate=0.02)
    receive(shop, ["0.002"] * 20 + ["0.04"] * 20)
    assert plans_measure() == 1
    assert plans_measure() == 0
    sure, unsure = receive(shop, ["0.002", "0.04"])
    chance = {row.decision.item_id: row.chance for row in Sample.objects.select_related("decision")}
    assert 0.01 <= chance[sure.pk] < 0.02 < chance[unsure.pk]


def test_a_thin_stratum_gets_more_than_its_share(ready: None, shop: Source) -> None:
    plan_all(allow_rate=0.02, enforce_rate=0.02, review_rate=0.02, weekly_minimum=10)
    receive(shop, ["0.002"] * 200)
    plans_measure()
    (item,) = receive(shop, ["0.002"])
    assert Sample.objects.get(decision__item=item).chance == pytest.approx(10 / 200)


def test_more_are_drawn_by_lowering_the_bar_for_all_alike(ready: None, shop: Source, ada: User) -> None:
    plan_all(allow_rate=0.001, enforce_rate=0.001, review_rate=0.001)
    receive(shop, [CALM] * 40 + [UNSURE] * 20)
    assert audits_draw_more(kind="review", count=12, user=ada) == 12
    rows = Sample.objects.all()
    bar = {row.chance for row in rows}
    assert len(bar) == 1
    (lowered,) = bar
    drawn = [row for row in rows if row.check_case_id or row.own_case_id]
    assert {row.pk for row in drawn} == {row.pk for row in rows if row.luck < lowered}
    assert all(row.own_case_id is not None for row in drawn if row.outcome == "review")
    assert Case.objects.filter(pk__in=[row.own_case_id for row in drawn if row.own_case_id], blind=True).count() == sum(
        row.outcome == "review" for row in drawn
    )
    assert AuditRow.objects.get(verb="audits.drawn").data == {"asked": 12, "drawn": 12}


def test_a_case_whose_evidence_somebody_saw_is_audited_beside_it_and_not_by_them(
    ready: None, shop: Source, rita: User, ada: User
) -> None:
    plan_all(review_rate=0.001)
    (item,) = receive(shop, [UNSURE])
    seen = Case.objects.get(item=item)
    Claim.objects.create(case=seen, reviewer=rita, token=1, state="released", lease_until=Now(), evidence_seen=True)
    assert audits_draw_more(kind="review", count=1, user=ada) == 1
    sample = Sample.objects.select_related("check_case").get()
    assert sample.own_case_id is None  # its verdict would count as given with the opinion in sight, and so never as an answer
    assert sample.check_case is not None
    assert case_claim_one(case_id=sample.check_case.case_id, reviewer=rita) is None
    seen.refresh_from_db()
    assert not seen.blind


def test_it_refuses_to_draw_nothing_or_everything_at_once(ready: None, shop: Source, ada: User) -> None:
    plan_all()
    for count in (0, 501):
        with pytest.raises(Invalid):
            audits_draw_more(kind="review", count=count, user=ada)
    receive(shop, [CALM])
    with pytest.raises(Conflict, match="left to draw"):
        audits_draw_more(kind="review", count=5, user=ada)


def test_it_refuses_rates_that_would_leave_decisions_without_a_chance(ready: None, ada: User) -> None:
    plan = audit_plan_change(kind="review", values={"allow_rate": 0.04, "hourly_cost": 24.0}, user=ada)
    assert (plan.allow_rate, plan.hourly_cost) == (0.04, 24.0)
    assert AuditRow.objects.get(verb="audits.changed").data["before"]["allow_rate"] == 0.02
    wrong = {"allow_rate": 0.0, "enforce_rate": 1.5, "weekly_minimum": -1, "hourly_cost": -3.0, "currency": "", "colour": 1}
    with pytest.raises(Invalid) as refused:
        audit_plan_change(kind="review", values=wrong, user=ada)
    assert set(refused.value.fields) == set(wrong)


def test_an_auditor_sees_what_an_ordinary_blind_case_shows(ready: None, shop: Source, rita: User) -> None:
    """Of two blind cases, one an audit of what was allowed and one that decides its item, the same is told."""
    plan_all(review_rate=0.5, seed="x")
    items = receive(shop, [CALM, UNSURE])
    Case.objects.update(blind=True)
    told = [items_told([item], rita, frozenset({Role.MODERATOR}))[0] for item in items]
    assert {item.status for item in told} == {"in_review"}
    cases = [as_seen(Case.objects.get(item=item))[0] for item in items]
    assert {(case.sentence if not case.blind else "", case.state) for case in cases} == {("", "waiting")}
