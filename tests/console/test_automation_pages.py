"""The pages of automation: what each role may see and do, what they say before and after there is proof, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from console.accounts.models import Source, User
from console.automation.certificates import certificate_try, certificates_check
from console.automation.models import AuditPlan, AutomationRule, Certificate, Sample
from console.automation.rules import rule_set
from console.training.models import ModelVersion
from scoring.certify import needed
from tests.console.automation import MODEL, audited, automation, limit, plan_all, receive
from tests.console.conftest import PASSWORD

CALM, WILD, UNSURE = "0.01", "0.999 spam", "0.5"
SignIn = Callable[[User], Client]


@pytest.fixture
def client_of(ready: None) -> SignIn:
    def _client(user: User) -> Client:
        client = Client()
        assert client.login(username=user.username, password=PASSWORD)
        return client

    return _client


@pytest.fixture
def history(ready: None, shop: Source, rita: User) -> None:
    """A week of audited decisions of the serving model: most right, a few wrong."""
    ModelVersion.objects.filter(kind="review", state="champion").update(version=MODEL.partition("@")[2])
    plan_all()
    audited(shop, rita, [CALM] * 70 + [UNSURE] * 20 + [WILD] * 10, breaks=[*range(70, 78), *range(90, 100)])


def body(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


@pytest.mark.parametrize(("who", "status"), [("rita", 403), ("otto", 403), ("lena", 200), ("petra", 200), ("ada", 200)])
def test_it_is_for_those_who_shape(who: str, status: int, client_of: SignIn, request: pytest.FixtureRequest) -> None:
    client = client_of(request.getfixturevalue(who))
    for path in ("/automation/", "/automation/review/"):
        assert client.get(path).status_code == status


def test_before_anything_was_audited_it_says_what_to_do(client_of: SignIn, ada: User) -> None:
    client = client_of(ada)
    every = body(client, "/automation/")
    assert "No band is certified yet" in every
    assert "No limit is set anywhere" in every
    assert "Checked blind" not in every  # ten rows of nothing tell nothing
    assert "nobody has certified them" in every
    page = body(client, "/automation/order/?side=enforce")
    assert "Nothing is audited here yet" in page
    assert "Not enough evidence: this band stays with people." in page
    assert "Demo automation." in page
    assert client.get("/automation/nonsense/").status_code == 404


def test_a_kind_of_which_nothing_was_decided_says_what_is_missing_step_by_step(client_of: SignIn, ada: User) -> None:
    """Videos of a new installation: nothing was drawn, and nothing can be drawn more."""
    client = client_of(ada)
    automation("off", "video")
    plan_all("video", review_rate=0.02, allow_rate=0.02)
    page, least = body(client, "/automation/video/"), needed(0.01, 0.04)  # the first look spends four fifths of a doubt of 5 in 100
    for sentence in (
        "What is missing", "It scores all videos that come.", "No limit is set.",
        f"Nothing is checked blind yet, and at least {least} must be.",
        "No video was decided in the last seven days, so there is nothing to draw from.",
        "Of what comes next, 2.0 % of what goes to people and 2.0 % of what is", "The policy says “off”.",
    ):  # fmt: skip
        assert sentence in page, sentence
    automation("certified", "video")
    rule_set(
        kind="video", side="allow", label="risk", user=ada,
        values={"risk": 0.05, "confidence": 0.95, "basis": "decided", "method": "sequence", "is_on": True},
    )  # fmt: skip
    ModelVersion.objects.filter(kind="video").update(state="retired")
    page = body(client, "/automation/video/")
    for sentence in ("No model serves.", "You accept that 5 in 100 are wrong.", "The policy asks for certificates."):
        assert sentence in page, sentence


def test_what_is_missing_goes_as_it_comes(history: None, client_of: SignIn, shop: Source, ada: User) -> None:
    client = client_of(ada)
    limit(ada)
    page = body(client, "/automation/review/")
    assert "Enough is checked blind." in page
    Sample.objects.filter(outcome="allow").delete()
    assert "are checked blind." in body(client, "/automation/review/")
    receive(shop, [CALM] * 3)
    assert "3 wait in the queues and look like any other case: decide cases." in body(client, "/automation/review/")


def test_a_band_that_is_certified_and_acts_misses_nothing(history: None, client_of: SignIn, ada: User) -> None:
    automation("certified")
    assert certificate_try(rule_id=limit(ada, risk=0.1).pk) is not None
    assert "What is missing" not in body(client_of(ada), "/automation/review/")
    automation("demo")
    page = body(client_of(ada), "/automation/review/")
    assert "The policy says “demo”." in page


def test_it_shows_marks_floor_needs_bands_work_and_estimates(history: None, client_of: SignIn, ada: User) -> None:
    AuditPlan.objects.filter(kind="review").update(hourly_cost=30.0)
    limit(ada)
    page = body(client_of(ada), "/automation/review/")
    for words in (
        "Error against the share that the machine decides alone", "Same as a table", "below 1 in", "No mark can decide",
        "can be certified", "70 in 100 kept", "20 in 100 to people", "10 in 100 removed", "Cases for people, a day", "0.5 %", "EUR",
        "This week, checked", "Kept wrongly", "What audits found, week by week",
    ):  # fmt: skip
        assert words in page, words


def test_an_admin_sets_a_limit_certifies_and_gives_the_band_back(history: None, client_of: SignIn, ada: User) -> None:
    client = client_of(ada)
    form = {"side": "allow", "label": "risk", "risk": "5", "confidence": "0.95", "basis": "decided", "method": "sequence", "is_on": "on"}
    assert client.post("/automation/review/limit", form).status_code == 302
    rule = AutomationRule.objects.get()
    assert (rule.risk, rule.is_on, rule.updated_by) == (0.05, True, ada)
    response = client.post("/automation/review/look", {"side": "allow", "label": "risk"}, follow=True)
    assert "decided alone" in response.content.decode()
    made = Certificate.objects.get(state="valid")
    response = client.post("/automation/review/look", {"side": "allow", "label": "risk"}, follow=True)
    assert "What is certified stays" in response.content.decode()
    page = body(client, "/automation/")
    assert "Certified" in page
    client.post("/automation/review/withdraw", {"side": "allow", "label": "risk", "why": "A campaign began."})
    made.refresh_from_db()
    assert (made.state, made.why) == ("withdrawn", "A campaign began.")
    assert "A campaign began." in body(client, "/automation/review/")
    assert "had ended already" in client.post(
        "/automation/review/withdraw", {"side": "allow", "label": "risk"}, follow=True
    ).content.decode()  # fmt: skip


def test_it_says_what_is_wrong_with_a_form_and_keeps_what_was_typed(history: None, client_of: SignIn, ada: User) -> None:
    client = client_of(ada)
    for risk, said in (("50", "The error that you accept is"), ("many", "Write a number"), ("nan", "Write a number")):
        response = client.post("/automation/review/limit", {"side": "allow", "label": "risk", "risk": risk})
        assert response.status_code == 422
        assert said in response.content.decode()
    assert not AutomationRule.objects.exists()
    plan = {"allow_rate": "0", "enforce_rate": "5", "review_rate": "x", "weekly_minimum": "50", "hourly_cost": "", "currency": "EUR"}
    response = client.post("/automation/review/audits", plan)
    assert response.status_code == 422
    plan |= {"allow_rate": "3", "review_rate": "2", "hourly_cost": "28,5"}
    assert client.post("/automation/review/audits", plan).status_code == 302
    kept = AuditPlan.objects.get(kind="review")
    assert (kept.allow_rate, kept.hourly_cost) == (0.03, 28.5)


def test_a_lead_draws_more_and_may_not_set_limits(ready: None, shop: Source, client_of: SignIn, lena: User, petra: User) -> None:
    plan_all(allow_rate=0.001, enforce_rate=0.001, review_rate=0.001)
    receive(shop, [CALM] * 20)
    by_chance = Sample.objects.filter(check_case__isnull=False).count()  # one in a thousand, twenty times: now and then there is one
    client = client_of(lena)
    assert "are looked at, blind" in client.post("/automation/review/draw", {"count": "5"}, follow=True).content.decode()
    assert Sample.objects.filter(check_case__isnull=False).count() == by_chance + 5
    assert "Draw 1 to 500" in client.post("/automation/review/draw", {"count": "many"}, follow=True).content.decode()
    for action in ("limit", "look", "audits"):
        assert client.post(f"/automation/review/{action}", {}).status_code == 403
    for action in ("limit", "look", "audits", "draw", "withdraw"):
        assert client_of(petra).post(f"/automation/review/{action}", {}).status_code == 403


def test_a_lost_band_is_said_on_the_page(history: None, client_of: SignIn, ada: User) -> None:
    automation("certified")
    assert certificate_try(rule_id=limit(ada).pk) is not None
    ModelVersion.objects.filter(kind="review", state="champion").update(version="newer")
    certificates_check(audits=False)
    for path in ("/automation/", "/automation/review/"):
        assert "goes back to people" in body(client_of(ada), path)
