"""A training run in a real browser: what is being read stays where it is while the run goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models.functions import Now
from playwright.sync_api import Page, expect

from console.accounts.models import User
from console.training.models import TrainingRun
from console.training.runs import run_request

LINES = "".join(f"10:00:{number % 60:02d} Line {number}.\n" for number in range(80))


@pytest.mark.parametrize("width", [1440, 390])
def test_the_log_grows_and_stays_where_it_is_read(width: int, open_page: Callable[..., Page], lena: User) -> None:
    run = run_request(kind="contact")
    TrainingRun.objects.update(state="running", started_at=Now(), stage="train", progress=0.5, log=LINES)
    page = open_page(width=width, user=lena)
    page.goto(f"/models/contact/runs/{run.pk}/")
    log = page.locator("#run-log")
    at_end = "log => log.scrollTop + log.clientHeight >= log.scrollHeight - 4"
    assert log.evaluate(at_end)
    log.evaluate("log => { log.scrollTop = 200 }")
    TrainingRun.objects.update(progress=0.6, log=LINES + "10:02:00 One more.\n")
    expect(log).to_contain_text("One more")
    assert log.evaluate("log => log.scrollTop") == 200
    log.evaluate("log => { log.scrollTop = log.scrollHeight }")
    TrainingRun.objects.update(progress=0.7, log=LINES + "10:02:00 One more.\n10:02:05 And one.\n")
    expect(log).to_contain_text("And one")
    assert log.evaluate(at_end)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    TrainingRun.objects.update(state="cancelled", error="Cancelled by hand.")
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()
