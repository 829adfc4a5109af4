"""What search reads: one narrow row an item, kept by the database itself, and the searches that people keep."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.models import Source
from console.common.ids import uuid7
from console.intake.models import Item


class SearchRow(models.Model):
    """An item that was scored, as search finds it. Written with the first decision; triggers follow every later change.

    What it says of decisions is the truth of scores and verdicts, said again: never write here, and never decide by it.
    `words` lies outside the row (the migration says so), so that a scan of the rest stays short.
    """

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="search_row")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=32)
    received_at = models.DateTimeField()
    language = models.CharField(max_length=8, default="", blank=True)
    status = models.CharField(max_length=10)
    reports = models.IntegerField()
    is_open = models.BooleanField()  # a case of it waits for a person or is held by one
    is_held = models.BooleanField()  # its decision can still be undone
    outcome = models.CharField(max_length=8, default="", blank=True)  # of the decision in effect or held, as the next six
    action = models.CharField(max_length=32, default="", blank=True)
    label = models.CharField(max_length=64, default="", blank=True)
    severity = models.SmallIntegerField()
    automated = models.BooleanField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    risk = models.FloatField(null=True)  # of the newest score
    words = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="search_words"),
            models.Index(fields=["kind", "status", "-item"], name="search_kind"),
            models.Index(fields=["source", "-item"], name="search_source"),
            models.Index(fields=["status", "-item"], name="search_status"),
            models.Index(fields=["received_at"], name="search_received"),
            models.Index(fields=["language", "-item"], name="search_language", condition=~Q(language="")),
            models.Index(fields=["outcome", "-item"], name="search_outcome", condition=~Q(outcome="")),
            models.Index(fields=["action", "-item"], name="search_action", condition=~Q(action="")),
            models.Index(fields=["label", "-item"], name="search_label", condition=~Q(label="")),
            models.Index(fields=["reviewer", "-item"], name="search_reviewer", condition=Q(reviewer__isnull=False)),
            models.Index(fields=["decided_at"], name="search_decided", condition=Q(decided_at__isnull=False)),
            models.Index(fields=["severity", "-item"], name="search_severity", condition=Q(severity__gt=0)),
            models.Index(fields=["reports", "-item"], name="search_reports", condition=Q(reports__gt=0)),
            models.Index(fields=["risk"], name="search_risk", condition=Q(risk__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"search row of {self.item_id}"


class ItemVector(models.Model):
    """What an item is about, as the sentence encoder reads it. A row without `encoder` waits for its vector.

    The column `vector` itself exists only where the database has the extension of that name, so it is not declared here:
    vectors.py reads and writes it.
    """

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="+")
    encoder = models.CharField(max_length=100, default="", db_default="", blank=True)  # model, quantisation and length of what wrote it

    class Meta:
        indexes = [models.Index(fields=["-item"], name="vector_waits", condition=Q(encoder=""))]

    def __str__(self) -> str:
        return f"vector of {self.item_id}"


class SavedView(models.Model):
    """A search that somebody keeps under a name, for themselves, for a group or for everyone."""

    class Sharing(models.TextChoices):
        PRIVATE = "private"
        GROUP = "group"
        EVERYONE = "everyone"

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.JSONField(default=dict)  # filters by name, as the page sends them
    sharing = models.CharField(max_length=8, choices=Sharing, default=Sharing.PRIVATE)
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once"),
            models.CheckConstraint(condition=Q(sharing="group", group__isnull=False) | (~Q(sharing="group") & Q(group__isnull=True)),
                                   name="saved_view_group_named"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """The view that a person's search opens with."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+")
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"default of {self.user_id}"
