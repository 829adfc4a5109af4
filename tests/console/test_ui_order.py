"""The screen of an order: what hangs on it, what it shares, where its facts stand, and the third way: to ask first."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from console.cases.claiming import case_claim_one
from console.cases.models import Case, Claim, Queue
from console.common.errors import Invalid
from console.flow import decisions_release, item_feedback, verdict_give, verdict_undo
from console.insights.related import FAR, NEAR
from console.insights.screen import case_open
from console.intake.models import FeedbackEvent, Item
from console.policies.services import policy_activate, policy_draft, policy_edit
from console.scores.models import Decision, Score
from console.verdicts.models import Label, Verdict
from console.verdicts.services import VerdictForm
from scoring.blocks import FactsBlock, LinksBlock
from tests.console.ui_forms import HTMX

Waiting = Callable[..., Case]
PLACE = {"street": "Mill Lane 4", "postcode": "10115", "country": "DE"}


@pytest.fixture
def order(waiting: Waiting) -> Waiting:
    """An order that waits for a person, placed some minutes ago."""

    def _order(minutes: float = 10, amount: float = 80.0, **fields: Any) -> Case:
        placed = timezone.now() - timedelta(minutes=minutes)
        payload = {"amount": amount, "currency": "EUR", "placed_at": placed.isoformat(), **fields}
        return waiting(kind="order", payload=payload)

    return _order


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def open_case(page: Client, case: Case) -> str:
    """Take it and draw it."""
    page.post(f"/cases/{case.pk}/take")
    return page.get(f"/cases/{case.pk}/").content.decode()


def token_of(case: Case) -> int:
    return Claim.objects.get(case=case, state="open").token


def decide(case: Case, reviewer: User, **form: Any) -> Verdict:
    claim = case_claim_one(case_id=case.pk, reviewer=reviewer)
    assert claim is not None
    return verdict_give(case_id=case.pk, reviewer=reviewer, token=claim.token, form=VerdictForm(**form))


def links_of(case: Case) -> LinksBlock:
    return next(b for b in case_open(case=case, claim=None).blocks if isinstance(b, LinksBlock))


def test_it_says_what_hangs_on_the_order_and_when_it_ships(page: Client, order: Waiting) -> None:
    html = open_case(page, order(amount=200, ship_by=(timezone.now() + timedelta(minutes=38, seconds=30)).isoformat()))
    assert "215.00 EUR" in html  # the amount and the fee of a chargeback
    assert "26.00 EUR" in html  # 13 % of it
    assert html.count("in 38 min") == 2  # in the bar and beside the amount


def test_it_reckons_with_the_numbers_of_the_policy(page: Client, order: Waiting, petra: User) -> None:
    case = order(amount=200)
    figures = {"margin_percent": 50, "chargeback_fee": 0, "ship_after_hours": 3}
    draft = policy_draft(kind="order", user=petra)
    with pytest.raises(Invalid, match="cannot be saved"):
        policy_edit(version_id=draft.pk, document=draft.document | {"figures": {"luck": 7}}, user=petra)
    policy_edit(version_id=draft.pk, document=draft.document | {"figures": figures}, user=petra)
    policy_activate(version_id=draft.pk, user=petra)
    html = open_case(page, case)
    assert "100.00 EUR" in html
    assert "in 2 h" in html


def test_it_draws_what_it_shares_and_how_that_ended(page: Client, order: Waiting, rita: User) -> None:
    bad = order(300, device_id="d", user_id="u1")
    FeedbackEvent.objects.create(item=bad.item, event="chargeback")
    good = order(200, device_id="d", shipping=PLACE)
    decide(good, rita, outcome="allow")
    stranger = order(150, device_id="other")
    case = order(5, device_id="d", shipping=PLACE)
    Case.objects.exclude(pk=case.pk).update(state="closed")
    rows = {row.id: row for row in links_of(case).linked}
    assert set(rows) == {str(bad.item_id), str(good.item_id)}
    assert str(stranger.item_id) not in rows
    assert (rows[str(bad.item_id)].ended, rows[str(bad.item_id)].tone) == ("Charged back", "bad")
    assert (rows[str(good.item_id)].ended, list(rows[str(good.item_id)].shares)) == ("Released", ["Device", "Address"])
    html = open_case(page, case)
    assert 'role="group" aria-label="This order shares device with 2, address with 1.' in html
    assert f'href="/items/{bad.item_id}/" target="_blank" rel="noopener" aria-label="{bad.item.external_id}, Charged back' in html
    assert html.count("Charged back") >= 3  # in the drawing, its label and the table


def test_it_looks_two_orders_away(order: Waiting) -> None:
    far = order(300, card_hash="c2", device_id="d9")
    between = order(200, device_id="d", card_hash="c2")
    case = order(5, device_id="d", card_hash="c1")
    rows = {row.id: row for row in links_of(case).linked}
    assert rows[str(between.item_id)].by == ""
    assert rows[str(far.item_id)].by == str(between.item_id)
    assert list(rows[str(far.item_id)].shares) == ["Card"]


def test_it_tells_nothing_of_an_order_that_a_person_is_still_to_decide(order: Waiting) -> None:
    other = order(100, device_id="d")
    Decision.objects.filter(item=other.item).update(outcome="allow", automated=False)
    case = order(5, device_id="d")
    assert [row.ended for row in links_of(case).linked] == ["Waits"]
    Case.objects.filter(pk=other.pk).update(state="closed")
    assert [row.ended for row in links_of(case).linked] == ["Released"]


def test_it_keeps_sources_apart_and_stays_small(order: Waiting, rival: Any) -> None:
    for minute in range(30):
        order(20 + minute, device_id="d", ip="192.0.2.1", card_hash=f"c{minute}")
    foreign = order(15, device_id="d")
    Item.objects.filter(pk=foreign.item_id).update(source=rival)
    connection.cursor().execute("UPDATE intake_itemkey SET source_id = %s WHERE item_id = %s", [rival.pk, foreign.item_id])
    case = order(5, device_id="d", ip="192.0.2.1", card_hash="c-new")
    linked = links_of(case).linked
    assert 0 < len(linked) <= NEAR + FAR
    assert str(foreign.item_id) not in {row.id for row in linked}


def test_it_asks_the_database_no_more_for_many_links_than_for_one(order: Waiting) -> None:
    def queries(case: Case) -> int:
        with CaptureQueriesContext(connection) as caught:
            links_of(case)
        return len(caught)

    order(100, device_id="a")
    few = queries(order(5, device_id="a"))
    for minute in range(12):
        order(20 + minute, device_id="b", card_hash=f"c{minute}", ip="192.0.2.9")
    assert queries(order(4, device_id="b", ip="192.0.2.9")) <= few + 1


def test_its_facts_stand_among_others_also_when_blind(page: Client, order: Waiting) -> None:
    case = order(account_created_at=(timezone.now() - timedelta(days=1)).isoformat())
    measured = {"percentiles": {"account_age_days": 4, "amount": 88}, "population": "500 orders of a test"}
    Score.objects.create(item=case.item, model="order@test", checksum="0" * 64, risk=0.83, extra={"measured": measured})
    Case.objects.update(blind=True)
    html = open_case(page, case)
    assert "Less than 96 in 100" in html
    assert "More than 88 in 100" in html
    assert "Compared with 500 orders of a test." in html
    assert "<b>8 in 10</b>" not in html
    assert "order@test" not in html
    blocks = case_open(case=Case.objects.get(pk=case.pk), claim=None).blocks
    facts = {f.name: f for b in blocks if isinstance(b, FactsBlock) for f in b.facts}
    assert facts["Account age"].mark == "low"  # it is on the side where the risk lies
    assert facts["Amount"].mark == ""


def test_its_groups_are_payer_device_address_basket_history(order: Waiting) -> None:
    case = order(5, user_id="u", device_id="d", billing=PLACE, shipping=PLACE, items=[{"name": "Kettle", "quantity": 2}])
    titles = [b.title for b in case_open(case=case, claim=None).blocks if isinstance(b, FactsBlock)]
    assert titles == ["Payer", "Device and card", "Delivery against billing", "Basket", "History"]


def test_the_third_way_is_to_ask_first(page: Client, order: Waiting, rita: User) -> None:
    case = order()
    html = open_case(page, case)
    assert re.search(r'name="outcome" value="enforce:verify" data-key="v"', html)
    assert 'name="action" value="verify"' not in html  # it is an outcome of its own, not a way to cancel
    data = {"token": token_of(case), "outcome": "enforce:verify", "action": "cancel", "clause": ["9.1"]}
    answer = page.post(f"/cases/{case.pk}/verdict", data, headers=HTMX).content.decode()
    verdict = Verdict.objects.get()
    assert (verdict.outcome, verdict.action, verdict.clauses) == ("enforce", "verify", ["9.1"])
    assert verdict.decision.sentence == "Held, to verify: stolen card."
    assert "Last one: held, to verify" in answer
    assert not Label.objects.exists()  # nobody knows yet
    verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    assert Case.objects.get().state == Case.State.WAITING


def test_it_cancels_with_a_label_but_asks_without(order: Waiting, rita: User) -> None:
    decide(order(), rita, outcome="enforce", action="cancel", clauses=("9.1",))
    assert Label.objects.get(name="stolen_card").value == 1


def test_the_answer_brings_back_what_was_held_to_be_verified(order: Waiting, rita: User, settings: Any) -> None:
    settings.UNDO_SECONDS = 0
    case = order()
    decide(case, rita, outcome="enforce", action="verify", clauses=("9.1",))
    decisions_release()
    item_feedback(item=case.item, event="confirmed", data={}, actor="source:shop")
    assert Label.objects.get(name="fraud").value == 0
    back = Case.objects.get(item=case.item, state="waiting")
    assert back.reason == "answered"
    assert back.sentence == "It was held to verify, and the answer is here: confirmed."
    item_feedback(item=case.item, event="refund", data={}, actor="source:shop")
    assert Case.objects.filter(item=case.item, state="waiting").count() == 1


def test_much_money_asks_for_a_verdict_before_the_evidence(page: Client, order: Waiting) -> None:
    Queue.objects.filter(kind="order").update(verdict_first=True, verdict_first_above=500)
    case = order(amount=900)
    html = open_case(page, case)
    assert "Choose your outcome first, then reveal" in html
    url = f"/cases/{case.pk}/reveal"
    refused = page.post(url, {"token": token_of(case)}, headers=HTMX)
    assert refused.status_code == 422
    assert "choose your outcome first" in refused.content.decode()
    assert not Claim.objects.get().evidence_seen
    assert page.post(url, {"token": token_of(case), "outcome": "enforce:verify"}, headers=HTMX).status_code == 200
    claim = Claim.objects.get()
    assert claim.evidence_seen
    assert claim.first_outcome == "enforce"


def test_little_money_does_not(page: Client, order: Waiting) -> None:
    Queue.objects.filter(kind="order").update(verdict_first=True, verdict_first_above=500)
    case = order(amount=500)
    assert "Choose your outcome first" not in open_case(page, case)
    assert page.post(f"/cases/{case.pk}/reveal", {"token": token_of(case)}, headers=HTMX).status_code == 200


def test_a_new_queue_of_orders_has_the_limit_of_its_kind(ready: None) -> None:
    orders, reviews = Queue.objects.get(kind="order"), Queue.objects.get(kind="review")
    assert (orders.verdict_first, orders.verdict_first_above) == (True, 500)
    assert (reviews.verdict_first, reviews.verdict_first_above) == (False, None)


def test_a_queue_may_ask_for_it_everywhere(page: Client, order: Waiting) -> None:
    Queue.objects.filter(kind="order").update(verdict_first=True, verdict_first_above=None)
    assert "Choose your outcome first" in open_case(page, order(amount=1))
    Queue.objects.filter(kind="order").update(verdict_first=False)
    assert "Choose your outcome first" not in open_case(page, order(amount=9000))
