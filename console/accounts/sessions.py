"""Sessions in the database, as Django keeps them; the one row that every request reads is read by a planned statement."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from console.common.rows import first


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        found = first(Session, "WHERE t.session_key = %s AND t.expire_date > clock_timestamp()", [self.session_key])
        if found is None:
            self._session_key = None
        return found
