"""How often a limit was looked at: each look spends some of the doubt, and they come to an end."""

from __future__ import annotations

import pytest
from django.test import Client

from console.accounts.models import Source, User
from console.audit.models import AuditRow
from console.automation.certificates import certificate_end, certificate_try, certificates_try, look_at
from console.automation.models import Certificate
from console.common.errors import Conflict
from scoring.certify import confidence_of_look, needed
from tests.console.automation import CALM, ENOUGH, audited, first_proof, limit, serves


@pytest.fixture(autouse=True)
def serving(ready: None) -> None:
    serves()


@pytest.fixture
def certificate(shop: Source, rita: User, ada: User) -> Certificate:
    return first_proof(shop, rita, ada)


def test_one_wrong_too_many_proves_nothing_and_the_look_is_spent(shop: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [CALM] * ENOUGH, breaks=[5])
    rule = limit(ada)
    assert certificate_try(rule_id=rule.pk, user=ada) is None
    rule.refresh_from_db()
    assert (rule.looks["count"], rule.looks["audits"]) == (1, ENOUGH)
    assert AuditRow.objects.filter(verb="certificate.not_yet").count() == 1
    looked = look_at(rule)
    assert looked is not None
    assert looked.look == 2
    assert looked.proof.limit.confidence > 0.99


def test_it_looks_by_itself_where_audits_may_suffice_and_again_only_with_twice_as_many(shop: Source, rita: User, ada: User) -> None:
    rule = limit(ada)
    audited(shop, rita, [CALM] * 60)
    assert certificates_try() == 0
    rule.refresh_from_db()
    assert rule.looks == {}  # too few to try
    audited(shop, rita, [CALM] * 60, breaks=range(9))
    assert certificates_try() == 0
    rule.refresh_from_db()
    assert rule.looks["count"] == 1
    audited(shop, rita, [CALM] * 60)
    assert certificates_try() == 0
    rule.refresh_from_db()
    assert rule.looks["count"] == 1


def test_a_wider_mark_costs_another_look_and_what_was_proven_stays(certificate: Certificate, shop: Source, rita: User, ada: User) -> None:
    rule = certificate.rule
    assert certificate_try(rule_id=rule.pk, user=ada) == certificate  # nothing was answered since
    rule.refresh_from_db()
    assert rule.looks == {}  # so nothing is spent
    audited(shop, rita, ["0.02"])
    looked = look_at(rule)
    assert looked is not None
    assert looked.look == 2
    assert certificate_try(rule_id=rule.pk, user=ada) == certificate
    rule.refresh_from_db()
    certificate.refresh_from_db()
    assert (rule.looks["count"], certificate.state) == (2, "valid")


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
    rule.refresh_from_db()
    assert rule.looks["count"] == 1  # the second would have found the same
    rule.looks |= {"count": 40, "audits": 1}
    rule.save(update_fields=["looks"])
    with pytest.raises(Conflict, match="no doubt is left"):
        certificate_try(rule_id=rule.pk, user=ada)
    client.force_login(ada)
    assert client.get("/automation/review/").status_code == 200
    assert certificates_try() == 0
