"""Who is looked at first: the value of a case, and one number that holds its place in a queue. Pure arithmetic.

value = P(it breaks a rule) x harm of its severity x people it reaches in an hour x P(a person changes the outcome)
        / seconds that a person needs for one like it
so the harm that a second of a person's work is expected to spare (the "c-mu rule": serving by it spares the most).

Only the order counts, so a queue keeps one key for each case, higher first, that never changes while nothing is learnt:

    at first         rank(value) * SPREAD - due / usual limit      (all wait at the same speed, so this order is for ever)
    near its limit   URGENT * (1 + severity) - due                  (above all others; severe before serious before mild)

A case joins the second band HURRY of its limit before the limit. From there on no lower class is served before it, whatever
its value. One case in twenty is looked at sooner than its value asks, at random, so that what is thought harmless is
learnt about too. The console and the replay use these same functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite, log2

from scoring.types import Json
from scoring.uncertainty import entropy

HARM = (1.0, 2.0, 4.0, 8.0)  # of severity none, mild, serious, severe
UNKNOWN = 0.5  # the chance of what could not be scored
REPORT_WORTH = 0.25  # a report that stands alone is right this often
DEFAULT_RATE = 1.0  # people an hour, when nothing is known
MAX_RATE = 1e6
FOLLOWERS_SEE = 0.1 / 24  # of all followers, each hour
DEFAULT_SECONDS = 30.0  # of work, until a queue has measured its own
ENOUGH = 20  # verdicts of one score decile before they count as much as the machine's own doubt
LOWEST, HIGHEST = -24.0, 24.0  # log2 of the value: what lies outside is not told apart
SPREAD = 32.0  # how many limits of waiting lie between the least and the most valuable
HURRY = 0.3  # of the limit
URGENT = 1e10  # above every time in seconds
EXPLORED = 0.05
UTILISATION = 0.85  # people who are busy all the time leave no room for a wave


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The parts of a value, so that a place can be explained. `rate` is people an hour, `seconds` the work of one."""

    chance: float
    severity: int
    rate: float
    changes: float
    seconds: float

    @property
    def value(self) -> float:
        """Harm that one second of work is expected to spare; above 0."""
        return self.chance * harm_of(self.severity) * self.rate * self.changes / max(self.seconds, 1.0)


def harm_of(severity: int) -> float:
    return HARM[max(0, min(len(HARM) - 1, severity))]


def chance_of(risk: float | None, reports: int = 0) -> float:
    """The calibrated risk, raised by reports: each doubling of them speaks as one witness who may be wrong. 0.01 to 1."""
    chance = UNKNOWN if risk is None or not isfinite(risk) else min(1.0, max(0.0, risk))
    doubt: float = (1 - REPORT_WORTH) ** log2(1 + max(0, reports))
    return max(0.01, 1 - (1 - chance) * doubt)


def rate_of(hints: Mapping[str, Json], *, age_hours: float = 1.0) -> float:
    """People who meet the item in an hour. `views` so far count by its age; else `reach` a day; else `followers`."""
    views, reach, followers = (_number(hints.get(name)) for name in ("views", "reach", "followers"))
    if views is not None:
        rate = views / max(age_hours, 1.0)
    elif reach is not None:
        rate = reach / 24
    elif followers is not None:
        rate = followers * FOLLOWERS_SEE
    else:
        return DEFAULT_RATE
    return min(MAX_RATE, max(0.1, rate))


def _number(value: Json) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value >= 0
    return float(value) if usable else None


def changes_of(risk: float | None, history: Sequence[Sequence[int]] = ()) -> float:
    """How likely a person does something about it: as it is, nothing is done to it.

    The machine's own guess is its risk, drawn to one half as far as it is unsure. `history` holds, for each tenth of the
    risk, (verdicts, of them enforced); the more there are, the more they count instead.
    """
    chance = UNKNOWN if risk is None or not isfinite(risk) else min(1.0, max(0.0, risk))
    guess = chance + entropy(chance) * (0.5 - chance) if risk is not None else UNKNOWN
    decile = min(9, int(chance * 10))
    given, enforced = history[decile] if risk is not None and decile < len(history) else (0, 0)
    return max(0.01, (enforced + ENOUGH * guess) / (given + ENOUGH))


def rank_of(value: float) -> float:
    """0 (least) to 1 (most), even steps for each doubling."""
    return (min(HIGHEST, max(LOWEST, log2(max(value, 1e-12)))) - LOWEST) / (HIGHEST - LOWEST)


def draw_of(case_id: str) -> float | None:
    """For one case in twenty a random rank, 0 to 1; None for the others. The same case draws the same for ever."""
    digest = hashlib.sha256(case_id.encode()).digest()
    chosen, drawn = (int.from_bytes(digest[i : i + 8], "big") / 2**64 for i in (0, 8))
    return drawn if chosen < EXPLORED else None


def key_of(*, rank: float, due: float, usual_seconds: float) -> float:
    """The place while the limit is far. `due` is seconds since 1970, `usual_seconds` the limit that the queue gives most."""
    return rank * SPREAD - due / usual_seconds


def urgent_key(*, severity: int, due: float) -> float:
    """The place once the limit is near."""
    return URGENT * (1 + severity) - due


def hurry_at(*, due: float, limit_seconds: float) -> float:
    """When a case joins those whose limit is near, in seconds since 1970."""
    return due - HURRY * limit_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One severity class of a queue."""

    waiting: int
    arriving: float  # an hour
    limit_seconds: float


def people_needed(loads: Sequence[Load], *, seconds: float) -> int:
    """How many people keep every class inside its limit. `loads` run from the most severe, which is served first.

    A class waits for its own and for every higher one, so each prefix must be done within the limit of its last class:
    what waits now within one limit, and what arrives meanwhile as it comes, with room for waves.
    """
    need, waiting, arriving = 0.0, 0, 0.0
    for load in loads:
        waiting, arriving = waiting + load.waiting, arriving + load.arriving
        if load.waiting or load.arriving:
            need = max(need, (waiting / load.limit_seconds + arriving / 3600) * seconds / UTILISATION)
    return ceil(need - 1e-9)


def hours_to_clear(*, waiting: int, arriving: float, leaving: float) -> float | None:
    """Until nothing waits at this hour's pace; None when it grows or stands."""
    pace = leaving - arriving
    return waiting / pace if waiting and pace > 0 else 0.0 if not waiting else None
