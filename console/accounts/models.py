"""People, the platforms that send items, the tokens that act for them, and what keeps people well."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Now
from knox.models import AbstractAuthToken


class Source(models.Model):  # type: ignore[django-manager-missing]  # the token model of knox is untyped
    """A platform that posts items. It sees its own items only."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.slug


class User(AbstractUser):  # type: ignore[django-manager-missing]
    """A person, or the service account behind a token. Roles are Django groups; see roles.py."""

    theme = models.CharField(max_length=8, choices=[("", "As the system"), ("light", "Light"), ("dark", "Dark")], default="", blank=True)
    is_service = models.BooleanField(default=False)

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


class ApiToken(AbstractAuthToken):  # type: ignore[misc]
    """A hashed, expiring token, bound to a source and one role."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="tokens")
    role = models.CharField(max_length=16)
    name = models.CharField(max_length=100, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["integration", "moderator", "lead", "policy", "admin"]), name="token_role_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.role}:{self.token_key}"


class CareRules(models.Model):
    """What the organisation decides for everybody: one row, or none while nobody changed anything (care.py gives the defaults)."""

    blur = models.BooleanField(default=True)
    grey = models.BooleanField(default=True)
    mute = models.BooleanField(default=True)
    edge = models.BooleanField(default=False)
    # Where the house has one of these on, nobody may switch it off for themselves.
    blur_fixed = models.BooleanField(default=True)
    grey_fixed = models.BooleanField(default=False)
    mute_fixed = models.BooleanField(default=False)
    edge_fixed = models.BooleanField(default=False)
    may_avoid = models.BooleanField(default=True)  # people may leave out categories
    serious_minutes = models.SmallIntegerField(default=120)  # a day, of serious and severe content together
    severe_minutes = models.SmallIntegerField(default=60)  # a day, of severe content alone
    break_minutes = models.SmallIntegerField(default=45)  # of work, until a break is suggested
    break_hard_minutes = models.SmallIntegerField(default=20)  # of serious and severe content, until a break is suggested
    day_starts = models.SmallIntegerField(default=4)  # the hour in which a new day begins, so that a night shift is one day

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="care_rules_once"),
            models.CheckConstraint(condition=models.Q(day_starts__gte=0, day_starts__lte=23), name="care_day_starts"),
        ]

    def __str__(self) -> str:
        return "care rules"


class Preferences(models.Model):
    """A person's own choices. None = as the organisation has it."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="preferences")
    blur = models.BooleanField(null=True)
    grey = models.BooleanField(null=True)
    mute = models.BooleanField(null=True)
    edge = models.BooleanField(null=True)
    motion = models.BooleanField(default=True)
    single_keys = models.BooleanField(default=True)
    keys = models.JSONField(default=dict, blank=True)  # key of the product: the person's own, "" for none
    avoid = models.JSONField(default=list, blank=True)  # labels that the person is not served
    lighter_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class Stretch(models.Model):
    """A time in which a page was in front of a person. What was shown is not kept, only how severe it was."""

    class Sort(models.TextChoices):
        WORK = "work"
        CLEAR = "clear"  # pictures or film, clear on the screen
        TEXT = "text"  # severe text, open and read

    id = models.UUIDField(primary_key=True)  # given by the page, so that a beat that comes twice counts once
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    sort = models.CharField(max_length=8, choices=Sort)
    severity = models.SmallIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"], name="stretch_recent")]
        constraints = [models.CheckConstraint(condition=models.Q(ended_at__gte=models.F("started_at")), name="stretch_runs_forward")]

    def __str__(self) -> str:
        return f"{self.sort} from {self.started_at}"


class Break(models.Model):
    """A break that somebody takes, or took. Private like the stretches."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], condition=models.Q(ended_at__isnull=True), name="one_break_at_a_time")]

    def __str__(self) -> str:
        return f"break from {self.started_at}"
