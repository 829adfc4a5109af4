"""manage.py index_items: let the search find items that were here before it, and give them their vectors again."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from console.insights.models import ItemVector
from console.insights.search.rows import search_fill
from console.intake.models import Item


class Command(BaseCommand):
    help = (
        "Write the search rows of settled items that have none. Needed once after an upgrade from a version without search; "
        "it may be stopped and started again. --again writes all rows anew, --vectors lets the workers make all vectors anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="forget the rows there are first")
        parser.add_argument("--vectors", action="store_true", help="after another encoder came: make the vectors anew")

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT search_vectors_ensure()")
            if options["again"]:
                cursor.execute("TRUNCATE insights_searchrow")
        if options["vectors"]:
            ItemVector.objects.exclude(encoder="").update(encoder="")
        total = Item.objects.exclude(status=Item.Status.RECEIVED).filter(search_row__isnull=True).count()
        done = search_fill(lambda done: self._tell(done, total))
        sys.stderr.write("\n" if done else "")
        self.stdout.write(f"{done:,} items can be found now." if done else "Every settled item can be found already.")

    def _tell(self, done: int, total: int) -> None:
        sys.stderr.write(f"\r  {done:,} of {total:,} items [{'#' * int(30 * done / max(total, done)):<30}]")
