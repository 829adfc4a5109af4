"""What waits for a person. A claim is a time-limited hold with a fencing token: every write names it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.common.ids import uuid7
from console.intake.models import Item

LEADS_ONLY = "adjudicate"  # the purpose of a case that stays with leads, whoever passes it on


class Queue(models.Model):
    slug = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=100)
    subtitle = models.CharField(max_length=100, default="", blank=True)
    kind = models.CharField(max_length=32)
    groups = models.ManyToManyField(Group, blank=True)  # empty = every moderator
    sla_minutes = models.IntegerField(default=240)  # the usual limit; those below override it for one severity
    sla_severe = models.IntegerField(null=True, blank=True)
    sla_serious = models.IntegerField(null=True, blank=True)
    sla_mild = models.IntegerField(null=True, blank=True)
    sla_none = models.IntegerField(null=True, blank=True)
    capacity = models.IntegerField(null=True, blank=True)  # how many may wait: a rule passes a full queue over; empty = any number
    verdict_first = models.BooleanField(default=False, db_default=False)  # the evidence stays folded until the verdict
    verdict_first_above = models.FloatField(null=True, blank=True)  # only for items of more than this amount
    position = models.SmallIntegerField(default=0)
    is_paused = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    measured = models.JSONField(default=dict, db_default={}, blank=True)  # seconds of one, and what verdicts said by score: see measures.py

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sla_minutes__gte=1)
                & (Q(sla_severe__isnull=True) | Q(sla_severe__gte=1)) & (Q(sla_serious__isnull=True) | Q(sla_serious__gte=1))
                & (Q(sla_mild__isnull=True) | Q(sla_mild__gte=1)) & (Q(sla_none__isnull=True) | Q(sla_none__gte=1)),
                name="queue_limits_positive",
            ),
            models.CheckConstraint(condition=Q(merged_into__isnull=True) | Q(archived_at__isnull=False), name="queue_merged_is_archived"),
        ]  # fmt: skip

    def limit_minutes(self, severity: int) -> int:
        """How long a case of this severity may wait."""
        own = (self.sla_none, self.sla_mild, self.sla_serious, self.sla_severe)[max(0, min(3, severity))]
        return own or self.sla_minutes

    def __str__(self) -> str:
        return self.slug


class Case(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        CLAIMED = "claimed"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid7)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="cases")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    purpose = models.CharField(max_length=16, default="review")  # review, second, escalated; console.quality: check, adjudicate
    reason = models.CharField(max_length=32)  # code of the decision that sent it here
    sentence = models.CharField(max_length=300)
    severity = models.SmallIntegerField(default=0)
    label = models.CharField(max_length=64, default="", db_default="", blank=True)  # what it may be, as the decision named it
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    priority = models.FloatField(default=0.0)  # higher first: scoring/queueing.py
    rank = models.FloatField(default=0.0, db_default=0.0)  # of its value, 0 to 1: the part of the priority that waiting does not change
    urgent_at = models.DateTimeField(null=True, blank=True)  # when it joins those whose limit is near; empty once it has
    explored = models.BooleanField(default=False, db_default=False)  # placed by chance, to learn from
    reports = models.IntegerField(default=0, db_default=0)
    place = models.JSONField(default=dict, db_default={}, blank=True)  # the parts of its value, in plain figures
    blind = models.BooleanField(default=False)  # neither reason nor evidence leaves the server
    lease_token = models.BigIntegerField(default=0)  # grows with every claim: the fence
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=~Q(state="closed") & Q(purpose="review"), name="one_open_review_per_item"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "claimed", "closed"]), name="case_state_known"),
        ]
        indexes = [
            # Severity is in the key, so that who keeps away from severe cases steps over them inside the index.
            models.Index(fields=["queue", "-priority", "id", "severity"], name="case_next", condition=Q(state="waiting")),
            models.Index(
                fields=["assigned_to", "queue", "-priority"], name="case_assigned", condition=Q(state="waiting", assigned_to__isnull=False)
            ),
            models.Index(fields=["queue", "severity", "created_at"], name="case_oldest", condition=Q(state="waiting")),
            models.Index(fields=["queue", "-priority"], name="case_reported", condition=Q(state="waiting", reports__gt=0)),
            models.Index(fields=["urgent_at"], name="case_urgent", condition=Q(state="waiting", urgent_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"case {self.id}"


class Claim(models.Model):
    class State(models.TextChoices):
        OPEN = "open"
        DECIDED = "decided"
        RELEASED = "released"
        SKIPPED = "skipped"
        ESCALATED = "escalated"
        EXPIRED = "expired"
        TAKEN = "taken"  # a lead took the case over

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="claims")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="claims")
    token = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    lease_until = models.DateTimeField()
    evidence_seen = models.BooleanField(default=False)
    first_outcome = models.CharField(max_length=8, default="", db_default="", blank=True)  # chosen before the evidence was shown
    ahead = models.BooleanField(default=False, db_default=False)  # fetched before its turn, by a short lease: not yet on the screen
    together = models.BooleanField(default=False, db_default=False)  # one of many on a batch page, beside the case on the screen
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=300, default="", db_default="", blank=True)  # told to who held it
    now: datetime  # the database's time, on what claim_require returns

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="open"), name="one_open_claim_per_case"),
            models.UniqueConstraint(fields=["case", "token"], name="claim_token_once"),
        ]
        indexes = [
            models.Index(fields=["lease_until"], name="claim_expiry", condition=Q(state="open")),
            models.Index(fields=["reviewer"], name="claim_reviewer", condition=Q(state="open")),
            # Each claim asks whether its reviewer saw the evidence before: not by way of all that they ever held.
            models.Index(fields=["case", "reviewer"], name="claim_evidence", condition=Q(evidence_seen=True)),
        ]

    def __str__(self) -> str:
        return f"claim {self.token} of {self.case_id}"


class Skip(models.Model):
    """This case is not for this person: they skipped it, passed it on, decided the item before, or wrote it themselves."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="skips")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=32)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "reviewer"], name="skip_once")]

    def __str__(self) -> str:
        return self.reason


