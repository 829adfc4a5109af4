"""The audit trail: append-only in the database, sealed into a chain that names where it was broken."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from console.audit.models import AuditRow
from console.audit.seal import GENESIS, audit_seal, audit_verify
from console.audit.services import Entry, audit_append_many

pytestmark = pytest.mark.django_db


def _write(count: int) -> None:
    rows = [Entry(actor="user:rita", verb="case.claimed", subject=f"case:{n}", data={"n": n, "share": 0.1}) for n in range(count)]
    audit_append_many(rows)


def _force(sql: str) -> None:
    """What somebody with the rights of the database owner could do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditrow DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE audit_auditrow ENABLE TRIGGER USER")


def test_it_seals_rows_into_one_chain() -> None:
    _write(3)
    assert audit_seal() == 3
    _write(2)
    assert audit_seal(limit=1) == 1
    assert audit_seal() == 1
    rows = list(AuditRow.objects.order_by("seal_seq"))
    assert [row.seal_seq for row in rows] == [1, 2, 3, 4, 5]
    assert [row.prev_hash for row in rows] == [GENESIS, *[row.hash for row in rows[:-1]]]
    assert audit_verify().broken is None
    assert audit_seal() == 0


def test_it_says_that_an_untouched_trail_holds() -> None:
    _write(4)
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "The audit trail holds: 4 rows" in out.getvalue()


@pytest.mark.parametrize(
    ("change", "seq", "sentence"),
    [
        ("UPDATE audit_auditrow SET actor = 'user:otto' WHERE seal_seq = 2", 2, "content is not what was sealed"),
        ("UPDATE audit_auditrow SET data = '{\"n\": 7}' WHERE seal_seq = 3", 3, "content is not what was sealed"),
        ("DELETE FROM audit_auditrow WHERE seal_seq = 2", 2, "is missing"),
        ("UPDATE audit_auditrow SET prev_hash = repeat('1', 64) WHERE seal_seq = 4", 4, "does not continue"),
    ],
)
def test_it_names_the_first_row_that_does_not_hold(change: str, seq: int, sentence: str) -> None:
    _write(5)
    audit_seal()
    _force(change)
    broken = audit_verify().broken
    assert broken is not None
    assert broken.seal_seq == seq
    assert sentence in broken.sentence
    with pytest.raises(CommandError, match=f"seal_seq {seq} "):
        call_command("verify_audit")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_auditrow SET actor = 'user:otto'",
        "UPDATE audit_auditrow SET seal_seq = 1, verb = 'case.closed'",
        "UPDATE audit_auditrow SET prev_hash = 'x'",
        "DELETE FROM audit_auditrow",
    ],
)
def test_the_database_refuses_to_change_a_row(change: str) -> None:
    _write(1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_database_refuses_to_seal_a_row_twice() -> None:
    _write(1)
    audit_seal()
    with pytest.raises(IntegrityError, match="only be sealed, once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditrow SET hash = repeat('0', 64)")


def test_the_database_refuses_to_empty_the_trail() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL second_look.audit_reset = 'off'")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_auditrow CASCADE")
