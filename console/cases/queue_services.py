"""Queues as leads and admins make them: create, change, order, pause, archive, merge. Each writes its audit row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Now
from django.utils.text import slugify

from console.accounts.models import User
from console.audit.services import audit_append
from console.cases.claiming import actor_of
from console.cases.models import Case, Queue, Transfer
from console.cases.routing import routing_current, routing_rules
from console.cases.routing_services import routing_write
from console.cases.serving import queue_give_back
from console.cases.transfers import transfer_begin
from console.common.errors import Conflict, Invalid
from scoring.registry import KINDS

MOST_MINUTES = 60 * 24 * 365
LIMITS = ("sla_minutes", "sla_severe", "sla_serious", "sla_mild", "sla_none")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueForm:
    """What a queue is. `groups` are names; none means every moderator. Limits in minutes; None takes the usual one."""

    title: str
    kind: str = ""
    subtitle: str = ""
    groups: Sequence[str] = field(default_factory=tuple)
    sla_minutes: int = 240
    sla_severe: int | None = None
    sla_serious: int | None = None
    sla_mild: int | None = None
    sla_none: int | None = None
    capacity: int | None = None
    verdict_first: bool = False
    verdict_first_above: float | None = None


_PLAIN = ("title", "subtitle", *LIMITS, "capacity", "verdict_first", "verdict_first_above")


def form_of(queue: Queue) -> QueueForm:
    groups = tuple(queue.groups.order_by("name").values_list("name", flat=True))
    return QueueForm(kind=queue.kind, groups=groups, **{name: getattr(queue, name) for name in _PLAIN})


def _check(form: QueueForm) -> QuerySet[Group]:
    errors: dict[str, list[str]] = {}
    if not form.title.strip():
        errors["title"] = ["Give it a name."]
    for name, most in (("title", 100), ("subtitle", 100)):
        if len(getattr(form, name)) > most:
            errors[name] = [f"At most {most} characters."]
    for name in LIMITS:
        value = getattr(form, name)
        if (value is None and name == "sla_minutes") or (value is not None and not 1 <= value <= MOST_MINUTES):
            errors[name] = ["From 1 minute to a year."]
    if form.capacity is not None and not 1 <= form.capacity <= 10_000_000:
        errors["capacity"] = ["From 1 to 10,000,000, or empty for any number."]
    if form.verdict_first_above is not None and not 0 <= form.verdict_first_above < 1e12:
        errors["verdict_first_above"] = ["An amount of 0 or more, or empty for every item."]
    groups = Group.objects.filter(name__in=form.groups)
    if unknown := sorted(set(form.groups) - set(groups.values_list("name", flat=True))):
        errors["groups"] = [f"There is no group {', '.join(unknown)}."]
    if errors:
        raise Invalid(errors, "The queue cannot be saved.")
    return groups


def _told(form: QueueForm) -> dict[str, Any]:
    return {**{name: getattr(form, name) for name in _PLAIN}, "groups": sorted(form.groups)}


@transaction.atomic
def queue_create(*, form: QueueForm, user: User) -> Queue:
    """Raises Invalid with every field that is not right."""
    if form.kind not in KINDS:
        raise Invalid({"kind": [f"There is no kind {form.kind[:40]!r}; there are {', '.join(KINDS)}."]}, "The queue cannot be saved.")
    groups = _check(form)
    last = Queue.objects.aggregate(last=Max("position"))["last"]
    slug = _free_slug(" ".join((form.title, form.subtitle)))
    values = {name: getattr(form, name) for name in _PLAIN}
    try:
        with transaction.atomic():
            queue = Queue.objects.create(slug=slug, kind=form.kind, position=min(32_000, (last or 0) + 1), **values)
    except IntegrityError as error:
        raise Conflict("Another queue of this name was made just now. Try again.") from error
    queue.groups.set(groups)
    audit_append(actor=actor_of(user), verb="queue.created", subject=f"queue:{slug}", data={"kind": form.kind, **_told(form)})
    return queue


def _free_slug(title: str) -> str:
    wanted = slugify(title)[:56].strip("-") or "queue"
    taken = set(Queue.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    return next(slug for slug in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


@transaction.atomic
def queue_change(*, queue: Queue, changes: Mapping[str, Any], user: User) -> Queue:
    """`changes` are fields of QueueForm; the kind stays. New limits give every open case a new place, in steps."""
    locked = Queue.objects.select_for_update(of=("self",), no_key=True).get(pk=queue.pk)
    before = form_of(locked)
    form = replace(before, **{name: value for name, value in changes.items() if name != "kind"})
    groups = _check(form)
    Queue.objects.filter(pk=locked.pk).update(**{name: getattr(form, name) for name in _PLAIN})
    locked.groups.set(groups)
    old, new = _told(before), _told(form)
    changed = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    if changed:
        audit_append(actor=actor_of(user), verb="queue.changed", subject=f"queue:{locked.slug}", data=changed)
    locked.refresh_from_db()
    if any(name in changed for name in LIMITS):
        transfer_begin(origin=locked, target=locked, user=user, criteria={}, held=True)
    return locked


@transaction.atomic
def queue_pause(*, queue: Queue, paused: bool, user: User) -> None:
    """A paused queue still takes items; nothing of it is served, fetched ahead or not. Raises Conflict when it was so already."""
    if not Queue.objects.filter(pk=queue.pk, is_paused=not paused, archived_at=None).update(is_paused=paused):
        raise Conflict(f"{queue.title} is {'paused' if paused else 'running'} already, or archived.")
    if paused:
        queue_give_back(queue=queue, by=user)
    audit_append(actor=actor_of(user), verb="queue.paused" if paused else "queue.resumed", subject=f"queue:{queue.slug}")


@transaction.atomic
def queue_shift(*, queue: Queue, up: bool, user: User) -> None:
    """One place up or down among the open queues."""
    order = list(Queue.objects.select_for_update(of=("self",), no_key=True).filter(archived_at=None).order_by("position", "pk"))
    at = next((i for i, found in enumerate(order) if found.pk == queue.pk), None)
    to = None if at is None else at - 1 if up else at + 1
    if at is None or to is None or not 0 <= to < len(order):
        raise Conflict(f"{queue.title} stands at the end already.")
    order[at], order[to] = order[to], order[at]
    for position, found in enumerate(order):
        if found.position != position:
            Queue.objects.filter(pk=found.pk).update(position=position)
    audit_append(actor=actor_of(user), verb="queue.ordered", subject=f"queue:{queue.slug}", data={"order": [q.slug for q in order]})


def _close(queue: Queue) -> Queue:
    """Lock a queue against new cases (router_load holds a share of this lock) and say why it cannot go."""
    locked = Queue.objects.select_for_update(of=("self",)).get(pk=queue.pk)
    if locked.archived_at is not None:
        raise Conflict(f"{locked.title} is archived already.")
    if not Queue.objects.filter(kind=locked.kind, archived_at=None).exclude(pk=locked.pk).exists():
        raise Conflict(f"{locked.title} is the only queue of its kind, and what is left to people needs one.")
    return locked


@transaction.atomic
def queue_archive(*, queue: Queue, user: User) -> None:
    """Only an empty queue that no rule names; else merge it into another."""
    locked = _close(queue)
    if Case.objects.filter(queue=locked).exclude(state=Case.State.CLOSED).exists():
        raise Conflict(f"Cases still wait in {locked.title}. Merge it into another queue instead.")
    if named := [rule.name for rule in routing_rules(routing_current()) if rule.queue == locked.slug]:
        raise Conflict(f"The rule {named[0]!r} still sends items to {locked.title}. Change the rule, or merge the queue.")
    Queue.objects.filter(pk=locked.pk).update(archived_at=Now())
    audit_append(actor=actor_of(user), verb="queue.archived", subject=f"queue:{locked.slug}")


@transaction.atomic
def queue_merge(*, queue: Queue, into: Queue, user: User) -> Transfer:
    """Every open case goes to `into`, held ones with their claims; rules that named `queue` name `into`; `queue` is archived."""
    locked = _close(queue)
    target = Queue.objects.select_for_update(of=("self",), no_key=True).get(pk=into.pk)
    if target.pk == locked.pk or target.kind != locked.kind:
        raise Invalid({"into": ["Choose another queue of the same kind."]})
    if target.archived_at is not None:
        raise Conflict(f"{target.title} is archived and takes nothing more.")
    current = routing_current()
    rules = routing_rules(current)
    if any(rule.queue == locked.slug for rule in rules):
        pointed = [replace(rule, queue=target.slug) if rule.queue == locked.slug else rule for rule in rules]
        routing_write(rules=pointed, number=(current.number if current else 0) + 1, user=user, note=f"{locked.title} became {target.title}")
    Queue.objects.filter(merged_into=locked).update(merged_into=target)
    Queue.objects.filter(pk=locked.pk).update(archived_at=Now(), merged_into=target)
    audit_append(actor=actor_of(user), verb="queue.merged", subject=f"queue:{locked.slug}", data={"into": target.slug})
    return transfer_begin(origin=locked, target=target, user=user, criteria={}, held=True)
