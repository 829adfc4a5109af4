"""The pages of a person's day, choices and keys; of who looks after others; and of what the organisation decides."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from console.accounts.care import care_rules, care_rules_change, looks_of, preferences_change, preferences_of
from console.accounts.day import days_forget
from console.accounts.models import Break, CareRules, Preferences, Stretch, User
from console.accounts.roles import WELLBEING, Role, looks_after
from console.accounts.services import duty_give, duty_take
from console.audit.models import AuditRow
from console.cases.claiming import case_claim_one
from console.cases.models import Case, Claim
from console.common.errors import Invalid
from console.ui.keys import GROUPS, KEYS, own_keys, pressed_map
from tests.console.calls import of
from tests.console.test_models_pages import signed_in
from tests.console.ui_forms import HTMX, verdict_data

pytestmark = pytest.mark.django_db
Waiting = Callable[..., Case]


@pytest.fixture
def mona(ravi: User) -> User:
    """A moderator who looks after the others."""
    duty_give(user=ravi)
    return ravi


def text_of(answer: Any) -> str:
    """What a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def hard(user: User, minutes: int, severity: int = 2) -> None:
    now = timezone.now()
    days_forget(user)
    CareRules.objects.get_or_create(pk=1, defaults={"day_starts": (now - timedelta(hours=12)).hour})
    Stretch.objects.create(
        id=uuid.uuid4(), user=user, sort="clear", severity=severity, started_at=now - timedelta(minutes=minutes), ended_at=now
    )


def test_my_day_shows_the_own_figures_and_says_in_words_what_was_decided(rita: User, ravi: User, waiting: Waiting) -> None:
    hard(rita, 34)
    hard(ravi, 77)
    case = waiting()
    claim = case_claim_one(case_id=case.pk, reviewer=rita)
    assert claim is not None
    page = signed_in(rita)
    page.post(f"/cases/{case.pk}/verdict", verdict_data(claim), headers=HTMX)
    html = text_of(page.get("/my-day/"))
    assert "34 of 120 min" in html
    assert "77" not in html
    assert "Today you looked at reviews. Reviews: removed." in html
    assert "A short break soon would be good." in html


def test_the_page_carries_the_choices_of_a_person_and_none_for_a_stranger(rita: User, client: Client) -> None:
    page = signed_in(rita)
    body = page.get("/").content.decode()
    assert 'data-blur="on" data-grey="on" data-mute="on" data-edge="off" data-single-keys="on"' in body
    assert "data-keys" not in body
    page.post("/my-day/settings/", {"grey": "1", "edge": "1"})
    body = page.get("/").content.decode()
    assert 'data-blur="on" data-grey="on" data-mute="off" data-edge="on"' in body
    assert 'data-motion="off"' in body
    assert "data-blur" not in client.get("/accounts/login/").content.decode()


def test_what_the_organisation_holds_fixed_is_refused_in_words_and_has_no_effect(rita: User, ada: User) -> None:
    with pytest.raises(Invalid) as refused:
        preferences_change(user=rita, changes={"blur": False})
    assert "keeps blur on for everybody" in refused.value.fields["blur"][0]
    preferences_change(user=rita, changes={"mute": False})
    care_rules_change(actor=ada, changes={"mute_fixed": True})
    assert looks_of(care_rules(), preferences_of(rita))["mute"] is True


def test_blur_before_the_first_look_is_nobodys_choice(rita: User, ada: User) -> None:
    CareRules.objects.create(pk=1, blur=False, blur_fixed=False)
    with pytest.raises(Invalid):
        preferences_change(user=rita, changes={"blur": False})
    Preferences.objects.filter(user=rita).update(blur=False)
    assert looks_of(care_rules(), preferences_of(rita))["blur"] is True


def test_a_queue_says_why_something_is_not_offered(rita: User, waiting: Waiting) -> None:
    hard(rita, 125)
    case = waiting(severity_hint=3)
    page = signed_in(rita)
    for path in (f"/queues/{case.queue.slug}/", "/"):
        assert "as much hard content today as anybody should" in text_of(page.get(path)), path


