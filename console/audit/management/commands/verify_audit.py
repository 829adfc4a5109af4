"""Check that the audit trail is whole."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.audit.seal import audit_seal, audit_verify


class Command(BaseCommand):
    help = "Verify the hash chain of the audit trail; names the first row that does not hold, and fails then."

    def handle(self, *args: Any, **options: Any) -> None:
        while audit_seal():
            pass
        found = audit_verify()
        if found.broken:
            raise CommandError(
                f"The audit trail does not hold at seal_seq {found.broken.seal_seq} (row {found.broken.row_id}): {found.broken.sentence}. "
                f"{found.rows} rows before it are in order."
            )
        rest = f", {found.unsealed} not sealed yet" if found.unsealed else ""
        self.stdout.write(f"The audit trail holds: {found.rows} rows{rest}, head {found.head}")
