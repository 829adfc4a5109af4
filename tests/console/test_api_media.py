"""Uploads: works, rejects, forbids."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from console.accounts.models import Source
from console.accounts.roles import Role
from console.intake.media import media_path
from console.intake.models import Item, Media
from scoring.media.store import locate
from tests.console.calls import Calls, fields, of, problem

pytestmark = pytest.mark.usefixtures("ready")


def png(width: int = 4, height: int = 3) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def bomb() -> bytes:
    """A header that claims 30,000 x 30,000 pixels, and nearly nothing behind it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def upload(calls: Calls, content: bytes, name: str = "a.png", **headers: str) -> Any:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return calls.client.post("/api/v1/media", {"file": SimpleUploadedFile(name, content)}, headers={**calls.headers, **named})


@pytest.fixture
def root(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def left_over(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_it_keeps_a_file_by_id_with_its_facts(shop: Source, root: Path) -> None:
    answer = upload(of(shop), png(), "../../evil name.png")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["sha256"] == hashlib.sha256(png()).hexdigest()
    assert (body["mime"], body["width"], body["height"], body["size"]) == ("image/png", 4, 3, len(png()))
    media = Media.objects.get()
    assert left_over(root) == [media_path(media.pk)]
    assert locate({"media": body["id"]}, root).read_bytes() == png()
    assert of(shop).get(f"media/{body['id']}").json() == body


def test_an_item_may_show_what_its_own_platform_sent(shop: Source, rival: Source, root: Path) -> None:
    media = upload(of(shop), png()).json()["id"]
    item = {"kind": "video", "external_id": "v-1", "payload": {"media": media, "title": "A walk"}}
    assert fields(problem(of(rival).post("items", item), 400)) == {"payload.media"}
    bulk = of(rival).post("items/bulk", {"items": [item]}).json()
    assert (bulk["results"][0]["status"], fields(bulk["results"][0])) == (400, {"payload.media"})
    assert not Item.objects.exists()
    assert of(shop).post("items", item).status_code == 202


def _naming(kind: str, name: str, number: int = 1) -> dict[str, Any]:
    payloads: dict[str, dict[str, Any]] = {
        "chat": {"messages": [{"sender": "a", "text": "Hi"}, {"sender": "a", "image": name}]},
        "review": {"text": "Look.", "images": [name]},
    }
    return {"kind": kind, "external_id": f"m-{number}", "payload": payloads[kind]}


@pytest.mark.parametrize(("kind", "path"), [("chat", "payload.messages.1.image"), ("review", "payload.images.0")])
def test_a_picture_in_a_chat_or_review_is_of_its_own_platform(shop: Source, rival: Source, root: Path, kind: str, path: str) -> None:
    media = upload(of(shop), png()).json()["id"]
    spellings = [
        media, media.upper(), f"{{{media}}}", f"urn:uuid:{media}", media.replace("-", ""),
        f"{media}/original", f"{media}/strip/1.jpg", "incoming/tmp1",
    ]  # fmt: skip
    calls = of(rival)
    for name in spellings:
        assert fields(problem(calls.post("items", _naming(kind, name)), 400)) == {path}, name
    bulk = calls.post("items/bulk", {"items": [_naming(kind, media), _naming(kind, "https://example.org/1.jpg", 2)]}).json()
    assert [row["status"] for row in bulk["results"]] == [400, 202]
    assert fields(bulk["results"][0]) == {path}
    assert of(shop).post("items", _naming(kind, media)).status_code == 202


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", png()[:40], bomb(), b"#EXTM3U\nfile:///etc/passwd"],
    ids=["empty", "text", "cut gif", "svg", "pdf", "cut png", "bomb", "playlist"],
)  # fmt: skip
def test_it_refuses_what_no_reader_accepts(shop: Source, root: Path, content: bytes) -> None:
    assert fields(problem(upload(of(shop), content), 400)) == {"file"}
    assert not Media.objects.exists()
    assert left_over(root) == []


def test_it_refuses_a_file_that_is_too_large(shop: Source, root: Path, settings: Any) -> None:
    settings.MEDIA_MAX_BYTES = 50
    problem(upload(of(shop), png()), 413, "too_large")
    settings.MEDIA_MAX_BYTES = -(10**6)
    problem(upload(of(shop), png()), 413, "too_large")
    assert left_over(root) == []


def test_it_refuses_what_is_no_upload(shop: Source, root: Path) -> None:
    calls = of(shop)
    problem(calls.post("media", {"file": "x"}), 415)
    assert fields(problem(calls.client.post("/api/v1/media", {"other": "x"}, headers=calls.headers), 400)) == {"file"}
    broken = calls.client.post("/api/v1/media", b"--x", content_type="multipart/form-data; boundary=", headers=calls.headers)
    problem(broken, 400)


def test_a_repeated_upload_with_a_key_is_kept_once(shop: Source, root: Path) -> None:
    calls = of(shop)
    first, again = upload(calls, png(), Idempotency_Key="u-1"), upload(calls, png(), Idempotency_Key="u-1")
    assert first.content == again.content
    assert Media.objects.count() == len(left_over(root)) == 1
    problem(upload(calls, png(5, 5), Idempotency_Key="u-1"), 422)
    assert len(left_over(root)) == 1


def test_another_source_does_not_see_the_file(shop: Source, rival: Source, root: Path) -> None:
    media = upload(of(shop), png()).json()["id"]
    problem(of(rival).get(f"media/{media}"), 404)


def test_who_may_upload(shop: Source, root: Path) -> None:
    problem(upload(Calls(), png()), 401)
    problem(upload(of(shop, Role.MODERATOR), png()), 403)
    assert left_over(root) == []
