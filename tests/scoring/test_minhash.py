"""Near-duplicates by MinHash and PDQ: how good the estimate is, what is found and what is not."""

from __future__ import annotations

import random
from math import sqrt

import pytest

from scoring.alike import ALIKE, BANDS, ROWS, VALUES, Fingerprint, frame_bands, same_share, similarity, text_bands
from scoring.registry import KINDS
from scoring.signals.fingerprint import fingerprint
from scoring.text.minhash import shingles, signature

SOUP = "We waited forty minutes for two bowls of soup, and when they came they were cold. The waiter laughed at us and walked away."
WORDS = ("soup", "bread", "waiter", "table", "window", "slow", "warm", "cold", "kind", "loud", "street", "garden", "price", "menu", "wine")


def pair(rng: random.Random, changed: int) -> tuple[str, str]:
    """Two texts of sixty words that differ in `changed` of them."""
    words = [rng.choice(WORDS) + rng.choice("abcdefgh") for _ in range(60)]
    others = list(words)
    for place in rng.sample(range(60), changed):
        others[place] = rng.choice(WORDS) + rng.choice("stuvwxyz")
    return " ".join(words), " ".join(others)


def jaccard(left: str, right: str) -> float:
    ours, theirs = shingles(left), shingles(right)
    return len(ours & theirs) / len(ours | theirs)


def of(text: str) -> Fingerprint:
    return fingerprint(KINDS["review"], {"text": text}, {})


def test_it_estimates_the_jaccard_similarity_within_its_error() -> None:
    rng = random.Random(7)
    errors = []
    for changed in range(0, 60, 2):
        for left, right in (pair(rng, changed) for _ in range(10)):
            exact, estimate = jaccard(left, right), same_share(signature(left), signature(right))
            errors.append((estimate - exact) / sqrt(max(exact * (1 - exact), 1e-4) / VALUES))
            assert abs(estimate - exact) <= 0.2  # Hoeffding: more has a chance below 1 in 1,000 for a pair
    spread = sqrt(sum(e * e for e in errors) / len(errors))
    assert 0.8 < spread < 1.2  # in standard errors: as the formula says, neither worse nor by chance better
    assert abs(sum(errors) / len(errors)) < 0.2  # and unbiased


@pytest.mark.parametrize(("low", "high"), [(0.2, 0.35), (0.55, 0.65), (0.75, 0.85), (0.9, 1.0)])
def test_it_finds_partners_along_the_s_curve(low: float, high: float) -> None:
    rng = random.Random(11)
    expected = found = 0.0
    many = 0
    while many < 150:
        left, right = pair(rng, rng.randrange(1, 40))
        exact = jaccard(left, right)
        if low <= exact <= high:
            many += 1
            expected += 1 - (1 - exact**ROWS) ** BANDS
            found += bool(set(text_bands(signature(left))) & set(text_bands(signature(right))))
    assert found / many == pytest.approx(expected / many, abs=0.12)


def test_it_sees_through_spelling_games_and_small_edits() -> None:
    for other in (
        SOUP.upper(),
        SOUP.replace("soup", "s\u200boup").replace(",", " - "),
        SOUP.replace("o", "\u043e"),  # Cyrillic
        SOUP + " Never again.",
        SOUP.replace("forty", "fifty"),
    ):
        assert similarity(of(SOUP), of(other)) >= ALIKE, other
        assert set(of(SOUP).bands) & set(of(other).bands)


def test_it_does_not_call_alike_what_only_shares_a_topic() -> None:
    for other in ("The soup was cold and the waiter was rude.", "Two bowls of warm soup, and a waiter who laughed with us.", "Cold."):
        assert similarity(of(SOUP), of(other)) < ALIKE


def test_it_has_nothing_to_compare_without_a_word() -> None:
    assert not of("!!! ...")
    assert similarity(of("!!!"), of("!!!")) == 0.0
    assert of("Good")  # a short text is one shingle
    assert similarity(of("Good"), of("good.")) == 1.0


def test_it_gives_the_same_signature_everywhere_and_for_long_texts() -> None:
    assert signature("The soup was cold.").hex().startswith(signature("the SOUP was cold").hex()[:32])
    assert len(signature("x y z " * 50_000)) == 4 * VALUES
    assert signature("The soup was cold.")[:8].hex() == "ccaa95e30ea425ae"


def flipped(frame: bytes, bits: int, rng: random.Random) -> bytes:
    number = int.from_bytes(frame, "big")
    for bit in rng.sample(range(256), bits):
        number ^= 1 << bit
    return number.to_bytes(32, "big")


def film(frames: list[bytes]) -> Fingerprint:
    signals = {"vpdq": [{"pdq": frame.hex(), "quality": 90} for frame in frames]}
    return fingerprint(KINDS["video"], {"media": "m"}, signals)


def test_it_finds_pictures_up_to_the_distance_of_pdq() -> None:
    rng = random.Random(3)
    found = {8: 0, 15: 0, 31: 0}
    for _ in range(100):
        frame = rng.randbytes(32)
        for bits in found:
            other = flipped(frame, bits, rng)
            found[bits] += bool(set(frame_bands(frame)) & set(frame_bands(other)))
            assert similarity(film([frame]), film([other])) == 1.0
        assert similarity(film([frame]), film([flipped(frame, 40, rng)])) == 0.0
    assert found[8] == found[15] == 100  # sixteen parts, fifteen changes: one part is whole
    assert found[31] >= 80


def test_it_compares_videos_by_the_frames_that_both_have() -> None:
    rng = random.Random(5)
    frames = [rng.randbytes(32) for _ in range(20)]
    copy = [flipped(frame, 10, rng) for frame in frames]
    assert similarity(film(frames), film(copy)) == 1.0
    assert set(film(frames).bands) & set(film(copy).bands)
    half = frames[:10] + [rng.randbytes(32) for _ in range(10)]
    assert similarity(film(frames), film(half)) == 0.5
    assert similarity(film(frames), film(frames[:3])) < ALIKE  # a short piece of it is another thing to judge


def test_it_leaves_frames_that_show_nothing_out() -> None:
    signals = {"vpdq": [{"pdq": "0" * 64, "quality": 3}]}
    assert not fingerprint(KINDS["video"], {"media": "m", "title": "Evening"}, signals)


def test_it_compares_neither_records_nor_orders() -> None:
    assert not fingerprint(KINDS["order"], {"amount": 5}, {})
    assert not fingerprint(KINDS["contact"], {"name": "Jo"}, {})


def test_it_never_calls_a_text_and_a_picture_alike() -> None:
    assert similarity(of(SOUP), film([bytes(32)])) == 0.0
