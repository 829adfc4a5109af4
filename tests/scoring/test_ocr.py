"""Text read from pictures by Tesseract, and the sentence where it is not installed."""

from __future__ import annotations

import pytest

from scoring.signals import ocr
from tests.scoring.made_media import scene, written

TEXT = "I will wait for you outside tonight\nand you will be sorry for the parcel\nsend the money before Friday"


@pytest.mark.parametrize("dark", [True, False])
def test_it_reads_screenshots(dark: bool) -> None:
    found = set(ocr.read_text(written(TEXT, dark=dark)).lower().split())
    words = TEXT.lower().split()
    assert sum(word in found for word in words) / len(words) >= 0.9


def test_it_reads_nothing_where_nothing_is_written() -> None:
    assert ocr.read_text(scene(3, size=(320, 180))(0)) == ""


def test_it_says_when_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    with pytest.raises(ocr.OcrError, match="OCR is not installed"):
        ocr.read_text(scene(3)(0))
