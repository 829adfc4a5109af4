"""manage.py verify_models: read every file of every model again and compare it with what was registered."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.training.whole import versions_kept, versions_verify
from scoring.registry import KINDS


class Command(BaseCommand):
    help = "Read every file of every model version again. A damaged one scores nothing from then on; the exit status is 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", choices=list(KINDS))

    def handle(self, *args: Any, **options: Any) -> None:
        found = versions_verify(versions_kept(options["kind"]), by_hand=True)
        for one in found:
            self.stdout.write(f"{one.version}  {one.version.state:9}  {one.version.checksum}  {one.error or 'whole'}")
        damaged = [str(one.version) for one in found if one.error]
        if damaged:
            raise CommandError(f"Damaged: {', '.join(damaged)}. Restore their files, or roll back; until then they score nothing.")
        self.stdout.write(f"All {len(found)} versions are whole.")
