"""A shift of decisions by keyboard in headless Chromium against the web server as the product runs it. What is measured happens in the
page: from the keydown event to the frame that shows its effect. The naive way is the same page without what was fetched ahead: the next
case comes with the answer to the verdict."""

from __future__ import annotations

import sys
from statistics import median

from django.db import connection
from django.test import Client
from playwright.sync_api import Page

from console.accounts.models import User
from console.accounts.roles import Role
from console.accounts.services import user_create
from tests.bench.in_claim import web
from tests.bench.in_console import fill
from tests.bench.result import Result
from tests.e2e.browser import chromium

WAITING = 1_000_000
DECISIONS, NAIVE = 500, 100
LOOKS = 500  # ms that this person looks at a case: faster than anybody is
# After the frame that follows the change has been handed over, the clock is read.
MEASURE = """
window.took = {reaction: [], next: []};
addEventListener("keydown", (event) => {
  const began = performance.now();
  const kind = event.key === "Enter" ? "next" : "reaction";
  const shown = () => document.getElementById("screen")?.dataset.case;
  const before = shown();
  const painted = () => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => window.took[kind].push(performance.now() - began);
    after.port2.postMessage(0);
  });
  if (kind === "reaction") return painted();
  const look = () => (shown() !== before && document.getElementById("verdict") ? painted() : requestAnimationFrame(look));
  look();
}, true);
"""


def measure() -> list[Result]:
    fill(WAITING)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE cases_case")
    session = session_of(user_create(username="rita", role=Role.MODERATOR))  # before Playwright keeps an event loop in this thread
    with web() as port, chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=f"http://localhost:{port}")
        context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://localhost:{port}"}])
        context.add_init_script(MEASURE)
        page = context.new_page()
        page.goto("/")
        page.keyboard.press("Enter")
        page.wait_for_selector("#verdict")
        page.wait_for_timeout(3 * LOOKS)
        ours = _shift(page, DECISIONS)
        page.route("**/ahead", lambda route: route.abort())
        page.reload()
        page.wait_for_selector("#verdict")
        naive = _shift(page, NAIVE)
        context.close()
    words = {"next": "next item painted", "reaction": "key to visible reaction"}
    return [_result(what, ours[name], naive[name]) for name, what in words.items()]


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def _shift(page: Page, count: int) -> dict[str, list[float]]:
    page.evaluate("window.took = {reaction: [], next: []}")
    for number in range(1, count + 1):
        page.wait_for_timeout(LOOKS)
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        page.wait_for_function("count => window.took.next.length >= count", arg=number, timeout=20_000)
        if number % 100 == 0:
            sys.stderr.write(f"{number} of {count} decided\n")
    found: dict[str, list[float]] = page.evaluate("window.took")
    return found


def _result(what: str, ours: list[float], naive: list[float]) -> Result:
    def at(times: list[float], share: float) -> float:
        return sorted(times)[min(len(times) - 1, int(share * len(times)))]

    note = (
        f"p50 {at(ours, 0.5):.0f} ms, p95 {at(ours, 0.95):.0f} ms of {len(ours)}; "
        f"nothing ahead p50 {at(naive, 0.5):.0f}, p95 {at(naive, 0.95):.0f} of {len(naive)}"
    )
    sys.stderr.write(f"{what}: {note}\n")
    return Result(
        what=f"{what}, {WAITING:,} waiting", naive_name="nothing ahead", units=1, ours=[median(ours) / 1000], naive=[median(naive) / 1000],
        note=note,
    )  # fmt: skip
