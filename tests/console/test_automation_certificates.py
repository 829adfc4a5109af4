"""Certificates: made only from even, blind audits of the model that serves; what is decided inside them; and how they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F
from django.test import Client

from console.accounts.models import Source, User
from console.alerts.models import Alert
from console.alerts.services import alert_raise
from console.audit.models import AuditRow
from console.automation.certificates import certificate_end, certificate_try, certificates_check, certificates_try, look_at
from console.automation.evidence import evidence_of
from console.automation.marks import certified_marks
from console.automation.models import Certificate, Sample
from console.automation.rules import rule_set, rules_of
from console.common.errors import Conflict, Invalid
from console.flow.band_slices import band_slices_measure
from console.policies.models import PolicyVersion
from console.policies.selectors import active_policy, document_of
from console.quality.models import Reliability
from console.scores.models import Decision, Score
from console.training.models import ModelVersion, ShadowScore, Trial
from console.verdicts.models import Verdict
from scoring.certify import lower_bound, upper_bound
from tests.console.automation import CALM, ENOUGH, MODEL, audited, automation, first_proof, limit, receive, serves


@pytest.fixture(autouse=True)
def serving(ready: None) -> ModelVersion:
    return serves()


def decide_again(shop: Source, text: str) -> Decision:
    (item,) = receive(shop, [text])
    return Decision.objects.get(item=item)


@pytest.fixture
def certificate(shop: Source, rita: User, ada: User) -> Certificate:
    return first_proof(shop, rita, ada)


def test_before_a_certificate_people_decide(shop: Source) -> None:
    automation("certified")
    first = decide_again(shop, CALM)
    assert (first.outcome, first.reason) == ("review", "not_certified")


def test_audits_in_which_nothing_was_wrong_prove_a_mark(certificate: Certificate, ada: User) -> None:
    found = certificate
    assert (found.state, found.model, found.side, found.of, found.wrong, found.audits) == ("valid", MODEL, "allow", ENOUGH, 0, ENOUGH)
    assert found.upper <= found.risk
    assert found.coverage == 1.0
    assert found.made_by == ada
    assert AuditRow.objects.get(verb="certificate.made").data["certificate"] == found.pk


def test_inside_it_the_machine_decides_alone_and_says_by_which_proof(certificate: Certificate, shop: Source) -> None:
    inside = decide_again(shop, CALM)
    assert (inside.outcome, inside.reason, inside.automated) == ("allow", "certified", True)
    assert inside.thresholds["risk"]["allow"] == certificate.threshold
    assert decide_again(shop, "0.7").outcome == "review"
    automation("demo")
    assert decide_again(shop, CALM).reason == "threshold"  # configured, and nobody certified it


def test_a_part_that_errs_above_the_limit_goes_to_people_and_the_rest_is_decided(
    shop: Source, rival: Source, rita: User, ada: User, client: Client
) -> None:
    """As a whole the band holds; of what the other source sends 9 of 20 break a rule. It comes back when its checks say so."""
    automation("certified")
    rule = limit(ada, risk=0.1)
    audited(shop, rita, [CALM] * 180)
    theirs = audited(rival, rita, [CALM] * 20, breaks=range(9))
    certificate = certificate_try(rule_id=rule.pk)
    assert certificate is not None
    assert decide_again(rival, CALM).outcome == "allow"
    assert band_slices_measure() == 1
    told = {(row.cut, row.name): (row.of, row.wrong, row.withheld) for row in certificate.slices.all()}
    assert told["source", "rival"] == (20, 9, True)
    assert told["source", "shop"] == (180, 0, False)
    row = certificate.slices.get(name="rival")
    assert row.low == pytest.approx(lower_bound(9, 20, 0.05 / len(told)))
    assert row.low > certificate.risk
    held = decide_again(rival, CALM)
    assert (held.outcome, held.reason) == ("review", "not_certified")
    assert decide_again(shop, CALM).outcome == "allow", "the rest is decided alone"
    assert AuditRow.objects.get(verb="certificate.slice_withheld").data["name"] == "rival"
    client.force_login(ada)
    page = client.get("/automation/review/?side=allow&label=risk").content.decode()
    assert "Goes to people" in page
    Verdict.objects.filter(item__in=theirs[1:]).update(outcome="allow", clauses=[])
    assert band_slices_measure() == 0
    assert decide_again(rival, CALM).outcome == "allow"
    assert AuditRow.objects.filter(verb="certificate.slice_back").count() == 1


def test_a_limit_that_nobody_set_is_off(shop: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [CALM] * 200)
    assert certificates_try() == 0
    assert [(row.side, row.is_on, row.pk) for row in rules_of("review")] == [("allow", False, None), ("enforce", False, None)]
    rule = limit(ada, is_on=False)
    with pytest.raises(Conflict):
        certificate_try(rule_id=rule.pk)


def test_it_enforces_one_label_by_its_own_proof(shop: Source, rita: User, ada: User) -> None:
    automation("certified")
    audited(shop, rita, ["0.999 harassment"] * ENOUGH, breaks=range(ENOUGH))
    made = certificate_try(rule_id=limit(ada, "enforce", label="harassment").pk)
    assert made is not None
    assert decide_again(shop, "0.999 harassment").outcome == "enforce"
    assert decide_again(shop, "0.999 spam").outcome == "review"
    assert certificate_try(rule_id=limit(ada, "enforce", label="spam").pk) is None


def test_another_clause_than_the_label_answers_for_is_wrong(shop: Source, rita: User, ada: User) -> None:
    """Audited as harassment (4.4), so "spam" would have been the wrong reason to give."""
    audited(shop, rita, ["0.999 spam"] * ENOUGH, breaks=range(ENOUGH))
    assert certificate_try(rule_id=limit(ada, "enforce", label="spam").pk) is None
    assert certificate_try(rule_id=limit(ada, "enforce").pk) is not None  # that it breaks some rule is proven


@pytest.mark.parametrize("how", ["seen", "undoable", "undone", "other model", "by a rule"])
def test_only_blind_audits_of_the_serving_model_count(how: str, shop: Source, rita: User, ada: User) -> None:
    automation("certified")
    audited(shop, rita, [CALM] * ENOUGH)
    if how == "seen":
        Verdict.objects.update(evidence_seen=True)
    elif how == "undoable":
        Verdict.objects.update(undo_until=F("undo_until") + timedelta(hours=1))
    elif how == "undone":
        Verdict.objects.update(state="undone")
    elif how == "other model":
        Sample.objects.update(model="review@before")
    else:
        Sample.objects.update(by_score=False)
    assert certificate_try(rule_id=limit(ada).pk) is None


def test_only_the_even_part_of_an_uneven_draw_counts(shop: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [CALM] * 80)
    rows = list(Sample.objects.order_by("pk"))
    Sample.objects.filter(pk=rows[0].pk).update(chance=0.5)
    document = active_policy("review")[1]
    found = evidence_of(kind="review", model=MODEL, label="risk", document=document)
    assert len(found.audits) == sum(row.luck < 0.5 for row in rows)
    assert len(found.traffic) == 80


def test_open_audits_hold_the_window_back_and_old_ones_count_as_wrong(
    shop: Source, rita: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited(shop, rita, [CALM] * ENOUGH)
    receive(shop, [CALM])
    document = active_policy("review")[1]
    found = evidence_of(kind="review", model=MODEL, label="risk", document=document)
    assert (len(found.audits), found.waiting, found.late) == (ENOUGH, 1, 0)
    monkeypatch.setattr("console.automation.evidence.PATIENCE", timedelta(0))
    later = evidence_of(kind="review", model=MODEL, label="risk", document=document)
    assert (len(later.audits), later.waiting, later.late) == (ENOUGH + 1, 1, 1)


def test_another_model_has_no_certificate_from_its_first_item_on(certificate: Certificate, shop: Source) -> None:
    marks = certified_marks("review", active_policy("review")[1])
    assert set(marks) == {MODEL}
    ModelVersion.objects.filter(kind="review", state="champion").update(version="newer")
    assert certificates_check(audits=False) == 1
    certificate.refresh_from_db()
    assert (certificate.state, certificate.why) == ("expired", "Another model serves now: review@newer.")
    assert decide_again(shop, CALM).reason == "not_certified"


def test_what_a_new_model_said_in_shadow_certifies_it_as_soon_as_it_serves(
    certificate: Certificate, serving: ModelVersion, shop: Source, rita: User, ada: User
) -> None:
    """Audited while the one before decided, scored by the new one as they came: its own scores count, not those that decided."""
    new = ModelVersion.objects.create(kind="review", version="newer", path="x", checksum="x", trainer="quick", state="candidate")
    trial = Trial.objects.create(kind="review", version=new, mode="shadow", against=serving.version, share=100)
    items = audited(shop, rita, [CALM] * ENOUGH)
    for item in items:
        score = Score.objects.get(item=item)
        ShadowScore.objects.create(trial=trial, item=item, score=score, risk=0.03, band="allow", stands="allow", policy_number=1)
    ModelVersion.objects.filter(pk=serving.pk).update(state="retired")
    ModelVersion.objects.filter(pk=new.pk).update(state="champion")
    assert certificates_check(audits=False) == 1
    made = certificate_try(rule_id=certificate.rule_id, user=ada)
    assert made is not None
    assert (made.model, made.of) == ("review@newer", ENOUGH)
    document = active_policy("review")[1]
    found = evidence_of(kind="review", model="review@newer", label="risk", document=document)
    assert {audit.score for audit in found.audits} == {0.03} == set(found.traffic)


def test_a_lost_band_is_told_and_found_again_it_is_cleared(certificate: Certificate, ada: User) -> None:
    alert_raise(code="score_drift", kind="review", sentence="Scores lie higher than they did.")
    assert certificates_check(audits=False) == 1
    lost = Alert.objects.get(code="band_lost")
    assert (lost.kind, lost.subject, lost.cleared_at) == ("review", "band:allow:risk", None)
    assert "goes back to people" in lost.sentence
    assert "Scores lie higher" in lost.sentence
    assert AuditRow.objects.get(verb="certificate.ended").data["state"] == "expired"
    assert certificates_try() == 0  # while it drifts nothing is certified by itself
    assert certificate_try(rule_id=certificate.rule_id, user=ada) is not None  # somebody who looked into it may
    lost.refresh_from_db()
    assert lost.cleared_at is not None


def test_it_ends_when_the_newest_audits_speak_against_it(certificate: Certificate, shop: Source, rita: User) -> None:
    assert certificates_check() == 0
    audited(shop, rita, [CALM] * 30, breaks=range(12))
    assert certificates_check() == 1
    certificate.refresh_from_db()
    assert "audits found" in certificate.why
    assert decide_again(shop, CALM).outcome == "review"


def test_a_band_that_this_weeks_audits_took_back_is_not_found_again_by_older_ones(
    shop: Source, rita: User, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    automation("certified")
    monkeypatch.setattr("console.automation.evidence.standard_since", lambda kind, document: None)  # the clauses are old
    audited(shop, rita, [CALM] * 300)
    Sample.objects.update(created_at=F("created_at") - timedelta(days=20))
    rule = limit(ada)
    assert certificate_try(rule_id=rule.pk) is not None
    audited(shop, rita, [CALM] * 25, breaks=range(5))
    assert certificates_check() == 1
    looked = look_at(rule)
    assert looked is not None
    assert looked.proof.chosen is not None  # of all audits together, 5 of 325 are few enough
    assert certificates_try() == 0
    with pytest.raises(Conflict, match="week’s audits found"):
        certificate_try(rule_id=rule.pk, user=ada)
    assert decide_again(shop, CALM).outcome == "review"


def test_it_ends_with_the_clauses_and_not_with_the_marks(certificate: Certificate) -> None:
    document = document_of(PolicyVersion.objects.get(policy__kind="review", state="active"))
    assert set(certified_marks("review", document.model_copy(update={"thresholds": ()}))) == {MODEL}
    assert certified_marks("review", document.model_copy(update={"clauses": document.clauses[1:]})) == {}


def test_it_ends_by_age(shop: Source, rita: User, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    automation("certified")
    audited(shop, rita, [CALM] * ENOUGH)
    monkeypatch.setattr("console.automation.certificates.LASTS", timedelta(days=-1))
    made = certificate_try(rule_id=limit(ada).pk)
    assert made is not None
    assert decide_again(shop, CALM).reason == "not_certified"
    assert certificates_check(audits=False) == 1
    made.refresh_from_db()
    assert "days old" in made.why


def test_who_changes_the_limit_or_switches_it_off_takes_it_back(certificate: Certificate, ada: User, shop: Source) -> None:
    limit(ada)
    certificate.refresh_from_db()
    assert certificate.state == "valid"  # the same limit again changes nothing
    limit(ada, is_on=False)
    certificate.refresh_from_db()
    assert certificate.state == "withdrawn"
    assert decide_again(shop, CALM).reason == "not_certified"
    assert not Alert.objects.filter(code="band_lost").exists()  # a person did it, and knows


def test_a_certificate_is_never_changed_and_ends_once(certificate: Certificate) -> None:
    for change in ({"upper": 0.0}, {"threshold": 0.4}, {"state": "valid", "why": "x", "wrong": 3}):
        with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
            Certificate.objects.filter(pk=certificate.pk).update(**change)
    with pytest.raises(DatabaseError, match="cannot be deleted"), transaction.atomic():
        certificate.delete()
    assert certificate_end(certificate, state="withdrawn", why="Enough.")
    assert not certificate_end(certificate, state="withdrawn", why="Again.")
    with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
        Certificate.objects.filter(pk=certificate.pk).update(state="valid", ended_at=None)


def test_what_auditors_miss_makes_the_limit_stricter(shop: Source, rita: User, ada: User) -> None:
    matrix = {"allow": {"allow": 98, "4.4": 2}, "4.4": {"4.4": 80, "allow": 20}}
    Reliability.objects.create(reviewer=rita, kind="review", answers=200, matrix=matrix)
    audited(shop, rita, [CALM] * ENOUGH)
    rule = limit(ada)
    looked = look_at(rule)
    assert looked is not None
    sure = lower_bound(80, 100, 0.05) ** 2  # of what breaks a rule so much is found at least, by an auditor and by the lead after them
    assert looked.held == pytest.approx(0.05 * sure)
    assert sure < 0.8**2
    assert certificate_try(rule_id=rule.pk) is None
    audited(shop, rita, [CALM] * 60)
    rule = limit(ada, risk=0.051)  # another question, so the look before counts no more
    made = certificate_try(rule_id=rule.pk)
    assert made is not None
    assert made.upper == pytest.approx(upper_bound(0, ENOUGH + 60, made.data["doubt"]) / sure)


def test_auditors_who_find_nothing_prove_nothing(shop: Source, rita: User, ada: User) -> None:
    matrix = {"allow": {"allow": 100}, "4.4": {"allow": 100}}
    Reliability.objects.create(reviewer=rita, kind="review", answers=200, matrix=matrix)
    audited(shop, rita, [CALM] * ENOUGH)
    assert certificate_try(rule_id=limit(ada).pk) is None


@pytest.mark.parametrize(
    ("side", "label", "values", "field"),
    [
        ("allow", "risk", {"risk": 0.0}, "risk"), ("allow", "risk", {"risk": 0.5}, "risk"), ("allow", "spam", {}, "label"),
        ("enforce", "no-such", {}, "label"), ("keep", "risk", {}, "side"), ("allow", "risk", {"confidence": 0.5}, "confidence"),
        ("allow", "risk", {"basis": "guess"}, "basis"), ("allow", "risk", {"method": "guess"}, "method"),
    ],
)  # fmt: skip
def test_it_refuses_limits_that_mean_nothing(side: str, label: str, values: dict[str, Any], field: str, ada: User) -> None:
    with pytest.raises(Invalid) as refused:
        rule_set(kind="review", side=side, label=label, values=values, user=ada)
    assert field in refused.value.fields
