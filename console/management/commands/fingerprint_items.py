"""manage.py fingerprint_items: let near-duplicates be found among items that were scored before this was kept."""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from console.flow.alike import items_fingerprint
from console.intake.models import Item


class Command(BaseCommand):
    help = "Write the missing fingerprints, oldest item first. It may be stopped and started again, and run beside the workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="items for each transaction (default: 500)")

    def handle(self, *args: Any, **options: Any) -> None:
        missing = Item.objects.exclude(status=Item.Status.RECEIVED).filter(fingerprint=None).count()
        after: UUID | None = None
        written = looked = 0
        while True:
            after, new = items_fingerprint(after=after, limit=options["batch"])
            if after is None:
                break
            written, looked = written + new, looked + options["batch"]
            if sys.stderr.isatty():
                self.stderr.write(f"\r{written} written, {min(1.0, looked / max(1, missing)):.0%}", ending="")
        if sys.stderr.isatty():
            self.stderr.write("")
        self.stdout.write(f"{written} fingerprints written; {missing - written} items have nothing to compare")
