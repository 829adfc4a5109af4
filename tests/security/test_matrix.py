"""S28: every address of the API, for every role, with ids of another source. Found by walking the addresses, so that a new
one is either here or fails this test."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from django.urls import URLPattern

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.alerts.services import alert_raise
from console.api.urls import v1
from console.backtests.models import Backtest
from console.cases.models import Case, Claim
from console.common.clock import db_now
from console.common.outbox import outbox_put
from console.enforcement.models import Delivery, WebhookEndpoint
from console.enforcement.relay import relay_outbox
from console.flow import verdict_give
from console.intake.models import Media
from console.quality.models import Gold
from console.scores.models import Decision
from console.training.models import Snapshot
from console.verdicts.models import Batch
from console.verdicts.services import VerdictForm
from console.watch.models import DriftReading, DriftReference, SliceReading
from tests.console.calls import PROBLEM, Calls, of, signed_in

OPEN = {"schema", "docs"}
METHODS = ("GET", "POST", "PATCH", "DELETE")
ROLES: dict[str, dict[str, set[str]]] = {  # who may call what; "person" roles include what they imply
    "items": {"GET": {"integration", "moderator", "lead", "policy", "admin"}, "POST": {"integration", "admin"}},
    "items-bulk": {"POST": {"integration", "admin"}},
    "items-export": {"GET": {"integration", "moderator", "lead", "policy", "admin"}},
    "item-similar": {"GET": {"integration", "moderator", "lead", "policy", "admin"}},
    "item": {"GET": {"integration", "moderator", "lead", "policy", "admin"}},
    "item-reports": {"POST": {"integration", "admin"}},
    "item-feedback": {"POST": {"integration", "admin"}},
    "media": {"POST": {"integration", "admin"}},
    "media-one": {"GET": {"integration", "moderator", "lead", "policy", "admin"}},
    "item-views": {"POST": {"integration", "admin"}},
    "queues": {"GET": {"moderator", "lead", "policy", "admin"}, "POST": {"lead", "admin"}},
    "queue": {"PATCH": {"lead", "admin"}, "DELETE": {"lead", "admin"}},
    "queue-pause": {"POST": {"lead", "admin"}},
    "queue-resume": {"POST": {"lead", "admin"}},
    "queue-move": {"POST": {"lead", "admin"}},
    "queue-merge": {"POST": {"lead", "admin"}},
    "transfer": {"GET": {"lead", "admin"}},
    "routing": {"GET": {"lead", "admin"}, "POST": {"lead", "admin"}},
    "queue-claim": {"POST": {"moderator", "lead", "admin"}},
    "case-heartbeat": {"POST": {"moderator", "lead", "admin"}},
    "case-begin": {"POST": {"moderator", "lead", "admin"}},
    "case-assign": {"POST": {"moderator", "lead", "admin"}},
    "case-take-over": {"POST": {"lead", "admin"}},
    "case-release": {"POST": {"moderator", "lead", "admin"}},
    "case-skip": {"POST": {"moderator", "lead", "admin"}},
    "case-escalate": {"POST": {"moderator", "lead", "admin"}},
    "case-second-opinion": {"POST": {"moderator", "lead", "admin"}},
    "case-reveal": {"POST": {"moderator", "lead", "admin"}},
    "case-verdict": {"POST": {"moderator", "lead", "admin"}},
    "case-similar": {"POST": {"moderator", "lead", "admin"}},
    "verdicts-batch": {"POST": {"moderator", "lead", "admin"}},
    "batch-undo": {"POST": {"moderator", "lead", "admin"}},
    "verdict-correct": {"POST": {"moderator", "lead", "admin"}},
    "verdict-undo": {"POST": {"moderator", "lead", "admin"}},
    "verdict-review": {"POST": {"lead", "admin"}},
    "check-plans": {"GET": {"lead", "admin"}},
    "check-plan": {"PATCH": {"lead", "admin"}},
    "golds": {"GET": {"lead", "admin"}, "POST": {"lead", "admin"}},
    "gold": {"DELETE": {"lead", "admin"}},
    "check-agreement": {"GET": {"lead", "admin"}},
    "decisions": {"GET": {"integration", "moderator", "lead", "policy", "admin"}},
    "decision": {"GET": {"integration", "moderator", "lead", "policy", "admin"}},
    "decision-statement": {"GET": {"integration", "moderator", "lead", "policy", "admin"}},
    "runs": {"GET": {"lead", "policy", "admin"}, "POST": {"policy", "admin"}},
    "run": {"GET": {"lead", "policy", "admin"}},
    "run-cancel": {"POST": {"policy", "admin"}},
    "run-first": {"POST": {"policy", "admin"}},
    "run-retry": {"POST": {"policy", "admin"}},
    "triggers": {"GET": {"lead", "policy", "admin"}, "POST": {"policy", "admin"}},
    "trigger": {"GET": {"lead", "policy", "admin"}, "PATCH": {"policy", "admin"}, "DELETE": {"policy", "admin"}},
    "run-limits": {"GET": {"lead", "policy", "admin"}, "PATCH": {"policy", "admin"}},
    "labels": {"GET": {"lead", "policy", "admin"}},
    "snapshots": {"GET": {"lead", "policy", "admin"}},
    "snapshot": {"GET": {"lead", "policy", "admin"}},
    "models": {"GET": {"lead", "policy", "admin"}},
    "model": {"GET": {"lead", "policy", "admin"}},
    "model-promote": {"POST": {"policy", "admin"}},
    "model-rollback": {"POST": {"admin"}},
    "automation": {"GET": {"lead", "policy", "admin"}},
    "certificates": {"GET": {"lead", "policy", "admin"}},
    "backtests": {"GET": {"lead", "policy", "admin"}, "POST": {"policy", "admin"}},
    "backtest": {"GET": {"lead", "policy", "admin"}},
    "backtest-cancel": {"POST": {"policy", "admin"}},
    "model-shadow": {"GET": {"lead", "policy", "admin"}, "POST": {"policy", "admin"}, "DELETE": {"policy", "admin"}},
    "model-canary": {"GET": {"lead", "policy", "admin"}, "POST": {"admin"}, "DELETE": {"policy", "admin"}},
    "alerts": {"GET": {"lead", "policy", "admin"}},
    "drift": {"GET": {"lead", "policy", "admin"}},
    "slices": {"GET": {"lead", "policy", "admin"}},
    "webhooks": {"GET": {"integration", "admin"}, "POST": {"integration", "admin"}},
    "webhook": {"GET": {"integration", "admin"}, "PATCH": {"integration", "admin"}, "DELETE": {"integration", "admin"}},
    "deliveries": {"GET": {"integration", "admin"}},
    "delivery": {"GET": {"integration", "admin"}},
    "delivery-replay": {"POST": {"integration", "admin"}},
}
OF_A_SOURCE = {
    "item", "item-similar", "item-reports", "item-views", "item-feedback",
    "media-one", "decision", "decision-statement", "webhook", "delivery", "delivery-replay", "batch-undo", "gold",
    "backtest", "backtest-cancel",
    *(name for name in ROLES if name.startswith(("case-", "verdict-"))),
}  # fmt: skip
NAMES_A_SOURCE = (
    "item_id", "case_id", "verdict_id", "decision_id", "webhook_id", "delivery_id", "media_id", "batch_id", "gold_id", "backtest_id",
)  # fmt: skip
PATTERNS: dict[str, URLPattern] = {str(pattern.name): pattern for pattern in v1}


@pytest.fixture
def ids(shop: Source, claimed: Callable[..., Claim]) -> dict[str, str]:
    """Something of each sort, all of the shop."""
    claim = claimed("Held by Rita.")
    verdict = verdict_give(
        case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token, form=VerdictForm(outcome="enforce", clauses=("4.4",)),
        batch=Batch.objects.create(reviewer=claim.reviewer, queue=claim.case.queue, basis="chosen"),
    )  # fmt: skip
    endpoint = WebhookEndpoint.objects.create(source=shop, url="https://example.org/", secret="whsec_x")
    outbox_put(topic="item.decided", source_id=shop.pk, subject="item:1", data={}, dedupe_key="m")
    relay_outbox()
    media = Media.objects.create(source=shop, sha256="0" * 64, mime="image/png", size=1)
    backtest = Backtest.objects.create(
        kind="review", what="rule", title="x", subject={"when": "true", "then": "review"}, document={}, source=shop, until=Now()
    )
    return {
        "backtest_id": str(backtest.pk),
        "item_id": str(claim.case.item_id), "case_id": str(claim.case_id), "verdict_id": str(verdict.pk),
        "decision_id": str(verdict.decision_id), "batch_id": str(verdict.batch_id),
        "webhook_id": str(endpoint.pk), "delivery_id": str(Delivery.objects.get().pk), "media_id": str(media.pk),
        "run_id": str(uuid.uuid4()), "trigger_id": "0", "kind": "contact", "digest": "0" * 64,
        "version": "review@no-such", "slug": "reviews",
        "transfer_id": str(uuid.uuid4()), "gold_id": str(Gold.objects.create(item=claim.case.item, outcome="allow").pk),
    }  # fmt: skip


def address(name: str, ids: dict[str, str]) -> str:
    path = str(PATTERNS[name].pattern)
    for part, value in ids.items():
        for converter in ("uuid", "slug", "int", "str"):
            path = path.replace(f"<{converter}:{part}>", value)
    assert "<" not in path, path
    return path


def body(name: str) -> dict[str, Any]:
    complete = {"token": 1, "outcome": "allow", "event": "refund", "reason": "x", "why": "x", "finding": "agree"}
    return complete if name.startswith(("case-", "item-", "verdict-")) else {}


def test_every_address_is_in_the_table() -> None:
    assert set(PATTERNS) - OPEN == set(ROLES)
    for name, pattern in PATTERNS.items():
        if name in ROLES:
            view = pattern.callback.view_class  # type: ignore[attr-defined]
            assert set(view.roles) == set(ROLES[name]) == {m for m in METHODS if hasattr(view, m.lower())}, name
        takes_an_id = any(
            part in str(pattern.pattern)
            for part in NAMES_A_SOURCE
        )
        assert takes_an_id == (name in OF_A_SOURCE), name


@pytest.mark.parametrize("role", [*(role.value for role in Role), "outsider", "nobody"])
def test_each_role_may_do_exactly_what_the_table_says(role: str, shop: Source, ids: dict[str, str], otto: User) -> None:
    calls = Calls() if role == "nobody" else signed_in(otto) if role == "outsider" else of(shop, Role(role))
    wrong: list[str] = []
    for name, methods in ROLES.items():
        for method in METHODS:
            status = (
                calls.send(method, address(name, ids), body(name)).status_code
                if method != "GET"
                else calls.get(address(name, ids)).status_code
            )
            allowed = role in methods.get(method, set())
            refused = 401 if role == "nobody" else 405 if method not in methods else 403
            if (status != refused) if not allowed else status in (401, 403, 405, 500):
                wrong.append(f"{method} {name}: {status}")
    assert wrong == []


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_nothing_of_another_source_can_be_reached(role: str, rival: Source, ids: dict[str, str]) -> None:
    calls = of(rival, Role(role))
    before = (Case.objects.values().get(), Decision.objects.order_by("pk").values_list("state", flat=True)[::1])
    wrong: list[str] = []
    for name in sorted(OF_A_SOURCE):
        for method, allowed in ROLES[name].items():
            if role not in allowed:
                continue
            answer = calls.get(address(name, ids)) if method == "GET" else calls.send(method, address(name, ids), body(name))
            if answer.status_code != 404 or answer["Content-Type"] != PROBLEM:
                wrong.append(f"{method} {name}: {answer.status_code}")
    assert wrong == []
    assert (Case.objects.values().get(), Decision.objects.order_by("pk").values_list("state", flat=True)[::1]) == before
    assert WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("role", ["integration", "admin"])
def test_lists_hold_nothing_of_another_source(role: str, rival: Source, ids: dict[str, str]) -> None:
    calls = of(rival, Role(role))
    for name in ("items", "decisions", "webhooks", "deliveries", *(["backtests"] if role == "admin" else [])):
        assert calls.get(name).json()["results"] == [], name
    assert calls.get("items", external_id="x-1").json()["results"] == []


def test_readings_and_data_sets_name_no_other_source(shop: Source, rival: Source, ada: User) -> None:
    """What concerns the whole installation is told to a token of a source too, but not how much another source sends."""
    now = db_now()
    span: dict[str, Any] = {"kind": "review", "since": now, "until": now, "alarmed": False}
    for what in ("source", "risk"):
        reference = DriftReference.objects.create(kind="review", model="review@a", what=what, n=9, data={}, since=now, until=now)
        DriftReading.objects.create(reference=reference, n=9, psi=0.1, chance=0.1, p=1.0, level="low", bars=[], **span)
    for cut, name in (("", ""), ("Language", "de"), ("Source", "shop"), ("Source", "rival")):
        counted = {"measure": "review", "hits": 1, "of": 9, "share": 1 / 9, "worth": 9}
        SliceReading.objects.create(model="review@a", cut=cut, name=name, apart=False, **counted, **span)
    alert_raise(code="fairness_gap", kind="review", sentence="Source shop: more reviews are acted on than elsewhere.")
    leak = "The account shop-user-7 stands in test (1) and train (2)"
    card = {"refused": leak, "checks": [{"name": "author", "title": "No account in two parts", "count": 1, "found": [leak]}]}
    counts = {"items": 9, "platforms": {"shop": 8, "rival": 1}}
    Snapshot.objects.create(kind="review", content_hash="a" * 64, path="x", counts=counts, card=card)
    names = ("drift", "slices", "alerts", "snapshots", "snapshots/" + "a" * 64)
    bound, whole = of(rival, Role.ADMIN), signed_in(ada)
    assert [len(bound.get(name).json()["results"]) for name in names[:4]] == [1, 3, 1, 1]
    assert [len(whole.get(name).json()["results"]) for name in names[:4]] == [2, 4, 1, 1]
    for name in names:
        assert "shop" not in bound.get(name).content.decode(), name
    assert bound.get(names[4]).json()["card"]["checks"][0]["count"] == 1
    assert "shop-user-7" in whole.get(names[4]).content.decode()


def test_counts_hold_nothing_of_another_source(shop: Source, rival: Source, waiting: Callable[..., Case]) -> None:
    waiting("Waits for the shop.")

    def count(source: Source) -> tuple[int, str | None]:
        row = next(row for row in of(source, Role.MODERATOR).get("queues").json()["results"] if row["slug"] == "reviews")
        return row["waiting"], row["oldest_at"]

    assert count(rival) == (0, None)
    assert count(shop)[0] == 1


def test_an_id_that_is_not_there_answers_like_one_that_is_not_yours(rival: Source, ids: dict[str, str]) -> None:
    calls = of(rival)
    strange = calls.get(f"items/{ids['item_id']}")
    missing = calls.get(f"items/{uuid.uuid4()}")
    assert (strange.status_code, strange.content) == (missing.status_code, missing.content)
