"""The pages of backtests: leads read, policy and admin make; what may not be seen yet is not shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from console.accounts.models import User
from console.backtests.models import Backtest
from console.backtests.run import backtest_turn
from console.backtests.services import backtest_request
from console.backtests.subjects import asked_rule
from console.cases.models import Case
from console.intake.models import Item
from console.policies.services import policy_draft
from console.quality.models import Gold
from console.verdicts.models import Label
from tests.console.ui_forms import give_score

FORM = {"what": "rule", "kind": "review", "when": "reports > 3", "then": "review", "period": "", "share": "1"}


@pytest.fixture
def page(client: Client, petra: User, ready: None) -> Client:
    client.force_login(petra)
    return client


def done(user: User, when: str = "true", **more: Any) -> Backtest:
    backtest = backtest_request(asked=asked_rule(kind="review", when=when, **more), user=user)
    assert not backtest_turn(backtest.pk)
    backtest.refresh_from_db()
    return backtest


def test_an_empty_list_says_how_to_begin(page: Client) -> None:
    html = page.get("/backtests/").content.decode()
    assert "Nothing was tried yet" in html
    assert 'href="/backtests/new/"' in html
    assert html.count('href="/backtests/"') == 1


def test_a_rule_is_asked_for_and_its_page_polls(page: Client, post: Callable[..., Item]) -> None:
    answer = page.post("/backtests/new/", FORM)
    backtest = Backtest.objects.get()
    assert answer["Location"] == f"/backtests/{backtest.pk}/"
    html = page.get(answer["Location"]).content.decode()
    assert f'hx-get="/backtests/{backtest.pk}/live"' in html
    assert "Waits for a worker" in html
    live = page.get(f"/backtests/{backtest.pk}/live")
    assert "HX-Refresh" not in live
    backtest_turn(backtest.pk)
    assert page.get(f"/backtests/{backtest.pk}/live")["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"when": "score.risk >"}, "Line 1"), ({"when": ""}, "empty"), ({"then": "explode"}, "Choose one of"),
        ({"period": "8"}, "from the lists"),
        ({"source": "nobody"}, "no such source"), ({"what": "policy", "number": "x"}, "Choose a version"),
        ({"what": "thresholds", "allow": "2"}, "between 0 and 1"),
        ({"what": "thresholds", "allow": ".9", "enforce": ".1"}, "below enforce"),
        ({"what": "model", "version": "no-such"}, "no version no-such"), ({"what": "policy", "number": "99"}, "no policy version 99"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_beside_what_was_written(page: Client, change: dict[str, str], said: str) -> None:
    answer = page.post("/backtests/new/", {**FORM, **change})
    html = answer.content.decode()
    assert answer.status_code in (404, 422)
    assert said in html
    assert not Backtest.objects.exists()
    if change.get("when"):
        assert "score.risk &gt;</textarea>" in html


def test_a_rule_is_checked_and_tried_while_it_is_written(page: Client, post: Callable[..., Item]) -> None:
    post("Cold soup."), post("Warm soup.")
    wrong = page.post("/backtests/try", {**FORM, "when": "payload.text.contains("}).content.decode()
    assert "Line 1" in wrong
    right = page.post("/backtests/try", {**FORM, "when": 'payload.text.contains("Cold")'}).content.decode()
    assert "of 2 match" in " ".join(right.replace("<small>", "").split())
    assert "What you write is checked" in page.post("/backtests/try", {**FORM, "when": ""}).content.decode()
    assert not Backtest.objects.exists()


def test_the_result_says_what_would_change_with_its_range(page: Client, petra: User, waiting: Callable[..., Case]) -> None:
    for n in range(3):
        waiting(f"Soup {n}")
    html = page.get(f"/backtests/{done(petra, 'true').pk}/").content.decode()
    assert "No hit has a label yet" in html
    assert "What would change" in html
    assert "0 of 3 would be decided otherwise" in html
    assert "To a person" in html


def test_personal_data_in_a_hit_is_told_by_its_kind(page: Client, petra: User, post: Callable[..., Item]) -> None:
    post("Write to tom@mail.example about the soup.")
    html = page.get(f"/backtests/{done(petra).pk}/").content.decode()
    assert "about the soup" in html
    assert "tom@mail.example" not in html


def test_what_waits_for_a_verdict_is_counted_and_not_shown(
    client: Client, lena: User, petra: User, waiting: Callable[..., Case], post: Callable[..., Item]
) -> None:
    open_case, decided = waiting("An open case of soup."), post("Decided soup.")
    give_score(open_case, "An open case of soup.", "soup")
    backtest = done(petra)
    client.force_login(lena)
    html = client.get(f"/backtests/{backtest.pk}/").content.decode()
    assert str(decided.pk) in html
    assert str(open_case.item_id) not in html
    assert "1 more still waits for a verdict" in html
    only_open = done(petra, 'payload.text.contains("open case")')
    alone = client.get(f"/backtests/{only_open.pk}/").content.decode()
    assert "1 still waits for a verdict: counted, not shown." in alone
    assert "It hits nothing" not in alone


def test_two_results_stand_side_by_side(page: Client, petra: User, post: Callable[..., Item]) -> None:
    post()
    one, two = done(petra, "true", title="Wide"), done(petra, "false", title="Narrow")
    html = page.get("/backtests/compare/", {"id": [one.pk, two.pk]}).content.decode()
    assert "Wide" in html
    assert "Narrow" in html
    assert "Decided otherwise" in html
    assert page.get("/backtests/compare/", {"id": [one.pk]})["Location"] == "/backtests/"
    assert page.get("/backtests/compare/", {"id": [one.pk, "x"]}).status_code == 404


def test_it_can_be_cancelled_and_run_again(page: Client, petra: User) -> None:
    first = backtest_request(asked=asked_rule(kind="review", when="true"), user=petra)
    page.post(f"/backtests/{first.pk}/cancel")
    first.refresh_from_db()
    assert first.state == "cancelled"
    assert "Cancelled by hand" in page.get(f"/backtests/{first.pk}/").content.decode()
    again = page.post(f"/backtests/{first.pk}/again")
    assert again["Location"] != f"/backtests/{first.pk}/"
    assert "ended already" in page.post(f"/backtests/{first.pk}/cancel", follow=True).content.decode()


def test_the_list_is_filtered_and_paged_by_key(page: Client, petra: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.ui.backtest_pages.PAGE", 2)
    for name in ("First", "Second", "Third"):
        done(petra, title=name)
    html = page.get("/backtests/?kind=review&state=done").content.decode()
    assert "Third" in html
    assert "First" not in html
    after = Backtest.objects.get(title="Second").pk
    assert f"after={after}" in html
    assert "First" in page.get(f"/backtests/?after={after}").content.decode()
    assert "None of these" in page.get("/backtests/?kind=video").content.decode()
    assert "None of these" in page.get("/backtests/?state=failed").content.decode()


def test_a_policy_and_a_model_lead_here(page: Client, petra: User) -> None:
    draft = policy_draft(kind="review", user=petra)
    link = f"/backtests/new/?what=policy&amp;kind=review&amp;number={draft.number}"
    assert link in page.get(f"/policies/review/{draft.number}/").content.decode()
    form = page.get(link.replace("&amp;", "&")).content.decode()
    assert f'<option value="{draft.number}" selected>' in form
    versions = page.get("/models/review/").content.decode()
    address = versions.split('href="/models/review/versions/')[1].split('"')[0]
    assert "/backtests/new/?what=model&amp;kind=review&amp;version=" in page.get(f"/models/review/versions/{address}").content.decode()


@pytest.mark.parametrize("what", ["rule", "policy", "thresholds", "model"])
def test_every_form_can_be_opened(page: Client, what: str) -> None:
    for kind in ("review", "order", "nonsense"):
        assert page.get(f"/backtests/new/?what={what}&kind={kind}").status_code == 200


@pytest.mark.parametrize(
    ("who", "reads", "makes"),
    [("rita", False, False), ("lena", True, False), ("petra", True, True), ("ada", True, True), ("otto", False, False)],
)  # fmt: skip
def test_leads_read_and_policy_and_admin_make(
    client: Client, request: pytest.FixtureRequest, petra: User, ready: None, who: str, *, reads: bool, makes: bool
) -> None:
    backtest = done(petra)
    client.force_login(request.getfixturevalue(who))
    for address in ("/backtests/", f"/backtests/{backtest.pk}/", f"/backtests/{backtest.pk}/live"):
        assert client.get(address).status_code == (200 if reads else 403), address
    assert client.get("/backtests/new/").status_code == (200 if makes else 403)
    for address in ("/backtests/new/", "/backtests/try"):
        assert client.post(address, FORM).status_code == ((302 if "new" in address else 200) if makes else 403), address
    for verb in ("cancel", "again"):
        assert client.post(f"/backtests/{backtest.pk}/{verb}").status_code == (302 if makes else 403)


def test_a_known_answer_leaves_no_trace_in_a_result(petra: User, waiting: Callable[..., Case]) -> None:
    case = waiting("Soup.")
    before = done(petra).result
    Gold.objects.create(item=case.item, outcome="enforce", clauses=["4.4"])
    Label.objects.create(item=case.item, name="harassment", value=1, source="gold")
    assert done(petra).result == before
    assert before["labelled"] == 0
