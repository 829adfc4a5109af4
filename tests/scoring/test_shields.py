"""Links that cannot be followed and private data behind a mask: what is shown, and where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.text.shields import defang, masked, shields, taken_out


@pytest.mark.parametrize(
    ("link", "safe"),
    [
        ("https://pay.fast-deposit.example/a.b?c=1", "hxxps://pay[.]fast-deposit[.]example/a.b?c=1"),
        ("HTTP://X.example", "hxxp://X[.]example"),
        ("www.cheap.example", "www[.]cheap[.]example"),
        ("fast-deposit.example", "fast-deposit[.]example"),
    ],
)
def test_it_makes_a_link_safe(link: str, safe: str) -> None:
    found = shields(f"Pay at {link} today")
    assert [(s.shown, s.kind, s.secret) for s in found] == [(safe, "url", False)]
    assert defang(link) == safe


@pytest.mark.parametrize(
    ("kind", "raw", "shown"),
    [
        ("phone", "+49 30 5550 199", "+•• •• •••• •99"),
        ("email", "lena.brandt@northpier.example", "l•••@n•••.example"),
        ("card", "4111 1111 1111 1111", "•••• •••• •••• ••11"),
        ("address", "12 Mill Road", "•••"),
    ],
)
def test_it_masks_private_data(kind: str, raw: str, shown: str) -> None:
    text = f"Write to {raw}"
    found = shields(text)
    assert [(s.kind, s.shown, s.secret, text[s.start : s.end]) for s in found] == [(kind, shown, True, raw)]
    assert masked(kind, raw) == shown


@pytest.mark.parametrize("text", ["The soup was cold.The bread too", "version 1.2.3", "e.g. this", "Dr. Adler", "9.30 or 10.15", "a..b"])
def test_it_leaves_ordinary_text_alone(text: str) -> None:
    assert shields(text) == ()


def test_it_lists_each_thing_once_and_as_it_may_be_shown() -> None:
    texts = ["Write @anna_k or visit a.example", "a.example again, call +49 30 5550 199"]
    assert taken_out(texts) == [("Handle", "@anna_k"), ("Link", "a[.]example"), ("Phone number", "+•• •• •••• •99")]


@given(st.text(max_size=300))
def test_it_stands_inside_any_text(text: str) -> None:
    last = 0
    for shield in shields(text):
        assert last <= shield.start < shield.end <= len(text)
        last = shield.end
