"""Pictures and films: blurred first, the file itself only when asked for, nothing outside the media folder."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from PIL import Image

from console.accounts.models import Source, User
from console.cases.models import Case
from console.intake.models import Media


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def checkers(size: int = 400) -> bytes:
    """A red and white board: sharp edges and colour, so that blur and grey can be seen."""
    picture = Image.new("RGB", (size, size), "white")
    for x in range(0, size, 10):
        for y in range(x % 20, size, 20):
            picture.paste((200, 0, 0), (x, y, x + 10, y + 10))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def keep(folder: Path, shop: Source) -> Callable[..., Media]:
    def _keep(content: bytes, mime: str = "image/png") -> Media:
        media = Media.objects.create(source=shop, sha256="0" * 64, mime=mime, size=len(content))
        place = folder / str(media.pk)
        place.mkdir()
        (place / "original.bin").write_bytes(content)
        return media

    return _keep


def body(answer: object) -> bytes:
    return b"".join(answer)  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def board(keep: Callable[..., Media]) -> Media:
    return keep(checkers())


def test_it_serves_a_small_grey_blurred_copy(page: Client, board: Media) -> None:
    answer = page.get(f"/media/{board.pk}/blurred.jpg")
    assert answer["Content-Type"] == "image/jpeg"
    assert "private" in answer["Cache-Control"]
    picture = Image.open(io.BytesIO(body(answer)))
    assert picture.mode == "L"
    assert max(picture.size) <= 320
    low, high = picture.getextrema()
    assert high - low < 120  # a sharp copy would span nearly the whole range


def test_it_serves_the_file_itself_only_at_its_own_address(page: Client, board: Media) -> None:
    answer = page.get(f"/media/{board.pk}/clear")
    assert body(answer) == checkers()
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(("wanted", "expected"), [("bytes=0-3", slice(0, 4)), ("bytes=4-", slice(4, None)), ("bytes=-5", slice(-5, None))])
def test_it_serves_a_range(page: Client, keep: Callable[..., Media], wanted: str, expected: slice) -> None:
    media = keep(b"0123456789", "video/mp4")
    answer = page.get(f"/media/{media.pk}/clear", headers={"Range": wanted})
    assert answer.status_code == 206
    assert body(answer) == b"0123456789"[expected]
    assert int(answer["Content-Length"]) == len(b"0123456789"[expected])


def test_it_refuses_a_range_that_is_not_there(page: Client, keep: Callable[..., Media]) -> None:
    media = keep(b"0123456789", "video/mp4")
    assert page.get(f"/media/{media.pk}/clear", headers={"Range": "bytes=50-60"}).status_code == 416


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/pdf"])
def test_it_never_serves_what_could_run(page: Client, keep: Callable[..., Media], mime: str) -> None:
    media = keep(b"<script>alert(1)</script>", mime)
    assert page.get(f"/media/{media.pk}/clear").status_code == 404


def test_it_answers_404_for_a_picture_that_cannot_be_read(page: Client, keep: Callable[..., Media]) -> None:
    media = keep(b"\x89PNG not really")
    assert page.get(f"/media/{media.pk}/blurred.jpg").status_code == 404


def test_it_answers_404_for_a_file_that_is_gone(page: Client, folder: Path, shop: Source) -> None:
    media = Media.objects.create(source=shop, sha256="0" * 64, mime="image/png", size=1)
    assert page.get(f"/media/{media.pk}/blurred.jpg").status_code == 404
    assert page.get(f"/media/{media.pk}/clear").status_code == 404
    assert page.get(f"/media/{media.pk}/strip/0.jpg").status_code == 404


@pytest.mark.parametrize("what", ["blurred.jpg", "clear", "strip/0.jpg"])
def test_it_is_for_signed_in_people_with_a_role(client: Client, board: Media, otto: User, what: str) -> None:
    assert client.get(f"/media/{board.pk}/{what}").status_code == 302
    client.force_login(otto)
    assert client.get(f"/media/{board.pk}/{what}").status_code == 403


Waiting = Callable[..., Case]


def test_it_shows_the_kept_strip_without_marks(page: Client, keep: Callable[..., Media], waiting: Waiting, folder: Path) -> None:
    media = keep(b"0123456789", "video/mp4")
    strip = folder / str(media.pk) / "strip"
    strip.mkdir()
    for number in range(3):
        Image.new("L", (64, 36), 90).save(strip / f"{number}.jpg", "JPEG")
    case = waiting(kind="video", payload={"media": str(media.pk), "title": "Harbour"})
    html = page.get(f"/cases/{case.pk}/").content.decode()
    assert html.count(f"/media/{media.pk}/strip/") == 3
    assert f'src="/media/{media.pk}/clear"' not in html
    assert body(page.get(f"/media/{media.pk}/strip/2.jpg")).startswith(b"\xff\xd8")
    assert page.get(f"/media/{media.pk}/strip/9.jpg").status_code == 404


def test_it_shows_the_pictures_of_a_review_blurred(page: Client, board: Media, waiting: Callable[..., Case]) -> None:
    case = waiting(payload={"text": "Look at this soup.", "images": [str(board.pk), "not-stored-here"]})
    html = page.get(f"/cases/{case.pk}/").content.decode()
    assert f'src="/media/{board.pk}/blurred.jpg" data-clear="/media/{board.pk}/clear"' in html
    assert "2 pictures" in html
    assert 'data-key="b"' in html
