"""Reads of people and tokens."""

from __future__ import annotations

import threading
import time
from hmac import compare_digest

from django.utils import timezone
from knox.crypto import hash_token
from knox.settings import CONSTANTS

from console.accounts.models import ApiToken, User
from console.accounts.roles import PEOPLE, Role, roles_of

REMEMBER_SECONDS = 5.0  # a token taken back elsewhere stops in every process within this time
_REMEMBERED = 1000
_known: dict[str, tuple[float, ApiToken]] = {}
_lock = threading.Lock()


def token_find(plain: str) -> ApiToken | None:
    """The living token with its user and source; None for unknown, expired or switched-off ones, and for those whose
    person lost the role. One query, and none for a few seconds after: every call of an integration asks this."""
    digest = hash_token(plain)
    since, token = _known.get(digest, (0.0, None))
    if token is None or time.monotonic() - since > REMEMBER_SECONDS:
        token = _living(plain, digest)
        with _lock:
            if len(_known) >= _REMEMBERED:
                _known.clear()
            if token is not None:
                _known[digest] = (time.monotonic(), token)
            else:
                _known.pop(digest, None)
    return None if token is None or (token.expiry is not None and token.expiry <= timezone.now()) else token


def tokens_forget() -> None:
    """Ask the database again: called in the process where a token, a person or a role changed."""
    with _lock:
        _known.clear()


def _living(plain: str, digest: str) -> ApiToken | None:
    rows = ApiToken.objects.filter(token_key=plain[: CONSTANTS.TOKEN_KEY_LENGTH]).select_related("user", "source")
    token = next((row for row in rows if compare_digest(row.digest, digest)), None)
    if token is None or not token.user.is_active or not token.source.is_active:
        return None
    return token if Role(token.role) not in PEOPLE or Role(token.role) in roles_of(token.user) else None


def people_by_role(role: Role) -> list[User]:
    return list(User.objects.filter(groups__name=role.value, is_active=True, is_service=False).order_by("username"))