class Tally(models.Model):
    """Changes of the counts, written by a trigger on cases and added up by the sweep: summed, they are the counts.

    Nobody waits for a counter, because nobody shares a row; reading them costs the same at ten cases and at a million.
    """

    # Without a constraint: its check would lock the one row of the queue for every claim. A queue with cases is never deleted.
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    severity = models.SmallIntegerField()
    source_id = models.BigIntegerField()
    slot = models.DateTimeField()  # five minutes, later the hour, at last 1970
    waiting = models.IntegerField(default=0)
    claimed = models.IntegerField(default=0)
    arrived = models.IntegerField(default=0)
    closed = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["slot"], name="tally_slot")]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.slot}"


class RoutingVersion(models.Model):
    """The whole list of rules as it was from then on; the newest is in force. Never changed: a trigger holds that."""

    number = models.IntegerField(unique=True)
    rules = models.JSONField(default=list)  # [{"id", "name", "when", "queue": slug, "on": bool}], the first that holds wins
    note = models.CharField(max_length=200, default="", blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"routing {self.number}"


class RuleFault(models.Model):
    """A rule of one version could not be worked out for some items; they went to the usual queue of their kind."""

    version = models.ForeignKey(RoutingVersion, on_delete=models.CASCADE, related_name="faults")
    rule = models.CharField(max_length=32)
    items = models.IntegerField(default=1)
    error = models.CharField(max_length=300)
    item_id = models.UUIDField()  # the last one
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "rule"], name="rule_fault_once")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.error}"


class Transfer(models.Model):
    """Many cases to another queue, or to their new places in the same one, in steps; whoever comes goes on with it."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid7)
    origin = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")  # the origin itself: places are worked out anew
    criteria = models.JSONField(default=dict)  # {"severity": 3, "source": "shop", "label": "spam", "cases": [ids]}
    held = models.BooleanField(default=False)  # those that people hold too
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    after = models.UUIDField(null=True)  # how far this pass is
    moved = models.IntegerField(default=0)
    moved_in_pass = models.IntegerField(default=0)
    expected = models.IntegerField(default=0)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="transfer_running", condition=Q(state="running"))]

    def __str__(self) -> str:
        return f"{self.origin_id} to {self.target_id}"


class Presence(models.Model):
    """Somebody has the case on the screen, to decide or to read. Old rows mean nothing: presence.py says after how long."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="present")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="present_once")]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.case_id}"


class Draft(models.Model):
    """What a person chose and wrote before deciding, for nobody but that person: it follows them to another browser."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField()
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="one_draft_each")]

    def __str__(self) -> str:
        return f"draft of {self.person_id} on {self.case_id}"
