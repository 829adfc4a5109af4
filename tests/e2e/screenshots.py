"""Pictures of every page of a running installation, for looking at: 1440 and 390 wide, light and dark.

    python -m tests.e2e.screenshots --address http://127.0.0.1:8000 --user lead --password ... --out screenshots

With the name and password of an admin (--admin, --admin-password) also the pages that only an admin sees.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.e2e.browser import chromium, sign_in
from tests.e2e.every_page import ADMINS, LINKED, PLAIN, address_of

WIDTHS = {1440: 900, 390: 844}
THEMES = ("light", "dark")


class Camera:
    def __init__(self, page: Page, out: Path, width: int, theme: str) -> None:
        self.page, self.out, self.width, self.theme = page, out, width, theme

    def take(self, name: str, *, window: bool = False) -> None:
        file = self.out / f"{name}-{self.width}-{self.theme}.png"
        # Sticky bars belong to the window's edge, so the window grows to the page instead of the picture to the whole page.
        tall = 0 if window else self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": self.width, "height": max(WIDTHS[self.width], min(tall, 6000))})
        self.page.screenshot(path=str(file))
        self.page.set_viewport_size({"width": self.width, "height": WIDTHS[self.width]})
        print(file)


def _pages(camera: Camera, address: str, names: list[str]) -> None:
    for name in names:
        place = address_of(camera.page, address, name)
        if place:
            camera.page.goto(place)
            camera.take(name)


def _cases(camera: Camera, address: str) -> None:
    """One case of each queue: as it opens, its keys, with the evidence shown, a film opened, and what belongs together."""
    page = camera.page
    page.goto(address)
    for slug in page.eval_on_selector_all("[data-queue]:has([data-start])", "rows => rows.map(r => r.dataset.queue)"):
        page.goto(f"{address}/")
        page.click(f'[data-queue="{slug}"] [data-start]')
        page.wait_for_url("**/cases/**")
        page.wait_for_load_state("networkidle")
        camera.take(f"case-{slug}")
        camera.take(f"case-{slug}-window", window=True)
        page.keyboard.press("?")
        camera.take(f"case-{slug}-keys", window=True)
        page.keyboard.press("Escape")
        page.keyboard.press("1")  # a policy may want an outcome before the evidence
        if page.locator('[data-key="e"]').count():
            page.keyboard.press("e")
            page.wait_for_selector("details.evidence")
        camera.take(f"case-{slug}-evidence")
        if page.locator("[data-unblur]").count():
            page.keyboard.press("b")
            page.wait_for_timeout(1500)
            camera.take(f"case-{slug}-opened")
        if page.locator("[data-together]").count():
            page.keyboard.press("z")
            page.wait_for_url("**/batches/**")
            camera.take("batch")


def _break(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(f"{address}/my-day/")
    page.locator('form[action="/my-day/take-break"] button').first.click()
    page.wait_for_url("**/my-day/break/")
    camera.take("break")
    page.locator('form[action="/my-day/resume"] button').first.click()
    page.wait_for_load_state()


def _draw(browser: Browser, address: str, who: tuple[str, str], out: Path, only: str, names: list[str], *, reviews: bool) -> None:
    for width, height in WIDTHS.items():
        for theme in THEMES:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
            camera = Camera(context.new_page(), out, width, theme)
            sign_in(camera.page, address, *who)
            _pages(camera, address, [name for name in names if only in name])
            if reviews and only in "cases":
                _cases(camera, address)
            if reviews and only in "break":
                _break(camera, address)
            if reviews and only in "sign-in":
                context.clear_cookies()
                camera.page.goto(f"{address}/accounts/login/")
                camera.take("sign-in")
            context.close()


def run(address: str, lead: tuple[str, str], admin: tuple[str, str], out: Path, only: str = "") -> None:
    out.mkdir(parents=True, exist_ok=True)
    names = [*PLAIN, *LINKED]
    with chromium() as browser:
        _draw(browser, address, lead, out, only, [name for name in names if name not in ADMINS], reviews=True)
        if admin[1]:
            _draw(browser, address, admin, out, only, [name for name in names if name in ADMINS], reviews=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="lead")
    parser.add_argument("--password", default=os.environ.get("SECOND_LOOK_PASSWORD", ""))
    parser.add_argument("--admin", default="ada")
    parser.add_argument("--admin-password", default="")
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--only", default="", help="a part of a page's name, 'cases', 'break' or 'sign-in'")
    given = parser.parse_args()
    run(given.address.rstrip("/"), (given.user, given.password), (given.admin, given.admin_password), given.out, given.only)
