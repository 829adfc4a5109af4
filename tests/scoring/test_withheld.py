"""What is decided apart in one language or of one source; and that parts which share the doubt keep the promise together."""

from __future__ import annotations

import random

from scoring.binomial import at_most
from scoring.certify import Audited, Limit, certify
from scoring.policy import Threshold
from scoring.withheld import Held, marks_here

USUAL = {"risk": Threshold(label="risk", allow=0.1, enforce=0.9)}
HERE = {"model": "m@1", "source": "shop", "language": "de"}


def held(side: str = "allow", cut: str = "language", name: str = "de", **more: object) -> Held:
    return Held("m@1", "risk", side, cut, name, **more)  # type: ignore[arg-type]


def test_elsewhere_the_marks_are_the_very_same() -> None:
    for one in (held(name="en"), held(cut="source", name="rival"), Held("m@2", "risk", "allow", "language", "de")):
        assert marks_here(USUAL, [one], **HERE) is USUAL


def test_a_side_that_people_decide_leaves_the_other() -> None:
    assert marks_here(USUAL, [held()], **HERE) == {"risk": Threshold(label="risk", enforce=0.9)}
    assert marks_here(USUAL, [held(), held("enforce", "source", "shop")], **HERE) == {"risk": Threshold(label="risk")}


def test_a_part_is_decided_by_its_own_mark_and_for_another_model_by_people() -> None:
    own = held(own=True, mark=0.05)
    assert marks_here(USUAL, [own], **HERE)["risk"].allow == 0.05
    assert marks_here({}, [own], **HERE) == {"risk": Threshold(label="risk", allow=0.05)}, "also where the rest is not proven"
    assert marks_here(USUAL, [own], **{**HERE, "model": "m@2"})["risk"].allow is None
    assert marks_here(USUAL, [held(own=True)], **HERE)["risk"].allow is None


def test_of_two_that_speak_people_come_first_then_the_stricter() -> None:
    own = held(own=True, mark=0.05)
    assert marks_here(USUAL, [own, held(cut="source", name="shop")], **HERE)["risk"].allow is None
    wide = {"risk": Threshold(label="risk", allow=0.1, enforce=0.2)}
    crossed = marks_here(wide, [held(own=True, mark=0.3)], **HERE)["risk"]
    assert (crossed.allow, crossed.enforce) == (None, 0.2), "marks that meet act on the safe side"


def test_without_a_model_nothing_comes_to_the_labels_that_are_tried() -> None:
    tried = {"spam": Threshold(label="spam", enforce=0.8)}
    assert marks_here(tried, [held(own=True, mark=0.05)], **{**HERE, "model": None}) is tried
    assert marks_here(USUAL, [Held("m@9", "risk", "allow", "language", "de")], **{**HERE, "model": None})["risk"].allow is None


def test_ten_parts_that_share_the_doubt_err_together_no_more_often_than_one_may() -> None:
    """In each family all ten parts err a little more than is asked for; a family is broken where any of them is certified. That so many
    of 150 are broken must not be likelier than one in a thousand, were the chance what is promised."""
    rng, families, broken = random.Random(11), 150, 0
    limit = Limit(side="allow", risk=0.2, confidence=1 - 0.05 / 10)
    traffic = [0.01] * 40
    for _ in range(families):
        parts = ([Audited(0.01, rng.random() < 0.201) for _ in range(40)] for _ in range(10))
        broken += any(certify(audits, traffic, limit).chosen is not None for audits in parts)
    assert 1 - at_most(broken - 1, families, 0.05) > 0.001, broken
    alone = Limit(side="allow", risk=0.2, confidence=0.95)
    rng = random.Random(11)
    apart = sum(
        any(certify([Audited(0.01, rng.random() < 0.201) for _ in range(40)], traffic, alone).chosen is not None for _ in range(10))
        for _ in range(families)
    )
    assert 1 - at_most(apart - 1, families, 0.05) < 0.001, "each at the whole doubt would break it"
