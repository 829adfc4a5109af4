"""Who has a case on the screen, or holds it: real rows with a short life. Whoever goes away is forgotten by the clock."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from console.accounts.models import User
from console.cases.models import Presence
from console.common.rows import rows

PRESENT_SECONDS = 45  # three missed signs of life
_SEEN = """
INSERT INTO cases_presence (case_id, person_id, seen_at) VALUES (%s, %s, clock_timestamp())
ON CONFLICT (case_id, person_id) DO UPDATE SET seen_at = excluded.seen_at
"""
_OTHERS = """
SELECT p.id, p.username, p.first_name, p.last_name FROM accounts_user p JOIN (
    SELECT person_id, seen_at FROM cases_presence WHERE case_id = %(case)s AND seen_at > clock_timestamp() - make_interval(secs => %(secs)s)
    UNION ALL
    SELECT reviewer_id, started_at FROM cases_claim
    WHERE case_id = %(case)s AND state = 'open' AND NOT ahead AND lease_until > clock_timestamp()
) here ON here.person_id = p.id
WHERE p.id <> %(person)s GROUP BY p.id ORDER BY max(here.seen_at) DESC, p.id
"""


def presence_note(*, case_id: UUID, person: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [case_id, person.pk])


def presence_end(*, case_id: UUID, person: User) -> None:
    Presence.objects.filter(case_id=case_id, person=person).delete()


def others_present(*, case_id: UUID, person: User) -> list[User]:
    """Who else has the case on the screen or holds it, latest first."""
    here = rows(_OTHERS, {"case": case_id, "person": person.pk, "secs": PRESENT_SECONDS})
    return [User(id=pk, username=name, first_name=first, last_name=last) for pk, name, first, last in here]
