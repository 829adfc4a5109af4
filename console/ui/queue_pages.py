"""The overview of queues and what stands next in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.models import User
from console.accounts.roles import user_has_role
from console.cases.models import Claim, Queue
from console.cases.selectors import QueueRow, next_cases, queue_overview, queues_for
from console.common.errors import Conflict
from console.ui.access import page_for, person
from console.ui.attention import needs_a_hand
from console.ui.case_drawing import REVIEWERS, draw_next
from console.ui.problems import banner
from console.ui.screen import undo_offer
from console.ui.words import ago, span_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the overview."""

    row: QueueRow
    age: timedelta | None
    state: str  # "", near (from 80 % of the limit), late
    held: bool = False  # the person holds a case of it

    @property
    def mild(self) -> int:
        return self.row.waiting - self.row.severe - self.row.serious

    @property
    def bar(self) -> str:
        return self.state or "fill"

    @property
    def limit_seconds(self) -> int:
        return self.row.queue.sla_minutes * 60

    @property
    def age_seconds(self) -> float:
        return min(self.age.total_seconds(), self.limit_seconds) if self.age else 0

    @property
    def clear_by(self) -> str:
        """When the queue is empty at this hour's pace; "" when nothing waits or it grows."""
        pace = self.row.closed_hour - self.row.arrived_hour
        if not self.row.waiting or pace <= 0:
            return ""
        hours = self.row.waiting / pace
        return f"{timezone.localtime(timezone.now() + timedelta(hours=hours)):%H:%M}" if hours < 24 else f"in {span_words(hours * 3600)}"


def line_of(row: QueueRow, held: frozenset[int] = frozenset()) -> Line:
    age = ago(row.oldest_at)
    share = age.total_seconds() / (row.queue.sla_minutes * 60) if age and row.queue.sla_minutes else 0
    state = "late" if share >= 1 else "near" if share >= 0.8 else ""
    return Line(row=row, age=age, state=state, held=row.queue.pk in held)


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
    late = sum(line.state == "late" for line in lines)
    first = f"{waiting:,} {'item waits' if waiting == 1 else 'items wait'} for a person."
    if not late:
        oldest = max((line.age for line in lines if line.age), default=None)
        return f"{first} The oldest came {span_words(oldest)} ago; every queue is inside its limit."
    return f"{first} {late} {'queue is' if late == 1 else 'queues are'} over the limit."


@require_safe
@never_cache
@page_for()
def overview(request: HttpRequest) -> HttpResponse:
    user = person(request)
    held = _held(user)
    lines = [line_of(row, held) for row in queue_overview(user)]
    may_review = any(user_has_role(user, role) for role in REVIEWERS)
    chosen = _chosen(request, lines)
    context = {
        "lines": lines, "chosen": chosen, "greeting": _greeting(user), "summary": _summary(lines), "may_review": may_review,
        "next_cases": next_cases(chosen.row.queue, 8) if chosen else [], "attention": needs_a_hand(user), "undo": undo_offer(user),
    }  # fmt: skip
    partial = request.headers.get("HX-Target") == "next"
    return render(request, "queues/next.html" if partial else "queues/overview.html", context)


def _chosen(request: HttpRequest, lines: list[Line]) -> Line | None:
    """The queue named by ?queue=, else the first where something can be started."""
    named = next((line for line in lines if line.row.queue.slug == request.GET.get("queue")), None)
    startable = (line for line in lines if line.held or (line.row.waiting and not line.row.queue.is_paused))
    return named or next(startable, lines[0] if lines else None)


def _queue(request: HttpRequest, slug: str) -> Queue:
    return get_object_or_404(queues_for(person(request)), slug=slug)


@require_safe
@never_cache
@page_for(*REVIEWERS)
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """One queue: what stands next, and start."""
    found = _queue(request, slug)
    rows = {row.queue.pk: row for row in queue_overview(person(request))}
    others = [row for row in rows.values() if row.waiting and row.queue.pk != found.pk]
    context = {
        "queue": found, "line": line_of(rows[found.pk]), "next_cases": next_cases(found, 50), "others": others, "may_review": True,
        "undo": undo_offer(person(request)),
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

