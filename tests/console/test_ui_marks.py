"""Evidence and hidden characters are marked without ever breaking a letter or the escaping."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.ui.marks import marked, pieces
from scoring.blocks import Span


def span(start: int, end: int, label: str = "attack") -> Span:
    return Span(start=start, end=end, label=label)


def marks(text: str, *spans: Span) -> list[str]:
    return [p.text for p in pieces(text, spans) if p.evidence]


def test_it_marks_a_span_and_says_what_it_is() -> None:
    html = marked(pieces("You muppet.", [span(4, 10, "personal attack")]))
    assert html == 'You <mark class="ev">muppet</mark><span class="ev-label">personal attack</span>.'


def test_it_escapes_the_text_and_the_label() -> None:
    html = marked(pieces("<script>alert(1)</script>", [span(0, 8, "<b>")]))
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html


def test_it_splits_overlapping_spans_and_labels_each_at_its_end() -> None:
    found = pieces("abcdefgh", [span(0, 5, "one"), span(3, 8, "two")])
    assert [(p.text, p.ends) for p in found] == [("abc", ()), ("de", ("one",)), ("fgh", ("two",))]
    assert all(p.evidence for p in found)


@pytest.mark.parametrize(("start", "end"), [(-5, 3), (0, 99)])
def test_it_clamps_a_span_that_runs_out_of_the_text(start: int, end: int) -> None:
    assert "".join(marks("word", span(start, end))) == "word"[max(0, start) : end]


@pytest.mark.parametrize(("start", "end"), [(3, 3), (9, 12), (4, 2)])
def test_it_leaves_out_a_span_with_nothing_in_it(start: int, end: int) -> None:
    assert marks("word", span(start, end)) == []


def test_it_does_not_cut_a_letter_from_its_marks() -> None:
    text = "a nai\u0308ve idiot"
    at = text.index("\u0308")
    assert marks(text, span(at, len(text))) == ["i\u0308ve idiot"]
    assert marks(text, span(0, at)) == ["a nai\u0308"]


def test_it_does_not_cut_a_joined_emoji() -> None:
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert marks(f"x{family}y", span(1, 2)) == [family]


def test_it_names_an_unseen_character_and_leaves_it_out_of_the_page() -> None:
    html = marked(pieces("ag\u200bain\u202e!", hidden=[span(2, 3, "Unseen character"), span(6, 7, "Text direction control")]))
    assert "U+200B" in html
    assert "U+202E" in html
    assert "\u200b" not in html
    assert "\u202e" not in html


def test_it_shows_a_look_alike_as_it_is_with_its_code() -> None:
    html = marked(pieces("h\u0430te", hidden=[span(1, 2, "Look-alike letter")]))
    assert 'title="Look-alike letter: U+0430"' in html
    assert ">\u0430<" in html


TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc",)), max_size=40)
SPANS = st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50)), max_size=6)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(TEXT, SPANS, SPANS)
def test_it_never_loses_or_adds_a_character(text: str, evidence: list[tuple[int, int]], hidden: list[tuple[int, int]]) -> None:
    found = pieces(text, [span(a, b) for a, b in evidence], [span(a, b) for a, b in hidden])
    assert "".join(p.text for p in found) == text
    assert all(p.text for p in found)


@given(TEXT, SPANS)
def test_it_never_lets_text_become_markup(text: str, evidence: list[tuple[int, int]]) -> None:
    html = marked(pieces(text, [span(a, b, text) for a, b in evidence]))
    without_ours = re.sub(r'</?(mark|span)( class="(ev|ev-label)")?>', "", html)
    assert "<" not in without_ours
    bare = re.sub(r'<span class="ev-label">.*?</span>|</?mark[^>]*>', "", html, flags=re.S)
    assert unescape(bare) == text
    assert unicodedata.normalize("NFC", unescape(bare)) == unicodedata.normalize("NFC", text)
