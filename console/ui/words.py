"""Numbers and times in the words of the design: "7 in 10", "18 min", "2 days". Never a bare probability."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from console.accounts.models import User
from scoring.text.language_names import LANGUAGES

SEVERITY_WORDS = ("None", "Mild", "Serious", "Severe")


def tenths(chance: float | None) -> int | None:
    """A probability as 0-10. Anything above nothing is at least 1 only when it rounds there; None stays None."""
    if chance is None:
        return None
    return max(0, min(10, round(float(chance) * 10)))


def in_ten(chance: float | None) -> str:
    """As "7 in 10"; the ends are said as "fewer than 1 in 10" and "more than 9 in 10"."""
    count = tenths(chance)
    if count is None:
        return "not known"
    if count == 0:
        return "fewer than 1 in 10"
    return "more than 9 in 10" if count == 10 else f"{count} in 10"


def percent(share: float | None) -> str:
    """For rates of error only, which the design allows: "0.8 %"."""
    if share is None:
        return "not known"
    value = float(share) * 100
    return f"{value:.1f} %" if value < 10 else f"{value:.0f} %"


def span_words(length: timedelta | float | None) -> str:
    """A length of time, one unit: "40 s", "18 min", "5 h", "2 days". A number counts seconds."""
    if length is None:
        return ""
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    seconds = max(0.0, seconds)
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 2 * 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 2 * 86400:
        return f"{int(seconds // 3600)} h"
    return f"{int(seconds // 86400)} days"


def took_words(seconds: float | None) -> str:
    """What something took, told closely enough to compare: "under 1 s", "42 s", "1 min 58 s", "12 min", "3 h"."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if seconds < 1 or whole < 60:
        return "under 1 s" if seconds < 1 else f"{whole} s"
    if whole >= 600:
        return span_words(whole)
    return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"


def ago(then: datetime | None, now: datetime | None = None) -> timedelta | None:
    """How long ago; never below nothing."""
    if then is None:
        return None
    return max(timedelta(0), (now or timezone.now()) - then)


def day_words(then: datetime | None, now: datetime | None = None) -> str:
    """As "Today, 08:41", "Yesterday, 17:02", "3 Mar, 09:00", "3 Mar 2024"."""
    if then is None:
        return ""
    local, today = timezone.localtime(then), timezone.localtime(now or timezone.now())
    days = (today.date() - local.date()).days
    if days == 0:
        return f"Today, {local:%H:%M}"
    if days == 1:
        return f"Yesterday, {local:%H:%M}"
    day = f"{local.day} {local:%b}"
    return f"{day}, {local:%H:%M}" if local.year == today.year else f"{day} {local.year}"


def language_words(code: str) -> str:
    """ "en" reads "English"; what is no code of a language we name stays."""
    return LANGUAGES.get(code, code)


def sentence_case(text: str) -> str:
    """Only the first word begins large, and what is written large from end to end stays."""
    first, *rest = re.split(r"(\s+|-)", text.strip().removesuffix(":"))
    return "".join([first, *(part.lower() if part.istitle() else part for part in rest)])


def initials(name: str) -> str:
    parts = [part for part in name.replace("_", " ").replace(".", " ").split() if part]
    return "".join(part[0] for part in parts[:2]).upper() or "?"


def clock_words(seconds: float | None) -> str:
    """A place in a film: "0:22", "1:02:07"."""
    if seconds is None:
        return ""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def looks_too(others: Sequence[User]) -> str:
    """Who else has the case on the screen: "Only you are here", "Ines looks too", "Ines and 2 others look too"."""
    names = [person.first_name or person.username for person in others]
    if not names:
        return "Only you are here"
    if len(names) == 1:
        return f"{names[0]} looks too"
    return f"{names[0]} and {names[1] if len(names) == 2 else f'{len(names) - 1} others'} look too"
