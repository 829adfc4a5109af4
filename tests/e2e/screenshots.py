"""Pictures of the pages of a running installation, for looking at: 1440 and 390 wide, light and dark.

    python -m tests.e2e.screenshots --address http://127.0.0.1:8000 --user lead --password ... --out screenshots
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.browser import chromium, sign_in

WIDTHS = {1440: 900, 390: 844}
PAGES = {
    "queues": "/", "items": "/items/", "set-aside": "/items/set-aside/", "models": "/models/", "policies": "/policies/",
    "policy": "/policies/review/",
    "deliveries": "/deliveries/", "audit": "/audit/", "overview": "/overview/",
    "help": "/help/", "keys": "/help/keys/", "missing": "/nowhere/",
}  # fmt: skip


def _save(page: Page, out: Path, name: str, width: int, theme: str) -> None:
    file = out / f"{name}-{width}-{theme}.png"
    # Sticky bars belong to the window's edge, so the window grows to the page instead of the picture to the whole page.
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(WIDTHS[width], min(tall, 6000))})
    page.screenshot(path=str(file))
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    print(file)


def _cases(page: Page, address: str, out: Path, width: int, theme: str) -> None:
    """One case of each queue: as it opens, and with the evidence shown."""
    page.goto(address)
    for slug in page.eval_on_selector_all("[data-queue]:has([data-start])", "rows => rows.map(r => r.dataset.queue)"):
        page.goto(f"{address}/")
        page.click(f'[data-queue="{slug}"] [data-start]')
        page.wait_for_url("**/cases/**")
        page.wait_for_load_state("networkidle")
        _save(page, out, f"case-{slug}", width, theme)
        if page.locator('[data-key="e"]').count():
            page.keyboard.press("e")
            page.wait_for_selector("details.evidence")
        page.keyboard.press("1")
        _save(page, out, f"case-{slug}-evidence", width, theme)
    page.goto(f"{address}/items/?status=decided")
    first = page.locator("a.plainlink.cut").first
    if first.count():
        first.click()
        _save(page, out, "item", width, theme)


def run(address: str, user: str, password: str, out: Path, only: str = "") -> None:
    out.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for width, height in WIDTHS.items():
            for theme in ("light", "dark"):
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
                page.goto(f"{address}/accounts/login/")
                _save(page, out, "sign-in", width, theme)
                sign_in(page, address, user, password)
                for name, path in PAGES.items():
                    if only in name:
                        page.goto(address + path)
                        _save(page, out, name, width, theme)
                if only in "cases":
                    _cases(page, address, out, width, theme)
                page.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="lead")
    parser.add_argument("--password", default=os.environ.get("SECOND_LOOK_PASSWORD", ""))
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--only", default="", help="a part of a page's name, or 'cases'")
    given = parser.parse_args()
    run(given.address.rstrip("/"), given.user, given.password, given.out, given.only)
