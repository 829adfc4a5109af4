"""What a person chose and wrote before deciding, kept for that person alone, so that it is there in another browser too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import DataError, connection, transaction

from console.accounts.models import User
from console.common.errors import Invalid
from console.common.rows import row

LARGEST = 64 * 1024
_STRANGE = "It holds what cannot be stored."
_KEEP = """
INSERT INTO cases_draft (case_id, person_id, data, saved_at)
SELECT c.id, %s, %s, clock_timestamp() FROM cases_case c WHERE c.id = %s AND c.state <> 'closed'
ON CONFLICT (case_id, person_id) DO UPDATE SET data = excluded.data, saved_at = excluded.saved_at
"""


def draft_keep(*, case_id: UUID, person: User, data: Mapping[str, Any]) -> None:
    """The newest is kept; of a decided case nothing. Raises Invalid when it is too large to be a draft, or cannot be stored."""
    try:
        text = orjson.dumps(dict(data))
    except TypeError as error:  # half a surrogate pair, a number beyond 64 bits, nesting without end
        raise Invalid({"draft": [_STRANGE]}) from error
    if len(text) > LARGEST:
        raise Invalid({"draft": ["It is too long to be kept on the server."]})
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_KEEP, [person.pk, text.decode(), case_id])
    except DataError as error:  # the NUL character
        raise Invalid({"draft": [_STRANGE]}) from error


def draft_of(*, case_id: UUID, person: User) -> dict[str, Any] | None:
    kept = row("SELECT data FROM cases_draft WHERE case_id = %s AND person_id = %s", [case_id, person.pk])
    found = orjson.loads(kept[0]) if kept else None
    return found if isinstance(found, dict) else None
