"""Two admins, or an admin and the minute: who divides a band or proves something of it does so one after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from console.accounts.models import Source, User
from console.automation.certificates import certificate_try
from console.automation.models import AutomationRule
from console.automation.rules import rule_set
from console.common.errors import Invalid
from tests.console.automation import limit, serves

pytestmark = pytest.mark.django_db(transaction=True)


def divide(ada: User, cut: str, name: str) -> AutomationRule:
    values = {"risk": 0.05, "confidence": 0.95, "basis": "decided", "method": "sequence", "is_on": True}
    return rule_set(kind="review", side="allow", label="risk", values=values, user=ada, cut=cut, name=name)


def waits(work: Callable[[], object]) -> bool:
    """Whether somebody else, with a connection of their own, would have to wait: a wait is refused there."""

    def _work() -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1ms'")
            work()
        except OperationalError as error:
            return 'relation "automation_automationrule"' in str(error)  # and not of the audit log
        finally:
            connection.close()
        return False

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_work).result()


def test_nobody_divides_or_proves_a_band_that_is_being_divided(ready: None, shop: Source, ada: User) -> None:
    serves()
    whole = limit(ada)
    with transaction.atomic():
        divide(ada, "source", "shop")
        assert waits(lambda: divide(ada, "language", "de"))
        assert waits(lambda: certificate_try(rule_id=whole.pk))
    with pytest.raises(Invalid):
        divide(ada, "language", "de")
    assert certificate_try(rule_id=whole.pk) is None


def test_nobody_divides_a_band_that_is_being_proven(ready: None, shop: Source, ada: User) -> None:
    serves()
    own = divide(ada, "source", "shop")
    whole = AutomationRule.objects.get(name="")
    assert (whole.is_on, whole.updated_by) == (False, None), "it is there to be waited for"
    with transaction.atomic():
        certificate_try(rule_id=own.pk)
        assert waits(lambda: divide(ada, "language", "de"))
        assert waits(lambda: limit(ada))
