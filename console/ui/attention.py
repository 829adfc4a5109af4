"""What needs a hand: work that gave up, deliveries that gave up, rows set aside. Each with the one place to go."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.cases.reach import out_of_reach
from console.common.models import Job
from console.enforcement.models import Delivery
from console.intake.models import Quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    sentence: str
    href: str = ""
    link: str = ""
    fine: bool = False


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def needs_a_hand(user: User) -> list[Concern]:
    """Empty for those who cannot do anything about it."""
    if not any(user_has_role(user, role) for role in (Role.LEAD, Role.ADMIN)):
        return []
    failed = Job.objects.filter(state=Job.State.FAILED, task="score_item").count()
    dead = Delivery.objects.filter(state=Delivery.State.DEAD).count()
    aside = Quarantine.objects.count()
    return [
        Concern(sentence=f"{_counted(failed, 'item', 'items')} could not be scored", href="/items/?status=in_review", link="See them")
        if failed
        else Concern(sentence="No failed scoring", fine=True),
        Concern(sentence=f"{_counted(dead, 'delivery', 'deliveries')} gave up", href="/deliveries/", link="Send again")
        if dead
        else Concern(sentence="No delivery gave up", fine=True),
        Concern(sentence=f"{_counted(aside, 'row', 'rows')} set aside at import", href="/items/set-aside/", link="Read why")
        if aside
        else Concern(sentence="No rows set aside", fine=True),
        *_beyond_reach(user),
    ]


def _beyond_reach(user: User) -> list[Concern]:
    """A count only: whose cap or choice it is belongs to them."""
    return [
        Concern(
            sentence=f"{_counted(row.waiting, 'case', 'cases')} in {row.queue.title} for whom nobody is left today",
            href=reverse("ui:queue", args=[row.queue.slug]), link="See",
        )
        for row in out_of_reach(user)
    ]  # fmt: skip
