"""Who has a case on the screen: real rows with a short life. Whoever goes away is forgotten by the clock."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from console.accounts.models import User
from console.cases.models import Presence

PRESENT_SECONDS = 45  # three missed signs of life
_SEEN = """
INSERT INTO cases_presence (case_id, person_id, seen_at) VALUES (%s, %s, clock_timestamp())
ON CONFLICT (case_id, person_id) DO UPDATE SET seen_at = excluded.seen_at
"""
_OTHERS = """
SELECT p.id, p.username, p.first_name, p.last_name FROM cases_presence here JOIN accounts_user p ON p.id = here.person_id
WHERE here.case_id = %s AND here.person_id <> %s AND here.seen_at > clock_timestamp() - make_interval(secs => %s)
ORDER BY here.seen_at DESC, p.id
"""


def presence_note(*, case_id: UUID, person: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [case_id, person.pk])


def presence_end(*, case_id: UUID, person: User) -> None:
    Presence.objects.filter(case_id=case_id, person=person).delete()


def others_present(*, case_id: UUID, person: User) -> list[User]:
    """Who else has the case on the screen, latest first."""
    return list(User.objects.raw(_OTHERS, [case_id, person.pk, PRESENT_SECONDS]))
