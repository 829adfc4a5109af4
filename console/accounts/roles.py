"""Who may do what. Roles of people are Django groups; a token carries one role of its own."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group

from console.common.rows import rows

if TYPE_CHECKING:
    from console.accounts.models import User


class Role(StrEnum):
    INTEGRATION = "integration"  # a platform: posts and reads its own items
    MODERATOR = "moderator"
    LEAD = "lead"
    POLICY = "policy"
    ADMIN = "admin"


WELLBEING = "wellbeing"  # a duty, not a role: a group that no role implies, no token carries, and not even a superuser has by itself
PEOPLE = frozenset({Role.MODERATOR, Role.LEAD, Role.POLICY, Role.ADMIN})  # roles that are groups
_KNOWN = "_roles"  # where they are kept on the object
GROUPS_OF = "SELECT g.name FROM auth_group g JOIN accounts_user_groups m ON m.group_id = g.id WHERE m.user_id = {user}"
_ALSO = {Role.LEAD: frozenset({Role.MODERATOR}), Role.ADMIN: PEOPLE}


def with_implied(roles: set[Role] | frozenset[Role]) -> frozenset[Role]:
    """A lead is a moderator too; an admin is everything that a person can be."""
    return frozenset(roles).union(*(_ALSO.get(role, frozenset()) for role in roles))


def roles_of(user: User | AbstractBaseUser | AnonymousUser) -> frozenset[Role]:
    """Roles of a person by groups, kept on the object: one query for each request, or none where the groups came with the person."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    known: frozenset[Role] | None = getattr(user, _KNOWN, None)
    if known is not None:
        return known
    asks = hasattr(user, "groups") and not getattr(user, "is_superuser", False)
    return roles_know(user, [name for (name,) in rows(GROUPS_OF.format(user="%s"), [user.pk])] if asks else [])


def roles_know(user: User | AbstractBaseUser, groups: Collection[str]) -> frozenset[Role]:
    """Keep on the object what a person may do by these groups."""
    known = PEOPLE if getattr(user, "is_superuser", False) else with_implied({role for role in PEOPLE if role.value in groups})
    setattr(user, _KNOWN, known)
    return known


def user_has_role(user: User | AbstractBaseUser | AnonymousUser, role: Role | str) -> bool:
    return Role(role) in roles_of(user)


def looks_after(user: User | AbstractBaseUser | AnonymousUser) -> bool:
    """Whether this person has the wellbeing duty: asked of the database each time, for it opens what is private."""
    return bool(user.is_authenticated and user.is_active and hasattr(user, "groups") and user.groups.filter(name=WELLBEING).exists())


def role_group(role: Role) -> Group:
    """The group of a role; made again where somebody removed it."""
    return Group.objects.get_or_create(name=role.value)[0]
