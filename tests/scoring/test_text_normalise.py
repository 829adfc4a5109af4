"""Normalising: what evasion hides is read, honest text stays, and every place leads back to the text as written."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.text.hidden import hidden_spans, unmapped_scripts
from scoring.text.normalise import normalise


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("You are an \u0456d\u0456\u043et", "You are an idiot"),
        ("id\u200bi\u00adot", "idiot"),
        ("\uff59\uff4f\uff55 \U0001d4f2\U0001d4ed\U0001d4f2\U0001d4f8\U0001d4fd", "you idiot"),
        ("1d10t", "idiot"),
        ("5tup1d b!tten", "stupid bitten"),
        ("s t u p i d man", "stupid man"),
        ("i.d.i.o.t", "idiot"),
        ("s-t-u-p-i-d", "stupid"),
        ("st_u*pid", "stupid"),
        ("stuuuuupid", "stupid"),
        ("so goooood", "so good"),
        ("i\u0336d\u0336i\u0336o\u0336t\u0336", "idiot"),
        ("\u1d00\u1d18\u1d18\u029f\u1d07", "apple"),
    ],
)
def test_it_reads_what_evasion_hides(written: str, read: str) -> None:
    assert normalise(written).text == read


@pytest.mark.parametrize(
    "text",
    [
        "The mp3 player came on the 3rd at 10am for $5.99, 100% fine, 4/5",
        "Write to me@example.com or see www.example.com/4u!",
        "A great phone!!! Really?",
        "Привет, как дела",
        "Room 12, 2nd floor: ok",
    ],
)
def test_it_leaves_honest_text_alone(text: str) -> None:
    assert normalise(text).text == text


def test_it_leads_back_to_the_text_as_written() -> None:
    written = "What an i\u200bd\u200bi\u200bo\u200bt he is"
    plain = normalise(written)
    start = plain.text.index("idiot")
    assert written[slice(*plain.to_source(start, start + 5))] == "i\u200bd\u200bi\u200bo\u200bt"


def test_it_refuses_places_outside_the_text() -> None:
    with pytest.raises(ValueError, match="outside"):
        normalise("abc").to_source(2, 9)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_it_keeps_one_ordered_place_for_every_character(text: str) -> None:
    plain = normalise(text)
    assert len(plain.origin) == len(plain.text)
    assert list(plain.origin) == sorted(plain.origin)
    assert all(0 <= place < len(text) for place in plain.origin)
    for span in hidden_spans(text):
        assert 0 <= span.start < span.end <= len(text)


def test_it_shows_hidden_and_look_alike_characters() -> None:
    spans = hidden_spans("an \u0456d\u0456ot, un\u200bseen, \uff46ull, \u202eback")
    assert [(s.start, s.end, s.label) for s in spans] == [
        (3, 4, "Look-alike letter"), (5, 6, "Look-alike letter"), (12, 13, "Unseen character"), (19, 20, "Styled letter"),
        (25, 26, "Text direction control"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["plain", "café, naïve, Zürich", "“quoted” – fine…", "family 👨‍👩‍👧 ❤️ 1️⃣", "Привет"])
def test_it_does_not_call_honest_characters_hidden(text: str) -> None:
    assert hidden_spans(text) == ()


def test_it_names_scripts_that_no_model_reads() -> None:
    assert unmapped_scripts("Привет, как дела") == ("Cyrillic",)
    assert unmapped_scripts("You are an \u0456d\u0456ot") == ()
    assert unmapped_scripts("A café in Zürich") == ()
    assert unmapped_scripts("漢字を読むことができる")[0] in ("Cjk", "Hiragana")


def test_it_works_without_numpy() -> None:
    load = "import sys, scoring.text.normalise, scoring.text.hidden, scoring.kinds.review"
    code = load + "; print(sorted({'numpy', 'torch', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
