"""Nobody decides what they wrote themselves. Rita has an account at the shop."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from console.accounts.models import Source, User
from console.audit.models import AuditRow
from console.cases.claiming import case_claim_next, case_claim_one
from console.cases.models import Case
from console.quality.models import OwnAccount

pytestmark = pytest.mark.django_db
Waiting = Callable[..., Case]


def say(*words: str) -> str:
    out = StringIO()
    call_command("own_account", *words, stdout=out)
    return out.getvalue()


def test_it_keeps_what_waits_and_what_comes_from_its_author(waiting: Waiting, rita: User, ravi: User, shop: Source) -> None:
    before = waiting("My own words.", actor={"id": "rita-at-home"})
    assert "1 open cases are kept" in say("rita", "rita-at-home", "--source", "shop")
    after = waiting("More of mine.", actor={"id": "rita-at-home"})
    assert case_claim_next(queue=before.queue, reviewer=rita) is None
    assert case_claim_one(case_id=after.pk, reviewer=rita) is None
    claim = case_claim_next(queue=before.queue, reviewer=ravi)
    assert claim is not None
    assert AuditRow.objects.filter(verb="own_account.added", subject="user:rita").count() == 1


def test_it_serves_what_comes_after_the_account_was_given_up(waiting: Waiting, rita: User, shop: Source) -> None:
    say("rita", "rita-at-home", "--source", "shop")
    say("rita", "rita-at-home", "--source", "shop", "--remove")
    later = waiting("Somebody else's words.", actor={"id": "rita-at-home"})
    assert case_claim_one(case_id=later.pk, reviewer=rita) is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody", "a", "--source", "shop"), "no user 'nobody'"), (("rita", "a", "--source", "mars"), "no source 'mars'"),
        (("rita", " ", "--source", "shop"), "Name the account"), (("rita", "a", "--source", "shop", "--remove"), "No such account"),
    ],
)  # fmt: skip
def test_it_refuses_in_one_line(rita: User, shop: Source, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        say(*words)
    assert not OwnAccount.objects.exists()


def test_it_refuses_what_is_known_already(rita: User, shop: Source) -> None:
    say("rita", "a", "--source", "shop")
    with pytest.raises(CommandError, match="known to be theirs already"):
        say("rita", "a", "--source", "shop")
