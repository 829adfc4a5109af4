"""The overview of queues and what stands next in each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.models import User
from console.accounts.roles import user_has_role
from console.cases.models import Case, Claim, Queue
from console.cases.selectors import VIEWS, QueueRow, cases_viewed, queue_named, queue_overview, queues_led_by
from console.cases.transfers import transfers_of
from console.common.errors import Conflict
from console.insights.sealed import as_seen
from console.ui.access import page_for, person
from console.ui.attention import needs_a_hand
from console.ui.case_drawing import REVIEWERS, draw_next
from console.ui.degraded import troubles
from console.ui.problems import banner
from console.ui.queue_lead_pages import LEADS
from console.ui.screen import undo_offer
from console.ui.words import ago, span_words
from scoring.queueing import hours_to_clear


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the overview."""

    row: QueueRow
    age: timedelta | None  # of what is nearest to its limit
    limit_seconds: int  # of the same
    state: str  # "", near (from 80 % of the limit), late
    held: bool = False  # the person holds a case of it

    @property
    def mild(self) -> int:
        return self.row.waiting - self.row.severe - self.row.serious

    @property
    def bar(self) -> str:
        return self.state or "fill"

    @property
    def age_seconds(self) -> float:
        return min(self.age.total_seconds(), self.limit_seconds) if self.age else 0

    @property
    def hours(self) -> float | None:
        return hours_to_clear(waiting=self.row.waiting, arriving=self.row.arrived_hour, leaving=self.row.closed_hour)

    @property
    def clear_by(self) -> str:
        """When the queue is empty at this hour's pace; "" when nothing waits or it grows."""
        return clock_after(self.hours) if self.hours else ""

    @property
    def short(self) -> bool:
        """Fewer people than it takes."""
        return bool(self.row.waiting) and self.row.people < self.row.needed

    @property
    def is_full(self) -> bool:
        return self.row.queue.capacity is not None and self.row.waiting >= self.row.queue.capacity


def clock_after(hours: float) -> str:
    return f"{timezone.localtime(timezone.now() + timedelta(hours=hours)):%H:%M}" if hours < 24 else f"in {span_words(hours * 3600)}"


def line_of(row: QueueRow, held: frozenset[int] = frozenset()) -> Line:
    """The class that is nearest to its limit speaks for the queue."""
    ages = [(age.total_seconds() / (60 * c.limit_minutes), age, 60 * c.limit_minutes) for c in row.classes if (age := ago(c.oldest_at))]
    share, age, limit = max(ages, default=(0.0, None, 60 * row.queue.sla_minutes))
    state = "late" if share >= 1 else "near" if share >= 0.8 else ""
    return Line(row=row, age=age, limit_seconds=limit, state=state, held=row.queue.pk in held)


def _held(user: User) -> frozenset[int]:
    """Queues of which the person holds a case now."""
    mine = Claim.objects.filter(reviewer=user, state=Claim.State.OPEN, ahead=False, lease_until__gt=Now())
    return frozenset(mine.values_list("case__queue_id", flat=True))


def _greeting(user: User) -> str:
    hour = timezone.localtime().hour
    part = "Good morning" if 5 <= hour < 12 else "Good afternoon" if 12 <= hour < 18 else "Good evening"
    return f"{part}, {user.first_name or user.username}"


def _summary(lines: list[Line]) -> str:
    waiting = sum(line.row.waiting for line in lines)
    if not waiting:
        return "Nothing waits. New items appear here as they come."
    late, short = (sum(found) for found in ((line.state == "late" for line in lines), (line.short for line in lines)))
    said = [f"{waiting:,} {'item waits' if waiting == 1 else 'items wait'} for a person."]
    busy = [line.hours for line in lines if line.row.waiting]
    if all(busy):
        said.append(f"At this pace the last one is decided {_at(clock_after(max(hours for hours in busy if hours)))}.")
    if late:
        said.append(f"{late} {'queue is' if late == 1 else 'queues are'} over the limit.")
    if short:
        said.append(f"{short} {'queue needs' if short == 1 else 'queues need'} another pair of eyes.")
    return " ".join(said)


def _at(clock: str) -> str:
    return clock if clock.startswith("in ") else f"at {clock}"


@require_safe
@never_cache
@page_for()
def overview(request: HttpRequest) -> HttpResponse:
    user = person(request)
    held = _held(user)
    lines = [line_of(row, held) for row in queue_overview(user)]
    may_review = any(user_has_role(user, role) for role in REVIEWERS)
    chosen, view = _chosen(request, lines), view_of(request)
    found = as_listed(cases_viewed(chosen.row.queue, view, user, 8)) if chosen else []
    context: dict[str, Any] = {"chosen": chosen, "views": VIEWS, "view": view, "next_cases": found}
    if request.headers.get("HX-Target") == "next":
        return render(request, "queues/next.html", context)
    context |= {
        "lines": lines, "greeting": _greeting(user), "summary": _summary(lines), "may_review": may_review, "may_lead": may_lead(user),
        "attention": needs_a_hand(user), "undo": undo_offer(user), "troubles": troubles(),
    }  # fmt: skip
    return render(request, "queues/overview.html", context)


def as_listed(cases: Iterable[Case]) -> list[Case]:
    """With the ages that their own screens show."""
    return [as_seen(case)[0] for case in cases]


def may_lead(user: User) -> bool:
    return any(user_has_role(user, role) for role in LEADS)


def view_of(request: HttpRequest) -> str:
    view = request.GET.get("view", "")
    return view if view in VIEWS else ""


def _chosen(request: HttpRequest, lines: list[Line]) -> Line | None:
    """The queue named by ?queue=, else the first where something can be started."""
    named = next((line for line in lines if line.row.queue.slug == request.GET.get("queue")), None)
    startable = (line for line in lines if line.held or (line.row.waiting and not line.row.queue.is_paused))
    return named or next(startable, lines[0] if lines else None)


def _queue(request: HttpRequest, slug: str) -> Queue:
    found = queue_named(person(request), slug)
    if found is None:
        raise Http404(f"There is no queue {slug}.")
    return found


@require_safe
@never_cache
@page_for(*REVIEWERS)
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """One queue: what stands next, and start; for leads also moving cases elsewhere."""
    user, found, view = person(request), _queue(request, slug), view_of(request)
    rows = {row.queue.pk: row for row in queue_overview(user)}
    others = [row for row in rows.values() if row.waiting and row.queue.pk != found.pk]
    leads = may_lead(user)
    context = {
        "queue": found, "line": line_of(rows[found.pk]), "next_cases": as_listed(cases_viewed(found, view, user, 50)), "others": others,
        "views": VIEWS, "view": view, "may_review": True, "undo": undo_offer(user), "may_lead": leads,
        "transfers": transfers_of(found) if leads else (),
        "targets": [q for q in queues_led_by(user) if q.kind == found.kind and q.pk != found.pk] if leads else (),
    }  # fmt: skip
    return render(request, "queues/queue.html", context)


@require_POST
@page_for(*REVIEWERS)
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Claim the next case and show it."""
    found = _queue(request, slug)
    if found.is_paused:
        return banner(request, Conflict("This queue is paused by a lead. Take another one."), back="/", lead="Paused.")
    return draw_next(request, found)

