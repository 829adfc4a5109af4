"""People, the platforms that send items, and the tokens that act for them."""

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
