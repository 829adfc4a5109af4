"""Who may open a page. Someone who is not signed in is sent to sign in; a role that is missing is a 403 in words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.common.errors import Invalid

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
EVERYONE = (Role.MODERATOR, Role.LEAD, Role.POLICY, Role.ADMIN)


def page_for(*roles: Role) -> Callable[[View[P]], View[P]]:
    """`@page_for(Role.LEAD, Role.ADMIN)`: any of these roles opens the page; with none named, any role does."""
    wanted = roles or EVERYONE

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                sign_in = redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
                return HttpResponseClientRedirect(sign_in.url) if "HX-Request" in request.headers else sign_in
            if not any(user_has_role(request.user, role) for role in wanted):
                raise PermissionDenied("This page is for " + ", ".join(sorted(role.value for role in wanted)) + ".")
            if any("\x00" in part for part in kwargs.values() if isinstance(part, str)):
                raise Http404("There is no such page.")
            _require_storable(request)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _require_storable(request: HttpRequest) -> None:
    """No browser types the NUL character, and the database keeps none: said once, for every form."""
    if request.method == "POST":
        for name, values in request.POST.lists():
            if any("\x00" in value for value in (name, *map(str, values))):
                raise Invalid({name.replace("\x00", "")[:64]: ["It must not hold the NUL character."]})


def person(request: HttpRequest) -> User:
    """The signed-in person; only inside a page_for view."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user


def go(request: HttpRequest, address: str) -> HttpResponse:
    """To another page: htmx is told, a form is redirected, so that a reload posts nothing twice."""
    return HttpResponse(headers={"HX-Redirect": address}) if "HX-Request" in request.headers else HttpResponseRedirect(address)
