"""A conversation as named numbers: who says how much, with what cues, and what is known of the account.

Seen from one side ("own": the account under review). Pure Python; all values are finite, a missing fact is its own feature.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from scoring.signals.cues import CUES, LINK, blank_links, find_cues, is_picture
from scoring.types import Json

LAST = 40  # messages up to and including the flagged one that are read
OWN_CUES = tuple(f"own_{cue}" for cue in CUES)
OTHER_CUES = tuple(f"other_{cue}" for cue in CUES)
SHAPE = (
    "own_messages", "other_messages", "own_share", "own_length", "own_capitals", "own_digits", "own_exclamations", "own_questions",
    "own_repeats", "own_longest_run", "own_money", "cue_kinds",
)  # fmt: skip
ACCOUNT = ("age_days", "messages_per_hour", "lifetime_orders", "new_recipients", "reports")
CONVERSATION_FEATURES = (*SHAPE, *OWN_CUES, *OTHER_CUES, *ACCOUNT, *(f"{name}_missing" for name in ACCOUNT), "shared_threads")
_MONEY = re.compile(r"[$€£]\s?\d|\b\d+\s?(?:usd|eur|gbp|euros?|dollars?|pounds?)\b", re.IGNORECASE)


def recent(payload: Mapping[str, Json]) -> list[tuple[int, Mapping[str, Json]]]:
    """(index, message) of the last LAST messages up to the flagged one; what came after a flag is not evidence for it."""
    messages = payload["messages"]
    flagged = payload.get("flagged_index")
    end = len(messages) if flagged is None else flagged + 1
    return list(enumerate(messages))[max(0, end - LAST) : end]


def cue_counts(texts: Sequence[str]) -> dict[str, int]:
    """How many of each cue there are in some messages."""
    counts = dict.fromkeys(CUES, 0)
    for text in texts:
        for cue in find_cues(text):
            counts[cue.name] += 1
    return counts


def measure(payload: Mapping[str, Json], own: str, shared_threads: int = 0) -> dict[str, float]:
    """CONVERSATION_FEATURES. `shared_threads`: earlier threads of other accounts with the same phone, handle or device."""
    shown = [(m["sender"] == own, str(m.get("text") or "")) for _, m in recent(payload)]
    mine = [text for is_own, text in shown if is_own]
    theirs = [text for is_own, text in shown if not is_own]
    joined = blank_links("\n".join(mine))
    letters = sum(c.isalpha() for c in joined)
    size = max(1, len(joined))
    own_cues, other_cues = cue_counts(mine), cue_counts(theirs)
    values = {
        "own_messages": math.log1p(len(mine)), "other_messages": math.log1p(len(theirs)), "own_share": len(mine) / max(1, len(shown)),
        "own_length": math.log1p(len(joined) / max(1, len(mine))),
        "own_capitals": sum(c.isupper() for c in joined) / max(1, letters), "own_digits": sum(c.isdigit() for c in joined) / size,
        "own_exclamations": math.log1p(joined.count("!")), "own_questions": math.log1p(joined.count("?")),
        "own_repeats": math.log1p(len(mine) - len({" ".join(t.lower().split()) for t in mine})),
        "own_longest_run": math.log1p(_longest_run([is_own for is_own, _ in shown])),
        "own_money": math.log1p(len(_MONEY.findall(joined))), "cue_kinds": float(sum(n > 0 for n in own_cues.values())),
    }  # fmt: skip
    values.update({f"own_{name}": math.log1p(n) for name, n in own_cues.items()})
    values.update({f"other_{name}": math.log1p(n) for name, n in other_cues.items()})
    account = payload.get("account") or {}
    for name in ACCOUNT:
        fact = account.get(name)
        values[name] = 0.0 if fact is None else math.log1p(max(0.0, float(fact)))
        values[f"{name}_missing"] = float(fact is None)
    values["shared_threads"] = math.log1p(shared_threads)
    return {name: values[name] for name in CONVERSATION_FEATURES}


def _longest_run(own: Sequence[bool]) -> int:
    """Most messages in a row by the account under review."""
    best = run = 1 if own and own[0] else 0
    for before, now in pairwise(own):
        run = (run + 1 if before else 1) if now else 0
        best = max(best, run)
    return best


def own_text(payload: Mapping[str, Json], own: str) -> str:
    """The messages of one side, a line each, with addresses blanked (each place stays where it was).

    An address is a cue of its own; its letters and numbers say nothing and would be taken for words.
    """
    return "\n".join(blank_links(str(m.get("text") or "")) for _, m in recent(payload) if m["sender"] == own)


def readable(text: str) -> str:
    """For the encoder: addresses by what they are, not by their letters."""
    return LINK.sub(lambda m: "(picture)" if is_picture(m[0]) else "(link)", text)


def own_reading(payload: Mapping[str, Json], own: str, limit: int = 1200) -> str:
    """The messages of one side for the encoder, newest first."""
    return "\n".join(readable(str(m.get("text") or "")) for _, m in reversed(recent(payload)) if m["sender"] == own)[:limit]


def thread_text(payload: Mapping[str, Json], own: str, limit: int = 1200) -> str:
    """Both sides, newest first, so that an encoder with few tokens reads the end: "me: ..." is the account under review."""
    turns = [("me" if m["sender"] == own else "you", readable(str(m.get("text") or ""))) for _, m in reversed(recent(payload))]
    return "\n".join(f"{side}: {text}" for side, text in turns)[:limit]
