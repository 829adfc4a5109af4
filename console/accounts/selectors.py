"""Reads of people and tokens."""

from __future__ import annotations

from hmac import compare_digest

from django.utils import timezone
from knox.crypto import hash_token
from knox.settings import CONSTANTS

from console.accounts.models import ApiToken, User
from console.accounts.roles import PEOPLE, Role, roles_of


def token_find(plain: str) -> ApiToken | None:
    """The living token with its user and source, in one query; None for unknown, expired, or switched-off ones."""
    digest = hash_token(plain)
    rows = ApiToken.objects.filter(token_key=plain[: CONSTANTS.TOKEN_KEY_LENGTH]).select_related("user", "source")
    token = next((row for row in rows if compare_digest(row.digest, digest)), None)
    if token is None or (token.expiry is not None and token.expiry <= timezone.now()):
        return None
    return token if token.user.is_active and token.source.is_active else None


def token_holds(token: ApiToken) -> bool:
    """A token for a person's role works only while that person has the role."""
    role = Role(token.role)
    return role not in PEOPLE or role in roles_of(token.user)


def people_by_role(role: Role) -> list[User]:
    return list(User.objects.filter(groups__name=role.value, is_active=True, is_service=False).order_by("username"))
