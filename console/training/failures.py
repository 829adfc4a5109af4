"""Why a run failed, as a code, and what to do about it in words. The sentence itself is written where the failure is found."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass

from scoring.artifacts import ArtifactError
from scoring.training.dataset import BadItem, DatasetError, OneClass, TooFewLabels


class Capped(Exception):
    """A run came to one of its limits; `code` says which."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class DamagedBase(DatasetError):
    """The base data cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    title: str
    do: str
    place: str  # where to do it: a name that the page turns into an address
    link: str


ADVICE: Mapping[str, Advice] = {
    "too_few_labels": Advice(
        title="Too few labels",
        do="Decide more items blind, or import labels that you have. Then try again.", place="labels", link="Decide more items",
    ),
    "one_class": Advice(
        title="Labels of one class only",
        do="A model learns from both: label some that break policy and some that do not.", place="labels", link="Decide more items",
    ),
    "data": Advice(
        title="An item or label cannot be read", do="Open the item that is named, correct or withdraw its label, then try again.",
        place="items", link="Find the item",
    ),
    "damaged_base": Advice(
        title="The base data is damaged", do="Bring it again with “import_labels FILE --kind KIND --base”, then try again.", place="help",
        link="How runs work",
    ),
    "damaged_model": Advice(
        title="A model is damaged", do="Its files are not what was registered. Roll back to a version that is whole, then try again.",
        place="models", link="Versions",
    ),
    "disk": Advice(
        title="The disk is full", do="Free some space in the home folder, or lower how much must be free, then try again.", place="limits",
        link="Limits",
    ),
    "memory": Advice(
        title="Not enough memory", do="Let runs take more, close what else runs on the machine, or choose a smaller trainer.",
        place="limits", link="Limits",
    ),
    "time": Advice(
        title="The time was over", do="Give runs more time, search less, or choose a quicker trainer.", place="limits", link="Limits"
    ),
    "killed": Advice(
        title="Stopped from outside, three times", do="Look whether the machine restarts or runs out of memory, then try again.",
        place="health", link="Health",
    ),
    "other": Advice(
        title="Something went wrong", do="The log shows how far it came. Try again; if it fails in the same place, tell who runs it.",
        place="help", link="How runs work",
    ),
}  # fmt: skip

NO_SPACE = "The disk is full: the model could not be written."
NO_MEMORY = "There was not enough memory for this much data."


def time_is_over(minutes: float) -> str:
    return f"It was stopped after {minutes:,.0f} minute{'' if minutes == 1 else 's'}, the limit for runs of this kind."


def explain(error: Exception) -> tuple[str, str]:
    """(code, sentence)"""
    said = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    if isinstance(error, Capped):
        return error.code, said
    if isinstance(error, MemoryError):
        return "memory", NO_MEMORY
    if isinstance(error, OSError):
        return ("disk", NO_SPACE) if error.errno in (errno.ENOSPC, errno.EDQUOT) else ("other", f"{type(error).__name__}: {said}")
    for sort, code in CODES:
        if isinstance(error, sort):
            return code, said
    known = isinstance(error, ValueError | KeyError)
    return "other", said if known else f"{type(error).__name__}: {said}"


CODES: tuple[tuple[type[Exception], str], ...] = (
    (TooFewLabels, "too_few_labels"), (OneClass, "one_class"), (DamagedBase, "damaged_base"), (BadItem, "data"), (DatasetError, "data"),
    (ArtifactError, "damaged_model"),
)  # fmt: skip


def as_sentence(reason: str) -> str:
    sentence = " ".join(reason.replace("\x00", "").split())[:1000] or "It stopped without a reason."
    sentence = sentence[:1].upper() + sentence[1:]
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
