"""What a person decided today, in words. No counts, no comparison, no target: it is for looking back, not for adding up."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count

from console.accounts.day import Day
from console.accounts.models import User
from console.verdicts.models import Verdict
from scoring.registry import KINDS


def _some(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def today_in_words(user: User, day: Day) -> str:
    """As "Today you looked at reviews and chats. Some were kept, some removed." """
    given = Verdict.objects.filter(reviewer=user, state=Verdict.State.GIVEN, created_at__gte=day.began)
    rows = list(given.values("item__kind", "outcome").annotate(n=Count("pk")).order_by("item__kind", "outcome"))
    kinds = [KINDS[name] for name in dict.fromkeys(row["item__kind"] for row in rows) if name in KINDS]
    if not kinds:
        return "Nothing decided yet today."
    said = [f"Today you looked at {_some([kind.words.many for kind in kinds])}."]
    for kind in kinds:
        outcomes = {row["outcome"] for row in rows if row["item__kind"] == kind.name}
        ends = [w.lower() for o, w in (("allow", kind.words.allowed), ("enforce", kind.words.enforced)) if o in outcomes]
        subject = kind.words.many.capitalize()
        said.append(f"{subject}: some {ends[0]}, some {ends[1]}." if len(ends) == 2 else f"{subject}: {ends[0]}.")
    return " ".join(said)
