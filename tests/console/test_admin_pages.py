"""Deliveries, the audit trail and the overview: who may read, what is found, what can be done again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from console.accounts.models import Source, User
from console.audit.models import AuditRow
from console.audit.seal import audit_seal
from console.audit.services import audit_append
from console.common.ids import uuid7
from console.common.models import OutboxEvent
from console.enforcement.models import Delivery, DeliveryAttempt, WebhookEndpoint
from console.insights.selectors import decisions_by_day, overview
from console.intake.models import Item
from tests.console.test_models_pages import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(shop: Source) -> Delivery:
    endpoint = WebhookEndpoint.objects.create(source=shop, url="https://shop.example/hooks", secret="whsec_dGVzdA==")
    event = OutboxEvent.objects.create(
        topic="item.decided", source_id=shop.pk, subject="item:1", data={"outcome": "<b>enforce</b>"}, dedupe_key="d:1", state="relayed"
    )
    made = Delivery.objects.create(event=event, endpoint=endpoint, state="dead", attempts=9)
    DeliveryAttempt.objects.create(delivery=made, error="connection refused", took_ms=12)
    return made


def test_only_those_who_oversee_read(rita: User, lena: User, petra: User, ada: User, otto: User) -> None:
    allowed = {"/deliveries/": [403, 200, 403, 200, 403], "/audit/": [403, 200, 200, 200, 403], "/insights/": [403, 200, 200, 200, 403]}
    for path, answers in allowed.items():
        assert [signed_in(user).get(path).status_code for user in (rita, lena, petra, ada, otto)] == answers


def test_deliveries_are_listed_by_state_with_their_attempts(delivery: Delivery, ada: User) -> None:
    client = signed_in(ada)
    assert "shop.example" in text_of(client.get("/deliveries/?state=dead"))
    assert "None of these" in text_of(client.get("/deliveries/?state=delivered"))
    assert "shop.example" in text_of(client.get("/deliveries/?state=odd&before=zzz"))
    html = text_of(client.get(f"/deliveries/{delivery.pk}/"))
    assert "connection refused" in html
    assert "&lt;b&gt;enforce" in html
    assert "whsec" not in html
    assert client.get("/deliveries/999/").status_code == 404


def test_a_delivery_is_sent_again_by_an_admin(delivery: Delivery, ada: User, lena: User) -> None:
    assert signed_in(lena).post(f"/deliveries/{delivery.pk}/replay").status_code == 403
    assert "sent again" in text_of(signed_in(ada).post(f"/deliveries/{delivery.pk}/replay", follow=True))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("pending", 0)
    assert "on its way already" in text_of(signed_in(ada).post(f"/deliveries/{delivery.pk}/replay", follow=True))


def test_the_audit_trail_is_searched_and_shows_its_seal(lena: User) -> None:
    item_id = uuid7()
    audit_append(actor="user:rita", verb="verdict.given", subject="case:1", item_id=item_id, data={"outcome": "allow"})
    audit_append(actor="machine:review@3", verb="item.decided", subject="item:2")
    client = signed_in(lena)
    html = text_of(client.get("/audit/?actor=rita"))
    assert "verdict.given" in html
    assert "item.decided" not in html
    assert "Outcome: allow" in html
    assert "waits" in html
    audit_append(actor="system", verb="case.opened", subject=f"case:{item_id}", data={"run": str(item_id)})
    raw = client.get("/audit/?verb=case.opened").content.decode()
    assert f'title="case:{item_id}">case:…{str(item_id)[-8:]}<' in raw
    assert f"Run: …{str(item_id)[-8:]}" in raw
    assert "verdict.given" in text_of(client.get(f"/audit/?subject={item_id}"))
    assert "Nothing fits" in text_of(client.get("/audit/?verb=model.&since=2026-01-01&until=x"))
    assert "Nothing fits" in text_of(client.get("/audit/?until=2001-01-01"))
    audit_seal()
    assert AuditRow.objects.filter(seal_seq__isnull=True).count() == 0
    assert "sealed" in text_of(client.get("/audit/?actor=machine:"))


def test_the_audit_trail_is_paged(lena: User) -> None:
    for number in range(60):
        audit_append(actor="system", verb="test.row", subject=f"row:{number:02d}")
    client = signed_in(lena)
    first = text_of(client.get("/audit/?verb=test."))
    assert "row:59" in first
    assert "row:05" not in first
    last = AuditRow.objects.get(subject="row:10").pk
    assert f"before={last}" in first
    assert "row:05" in text_of(client.get(f"/audit/?verb=test.&before={last}"))


def test_the_overview_counts_decisions(post: Callable[..., Item], score_all: Callable[[], None], lena: User) -> None:
    for text in ("The soup was cold.", "A lovely evening, thank you."):
        post(text)
    score_all()
    found = overview()
    assert (found.received, found.first_decisions) == (2, 2)
    today = decisions_by_day(days=2)[-1]
    assert today.allowed + today.reviewed + today.enforced == 2
    assert found.override_rate is None
    assert overview(kind="order").received == 0
    assert "of 2 by the machine" in text_of(signed_in(lena).get("/insights/?kind=review"))
