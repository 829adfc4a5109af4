"""What goes in about queues and the rules that fill them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from console.api.forms import Form
from console.cases.queue_services import MOST_MINUTES
from console.cases.routing_services import MOST_RULES

Minutes = Annotated[int, Field(ge=1, le=MOST_MINUTES)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Slug = Annotated[str, Field(min_length=1, max_length=64)]
Capacity = Annotated[int, Field(ge=1, le=10_000_000)]
Amount = Annotated[float, Field(ge=0, lt=1e12)]
Groups = Annotated[list[Annotated[str, Field(max_length=150)]], Field(max_length=50)]


class QueueIn(Form):
    title: Name
    kind: Annotated[str, Field(max_length=32)]
    subtitle: Annotated[str, Field(max_length=100)] = ""
    groups: Groups = Field(default_factory=list, description="Names. None: every moderator.")
    sla_minutes: Minutes = Field(240, description="The usual limit; the next four override it for one severity.")
    sla_severe: Minutes | None = None
    sla_serious: Minutes | None = None
    sla_mild: Minutes | None = None
    sla_none: Minutes | None = None
    capacity: Capacity | None = Field(None, description="How many may wait; a rule passes a full queue over.")
    verdict_first: bool = Field(False, description="The evidence stays folded until the verdict.")
    verdict_first_above: Amount | None = Field(None, description="Only for items of more than this amount.")


class QueueChange(Form):
    title: Name = ""
    subtitle: Annotated[str, Field(max_length=100)] = ""
    groups: Groups = Field(default_factory=list)
    sla_minutes: Minutes = 240
    sla_severe: Minutes | None = None
    sla_serious: Minutes | None = None
    sla_mild: Minutes | None = None
    sla_none: Minutes | None = None
    capacity: Capacity | None = None
    verdict_first: bool = False
    verdict_first_above: Amount | None = None


class MoveIn(Form):
    to: Slug
    severity: Annotated[int, Field(ge=0, le=3)] | None = None
    source: Slug | None = None
    label: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    cases: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | None = Field(None, description="These only.")


class MergeIn(Form):
    into: Slug


class RuleIn(Form):
    id: Annotated[str, Field(max_length=32)] = Field("", description="Of the rule that it changes; empty for a new one.")
    name: Name
    when: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        description="CEL over item, payload, actor, score, signals, reports, source, language, severity."
    )
    queue: Slug
    on: bool = True


class RoutingIn(Form):
    version: Annotated[int, Field(ge=0, le=2**31 - 2)] = Field(description="The version that this was made from; 0 before the first.")
    rules: Annotated[list[RuleIn], Field(max_length=MOST_RULES)]
    note: Annotated[str, Field(max_length=200)] = ""
