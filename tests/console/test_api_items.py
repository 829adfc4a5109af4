"""Items over REST: works, rejects, forbids."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.audit.models import AuditRow
from console.cases.models import Case
from console.common.models import Job
from console.intake.models import FeedbackEvent, Item, Quarantine, Report
from console.scores.models import Decision
from console.verdicts.models import Label
from tests.console.calls import Calls, fields, of, problem, review, signed_in

pytestmark = pytest.mark.usefixtures("ready")


@pytest.fixture
def shop_calls(shop: Source) -> Calls:
    return of(shop)


def test_it_accepts_an_item_and_says_where_it_is(shop_calls: Calls, shop: Source) -> None:
    answer = shop_calls.post("items", review(actor={"id": "u-9", "city": "Ghent"}, conversation="c-1", severity_hint=2))
    assert answer.status_code == 202
    item = Item.objects.get(source=shop)
    assert answer.json() == {"id": str(item.pk), "external_id": "r-1", "status": "received", "url": answer.json()["url"]}
    assert answer.json()["url"].endswith(f"/api/v1/items/{item.pk}")
    assert (item.kind, item.actor_id, item.conversation, item.severity_hint) == ("review", "u-9", "c-1", 2)
    assert Job.objects.filter(subject=str(item.pk)).count() == 1
    assert AuditRow.objects.get(verb="item.received").actor == "source:shop"


def test_it_answers_200_and_the_same_id_for_the_same_body(shop_calls: Calls) -> None:
    first, again = shop_calls.post("items", review()), shop_calls.post("items", review())
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Job.objects.count() == 1


def test_it_refuses_another_body_under_the_same_id(shop_calls: Calls) -> None:
    shop_calls.post("items", review())
    problem(shop_calls.post("items", review(text="The soup was hot.")), 409, "other_body")
    assert Item.objects.get().payload["text"] == "The soup was cold."


def test_it_takes_the_address_with_a_slash_at_its_end_too(shop_calls: Calls) -> None:
    assert shop_calls.post("items/", review()).status_code == 202


def test_it_waits_for_the_decision_when_asked(shop_calls: Calls, monkeypatch: pytest.MonkeyPatch, score_all: Callable[[], None]) -> None:
    from console.api import items

    monkeypatch.setattr(items.time, "sleep", lambda seconds: score_all())  # the worker, as it were
    answer = shop_calls.client.post("/api/v1/items?wait=2", review(), content_type="application/json", headers=shop_calls.headers)
    assert answer.status_code == 200
    decision = Decision.objects.get()
    assert answer.json()["decision"]["id"] == str(decision.pk)
    assert answer.json()["decision"]["outcome"] == decision.outcome
    assert answer.json()["status"] == Item.objects.get().status


def test_it_answers_202_when_the_decision_does_not_come_in_time(shop_calls: Calls) -> None:
    answer = shop_calls.client.post("/api/v1/items?wait=0.01", review(), content_type="application/json", headers=shop_calls.headers)
    assert answer.status_code == 202
    assert answer.json()["status"] == "received"


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", "inf"])
def test_it_refuses_a_wait_that_is_no_time(shop_calls: Calls, wait: str) -> None:
    answer = shop_calls.client.post(f"/api/v1/items?wait={wait}", review(), content_type="application/json", headers=shop_calls.headers)
    assert fields(problem(answer, 400)) == {"wait"}
    assert not Item.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"external_id": "a", "payload": {"text": "x"}}, "kind"),
        ({"kind": "poem", "external_id": "a", "payload": {"text": "x"}}, "kind"),
        ({"kind": "review", "payload": {"text": "x"}}, "external_id"),
        ({"kind": "review", "external_id": "", "payload": {"text": "x"}}, "external_id"),
        ({"kind": "review", "external_id": "a" * 256, "payload": {"text": "x"}}, "external_id"),
        ({"kind": "review", "external_id": "a", "payload": {}}, "payload.text"),
        ({"kind": "review", "external_id": "a", "payload": {"text": 5}}, "payload.text"),
        ({"kind": "review", "external_id": "a", "payload": {"text": "nul \x00"}}, "payload"),
        ({"kind": "review", "external_id": "a", "payload": {"text": "x", "rating": "many"}}, "payload.rating"),
        ({"kind": "review", "external_id": "a", "payload": "x"}, "payload"),
        ({"kind": "review", "external_id": "a", "payload": {"text": "x"}, "created_at": "yesterday"}, "created_at"),
        ({"kind": "review", "external_id": "a", "payload": {"text": "x"}, "created_at": "0001-01-01T00:00:00+14:00"}, "created_at"),
        ({"kind": "order", "external_id": "a", "payload": {"amount": 1, "placed_at": "9999-12-31T23:59:59-14:00"}}, "payload"),
        ({"kind": "order", "external_id": "a", "payload": {"amount": 1, "placed_at": "0001-01-01T00:00:00Z"}}, "payload"),
        ({"kind": "review", "external_id": "a", "payload": {"text": "x"}, "severity_hint": 9}, "severity_hint"),
        ({"kind": "review", "external_id": "a", "payload": {"text": "x"}, "actor": {"name": "no id"}}, "actor.id"),
        ({"kind": "order", "external_id": "a", "payload": {"placed_at": "2026-01-01T00:00:00Z"}}, "payload.amount"),
        (
            {"kind": "chat", "external_id": "a", "payload": {"messages": [{"text": "no sender"}], "account": {}}},
            "payload.messages.0.sender",
        ),
        ({"kind": "video", "external_id": "a", "payload": {"media": "../../etc/passwd"}}, "payload.media"),
        ({"kind": "video", "external_id": "a", "payload": {"media": str(uuid.uuid4())}}, "payload.media"),
        ([], "body"),
        ("text", "body"),
        (None, "body"),
    ],
)
def test_it_names_the_field_that_is_wrong(shop_calls: Calls, body: Any, field: str) -> None:
    import json

    body = problem(shop_calls.post("items", json.dumps(body).encode()), 400)
    assert any(name == field or name.startswith(f"{field}.") for name in fields(body)), body
    assert not Item.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b'{"kind": NaN}', b'{"a": "\\ud800"}', b"[" * 5000, b'{"kind": "review"} x'])
def test_it_refuses_what_is_not_json(shop_calls: Calls, body: bytes) -> None:
    assert fields(problem(shop_calls.post("items", body), 400, "not_json")) == {"body"}


def test_it_refuses_another_content_type(shop_calls: Calls) -> None:
    answer = shop_calls.client.post(
        "/api/v1/items", "kind=review", content_type="application/x-www-form-urlencoded", headers=shop_calls.headers
    )
    problem(answer, 415)


def test_it_refuses_a_body_that_is_too_large(shop_calls: Calls, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    problem(shop_calls.post("items", review(text="x" * 2000)), 413, "too_large")
    assert not Item.objects.exists()


def test_it_ignores_fields_that_nobody_may_set(shop_calls: Calls, rival: Source) -> None:
    answer = shop_calls.post("items", review(status="decided", source=rival.pk, source_id=rival.pk, id=str(uuid.uuid4()), score=0))
    item = Item.objects.get(pk=answer.json()["id"])
    assert (item.status, item.source.slug) == ("received", "shop")


def test_it_takes_many_items_and_quarantines_the_bad_ones(shop_calls: Calls, shop: Source) -> None:
    shop_calls.post("items", review("old"))
    rows = [
        review("a"),
        {"kind": "poem", "external_id": "b", "payload": {}},
        review("old"),
        review("old", "Other."),
        7,
        review("c", "nul \x00"),
    ]
    answer = shop_calls.post("items/bulk", {"items": rows})
    assert answer.status_code == 207
    body = answer.json()
    assert [row["status"] for row in body["results"]] == [202, 400, 200, 409, 400, 400]
    assert [row["index"] for row in body["results"]] == list(range(6))
    assert (body["accepted"], body["same"], body["refused"]) == (1, 1, 4)
    assert fields(body["results"][1]) == {"kind"}
    assert set(Item.objects.values_list("external_id", flat=True)) == {"old", "a"}
    kept = {q.external_id: q for q in Quarantine.objects.filter(source=shop)}
    assert set(kept) == {"b", "", "c"}
    assert "kind" in kept["b"].errors


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": {}}, [], {"items": [{}] * 501}])
def test_it_refuses_a_bulk_call_of_the_wrong_shape(shop_calls: Calls, body: Any) -> None:
    import json

    assert fields(problem(shop_calls.post("items/bulk", json.dumps(body).encode()), 400)) == {"items"}


def test_it_shows_an_item_with_scores_decision_case_and_history(shop_calls: Calls, score_all: Callable[[], None]) -> None:
    made = shop_calls.post("items", review(text="You are a liar and an idiot.")).json()
    score_all()
    body = shop_calls.get(f"items/{made['id']}").json()
    assert body["payload"]["text"] == "You are a liar and an idiot."
    assert 0 <= body["scores"][0]["risk"] <= 1
    assert body["decision"]["model"] == body["scores"][0]["model"]
    assert (body["case"] is not None) == (body["decision"]["outcome"] == "review")
    assert next(event["sentence"] for event in body["history"]) == "Received"


def test_it_gives_back_numbers_of_any_size(shop_calls: Calls) -> None:
    payload = {"text": "x", "huge": 1e308, "tiny": 5e-324, "long": 2**63}
    made = shop_calls.post("items", {"kind": "review", "external_id": "n", "payload": payload})
    assert made.status_code == 202, made.content
    found = shop_calls.get(f"items/{made.json()['id']}").json()["payload"]
    assert {name: type(value)(found[name]) for name, value in payload.items()} == payload


def test_it_lists_items_page_by_page_newest_first(shop_calls: Calls) -> None:
    rows = [review(f"r-{number}") for number in range(7)]
    shop_calls.post("items/bulk", {"items": rows})
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        body = shop_calls.get("items", limit=3, **({"cursor": cursor} if cursor else {})).json()
        assert len(body["results"]) <= 3
        seen += [row["external_id"] for row in body["results"]]
        cursor = body["next_cursor"]
    assert sorted(seen) == [f"r-{number}" for number in range(7)]
    assert body["next"] is None


def test_it_filters_the_list(shop_calls: Calls) -> None:
    shop_calls.post("items", review("one"))
    assert len(shop_calls.get("items", kind="review", status="received").json()["results"]) == 1
    assert shop_calls.get("items", kind="order").json()["results"] == []
    assert len(shop_calls.get("items", external_id="one").json()["results"]) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"kind": "poem"}, "kind"), ({"status": "lost"}, "status"), ({"cursor": "x"}, "cursor"), ({"cursor": "eyJhIjoxfQ"}, "cursor"),
        ({"cursor": "\u00e9"}, "cursor"), ({"limit": "1000000000"}, "limit"), ({"limit": "0"}, "limit"), ({"limit": "-5"}, "limit"),
        ({"external_id": "\x00"}, "external_id"),
    ],
)  # fmt: skip
def test_it_refuses_a_filter_that_it_does_not_know(shop_calls: Calls, query: dict[str, str], field: str) -> None:
    assert fields(problem(shop_calls.get("items", **query), 400)) == {field}


def test_it_takes_reports_once_per_reporter(shop_calls: Calls) -> None:
    item = shop_calls.post("items", review()).json()
    for _ in range(2):
        assert shop_calls.post(f"items/{item['id']}/reports", {"reporter": "u-1", "reason": "rude", "text": "Look."}).status_code == 202
    assert Report.objects.get().reason == "rude"
    assert Item.objects.get().reports == 1


def test_it_turns_feedback_into_a_label(shop_calls: Calls) -> None:
    payload = {"amount": 20, "placed_at": "2026-01-01T00:00:00Z"}
    item = shop_calls.post("items", {"kind": "order", "external_id": "o-1", "payload": payload}).json()
    assert shop_calls.post(f"items/{item['id']}/feedback", {"event": "chargeback"}).status_code == 202
    assert FeedbackEvent.objects.get().event == "chargeback"
    assert Label.objects.get().source == "feedback"


@pytest.mark.parametrize(
    "body", [{}, {"event": "party"}, {"event": 5}, {"event": "bounce", "data": "x"}, {"event": "bounce", "data": {"x": "\x00"}}]
)
def test_it_refuses_feedback_that_it_does_not_know(shop_calls: Calls, body: dict[str, Any]) -> None:
    item = shop_calls.post("items", review()).json()
    problem(shop_calls.post(f"items/{item['id']}/feedback", body), 400)
    assert not FeedbackEvent.objects.exists()


def test_another_source_does_not_see_the_item(shop_calls: Calls, rival: Source) -> None:
    item = shop_calls.post("items", review()).json()
    other = of(rival)
    problem(other.get(f"items/{item['id']}"), 404)
    problem(other.post(f"items/{item['id']}/reports", {"reason": "x"}), 404)
    problem(other.post(f"items/{item['id']}/feedback", {"event": "refund"}), 404)
    assert other.get("items").json()["results"] == []


def test_who_may_post(shop: Source, rita: User, otto: User, ada: User) -> None:
    problem(Calls().post("items", review()), 401)
    problem(of(shop, Role.MODERATOR).post("items", review()), 403)
    problem(signed_in(otto).post("items", review()), 403)
    problem(signed_in(otto).get("items"), 403)
    problem(signed_in(ada).post("items", review()), 403, "token_needed")
    assert signed_in(rita).get("items").status_code == 200
    assert not Item.objects.exists()


def test_a_platform_is_not_told_who_reviewed(shop_calls: Calls, waiting: Callable[..., Case], rita: User) -> None:
    from console.flow import case_claim

    case = waiting()
    case_claim(queue=case.queue, reviewer=rita)
    history = shop_calls.get(f"items/{case.item_id}").json()["history"]
    assert "a reviewer" in {event["actor"] for event in history}
    assert "rita" not in str(history)
