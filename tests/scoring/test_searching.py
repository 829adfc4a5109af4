"""Texts as search folds them, and what the encoder is given of a long one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.text.searching import LONGEST, folded


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Café CRÈME", "cafe creme"), ("so\u200bup", "soup"), ("ＳＯＵＰ", "soup"), ("STRASSE", "straße"), ("naïve", "naive"),
        ("寿司", " 寿 司 "), ("Добрый", "добрыи"), ("a\x00b", "a b"),
    ],
)  # fmt: skip
def test_it_folds_what_is_written_and_what_is_asked_to_the_same(written: str, asked: str) -> None:
    assert folded(written).split() == folded(asked).split()


@given(st.text(max_size=200))
def test_it_folds_any_text_to_something_that_can_be_stored_and_folds_no_further(text: str) -> None:
    once = folded(text)
    once.encode()
    assert "\x00" not in once
    assert folded(once).split() == once.split()


def test_it_keeps_an_endless_text_within_bounds() -> None:
    assert len(folded("寿" * 500_000)) <= LONGEST
