"""Small choices of a person about their own account."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from console.accounts.models import User
from console.ui.access import page_for, person

THEMES = ("", "light", "dark")


@require_POST
@page_for()
def theme(request: HttpRequest) -> HttpResponse:
    """Keep light, dark or the system's choice, and go back to where the person was."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponseBadRequest("Light, dark or the system's own.")
    User.objects.filter(pk=person(request).pk).update(theme=chosen)
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(back if safe else "/")


def closed(request: HttpRequest, *args: str) -> HttpResponse:
    """A page of the sign-in library that this installation does not offer."""
    raise Http404("Accounts are made by an admin.")
