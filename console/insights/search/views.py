"""Kept searches: private, for a group, or for everyone; one of them may be what a person's search opens with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.audit.services import audit_append
from console.common.errors import Conflict, Forbidden, Invalid, NotFound
from console.insights.models import DefaultView, SavedView
from console.insights.search.filters import Viewer, search_filter

MOST = 30  # of one person: more tabs than that nobody reads
Sharing = SavedView.Sharing


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewForm:
    name: str
    sharing: str = Sharing.PRIVATE
    group: str = ""  # its name, when it is shared with one
    is_default: bool = False


def views_of(user: User) -> QuerySet[SavedView]:
    """Those that this person may use: their own first, then what is shared with them."""
    shared = Q(sharing=Sharing.EVERYONE) | Q(sharing=Sharing.GROUP, group__in=user.groups.all())
    return SavedView.objects.filter(Q(owner=user) | shared).select_related("owner", "group").distinct().order_by("name", "pk")


def view_get(view_id: str, user: User) -> SavedView:
    """Raises NotFound for one that is not there or not theirs to use."""
    try:
        view = views_of(user).filter(pk=UUID(view_id)).first()
    except ValueError:
        view = None
    if view is None:
        raise NotFound("There is no such view, or it is not shared with you any more.")
    return view


def default_of(user: User) -> SavedView | None:
    found = DefaultView.objects.filter(user=user).values_list("view_id", flat=True).first()
    return views_of(user).filter(pk=found).first() if found else None


def is_default(user: User, view: SavedView) -> bool:
    return DefaultView.objects.filter(user=user, view=view).exists()


@transaction.atomic
def view_create(*, viewer: Viewer, form: ViewForm, query: Mapping[str, str]) -> SavedView:
    """Raises Invalid for filters that cannot be used, a taken or missing name, or a group that is not theirs."""
    kept = {name: value.strip() for name, value in query.items() if value.strip()}
    if not kept:
        raise Invalid({"name": ["There is nothing to keep: choose a filter first."]})
    search_filter(kept, viewer)
    user = viewer.user
    if SavedView.objects.filter(owner=user).count() >= MOST:
        raise Invalid({"name": [f"You have {MOST} views; delete one first."]})
    view = SavedView(owner=user, query=kept)
    _apply(view, form)
    _save(view)
    audit_append(actor=f"user:{user.username}", verb="view.created", subject=f"view:{view.pk}", data={"sharing": view.sharing})
    _set_default(user, view, form.is_default)
    return view


@transaction.atomic
def view_change(*, view: SavedView, user: User, form: ViewForm) -> SavedView:
    """Name and sharing by the owner; whether one's own search opens with it by anybody who may use it."""
    if view.owner_id == user.pk:
        _apply(view, form)
        _save(view)
        audit_append(actor=f"user:{user.username}", verb="view.changed", subject=f"view:{view.pk}", data={"sharing": view.sharing})
    _set_default(user, view, form.is_default)
    return view


@transaction.atomic
def view_delete(*, view: SavedView, user: User) -> None:
    """By its owner, or by an admin when it is shared."""
    if view.owner_id != user.pk and not user_has_role(user, Role.ADMIN):
        raise Forbidden("Only its owner, or an admin, deletes a shared view.")
    audit_append(actor=f"user:{user.username}", verb="view.deleted", subject=f"view:{view.pk}", data={"sharing": view.sharing})
    view.delete()


def _apply(view: SavedView, form: ViewForm) -> None:
    name = " ".join(form.name.split())
    if not name or len(name) > 60 or "\x00" in name:
        raise Invalid({"name": ["A name has 1 to 60 characters."]})
    if form.sharing not in Sharing.values:
        raise Invalid({"sharing": [f"Use one of {', '.join(Sharing.values)}."]})
    group = None
    if form.sharing == Sharing.GROUP:
        group = Group.objects.filter(name=form.group, user=view.owner).first()
        if group is None:
            raise Invalid({"group": ["Choose one of your groups."]})
    view.name, view.sharing, view.group = name, form.sharing, group


def _save(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise Conflict("You have a view of this name already.", code="name_taken") from error


def _set_default(user: User, view: SavedView, wanted: bool) -> None:
    if wanted:
        DefaultView.objects.update_or_create(user=user, defaults={"view": view})
    else:
        DefaultView.objects.filter(user=user, view=view).delete()