def test_a_choice_that_is_the_organisations_follows_it(rita: User, ada: User) -> None:
    signed_in(rita).post("/my-day/settings/", {"blur": "1", "grey": "1", "mute": "1", "motion": "1"})
    assert Preferences.objects.get(user=rita).edge is None
    care_rules_change(actor=ada, changes={"edge": True})
    assert looks_of(care_rules(), preferences_of(rita))["edge"] is True


def test_categories_that_may_be_hard_are_left_out_by_clause(rita: User, ready: None) -> None:
    page = signed_in(rita)
    html = text_of(page.get("/my-day/settings/"))
    assert "Threat" in html
    assert "Spam or advertising" not in html
    assert "Stolen card" not in html
    page.post("/my-day/settings/", {"avoid": ["review:4.1", "review:4.5", "nonsense"]})
    found = preferences_of(rita).avoid
    assert found
    assert "spam" not in found
    assert not AuditRow.objects.filter(actor="user:rita").exists()  # nobody else reads what a person leaves out


def test_own_keys_are_kept_and_two_of_the_same_are_refused_with_all_that_was_written(rita: User) -> None:
    page = signed_in(rita)
    wanted = {f"key:{key}": key for key in KEYS}
    answer = page.post("/my-day/keys/", {**wanted, "key:a": "r", "key:h": "nonsense", "key:1": "ö"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "is the key for" in html
    assert "“nonsense” is not one key." in html
    assert 'value="nonsense"' in html
    assert preferences_of(rita).keys == {}
    assert page.post("/my-day/keys/", {**wanted, "key:a": "Ö", "key:r": "", "key:Enter": "'", "key:1": "up"}).status_code == 302
    assert preferences_of(rita).keys == {"a": "ö", "r": "", "Enter": "'", "1": "ArrowUp"}
    html = text_of(page.get("/help/keys/"))
    assert "Ö Allow" in html
    assert "' Start" in html
    assert "None Enforce" in html
    page.post("/my-day/keys/", {"reset": "1"})
    assert preferences_of(rita).keys == {}


def test_keys_may_change_places() -> None:
    own = own_keys({"a": "r", "r": "a"})
    assert pressed_map(own) == {"r": "a", "a": "r"}
    assert pressed_map(own_keys({"a": "ö"})) == {"a": "", "ö": "a"}


def test_every_key_that_a_page_uses_is_listed_and_can_be_moved() -> None:
    used: set[str] = set()
    for file in (settings.BASE_DIR / "templates").rglob("*"):
        if file.suffix in (".html", ".js"):
            text = file.read_text("utf-8")
            used.update(re.findall(r'data-key="([^"{}]+)"', text), re.findall(r'onKey\("([^"]+)"', text))
            used.update(re.findall(r'"([^"]+)"', " ".join(re.findall(r"const key of \[([^\]]*)\]\) onKey", text))))
    assert used - KEYS.keys() == {"ArrowUp", "ArrowDown"}  # beside J and K


def test_no_key_is_listed_twice() -> None:
    assert len(KEYS) == sum(len(group.keys) for group in GROUPS)


def test_single_keys_are_switched_off_for_the_person_not_the_browser(rita: User) -> None:
    page = signed_in(rita)
    assert page.post("/my-day/single-keys").status_code == 204
    assert 'data-single-keys="off"' in signed_in(rita).get("/").content.decode()
    page.post("/my-day/single-keys", {"on": "1"})
    assert 'data-single-keys="on"' in page.get("/").content.decode()


def test_a_break_from_the_page_and_back(rita: User, waiting: Waiting) -> None:
    case = waiting()
    case_claim_one(case_id=case.pk, reviewer=rita)
    page = signed_in(rita)
    assert page.get("/my-day/break/")["Location"] == "/my-day/"
    page.post("/my-day/take-break")
    html = text_of(page.get("/my-day/break/"))
    assert "You are on a break" in html
    assert f"Back to {case.queue.title}" in html
    assert page.post("/my-day/resume")["Location"] == f"/cases/{case.pk}/"
    assert Break.objects.get().ended_at is not None
    page.post("/my-day/finish")
    assert "That was today" in text_of(page.get("/my-day/finished/"))
    assert not Claim.objects.filter(state="open").exists()


def test_a_suggested_break_rests_for_a_while_when_it_is_put_off(rita: User, waiting: Waiting) -> None:
    hard(rita, 30)
    case = waiting()
    case_claim_one(case_id=case.pk, reviewer=rita)
    page = signed_in(rita)
    assert "data-gentle" in page.get(f"/cases/{case.pk}/").content.decode()
    page.post("/my-day/later", headers=HTMX)
    assert "data-gentle" not in page.get(f"/cases/{case.pk}/").content.decode()


def test_what_distresses_is_followed_by_an_offer_once_and_counted_nowhere(rita: User, waiting: Waiting) -> None:
    first, second = waiting(), waiting("The bread was old.")
    Case.objects.filter(pk=first.pk).update(label="threat")
    claim = case_claim_one(case_id=first.pk, reviewer=rita)
    assert claim is not None
    page = signed_in(rita)
    html = page.post(f"/cases/{first.pk}/skip", {"token": claim.token, "reason": "distress"}, headers=HTMX).content.decode()
    assert "That was a hard one." in html
    assert "Leave out “threat”" in html
    assert "That was a hard one." not in page.get(f"/cases/{second.pk}/").content.decode()
    named = html.split('name="category" value="')[1].split('"')[0]
    assert page.post("/my-day/leave-out", {"category": named}).status_code == 302
    assert preferences_of(rita).avoid == ["threat"]
    assert page.post("/my-day/leave-out", {"category": "review:4.5"}, headers=HTMX).status_code == 422


def test_a_blind_case_gives_no_category_away(rita: User, waiting: Waiting) -> None:
    case = waiting()
    Case.objects.update(label="threat", blind=True)
    claim = case_claim_one(case_id=case.pk, reviewer=rita)
    assert claim is not None
    html = signed_in(rita).post(f"/cases/{case.pk}/skip", {"token": claim.token, "reason": "distress"}, headers=HTMX).content.decode()
    assert "That was a hard one." in html
    assert "Leave out" not in html


def test_lighter_work_goes_where_it_is_lightest_and_back(rita: User, waiting: Waiting) -> None:
    waiting(severity_hint=3)
    contact = waiting(kind="contact", payload={"email": "jo@example.org", "company": "Marsh Ltd", "name": "Jo Marsh"})
    page = signed_in(rita)
    assert page.post("/my-day/lighter")["Location"] == f"/cases/{contact.pk}/"
    assert "Mild cases only until" in text_of(page.get("/my-day/"))
    assert page.post("/my-day/lighter")["Location"] == "/"
    assert preferences_of(rita).lighter_until is None


PRIVATE = ("/wellbeing/", "/wellbeing/people/rita/")


def test_only_the_duty_opens_the_figures_of_others(rita: User, mona: User, lena: User, petra: User, ada: User, otto: User) -> None:
    boss = User.objects.create_superuser(username="boss", password="plain-sight-42")
    for user in (rita, lena, petra, ada, otto, boss):
        for path in PRIVATE:
            assert signed_in(user).get(path).status_code == 403, (user, path)
        assert signed_in(user).post("/wellbeing/people/rita/open", {"reason": "asked"}).status_code == 403
    assert Client().get("/wellbeing/").status_code == 302
    assert not AuditRow.objects.filter(verb__startswith="wellbeing.").exists()
    assert signed_in(mona).get("/wellbeing/").status_code == 200
    assert "/wellbeing/" in signed_in(mona).get("/").content.decode()
    assert 'href="/wellbeing/"' not in signed_in(ada).get("/").content.decode()


def test_opening_a_person_needs_a_reason_is_audited_and_told(rita: User, mona: User) -> None:
    hard(rita, 97)
    page = signed_in(mona)
    listed = text_of(page.get("/wellbeing/"))
    assert "Near" in listed
    assert "97" not in listed  # the list tells near or below, not how much
    assert page.get("/wellbeing/people/rita/")["Location"] == "/wellbeing/"
    page.post("/wellbeing/people/rita/open", {"reason": "because"})
    assert page.get("/wellbeing/people/rita/").status_code == 302
    assert page.post("/wellbeing/people/rita/open", {"reason": "asked"})["Location"] == "/wellbeing/people/rita/"
    html = text_of(page.get("/wellbeing/people/rita/"))
    assert "97 of 120 min" in html
    row = AuditRow.objects.get(verb="wellbeing.opened")
    assert (row.actor, row.subject, row.data) == ("user:ravi", "user:rita", {"reason": "asked"})
    told = text_of(signed_in(rita).get("/my-day/"))
    assert "ravi opened your figures" in told
    assert "The person asked for it" in told
    assert page.post("/wellbeing/people/nobody/open", {"reason": "asked"}).status_code == 404


def test_the_list_is_by_name_and_not_by_amount(rita: User, mona: User, lena: User) -> None:
    hard(lena, 5)
    hard(rita, 100)
    html = text_of(signed_in(mona).get("/wellbeing/")).split("Open, because")[1]
    assert html.index("lena") < html.index("ravi") < html.index("Rita Ray")


def test_no_page_or_call_of_anybody_else_tells_the_dose(rita: User, lena: User, ada: User, shop: Any, ready: None) -> None:
    """Every page that leads and admins have, and what the API answers them: the figure is nowhere."""
    hard(rita, 87)
    for user in (lena, ada):
        page = signed_in(user)
        for path in ("/", "/insights/", "/audit/", "/models/", "/policies/", "/deliveries/", "/items/", "/my-day/", "/wellbeing/rules/"):
            answer = page.get(path)
            assert "87 of 120" not in text_of(answer), path
    for path in ("queues", "items", "decisions"):
        assert "hard" not in of(shop, Role.ADMIN).get(path).content.decode()


def test_the_duty_is_given_and_taken_by_an_admin_and_the_trail_says_so(ada: User, lena: User, rita: User) -> None:
    assert signed_in(lena).post("/wellbeing/duty", {"username": "lena"}).status_code == 403
    page = signed_in(ada)
    page.post("/wellbeing/duty", {"username": "rita"})
    assert looks_after(rita)
    assert AuditRow.objects.get(verb="duty.given").actor == "user:ada"
    assert "Rita Ray" in text_of(page.get("/wellbeing/rules/"))
    page.post("/wellbeing/duty", {"username": "rita", "take": "1"})
    assert not looks_after(User.objects.get(pk=rita.pk))
    out = StringIO()
    call_command("wellbeing_duty", "rita", stdout=out)
    assert "rita looks after" in out.getvalue()
    duty_take(user=rita)
    assert not rita.groups.filter(name=WELLBEING).exists()


def test_the_rules_are_changed_by_an_admin_checked_and_audited(ada: User, lena: User) -> None:
    given = {"grey": "1", "serious_minutes": "90", "severe_minutes": "30", "break_minutes": "40", "break_hard_minutes": "15",
             "day_starts": "5"}  # fmt: skip
    assert signed_in(lena).post("/wellbeing/rules/", given).status_code == 403
    page = signed_in(ada)
    for wrong in ({"serious_minutes": "0"}, {"severe_minutes": "91"}, {"day_starts": "24"}, {"break_minutes": "x"}):
        answer = page.post("/wellbeing/rules/", given | wrong)
        assert answer.status_code == 422, wrong
        assert 'aria-invalid="true"' in answer.content.decode()
    assert not CareRules.objects.exists()
    assert page.post("/wellbeing/rules/", given).status_code == 302
    rules = care_rules()
    assert (rules.serious_minutes, rules.grey, rules.mute, rules.may_avoid) == (90, True, False, False)
    row = AuditRow.objects.get(verb="care.rules_changed")
    assert row.data["serious_minutes"] == 90
    page.post("/wellbeing/rules/", given)
    assert AuditRow.objects.filter(verb="care.rules_changed").count() == 1  # nothing changed


def test_the_design_page_shows_every_token_to_those_who_shape(rita: User, lena: User, petra: User, ada: User) -> None:
    assert signed_in(rita).get("/help/design/").status_code == 403
    assert "/help/design/" not in signed_in(rita).get("/help/").content.decode()
    for user in (lena, petra, ada):
        html = signed_in(user).get("/help/design/").content.decode()
    for name in re.findall(r"^  --([\w-]+): light-dark", (settings.BASE_DIR / "templates/static/tokens.css").read_text(), re.MULTILINE):
        assert f"<b>{name}</b>" in html
    assert "/help/design/" in signed_in(petra).get("/help/").content.decode()
