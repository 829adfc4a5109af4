"""Events leave through the outbox, signed, attempt by attempt, to a real HTTP server."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from standardwebhooks import Webhook, WebhookVerificationError

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.audit.models import AuditRow
from console.cases.models import Claim
from console.common.jobs import job_claim
from console.common.models import Job, OutboxEvent
from console.common.outbox import outbox_cancel, outbox_put
from console.enforcement.endpoints import endpoint_create, secret_new
from console.enforcement.models import Delivery, DeliveryAttempt, EnforcementAction, WebhookEndpoint
from console.enforcement.relay import relay_outbox
from console.enforcement.sending import BODY_BYTES
from console.enforcement.webhooks import RETRIES, deliveries_attempt, delivery_attempt
from console.flow import decisions_release, verdict_give
from console.verdicts.services import VerdictForm
from tests.console.calls import Calls, fields, of, problem


class Receiver:
    """A platform's own server: remembers what it got, answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.answer, self.headers = 200, b"ok", {}  # type: ignore[var-annotated]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.answer)))
                self.end_headers()
                try:
                    self.wfile.write(receiver.answer)
                except OSError:
                    return

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=1"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    found = Receiver()
    yield found
    found.stop()


@pytest.fixture
def endpoint(receiver: Receiver, shop: Source) -> WebhookEndpoint:
    return endpoint_create(source=shop, url=receiver.url, topics=[], may_hear_system=False, actor="source:shop")


def event(shop: Source, name: str = "1", **data: Any) -> OutboxEvent:
    outbox_put(topic="item.decided", source_id=shop.pk, subject="item:1", data={"outcome": "allow", **data}, dedupe_key=f"test:{name}")
    return OutboxEvent.objects.get(dedupe_key=f"test:{name}")


def attempt_all() -> list[str]:
    return [delivery_attempt(job) for job in job_claim(lane="deliver", task="deliver", owner="test")]


def due_again() -> None:
    """As if the pause were over."""
    Job.objects.filter(state="ready").update(next_run_at=Now())


