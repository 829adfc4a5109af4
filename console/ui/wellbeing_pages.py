"""For those who look after others: how much hard content each person had. Opening somebody's figures needs a reason, is audited, and
is shown to that person. And for admins: what the organisation decides, which shows nobody's figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts.care import LOOSE, MINUTES, care_rules, care_rules_change
from console.accounts.day import day_of, days_of
from console.accounts.exposure import exposure_by_day
from console.accounts.models import User
from console.accounts.roles import WELLBEING, Role, looks_after
from console.accounts.services import duty_give, duty_take
from console.audit.models import AuditRow
from console.audit.services import audit_append
from console.common.errors import Invalid
from console.ui.access import page_for, person
from console.ui.care import LIST, LISTED, OPENED, REASONS
from console.ui.preferences_pages import WORDS

P = ParamSpec("P")
OPEN_FOR = timedelta(minutes=15)  # until the reason is asked again


def for_the_duty(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Only who has the wellbeing duty: no role has it by itself, not even an admin."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
        if not looks_after(request.user):
            raise PermissionDenied("This page is for those who look after the wellbeing of the others.")
        return view(request, *args, **kwargs)

    return guarded


def _people() -> list[User]:
    return list(User.objects.filter(is_active=True, is_service=False, groups__isnull=False).distinct().order_by("username"))


@require_safe
@never_cache
@for_the_duty
def index(request: HttpRequest) -> HttpResponse:
    """Everybody, by name, with the state of their cap and their last break. Not sorted by how much."""
    audit_append(actor=f"user:{person(request).username}", verb=LISTED, subject=LIST)
    people = _people()
    days = days_of([p.pk for p in people])
    return render(request, "wellbeing/people.html", {"rows": [(p, days[p.pk]) for p in people], "reasons": REASONS.items()})


@require_POST
@for_the_duty
def open_person(request: HttpRequest, username: str) -> HttpResponse:
    """Say why, then see: the reason is in the audit trail, and the person is told."""
    found = get_object_or_404(User, username=username, is_service=False)
    reason = request.POST.get("reason", "")
    if reason not in REASONS:
        messages.error(request, "Say why you look. The person is told.")
        return HttpResponseRedirect(reverse("ui:wellbeing"))
    audit_append(actor=f"user:{person(request).username}", verb=OPENED, subject=f"user:{found.username}", data={"reason": reason})
    return HttpResponseRedirect(reverse("ui:wellbeing_person", args=[found.username]))


@require_safe
@never_cache
@for_the_duty
def show_person(request: HttpRequest, username: str) -> HttpResponse:
    """Dose by day and breaks of one person, for a quarter of an hour after the reason was given."""
    found = get_object_or_404(User, username=username, is_service=False)
    opened = AuditRow.objects.filter(actor=f"user:{person(request).username}", verb=OPENED, subject=f"user:{found.username}")
    if not opened.filter(at__gt=Now() - OPEN_FOR).exists():
        messages.info(request, f"Say why you open {found.display_name}. The person is told.")
        return HttpResponseRedirect(reverse("ui:wellbeing"))
    return render(request, "wellbeing/person.html", {"who": found, "day": day_of(found), "days": exposure_by_day(found)})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(Role.ADMIN)
def rules(request: HttpRequest) -> HttpResponse:
    """Defaults, what people may loosen, caps a day, when a break is suggested, and who has the duty."""
    current = care_rules()
    error: Invalid | None = None
    if request.method == "POST":
        try:
            care_rules_change(actor=person(request), changes=_read_rules(request))
            messages.success(request, "Kept. It holds from the next case on.")
            return HttpResponseRedirect(reverse("ui:care_rules"))
        except Invalid as refused:
            error = refused
    looks = [
        {"name": name, "title": WORDS[name][0], "on": getattr(current, name), "fixed": getattr(current, f"{name}_fixed")} for name in LOOSE
    ]
    figures = [
        {"name": name, "title": title, "help": text, "value": request.POST.get(name, getattr(current, name)),
         "errors": error.fields.get(name, []) if error else []}
        for name, (title, text) in FIGURES.items()
    ]  # fmt: skip
    on_duty = User.objects.filter(groups__name=WELLBEING).order_by("username")
    context = {"rules": current, "looks": looks, "figures": figures, "on_duty": on_duty, "people": _people(), "error": error}
    return render(request, "wellbeing/rules.html", context, status=422 if error else 200)


FIGURES = {
    "serious_minutes": ("Hard content a day", "Minutes of serious and severe content, together"),
    "severe_minutes": ("Of that, severe", "Minutes of severe content"),
    "break_minutes": ("Suggest a break after", "Minutes of work"),
    "break_hard_minutes": ("Or after hard content", "Minutes since the last break"),
    "day_starts": ("A new day begins at", "The hour, 0 to 23: a night shift stays one day"),
}


def _read_rules(request: HttpRequest) -> dict[str, bool | int]:
    changes: dict[str, bool | int] = {"may_avoid": "may_avoid" in request.POST}
    for name in LOOSE:
        changes |= {name: name in request.POST, f"{name}_fixed": f"{name}_fixed" in request.POST}
    for name in (*MINUTES, "day_starts"):
        text = request.POST.get(name, "")
        if not text.isascii() or not text.isdecimal() or len(text) > 4:
            raise Invalid({name: ["Give a whole number."]})
        changes[name] = int(text)
    return changes


@require_POST
@page_for(Role.ADMIN)
def duty(request: HttpRequest) -> HttpResponse:
    """Give somebody the wellbeing duty, or take it. An admin who wants it gives it to themselves, and the trail says so."""
    who = get_object_or_404(User, username=request.POST.get("username", ""), is_service=False)
    change = duty_take if "take" in request.POST else duty_give
    try:
        change(user=who, actor=f"user:{person(request).username}")
    except Invalid as refused:
        messages.error(request, " ".join(s for found in refused.fields.values() for s in found))
    return HttpResponseRedirect(reverse("ui:care_rules"))
