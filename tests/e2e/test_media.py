"""Nothing is seen before B: neither on the screen nor on the line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from PIL import Image
from playwright.sync_api import Page, expect

from console.accounts.models import Source
from console.cases.models import Case
from console.intake.models import Media

Waiting = Callable[..., Case]


@pytest.fixture
def picture(settings: LazySettings, tmp_path: Path, shop: Source) -> Media:
    settings.MEDIA_ROOT = tmp_path
    media = Media.objects.create(source=shop, sha256="0" * 64, mime="image/png", size=1)
    (tmp_path / str(media.pk)).mkdir()
    Image.new("RGB", (200, 120), (180, 30, 30)).save(tmp_path / str(media.pk) / "original.png")
    return media


@pytest.mark.parametrize("kind", ["review", "video", "chat"])
def test_it_asks_for_the_file_only_after_b(rita_page: Page, waiting: Waiting, picture: Media, kind: str) -> None:
    messages = [{"sender": "seller", "text": "Look.", "image": str(picture.pk)}]
    more = {
        "review": {"images": [str(picture.pk)]},
        "video": {"media": str(picture.pk)},
        "chat": {"messages": messages, "flagged_index": 0},
    }
    case = waiting(kind, **more[kind])
    asked: list[str] = []
    rita_page.on("request", lambda request: asked.append(request.url))
    rita_page.goto(f"/cases/{case.pk}/")
    rita_page.keyboard.press("Enter")  # take it
    expect(rita_page.locator("#verdict")).to_be_visible()
    expect(rita_page.locator(".media.blurred img").first).to_be_visible()
    assert not [url for url in asked if url.endswith("/clear")]
    rita_page.keyboard.press("b")
    expect(rita_page.locator(".media.blurred")).to_have_count(0)
    shown = rita_page.locator('.media img[src$="/clear"]')
    expect(shown).to_be_visible()
    rita_page.keyboard.press("b")
    expect(rita_page.locator(".media.blurred")).to_have_count(1)
    expect(shown).to_have_count(0)


def test_it_hides_again_on_the_next_case(rita_page: Page, waiting: Waiting, picture: Media) -> None:
    for _ in range(2):
        waiting("review", images=[str(picture.pk)])
    rita_page.goto("/queues/reviews/")
    rita_page.keyboard.press("Enter")
    rita_page.wait_for_url("**/cases/**")
    rita_page.keyboard.press("b")
    expect(rita_page.locator(".media.blurred")).to_have_count(0)
    rita_page.keyboard.press("a")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_be_visible()
    expect(rita_page.locator(".media.blurred")).to_have_count(1)
