"""The demo is made once, through the real pipeline, and leaves pages on which a newcomer sees what they are for."""

from __future__ import annotations

import shutil
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from console.accounts.models import Source, User
from console.accounts.services import source_ensure
from console.automation.certificates import certificates_check
from console.automation.models import AuditPlan, Certificate, Sample
from console.automation.plans import audit_plans_ensure_defaults
from console.cases.models import Case
from console.common.clock import db_now
from console.demo import seed
from console.demo.audited import DAYS, KIND, demo_audited
from console.demo.checked import DECIDED, KNOWN, demo_checked
from console.demo.past_reviews import past_reviews
from console.flow.slices import slices_watch
from console.insights.agreement import disagreements, quality_of
from console.intake.models import Item, Media
from console.quality.models import Check, Gold
from console.quality.plans import plans_ensure_defaults
from console.scores.models import Score
from console.verdicts.models import Verdict
from console.watch.models import SliceReading
from tests.console.dice import dice

pytestmark = pytest.mark.django_db


def test_its_past_has_no_review_twice() -> None:
    told = past_reviews()
    assert len({past.text for past in told}) == len(told)
    assert told == past_reviews()


@pytest.mark.parametrize(
    ("reviews", "risk"), [pytest.param(60, 0.15, id="a part"), pytest.param(None, 0.05, id="all of it", marks=pytest.mark.soak)]
)
def test_it_brings_all_five_kinds_and_a_past_that_proves_something(
    reviews: int | None, risk: float, ready: None, settings: Any, tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = past_reviews()[:reviews]
    monkeypatch.setattr("console.demo.audited.past_reviews", lambda: told)
    monkeypatch.setattr("console.demo.audited.RISK", risk)
    audit_plans_ensure_defaults()
    usual = AuditPlan.objects.get(kind=KIND)
    shutil.copytree(settings.HOME / "models", tmp_path / "models")
    settings.HOME, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    call_command("seed_demo", "--only", "present", stdout=StringIO())
    assert seed.past_awaited().exists()
    call_command("seed_demo", "--only", "past", stdout=StringIO())
    assert not seed.past_awaited().exists()
    assert set(Item.objects.values_list("kind", flat=True)) == {"review", "chat", "order", "contact", "video"}
    assert set(Media.objects.values_list("mime", flat=True)) == {"video/webm"}  # what every browser plays
    assert seed.accounts_file().stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="not empty"):
        call_command("seed_demo")
    call_command("seed_demo", "--only", "past", stdout=StringIO())  # again: nothing
    assert Sample.objects.filter(decision__item__external_id__startswith="demo-past-").count() == len(told)
    _audits_are_answered_and_lie_in_the_past(len(told))
    _a_certificate_holds_that_the_audits_prove(usual)
    _groups_are_read_from_them_and_stay()
    _people_were_checked()
    _pages_say_so(client)


def _audits_are_answered_and_lie_in_the_past(count: int) -> None:
    samples = Sample.objects.filter(decision__item__external_id__startswith="demo-past-")
    assert samples.count() == count
    assert {row.chance for row in samples} == {1.0}
    now = db_now()
    assert all(timedelta(hours=20) < now - row.created_at <= timedelta(days=DAYS, minutes=5) for row in samples)
    verdicts = Verdict.objects.filter(item__external_id__startswith="demo-past-").exclude(case__state=Case.State.WAITING)
    assert verdicts.count() >= samples.count()
    assert not verdicts.filter(undo_until__gt=now - timedelta(hours=20)).exists()
    assert not verdicts.filter(evidence_seen=True).exists()


def _a_certificate_holds_that_the_audits_prove(usual: AuditPlan) -> None:
    made = Certificate.objects.get()
    assert (made.kind, made.side, made.state) == (KIND, "allow", Certificate.State.VALID)
    assert made.upper <= made.risk
    assert certificates_check() == 0
    after = AuditPlan.objects.get(kind=KIND)
    assert (after.allow_rate, after.enforce_rate, after.review_rate) == (usual.allow_rate, usual.enforce_rate, usual.review_rate)


def _groups_are_read_from_them_and_stay() -> None:
    groups = {(row.cut, row.name) for row in SliceReading.objects.filter(kind=KIND)}
    assert {("Language", "English"), ("Age of the account", "Below 7 days"), ("Age of the account", "365 days and more")} <= groups
    SliceReading.objects.update(until=db_now() - timedelta(days=3))
    assert slices_watch(KIND) >= len(groups)  # three days later as much can be read as before


def _people_were_checked() -> None:
    found = quality_of(KIND)
    assert found.pairs == len(DECIDED)
    assert found.agreement[0].alpha is not None
    assert 0.5 < found.agreement[0].alpha < 1
    assert disagreements().count() == found.matrix.apart == sum(first != second for _, first, second in DECIDED)
    assert Gold.objects.count() == len(KNOWN)
    assert not Score.objects.filter(item__kind=KIND).exclude(errors={}).exists()  # nothing that a newcomer opens looks broken
    lena = User.objects.get(username="lena")
    assert demo_checked(source_ensure(name="demo"), lena, lena, lena) == 0


def _pages_say_so(client: Client) -> None:
    client.force_login(User.objects.get(username="ada"))
    every = client.get("/automation/").content.decode()
    assert "Certified" in every
    assert "more audits" in every
    one = client.get(f"/automation/{KIND}/").content.decode()
    assert "Error against the share that the machine decides alone: at the chosen mark" in one
    insights = client.get(f"/insights/?kind={KIND}").content.decode()
    assert "Below 7 days" in insights


def test_its_past_is_brought_once_and_only_where_audits_are_drawn(ready: None, shop: Source, rita: User, lena: User, ada: User) -> None:
    assert demo_audited(shop, (rita,), lena, ada) == 0
    audit_plans_ensure_defaults()
    Item.objects.create(source=shop, kind=KIND, external_id="demo-past-0", payload={"text": "x"}, body_hash="x", created_at=db_now())
    assert demo_audited(shop, (rita,), lena, ada) == 0


def test_nothing_of_its_past_waits(ready: None, shop: Source, rita: User, lena: User, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    told = past_reviews()[:6]
    monkeypatch.setattr("console.demo.audited.past_reviews", lambda: told)
    audit_plans_ensure_defaults()
    plans_ensure_defaults()
    with dice(0.0):  # all that was decided is looked at by a second person
        assert demo_audited(shop, (rita, ada), lena, ada) == len(told)
    assert Check.objects.filter(purpose=Check.Purpose.SECOND).exists()
    assert not Check.objects.exclude(state=Check.State.CLOSED).exists()
    assert set(Case.objects.values_list("state", flat=True)) == {Case.State.CLOSED}


def test_there_is_no_past_without_people(ready: None) -> None:
    with pytest.raises(CommandError, match="no demo people"):
        call_command("seed_demo", "--only", "past", stdout=StringIO())
