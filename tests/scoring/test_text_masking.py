"""Personal data, windows and languages."""

from __future__ import annotations

from itertools import pairwise

import pytest

from scoring.text.language import identify
from scoring.text.masking import count_entities, find_entities, mask
from scoring.text.windows import windows


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail bob@example.com now", "mail [email] now"),
        ("call +1 650 253 0000", "call [phone]"),
        ("card 4111 1111 1111 1111", "card [card]"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [iban]"),
        ("she lives at 12 Mill Lane", "she lives at [address]"),
        ("thanks @bob, see https://example.com/x", "thanks [handle], see [url]"),
        ("order 12345678, 30 pieces for 1,200", "order 12345678, 30 pieces for 1,200"),
        ("card 4111 1111 1111 1112 is not one", "card 4111 1111 1111 1112 is not one"),
    ],
)
def test_it_masks_personal_data(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_it_counts_each_piece_once() -> None:
    assert count_entities("a@example.com or b@example.com") == {"email": 2}
    spans = find_entities("mail a@example.com, www.example.com, +44 20 7946 0958")
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_it_cuts_long_texts_into_overlapping_windows() -> None:
    text = " ".join(f"word{i}" for i in range(500))
    parts = windows(text)
    assert len(parts) > 3
    assert all(text[p.start : p.start + len(p.text)] == p.text for p in parts)
    assert parts[0].start == 0
    assert parts[-1].start + len(parts[-1].text) == len(text)
    assert all(b.start < a.start + len(a.text) for a, b in pairwise(parts))


def test_it_cuts_text_without_spaces_too() -> None:
    parts = windows("x" * 5000)
    assert parts[-1].start + len(parts[-1].text) == 5000
    assert len(parts) < 30


def test_it_is_careful_about_the_language_of_short_texts() -> None:
    german = identify("Das Zimmer war sauber, aber das Frühstück am Morgen war kalt und teuer")
    assert german is not None
    assert german.code == "de"
    assert german.sure
    short = identify("Ok lar")
    assert short is not None
    assert not short.sure
    assert identify("12 34 !") is None
