"""How far a talk has gone: contact, trust, an ask, away from the platform. Read from the cues of the account under review.

An opinion, drawn only with the evidence. The steps follow how such talks usually run (Whitty 2013, "The scammers persuasive
techniques model"); a talk may skip one, and honest talks reach some.
"""

from __future__ import annotations

from collections.abc import Sequence

from scoring.blocks import Stage, Turn
from scoring.signals.cues import find_cues

CONTACT, TRUST, ASK, AWAY = "Contact", "Trust", "Ask", "Leaves the platform"
CUES = {
    TRUST: frozenset({"impersonation", "promotion"}),
    ASK: frozenset({"advance_fee", "private_data", "payment_word"}),
    AWAY: frozenset({"off_platform_payment", "off_platform_contact"}),
}
ANSWERED = 2  # turns of each side after which a talk has found trust without a cue for it


def stages_of(turns: Sequence[Turn]) -> list[Stage]:
    """The four steps in order, each with the first of these turns that reached it."""
    reached: dict[str, int] = {}
    said = {True: 0, False: 0}
    for turn in turns:
        said[turn.own] += 1
        if min(said.values()) >= ANSWERED:
            reached.setdefault(TRUST, turn.index)
        if not turn.own:
            continue
        reached.setdefault(CONTACT, turn.index)
        found = {cue.name for cue in find_cues(turn.text)}
        for title, names in CUES.items():
            if found & names:
                reached.setdefault(title, turn.index)
    order = (CONTACT, TRUST, ASK, AWAY)
    furthest = next((title for title in reversed(order) if title in reached), None)
    return [Stage(title=title, index=reached.get(title), last=title == furthest) for title in order]
