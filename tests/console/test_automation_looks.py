"""How often a limit was looked at: each look spends some of the doubt, and they come to an end."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from console.accounts.models import Source, User
from console.audit.models import AuditRow
from console.automation.certificates import Looked, certificate_end, certificate_try, certificates_try, limit_of, look_at
from console.automation.looks import MOST_LOOKS, in_vain, look_spend
from console.automation.marks import standard_of
from console.automation.models import AutomationRule, Certificate
from console.automation.rules import CONFIDENCES, LEAST_RISK
from console.common.errors import Conflict
from console.policies.selectors import active_policy
from console.training.models import ModelVersion
from scoring.certify import confidence_of_look, needed
from tests.console.automation import CALM, ENOUGH, MODEL, audited, first_proof, limit, serves


@pytest.fixture(autouse=True)
def serving(ready: None) -> None:
    serves()


@pytest.fixture
def certificate(shop: Source, rita: User, ada: User) -> Certificate:
    return first_proof(shop, rita, ada)


def standard() -> str:
    return standard_of(active_policy("review")[1])


def vain(rule: AutomationRule) -> dict[str, int]:
    rule.refresh_from_db()
    return in_vain(rule, MODEL, standard())


def looked_at(rule: AutomationRule) -> Looked:
    looked = look_at(rule)
    assert looked is not None
    return looked


def test_one_wrong_too_many_proves_nothing_and_the_look_is_spent(shop: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [CALM] * ENOUGH, breaks=[5])
    rule = limit(ada)
    assert certificate_try(rule_id=rule.pk, user=ada) is None
    assert vain(rule) == {"count": 1, "audits": ENOUGH}
    assert AuditRow.objects.filter(verb="certificate.not_yet").count() == 1
    looked = look_at(rule)
    assert looked is not None
    assert looked.look == 2
    assert looked.proof.limit.confidence > 0.99


def test_it_looks_by_itself_where_audits_may_suffice_and_again_only_with_twice_as_many(shop: Source, rita: User, ada: User) -> None:
    rule = limit(ada)
    audited(shop, rita, [CALM] * 60)
    assert certificates_try() == 0
    assert vain(rule) == {}  # too few to try
    audited(shop, rita, [CALM] * 60, breaks=range(9))
    assert certificates_try() == 0
    assert vain(rule)["count"] == 1
    audited(shop, rita, [CALM] * 60)
    assert certificates_try() == 0
    assert vain(rule)["count"] == 1


def test_a_wider_mark_costs_another_look_and_what_was_proven_stays(certificate: Certificate, shop: Source, rita: User, ada: User) -> None:
    rule = certificate.rule
    assert certificate_try(rule_id=rule.pk, user=ada) == certificate  # nothing was answered since
    assert vain(rule) == {}  # so nothing is spent
    audited(shop, rita, ["0.02"])
    looked = look_at(rule)
    assert looked is not None
    assert looked.look == 2
    assert certificate_try(rule_id=rule.pk, user=ada) == certificate
    certificate.refresh_from_db()
    assert (vain(rule)["count"], certificate.state) == (2, "valid")


def test_a_certificate_that_ended_has_spent_its_look(certificate: Certificate, shop: Source, rita: User, ada: User) -> None:
    rule = certificate.rule
    certificate_end(certificate, state="expired", why="Scores drift.")
    looked = look_at(rule)
    assert looked is not None
    assert looked.look == 1  # of the same answers: the same proof, for somebody who looked into it
    audited(shop, rita, [CALM] * (needed(0.05, 1 - confidence_of_look(0.95, 2)) - ENOUGH))
    again = certificate_try(rule_id=rule.pk, user=ada)
    assert again is not None
    assert again.look == 2


def test_looks_come_to_an_end_and_that_is_said(shop: Source, rita: User, ada: User, client: Client) -> None:
    audited(shop, rita, [CALM] * 20, breaks=range(10))
    rule = limit(ada)
    assert certificate_try(rule_id=rule.pk, user=ada) is None
    assert certificate_try(rule_id=rule.pk, user=ada) is None
    assert vain(rule)["count"] == 1  # the second would have found the same
    look_spend(rule, MODEL, standard(), count=MOST_LOOKS, audits=1)
    with pytest.raises(Conflict, match="no doubt is left"):
        certificate_try(rule_id=rule.pk, user=ada)
    client.force_login(ada)
    assert client.get("/automation/review/").status_code == 200
    assert certificates_try() == 0


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize("part", [{}, {"cut": "source", "name": "shop"}])
@pytest.mark.parametrize("method", ["sequence", "bonferroni"])
def test_the_last_look_is_one_that_can_be_taken(confidence: float, part: dict[str, str], method: str) -> None:
    rule = AutomationRule(kind="review", side="allow", confidence=confidence, method=method, **part)
    last = limit_of(rule, look=MOST_LOOKS, held=LEAST_RISK)
    assert needed(last.risk, last.doubt) > needed(last.risk, limit_of(rule, look=MOST_LOOKS - 1, held=LEAST_RISK).doubt)


def test_a_limit_that_is_changed_and_changed_back_does_not_begin_anew(shop: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [CALM] * 20, breaks=range(10))
    rule = limit(ada)
    assert certificate_try(rule_id=rule.pk) is None
    other = looked_at(limit(ada, risk=0.06))
    assert (other.spent, other.look) == (0, 1), "another question"
    assert certificate_try(rule_id=rule.pk) is None
    again = looked_at(limit(ada))
    assert (again.spent, again.look) == (1, 2)
    assert certificate_try(rule_id=rule.pk) is None
    assert vain(rule) == {"count": 1, "audits": 20}, "nothing was answered since"
    audited(shop, rita, [CALM])
    assert certificate_try(rule_id=rule.pk) is None
    assert vain(rule) == {"count": 2, "audits": 21}
    assert looked_at(limit(ada, risk=0.06)).look == 2


def test_a_model_that_is_promoted_and_rolled_back_does_not_begin_anew(shop: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [CALM] * 20, breaks=range(10))
    rule, serving = limit(ada), ModelVersion.objects.filter(kind="review", state="champion")
    assert certificate_try(rule_id=rule.pk) is None
    serving.update(version="newer")
    assert looked_at(rule).look == 1
    assert certificate_try(rule_id=rule.pk) is None
    serving.update(version=MODEL.partition("@")[2])
    assert vain(rule) == {"count": 1, "audits": 20}
    assert looked_at(rule).look == 2


def test_looks_from_before_count_under_the_limit_that_is_set(ada: User) -> None:
    before = {"model": MODEL, "standard": standard(), "count": 3, "audits": 20}
    rule = limit(ada)
    AutomationRule.objects.filter(pk=rule.pk).update(looks=before)
    move = import_module("console.automation.migrations.0005_looks_by_question")
    move.forwards(apps, None)
    assert vain(rule) == {"count": 3, "audits": 20}
    assert looked_at(rule).look == 4
    move.backwards(apps, None)
    rule.refresh_from_db()
    assert rule.looks == before


def test_the_page_counts_the_looks_of_certificates_that_ended(
    certificate: Certificate, shop: Source, rita: User, ada: User, client: Client
) -> None:
    client.force_login(ada)
    assert "It was tried" not in client.get("/automation/review/").content.decode()
    certificate_end(certificate, state="expired", why="Scores drift.")
    audited(shop, rita, [CALM] * 9, breaks=range(9))
    page = client.get("/automation/review/").content.decode()
    assert "It was tried 1 time; each look spends some of the doubt" in page