def test_it_delivers_a_signed_event(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    sent = event(shop, external_id="x-1")
    assert relay_outbox() == 1
    assert attempt_all() == ["delivered"]
    [(path, headers, body)] = receiver.got
    assert path == "/hook?a=1"
    found = Webhook(endpoint.secret).verify(body, headers)
    assert found["type"] == "item.decided"
    assert found["data"] == {"outcome": "allow", "external_id": "x-1"}
    assert headers["webhook-id"] == str(sent.pk)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("delivered", 1)
    assert DeliveryAttempt.objects.get().status == 200
    assert Job.objects.get(task="deliver").state == "done"


def test_a_receiver_can_tell_a_forged_message(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    event(shop)
    relay_outbox()
    attempt_all()
    [(_, headers, body)] = receiver.got
    for changed_body, changed in (
        (body + b" ", headers), (body, {**headers, "webhook-id": "other"}), (body, {**headers, "webhook-timestamp": "1000000000"}),
    ):  # fmt: skip
        with pytest.raises(WebhookVerificationError):
            Webhook(endpoint.secret).verify(changed_body, changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_new()).verify(body, headers)


def test_a_verdict_reaches_the_platform_when_undo_is_over(
    claimed: Callable[..., Claim], endpoint: WebhookEndpoint, receiver: Receiver, settings: Any
) -> None:
    claim = claimed("Buy two, get one free.")
    verdict = verdict_give(
        case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token, form=VerdictForm(outcome="enforce", clauses=("4.4",))
    )
    assert relay_outbox() == 0  # undo is open
    assert not EnforcementAction.objects.exists()
    OutboxEvent.objects.update(not_before=Now())
    verdict.undo_until -= timedelta(minutes=1)
    verdict.save()
    assert decisions_release() == 1
    assert relay_outbox() == 2
    attempt_all()
    bodies = {json.loads(body)["type"]: json.loads(body)["data"] for _, _, body in receiver.got}
    assert set(bodies) == {"item.decided", "item.enforced"}
    data = bodies["item.enforced"]
    assert data["external_id"] == "x-1"
    assert (data["outcome"], data["clause"], data["decision"]) == ("enforce", "4.4", str(verdict.decision_id))
    assert data["statement_url"].endswith(f"/decisions/{verdict.decision_id}/statement")
    assert EnforcementAction.objects.get().state == "active"


def test_what_was_undone_is_never_told(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    event(shop)
    assert outbox_cancel(dedupe_prefix="test:") == 1
    assert relay_outbox() == 0
    assert not Delivery.objects.exists()


def test_two_relays_make_one_delivery(shop: Source, endpoint: WebhookEndpoint) -> None:
    event(shop)
    assert [relay_outbox(), relay_outbox()] == [1, 0]
    OutboxEvent.objects.update(state="pending")  # as after a restore from a backup
    assert relay_outbox() == 1
    assert Delivery.objects.count() == Job.objects.filter(task="deliver").count() == 1


def test_only_endpoints_of_the_source_that_want_the_topic_hear_it(shop: Source, rival: Source, receiver: Receiver) -> None:
    for source, topics in ((shop, []), (shop, ["item.decided"]), (shop, ["item.restored"]), (rival, [])):
        endpoint_create(source=source, url=receiver.url, topics=topics, may_hear_system=False, actor="system")
    event(shop)
    relay_outbox()
    assert [list(d.endpoint.topics) for d in Delivery.objects.order_by("endpoint_id")] == [[], ["item.decided"]]
    assert set(Delivery.objects.values_list("endpoint__source__slug", flat=True)) == {"shop"}


def test_news_of_no_source_is_heard_by_name_only(shop: Source, receiver: Receiver) -> None:
    endpoint_create(source=shop, url=receiver.url, topics=[], may_hear_system=False, actor="system")
    named = endpoint_create(source=shop, url=receiver.url, topics=["model.promoted"], may_hear_system=True, actor="system")
    outbox_put(topic="model.promoted", source_id=None, subject="model:x", data={}, dedupe_key="m")
    relay_outbox()
    assert Delivery.objects.get().endpoint == named


def test_many_events_cost_no_more_queries_than_one(
    shop: Source, rival: Source, endpoint: WebhookEndpoint, receiver: Receiver, django_assert_num_queries: Any
) -> None:
    endpoint_create(source=rival, url=receiver.url, topics=[], may_hear_system=False, actor="system")
    event(shop)
    with CaptureQueriesContext(connection) as one:
        assert relay_outbox() == 1
    for number in range(2, 22):
        event((shop, rival)[number % 2], str(number))
    with django_assert_num_queries(len(one)):
        assert relay_outbox() == 20
    assert Delivery.objects.filter(endpoint=endpoint).count() == 11
    assert Delivery.objects.filter(endpoint__source=rival).count() == 10


def test_it_tries_again_for_more_than_a_day_and_then_gives_up(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.status, receiver.answer = 500, b"busy"
    event(shop)
    relay_outbox()
    results: list[str] = []
    for _ in range(len(RETRIES) + 1):
        results += attempt_all()
        due_again()
    assert results == ["retry"] * len(RETRIES) + ["dead"]
    assert sum(RETRIES) > 24 * 3600
    assert attempt_all() == []
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("dead", len(RETRIES) + 1)
    assert list(DeliveryAttempt.objects.values_list("status", "body").distinct()) == [(500, "busy")]
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
    assert len({body for _, _, body in receiver.got}) == 1
    assert AuditRow.objects.filter(verb="delivery.dead").count() == 1


def test_the_pause_grows_as_the_schedule_says(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.status = 503
    event(shop)
    relay_outbox()
    attempt_all()
    job = Job.objects.get(task="deliver")
    assert job.state == "ready"
    pause = (job.next_run_at - Delivery.objects.get().attempt_set.get().at).total_seconds()
    assert RETRIES[0] <= pause <= RETRIES[0] * 1.5 + 1


def test_a_dead_letter_can_be_sent_again_with_the_same_id(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    sent = event(shop)
    relay_outbox()
    Delivery.objects.update(state="dead", attempts=10)
    Job.objects.filter(task="deliver").update(state="failed")
    calls = of(shop)
    delivery = Delivery.objects.get()
    assert calls.get("deliveries", state="dead").json()["results"][0]["id"] == delivery.pk
    answer = calls.post(f"deliveries/{delivery.pk}/replay")
    assert (answer.status_code, answer.json()["state"]) == (200, "pending")
    assert attempt_all() == ["delivered"]
    assert receiver.got[0][1]["webhook-id"] == str(sent.pk)
    shown = calls.get(f"deliveries/{delivery.pk}").json()
    assert (shown["state"], [a["status"] for a in shown["attempt_list"]]) == ("delivered", [200])
    assert calls.post(f"deliveries/{delivery.pk}/replay").status_code == 200  # delivered ones too
    problem(calls.post(f"deliveries/{delivery.pk}/replay"), 409, "pending")


def test_gone_switches_the_endpoint_off(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.status = 410
    event(shop)
    relay_outbox()
    assert attempt_all() == ["dead"]
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    event(shop, "2")
    assert relay_outbox() == 1
    assert Delivery.objects.count() == 1
    problem(of(shop).post(f"deliveries/{Delivery.objects.get().pk}/replay"), 409, "webhook_off")


def test_a_redirect_is_not_followed(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.status, receiver.headers = 302, {"Location": receiver.url}
    event(shop)
    relay_outbox()
    assert attempt_all() == ["retry"]
    assert len(receiver.got) == 1
    assert DeliveryAttempt.objects.get().status == 302


def test_a_flood_of_an_answer_is_cut(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.answer = b"\x00\xff" * BODY_BYTES * 4
    event(shop)
    relay_outbox()
    assert attempt_all() == ["delivered"]
    assert len(DeliveryAttempt.objects.get().body) <= 1000


def test_nobody_there_is_an_attempt_too(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    WebhookEndpoint.objects.update(url=f"http://127.0.0.1:{port}/")
    event(shop)
    relay_outbox()
    assert attempt_all() == ["retry"]
    assert "refused" in DeliveryAttempt.objects.get().error.lower()


def test_a_worker_that_lost_its_lease_records_the_attempt_only(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    event(shop)
    relay_outbox()
    stale = job_claim(lane="deliver", task="deliver", owner="slow", lease_seconds=0)
    fresh = job_claim(lane="deliver", task="deliver", owner="quick")
    receiver.status = 500
    assert delivery_attempt(stale[0]) == "lost"
    receiver.status = 200
    assert delivery_attempt(fresh[0]) == "delivered"
    assert DeliveryAttempt.objects.count() == 2


def test_a_second_ring_for_a_delivered_message_sends_nothing(shop: Source, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    event(shop)
    relay_outbox()
    jobs = job_claim(lane="deliver", task="deliver", owner="test")
    deliveries_attempt(jobs=jobs)
    deliveries_attempt(jobs=jobs)
    assert len(receiver.got) == 1


def test_it_keeps_webhooks_of_a_source(shop: Source, receiver: Receiver) -> None:
    calls = of(shop)
    made = calls.post("webhooks", {"url": receiver.url, "topics": ["item.decided"]})
    assert made.status_code == 201
    body = made.json()
    assert body["secret"].startswith("whsec_")
    assert "secret" not in calls.get(f"webhooks/{body['id']}").json()
    assert "secret" not in calls.get("webhooks").json()["results"][0]
    changed = calls.send("PATCH", f"webhooks/{body['id']}", {"is_active": False, "topics": []})
    assert (changed.json()["is_active"], changed.json()["topics"]) == (False, [])
    assert calls.send("DELETE", f"webhooks/{body['id']}").status_code == 204
    assert not WebhookEndpoint.objects.exists()
    assert body["secret"] not in str(list(AuditRow.objects.values()))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"), ({"url": ""}, "url"), ({"url": "ftp://example.org"}, "url"), ({"url": "http://x y"}, "url"), ({"url": 5}, "url"),
        ({"url": "https://example.org/" + "a" * 500}, "url"), ({"topics": ["item.lost"], "url": "http://127.0.0.1"}, "topics"),
        ({"topics": ["model.promoted"], "url": "http://127.0.0.1"}, "topics"),
        ({"topics": "item.decided", "url": "http://127.0.0.1"}, "topics"),
    ],
)  # fmt: skip
def test_it_refuses_a_webhook_that_cannot_work(shop: Source, settings: Any, body: dict[str, Any], field: str) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    assert fields(problem(of(shop).post("webhooks", body), 400)) == {field}
    assert not WebhookEndpoint.objects.exists()


def test_who_may_keep_webhooks(shop: Source, rival: Source, endpoint: WebhookEndpoint, ada: User, receiver: Receiver) -> None:
    problem(of(shop, Role.MODERATOR).get("webhooks"), 403)
    problem(Calls().get("webhooks"), 401)
    stranger = of(rival)
    assert stranger.get("webhooks").json()["results"] == []
    problem(stranger.get(f"webhooks/{endpoint.pk}"), 404)
    problem(stranger.send("PATCH", f"webhooks/{endpoint.pk}", {"is_active": False}), 404)
    problem(stranger.send("DELETE", f"webhooks/{endpoint.pk}"), 404)
    answer = of(shop, Role.ADMIN, ada).post("webhooks", {"url": receiver.url, "topics": ["model.promoted", "alert.raised"]})
    assert answer.status_code == 201
