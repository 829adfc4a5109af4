"""Who calls: a token bound to a source and a role, or a person who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

from django.db.models import Model, QuerySet
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from console.accounts.models import ApiToken, Source, User
from console.accounts.roles import Role, roles_of, with_implied
from console.accounts.selectors import token_find
from console.common.errors import Forbidden

SCHEME = "Token"
M = TypeVar("M", bound=Model)


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != SCHEME.lower().encode():
            return None
        try:
            plain = parts[1].decode("ascii") if len(parts) == 2 else ""
        except UnicodeDecodeError:
            plain = ""
        token = token_find(plain) if plain else None
        if token is None:
            raise AuthenticationFailed("This token is not known, has expired, or was taken back.", code="token_invalid")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class SignedIn(SessionAuthentication):
    """The session of the console, with its CSRF check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    user: User
    source: Source | None  # None: a person, who sees every source
    roles: frozenset[Role]

    @property
    def actor(self) -> str:
        if self.source is not None and Role.INTEGRATION in self.roles:
            return f"source:{self.source.slug}"
        return f"user:{self.user.get_username()}"

    @property
    def name(self) -> str:
        """Whose Idempotency-Keys these are."""
        return f"{self.user.pk}@{self.source.pk if self.source else '-'}"

    def own_source(self) -> Source:
        """Raises Forbidden for a person: items belong to a source, so they are posted with its token."""
        if self.source is None:
            raise Forbidden("This needs the token of a source; make one with create_token.", code="token_needed")
        return self.source

    def visible(self, rows: QuerySet[M], path: str = "source_id") -> QuerySet[M]:
        """Only the rows of the caller's source; others do not exist for it."""
        return rows if self.source is None else rows.filter(**{path: self.source.pk})


def caller_of(request: Request) -> Caller:
    user = cast(User, request.user)
    token = request.auth if isinstance(request.auth, ApiToken) else None
    roles = with_implied({Role(token.role)}) if token else roles_of(user)
    return Caller(user=user, source=token.source if token else None, roles=roles)
