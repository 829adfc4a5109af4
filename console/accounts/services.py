"""Sources, people and tokens: every change is written together with its audit row."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from console.accounts.models import ApiToken, Source, User
from console.accounts.roles import PEOPLE, WELLBEING, Role, role_group, user_has_role
from console.accounts.selectors import tokens_forget
from console.audit.services import audit_append
from console.common.errors import Conflict, Invalid, NotFound

TOKEN_DAYS = 365
MOST_TOKEN_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """`plain` is shown once; only its hash is kept."""

    token: ApiToken
    plain: str


@transaction.atomic
def source_ensure(*, name: str, actor: str = "system") -> Source:
    """The source of that name, made when it is new. Raises Invalid for a name without a letter or digit."""
    slug = slugify(name)[:64]
    if not slug:
        raise Invalid({"source": ["A source name needs at least one Latin letter or digit."]})
    source, created = Source.objects.get_or_create(slug=slug, defaults={"name": name[:100]})
    if created:
        audit_append(actor=actor, verb="source.created", subject=f"source:{slug}")
    return source


@transaction.atomic
def user_create(
    *, username: str, role: Role, password: str | None = None, full_name: str = "", is_service: bool = False, actor: str = "system"
) -> User:
    """Add a person (or a service account) with one role. Raises Conflict for a taken name, Invalid for a weak password."""
    if role not in PEOPLE and not is_service:
        raise Invalid({"role": ["A person is a moderator, lead, policy or admin; integration is for tokens."]})
    if User.objects.filter(username=username).exists():
        raise Conflict(f"There is a user {username!r} already.", code="user_exists")
    first, _, last = full_name.partition(" ")
    user = User(username=username, is_service=is_service, first_name=first[:150], last_name=last[:150])
    try:
        user.clean_fields(exclude=["password"])
        if password is not None:
            validate_password(password, user)
    except ValidationError as error:
        fields = error.message_dict if hasattr(error, "error_dict") else {"password": error.messages}
        raise Invalid(fields) from error
    user.set_password(password)
    user.save()
    if role in PEOPLE:
        user.groups.add(role_group(role))
    audit_append(actor=actor, verb="user.created", subject=f"user:{username}", data={"role": role.value, "service": is_service})
    return user


@transaction.atomic
def role_give(*, user: User, role: Role, actor: str = "system") -> None:
    user.groups.add(role_group(role))
    audit_append(actor=actor, verb="role.given", subject=f"user:{user.username}", data={"role": role.value})


@transaction.atomic
def role_take(*, user: User, role: Role, actor: str = "system") -> None:
    """Take a role and the tokens that rest on it."""
    user.groups.remove(role_group(role))
    ended, _ = ApiToken.objects.filter(user=user, role=role.value).delete()
    transaction.on_commit(tokens_forget)
    audit_append(actor=actor, verb="role.taken", subject=f"user:{user.username}", data={"role": role.value, "tokens": ended})


@transaction.atomic
def duty_give(*, user: User, actor: str = "system") -> None:
    """The wellbeing duty: to see how much hard content each person had, and nothing of their work."""
    if user.is_service or not user.is_active:
        raise Invalid({"user": ["Only a person who is here can look after others."]})
    user.groups.add(Group.objects.get_or_create(name=WELLBEING)[0])
    audit_append(actor=actor, verb="duty.given", subject=f"user:{user.username}", data={"duty": WELLBEING})


@transaction.atomic
def duty_take(*, user: User, actor: str = "system") -> None:
    user.groups.remove(*Group.objects.filter(name=WELLBEING))
    audit_append(actor=actor, verb="duty.taken", subject=f"user:{user.username}", data={"duty": WELLBEING})


@transaction.atomic
def token_create(
    *, source_name: str, role: Role, username: str | None = None, days: int = TOKEN_DAYS, name: str = "", actor: str = "system"
) -> NewToken:
    """A token for `role`, bound to a source. Claims belong to a reviewer, so each token of a person's role gets a service
    account of its own unless `username` names somebody who has the role."""
    if not 1 <= days <= MOST_TOKEN_DAYS:
        raise Invalid({"days": [f"A token lives 1 to {MOST_TOKEN_DAYS} days."]})
    source = source_ensure(name=source_name, actor=actor)
    user = _named_user(username, role) if username else _service_user(source, role, actor)
    token, plain = ApiToken.objects.create(user, expiry=timedelta(days=days), source=source, role=role.value, name=name[:100])
    audit_append(
        actor=actor, verb="token.created", subject=f"source:{source.slug}", data={"role": role.value, "user": user.username, "days": days}
    )
    return NewToken(token=token, plain=plain)


def _named_user(username: str, role: Role) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise NotFound(f"There is no active user {username!r}.")
    if role in PEOPLE and not user_has_role(user, role):
        raise Conflict(f"{username} does not have the role {role.value}.", code="role_missing")
    return user


def _service_user(source: Source, role: Role, actor: str) -> User:
    if role in PEOPLE:
        return user_create(username=f"{source.slug}-{role.value}-{secrets.token_hex(3)}", role=role, is_service=True, actor=actor)
    username = f"{source.slug}-{role.value}"
    known = User.objects.filter(username=username, is_service=True).first()
    return known or user_create(username=username, role=role, is_service=True, actor=actor)


@transaction.atomic
def token_revoke(*, token: ApiToken, actor: str) -> None:
    audit_append(
        actor=actor, verb="token.revoked", subject=f"source:{token.source.slug}", data={"role": token.role, "key": token.token_key}
    )
    token.delete()
    tokens_forget()
    transaction.on_commit(tokens_forget)  # whoever asked before the commit saw the old row
