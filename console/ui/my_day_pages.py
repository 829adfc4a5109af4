"""A person's own day: how much was hard, breaks, lighter work, the end of it. Nobody else sees it but who has the wellbeing duty, and
nothing of it measures work."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.care import category_avoid, lighter_start, lighter_stop
from console.accounts.day import day_of
from console.accounts.roles import user_has_role
from console.accounts.stretches import break_end
from console.cases.breaks import break_start, holds_release
from console.cases.exposure import beats_record
from console.cases.limits import weighs
from console.cases.models import Queue
from console.cases.selectors import queue_overview, queues_for
from console.common.errors import DomainError, Invalid
from console.ui.access import page_for, person
from console.ui.beat_input import read_beats
from console.ui.care import AFTER_SKIP, LATER, who_looked
from console.ui.case_drawing import REVIEWERS, draw_next
from console.ui.categories import category_named
from console.ui.problems import banner, sentence_of, status_of
from console.ui.today import today_in_words

LATER_SECONDS = 15 * 60
BACK_TO = "back_to"  # in the session: the queue that a break interrupted


@require_safe
@never_cache
@page_for()
def index(request: HttpRequest) -> HttpResponse:
    user = person(request)
    day = day_of(user)
    may_review = any(user_has_role(user, role) for role in REVIEWERS)
    context = {"day": day, "today": today_in_words(user, day), "looked": who_looked(user), "may_review": may_review}
    return render(request, "wellbeing/my_day.html", context)


@require_POST
@page_for(*REVIEWERS)
def beat(request: HttpRequest) -> JsonResponse:
    """What was in front of the person in the last seconds. The answer is their own figure, for the meter."""
    try:
        beats_record(user=person(request), beats=read_beats(request.POST.get("beats", "")))
    except DomainError as error:
        return JsonResponse({"sentence": sentence_of(error)}, status=status_of(error))
    return JsonResponse({"minutes": day_of(person(request)).hard_minutes})


@require_POST
@page_for(*REVIEWERS)
def take_break(request: HttpRequest) -> HttpResponse:
    """Begin a break. A case that was open goes back to its queue; what was written stays in the browser."""
    queue = break_start(user=person(request))
    if queue is not None:
        request.session[BACK_TO] = queue.slug
    return HttpResponseRedirect(reverse("ui:break"))


@require_safe
@never_cache
@page_for(*REVIEWERS)
def on_break(request: HttpRequest) -> HttpResponse:
    day = day_of(person(request))
    if day.on_break_since is None:
        return HttpResponseRedirect(reverse("ui:my_day"))
    queue = queues_for(person(request)).filter(slug=request.session.get(BACK_TO, "")).first()
    minutes = int((day.now - day.on_break_since).total_seconds() // 60)
    return render(request, "wellbeing/break.html", {"minutes": minutes, "queue": queue})


@require_POST
@page_for(*REVIEWERS)
def resume(request: HttpRequest) -> HttpResponse:
    """Back to the queue that the break interrupted."""
    break_end(user=person(request))
    queue = queues_for(person(request)).filter(slug=request.session.pop(BACK_TO, "")).first()
    return HttpResponseRedirect("/") if queue is None or queue.is_paused else draw_next(request, queue)


@require_POST
@page_for(*REVIEWERS)
def later(request: HttpRequest) -> HttpResponse:
    """Let the suggestion of a break rest for a quarter of an hour."""
    request.session[LATER] = day_of(person(request)).now.timestamp() + LATER_SECONDS
    return HttpResponse(status=200) if "HX-Request" in request.headers else HttpResponseRedirect("/")


@require_POST
@page_for(*REVIEWERS)
def lighter(request: HttpRequest) -> HttpResponse:
    """Mild cases only, for an hour, in the queue that has most of them; or back to all work. One key, L."""
    user = person(request)
    if day_of(user).lighter_until is not None:
        lighter_stop(user=user)
        messages.info(request, "Back to all work.")
        return HttpResponseRedirect("/")
    holds_release(user=user)
    lighter_start(user=user)
    queue = lightest_queue(request)
    if queue is None:
        messages.info(request, "Nothing mild waits now. For an hour you are given mild cases only; a break is always yours.")
        return HttpResponseRedirect(reverse("ui:my_day"))
    messages.info(request, "Mild cases only for the next hour. L ends it.")
    return draw_next(request, queue)


def lightest_queue(request: HttpRequest) -> Queue | None:
    """Where light cases wait: first where all of them are light, then by their number; None where none does."""
    light = [
        (row.queue, row.waiting, 0 if not weighs(row.queue.kind) else row.severe + row.serious)
        for row in queue_overview(person(request))
        if not row.queue.is_paused
    ]
    best = max((row for row in light if row[1] > row[2]), key=lambda row: (1 - row[2] / row[1], row[1]), default=None)
    return None if best is None else best[0]


@require_POST
@page_for(*REVIEWERS)
def leave_out(request: HttpRequest) -> HttpResponse:
    """Leave out a category from now on: what a person is offered after a case distressed them."""
    found = category_named(request.POST.get("category", ""))
    try:
        if found is None:
            raise Invalid({"category": ["There is no such category."]})
        category_avoid(user=person(request), labels=found.labels)
    except DomainError as error:
        return banner(request, error, back=reverse("ui:my_day"))
    request.session.pop(AFTER_SKIP, None)
    messages.info(request, f"“{found.title}” is left out from now on. You can change that under My day.")
    return HttpResponseRedirect(reverse("ui:my_day"))


@require_POST
@page_for(*REVIEWERS)
def finish(request: HttpRequest) -> HttpResponse:
    """The end of a shift: nothing stays held."""
    holds_release(user=person(request))
    lighter_stop(user=person(request))
    break_end(user=person(request))
    return HttpResponseRedirect(reverse("ui:finished"))


@require_safe
@never_cache
@page_for(*REVIEWERS)
def finished(request: HttpRequest) -> HttpResponse:
    """A calm page, with a few mild cases for who wants to end on those."""
    user = person(request)
    return render(request, "wellbeing/finished.html", {"today": today_in_words(user, day_of(user)), "mild": lightest_queue(request)})
