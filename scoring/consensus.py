"""What several label events of one item say together: a last word where there is one, else a weighted vote.

Each voice is right with a chance of its own, 1/2 for who says nothing and SURE for who is fully believed; voices that err
independently multiply their odds (Nitzan and Paroush, "Optimal decision rules in uncertain dichotomous choice situations",
1982). Reliability of people comes from their checks, by Dawid and Skene (scoring.reliability).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log

LAST_WORD = frozenset({"gold", "adjudicated", "appeal"})  # whoever said it had the other opinions before them, or knows
SURE = 0.95  # the chance that a fully believed voice is right
LEAST = 0.05  # of weight: nobody counts as a coin or worse, so that a vote stays a vote
SEEN = 0.8  # a voice that had the model's opinion in sight says partly what the model says


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """`who` speaks once: of several the newest counts. `weight`, 0 to 1, is how much it is believed; above 1 it is only trained with."""

    value: int
    source: str
    who: str
    weight: float = 1.0
    model_visible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    value: int
    chance: float  # that `value` is right, as the voices have it
    weight: float  # in training
    settled_by: str  # the source that had the last word; "" where the voices were counted
    voices: int
    against: int  # of the voices, how many say the other

    @property
    def disputed(self) -> bool:
        return self.against > 0 and not self.settled_by


def consensus(events: Sequence[Voice]) -> Consensus:
    """`events` in the order of time, at least one."""
    voices = list({voice.who: voice for voice in events}.values())
    last = next((voice for voice in reversed(events) if voice.source in LAST_WORD), None)
    odds = sum(_odds(voice) * (1 if voice.value else -1) for voice in voices)
    if last is not None:
        value, chance, weight = last.value, SURE, last.weight
    else:
        value = events[-1].value if abs(odds) < 1e-9 else int(odds > 0)  # of two alike the newer
        best = max((voice for voice in voices if voice.value == value), key=_belief)
        chance = 1 / (1 + exp(-abs(odds)))
        weight = best.weight * min(1.0, (2 * chance - 1) / (2 * _right(best) - 1))
    against = sum(voice.value != value for voice in voices)
    return Consensus(
        value=value, chance=chance, weight=weight, settled_by=last.source if last else "", voices=len(voices), against=against
    )


def together(found: Iterable[Consensus]) -> float:
    """The weight of an item whose labels have these weights."""
    weights = [one.weight for one in found]
    return sum(weights) / len(weights)


def _belief(voice: Voice) -> float:
    return max(LEAST, min(1.0, voice.weight)) * (SEEN if voice.model_visible else 1.0)


def _right(voice: Voice) -> float:
    return 0.5 + (SURE - 0.5) * _belief(voice)


def _odds(voice: Voice) -> float:
    return log(_right(voice) / (1 - _right(voice)))
