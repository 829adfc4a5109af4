"""Who is signed in, read with their groups by one planned statement: every request of a page asks it."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend

from console.accounts.models import User
from console.accounts.roles import GROUPS_OF, roles_know
from console.common.rows import columns, read, row

_PERSON = f"SELECT {columns(User, 'u')}, ARRAY({GROUPS_OF.format(user='u.id')}) FROM accounts_user u WHERE u.id = %s::bigint"


class PeopleBackend(AuthenticationBackend):  # type: ignore[misc]  # untyped
    def get_user(self, user_id: int) -> User | None:
        found = row(_PERSON, [user_id])
        if found is None:
            return None
        *values, groups = found
        user = read(User, values)
        roles_know(user, groups)
        return user if self.user_can_authenticate(user) else None
