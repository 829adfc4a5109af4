"""The browser of the tests: Debian's Chromium without sandbox and without a network of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """Raises RuntimeError that says what to install when there is no Chromium."""
    if not CHROMIUM.exists():
        raise RuntimeError(f"There is no Chromium at {CHROMIUM}; the browser tests need it (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        yield browser
        browser.close()


def sign_in(page: Page, address: str, name: str, password: str) -> None:
    """By the keyboard, through the real form."""
    page.goto(f"{address}/accounts/login/")
    page.focus("#id_login")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
