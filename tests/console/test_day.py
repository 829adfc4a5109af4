"""A person's day: seconds of hard content counted once, caps that hold for every way of claiming, breaks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.accounts.care import care_rules_change, category_avoid, lighter_start, preferences_change
from console.accounts.day import day_kept, day_of, days_forget
from console.accounts.exposure import exposure_by_day
from console.accounts.models import Break, CareRules, Stretch, User
from console.accounts.stretches import break_begin, break_end, stretch_extend
from console.cases.assigning import case_take_over
from console.cases.breaks import break_start
from console.cases.claiming import case_claim_next, case_claim_one
from console.cases.holding import Hold
from console.cases.limits import ServeLimits, serve_limits
from console.cases.models import Case, Claim
from console.cases.reach import out_of_reach
from console.cases.serving import cases_fetch_ahead, claim_begin
from console.common.errors import Conflict, Invalid
from console.common.tidy import tidy_old_rows
from console.flow.batch import batch_open
from tests.console.ui_forms import HTMX, verdict_data

Waiting = Callable[..., Case]
Claimed = Callable[..., Claim]


@pytest.fixture(autouse=True)
def one_long_day(db: None) -> None:
    """The day of these tests began half a day ago, at whatever hour they run: no day begins between two beats."""
    CareRules.objects.create(pk=1, day_starts=(timezone.now() - timedelta(hours=12)).hour)


def seen(user: User, *, minutes: float, ago: float = 0, severity: int = 3, sort: str = "clear") -> Stretch:
    """Hard content on the screen for so many minutes, until `ago` minutes ago."""
    until = timezone.now() - timedelta(minutes=ago)
    days_forget(user)
    return Stretch.objects.create(
        id=uuid.uuid4(), user=user, sort=sort, severity=severity, started_at=until - timedelta(minutes=minutes), ended_at=until
    )


def beats(*rows: dict[str, Any]) -> dict[str, str]:
    return {"beats": json.dumps([{"id": str(uuid.uuid4()), "sort": "clear", "began": 10, "until": 0} | row for row in rows])}


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


@pytest.fixture
def held(claimed: Claimed) -> Claim:
    """A severe case that Rita holds since two minutes."""
    claim = claimed(severity_hint=3)
    Claim.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    return claim


def send(page: Client, claim: Claim, **row: Any) -> None:
    answer = page.post("/my-day/beat", beats({"case": str(claim.case_id), "token": claim.token} | row))
    assert answer.status_code == 200, answer.content


def test_it_counts_what_was_clear_on_the_screen(page: Client, held: Claim, rita: User) -> None:
    send(page, held, began=10)
    assert day_of(rita).severe_s == pytest.approx(10, abs=1)
    assert day_of(rita).hard_s == pytest.approx(10, abs=1)


def test_it_counts_a_beat_that_comes_twice_once(page: Client, held: Claim, rita: User) -> None:
    same = str(uuid.uuid4())
    for _ in range(3):
        send(page, held, id=same, began=20)
    assert 20 <= day_of(rita).severe_s < 40  # and the time that the beats themselves took
    assert Stretch.objects.count() == 1


def test_it_lets_a_stretch_grow_and_never_shrink(page: Client, held: Claim, rita: User) -> None:
    same = str(uuid.uuid4())
    send(page, held, id=same, began=30, until=15)
    send(page, held, id=same, began=30, until=5)
    send(page, held, id=same, began=30, until=25)  # late, out of order
    assert 25 <= day_of(rita).severe_s < 40  # and the time that the beats themselves took


def test_it_counts_two_tabs_once_and_the_worse_severity(rita: User) -> None:
    seen(rita, minutes=10, ago=0, severity=2)
    seen(rita, minutes=10, ago=5, severity=3)  # overlaps the last five minutes of its own, and five of the other
    day = day_of(rita)
    assert day.hard_s == pytest.approx(15 * 60, abs=1)
    assert day.severe_s == pytest.approx(10 * 60, abs=1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60), st.sampled_from([1, 2, 3])), max_size=8))
def test_no_second_counts_twice_whatever_overlaps(rita: User, rows: list[tuple[int, int, int]]) -> None:
    Stretch.objects.all().delete()
    for ago, minutes, severity in rows:
        seen(rita, minutes=minutes, ago=ago, severity=severity)
    hard = {m for ago, minutes, severity in rows if severity >= 2 for m in range(ago, ago + minutes)}
    severe = {m for ago, minutes, severity in rows if severity >= 3 for m in range(ago, ago + minutes)}
    day = day_of(rita)
    assert day.hard_s == pytest.approx(60 * len(hard), abs=2)
    assert day.severe_s == pytest.approx(60 * len(severe), abs=2)


def test_it_believes_no_more_than_a_minute_a_beat(page: Client, held: Claim, rita: User) -> None:
    same = str(uuid.uuid4())
    send(page, held, id=same, began=80_000)
    assert day_of(rita).severe_s == pytest.approx(60, abs=1)
    Stretch.objects.update(started_at=F("started_at") - timedelta(minutes=20), ended_at=F("ended_at") - timedelta(minutes=20))
    send(page, held, id=same, began=80_000)
    assert day_of(rita).severe_s == pytest.approx(120, abs=1)


def test_it_takes_the_severity_from_the_case_and_counts_text_only_when_it_is_severe(page: Client, claimed: Claimed, rita: User) -> None:
    claim = claimed(severity_hint=2)
    Claim.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    send(page, claim, sort="text")
    assert day_of(rita).hard_s == 0
    Case.objects.update(severity=3)
    send(page, claim, sort="text")
    assert day_of(rita).severe_s == pytest.approx(10, abs=1)


def test_it_counts_nothing_from_before_the_claim(page: Client, claimed: Claimed, rita: User) -> None:
    claim = claimed(severity_hint=3)
    Claim.objects.update(started_at=timezone.now() - timedelta(seconds=4))
    send(page, claim, began=30)
    claim.refresh_from_db()
    assert Stretch.objects.get().started_at == claim.started_at
    send(page, claim, began=90, until=80)
    assert Stretch.objects.count() == 1


def test_it_counts_for_who_only_reads_a_case(page: Client, waiting: Waiting, rita: User) -> None:
    case = waiting(severity_hint=3)
    page.post("/my-day/beat", beats({"case": str(case.pk)}))
    assert day_of(rita).severe_s == pytest.approx(10, abs=1)


def test_it_forbids_beats_under_the_claim_or_id_of_another(page: Client, held: Claim, ravi: User, rita: User, otto: User) -> None:
    same = str(uuid.uuid4())
    send(page, held, id=same)
    page.force_login(ravi)
    send(page, held)
    page.post("/my-day/beat", beats({"id": same, "case": str(held.case_id)}))
    assert day_of(ravi).hard_s == 0
    assert Stretch.objects.get().user == rita
    page.force_login(otto)
    assert page.post("/my-day/beat", beats({"sort": "work"})).status_code == 403
    assert Client().post("/my-day/beat", beats({"sort": "work"})).status_code == 302


@pytest.mark.parametrize("text", ["", "[{}]", "{}", "null", '[{"id": "x"}]', json.dumps([{"id": str(uuid.UUID(int=7)), "sort": "clear"}])])
def test_it_rejects_what_is_no_beat(page: Client, ready: None, text: str) -> None:
    assert page.post("/my-day/beat", {"beats": text}).status_code == 422
    assert page.post("/my-day/beat", beats({"began": -1})).status_code == 422
    assert page.post("/my-day/beat", beats(*[{}] * 21)).status_code == 422
    assert not Stretch.objects.exists()


def test_it_works_45_minutes_then_suggests_a_break_and_asks_again_after_one(rita: User) -> None:
    seen(rita, minutes=44, sort="work", severity=0)
    assert not day_of(rita).break_due
    seen(rita, minutes=3, ago=43, sort="work", severity=0)
    assert day_of(rita).since_break_minutes == 46
    assert day_of(rita).break_due
    Stretch.objects.update(started_at=F("started_at") - timedelta(minutes=10), ended_at=F("ended_at") - timedelta(minutes=10))
    assert day_of(rita).working_since is None  # five minutes without anything are a break
    seen(rita, minutes=1, sort="work", severity=0)
    day = day_of(rita)
    assert (day.since_break_minutes, day.break_due) == (1, False)
    assert day.last_break_at == day.working_since


def test_it_suggests_a_break_after_a_dose_of_hard_content(rita: User) -> None:
    seen(rita, minutes=21, severity=2)
    assert day_of(rita).break_due
    Break.objects.create(user=rita, started_at=timezone.now() - timedelta(minutes=3), ended_at=timezone.now())
    day = day_of(rita)
    assert not day.break_due
    assert day.hard_minutes == 21


def test_a_break_gives_cases_back_and_ends_with_the_next_work(page: Client, held: Claim, rita: User) -> None:
    queue = break_start(user=rita)
    assert queue == held.case.queue
    assert Case.objects.get().state == Case.State.WAITING
    assert day_of(rita).on_break_since is not None
    assert break_begin(user=rita) == Break.objects.get()  # one at a time
    Break.objects.update(started_at=timezone.now() - timedelta(minutes=4))
    stretch_extend(stretch=uuid.uuid4(), user=rita, sort="work", severity=0, began_s=1, until_s=0)
    assert day_of(rita).on_break_since is None
    assert not break_end(user=rita)


def test_yesterday_does_not_count_today(rita: User) -> None:
    seen(rita, minutes=30, ago=24 * 60)
    assert day_of(rita).hard_s == 0
    by_day = exposure_by_day(rita)
    assert len(by_day) == 14
    assert [row.hard_minutes for row in by_day[:2]] == [0, 30]


CAPPED = {"none": ServeLimits(), "severe": ServeLimits(max_severity=2, cap=2), "hard": ServeLimits(max_severity=1, cap=1)}


def reach_cap(user: User, which: str) -> None:
    if which == "severe":
        seen(user, minutes=60)
    if which == "hard":
        seen(user, minutes=120, severity=2)


@pytest.mark.parametrize("which", list(CAPPED))
def test_who_reached_a_cap_is_never_served_above_it(page: Client, waiting: Waiting, rita: User, which: str) -> None:
    """By any way of claiming: the next, this very one, the next after a verdict, and by the pages."""
    reach_cap(rita, which)
    assert serve_limits(rita) == CAPPED[which]
    most = CAPPED[which].max_severity
    cases = [waiting(f"Case {n}.", severity_hint=severity) for n, severity in enumerate((3, 2, 1, 3, 2, 1))]
    assert {case.severity for case in cases} == {1, 2, 3}
    for case in cases:
        if case.severity > most:
            assert case_claim_one(case_id=case.pk, reviewer=rita) is None
            refused = page.post(f"/cases/{case.pk}/take", headers=HTMX)
            assert refused.status_code == 409
            assert "hard content today" in refused.content.decode()
    served = []
    while claim := case_claim_next(queue=cases[0].queue, reviewer=rita):
        served.append(claim.case.severity)
        page.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim), headers=HTMX)
        served += Claim.objects.filter(reviewer=rita, state="open").values_list("case__severity", flat=True)
        Claim.objects.filter(reviewer=rita, state="open").update(state="skipped")
    assert max(served) == most
    assert max(Claim.objects.values_list("case__severity", flat=True)) == most


def test_what_was_fetched_ahead_goes_back_when_the_cap_is_reached(waiting: Waiting, rita: User) -> None:
    first, severe, _mild = waiting("One."), waiting("Two.", severity_hint=3), waiting("Three.")
    assert case_claim_one(case_id=first.pk, reviewer=rita) is not None
    ahead = cases_fetch_ahead(queue=first.queue, reviewer=rita)
    held = next(claim for claim in ahead if claim.case_id == severe.pk)
    reach_cap(rita, "severe")
    with pytest.raises(Conflict):
        claim_begin(hold=Hold(case_id=severe.pk, reviewer=rita, token=held.token))
    assert Case.objects.get(pk=severe.pk).state == Case.State.WAITING
    assert severe.pk not in [claim.case_id for claim in cases_fetch_ahead(queue=first.queue, reviewer=rita)]


def test_a_batch_leaves_out_what_is_above_the_cap(waiting: Waiting, rita: User) -> None:
    cases = [waiting(f"The same words again and again, number {n}.", actor={"id": "a-1"}, severity_hint=s) for n, s in enumerate((1, 3, 1))]
    reach_cap(rita, "severe")
    batch = batch_open(case=cases[0], reviewer=rita, basis="author")
    held = batch.members.exclude(token=None).values_list("case__severity", flat=True)
    assert list(held) == [1, 1]


def test_a_lead_who_reached_the_cap_does_not_take_over(held: Claim, lena: User) -> None:
    reach_cap(lena, "severe")
    with pytest.raises(Conflict, match="as anybody should"):
        case_take_over(case_id=held.case_id, lead=lena, reason="Rita left.")


def test_who_reached_a_cap_can_still_take_back_what_they_decided(page: Client, held: Claim, rita: User) -> None:
    page.post(f"/cases/{held.case_id}/verdict", verdict_data(held), headers=HTMX)
    reach_cap(rita, "hard")
    verdict = held.case.verdicts.get()
    assert page.post(f"/verdicts/{verdict.pk}/undo", headers=HTMX)["HX-Push-Url"] == f"/cases/{held.case_id}/"
    assert Claim.objects.get(state="open").case_id == held.case_id


def test_a_left_out_category_goes_to_others(waiting: Waiting, rita: User, ravi: User) -> None:
    case = waiting()
    Case.objects.update(label="threat")
    category_avoid(user=rita, labels=["threat"])
    assert case_claim_next(queue=case.queue, reviewer=rita) is None
    assert case_claim_next(queue=case.queue, reviewer=ravi) is not None


def test_what_is_hard_on_nobody_neither_counts_nor_is_capped(page: Client, waiting: Waiting, rita: User) -> None:
    """A severe order is a harm to others, not a weight on who looks."""
    reach_cap(rita, "hard")
    case = waiting(kind="contact", payload={"email": "jo@example.org", "company": "Marsh Ltd", "name": "Jo Marsh"}, severity_hint=3)
    Case.objects.update(label="email")
    claim = case_claim_next(queue=case.queue, reviewer=rita)
    assert claim is not None
    before = day_of(rita).hard_s
    Claim.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    send(page, claim, sort="text")
    assert day_of(rita).hard_s == before
    Claim.objects.update(state="released")
    Case.objects.update(state="waiting")
    assert case_claim_one(case_id=case.pk, reviewer=rita) is not None


def test_an_organisation_may_not_offer_it(rita: User, ada: User) -> None:
    category_avoid(user=rita, labels=["threat"])
    care_rules_change(actor=ada, changes={"may_avoid": False})
    assert serve_limits(rita).avoid == ()
    with pytest.raises(Invalid):
        preferences_change(user=rita, changes={"avoid": ["threat"]})


def test_lighter_work_is_mild_for_an_hour(waiting: Waiting, rita: User) -> None:
    case = waiting(severity_hint=2)
    lighter_start(user=rita)
    assert serve_limits(rita) == ServeLimits(max_severity=1, cap=3)
    assert case_claim_next(queue=case.queue, reviewer=rita) is None
    assert case_claim_one(case_id=case.pk, reviewer=rita) is not None  # their own act


def test_leads_see_a_count_of_what_nobody_at_work_may_take(waiting: Waiting, rita: User, ravi: User, lena: User) -> None:
    case, mild = waiting(severity_hint=3), waiting("Mild.")
    assert out_of_reach(lena) == []  # nobody is at work
    assert case_claim_one(case_id=mild.pk, reviewer=rita) is not None
    assert out_of_reach(lena) == []
    reach_cap(rita, "hard")
    found = out_of_reach(lena)
    assert [(row.queue, row.waiting) for row in found] == [(case.queue, 1)]
    other = waiting("Another.")
    assert case_claim_one(case_id=other.pk, reviewer=ravi) is not None
    assert out_of_reach(lena) == []


def test_it_keeps_stretches_and_breaks_for_a_month(rita: User) -> None:
    old, new = seen(rita, minutes=5, ago=31 * 24 * 60), seen(rita, minutes=5)
    Break.objects.create(user=rita, started_at=old.started_at, ended_at=old.ended_at)
    tidy_old_rows()
    assert list(Stretch.objects.all()) == [new]
    assert not Break.objects.exists()


def test_it_asks_the_database_once_for_quick_claims_and_again_when_something_was_written(
    rita: User, held: Claim, page: Client, django_assert_num_queries: Any
) -> None:
    days_forget(rita)
    day_kept(rita)
    with django_assert_num_queries(0):
        serve_limits(rita)
    send(page, held)
    assert day_kept(rita).severe_s > 0
    lighter_start(user=rita)
    assert serve_limits(rita).max_severity == 1
