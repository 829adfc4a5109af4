"""manage.py seed_demo: demo people and items of all five kinds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.accounts.models import User
from console.accounts.services import source_ensure
from console.demo import seed
from console.demo.audited import demo_audited
from console.demo.checked import demo_checked
from console.demo.watched import demo_watched


class Command(BaseCommand):
    help = "Add the demo people and demo items of all five kinds. On a database that is in use it asks for --again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="also on a database that has items or people")

    def handle(self, *args: Any, **options: Any) -> None:
        if not seed.is_empty() and not options["again"]:
            raise CommandError("The database is not empty, so no demo was added. Use --again to add it all the same.")
        seed.demo_people()
        rita, lena, ada = (User.objects.get(username=name) for name in ("rita", "lena", "ada"))
        self.stdout.write("looking back on four weeks of audits")
        count = demo_audited(source_ensure(name="demo"), (rita, ada), lena, ada)
        demo_watched()
        count += seed.demo_items(self.stdout.write)
        count += demo_checked(source_ensure(name="demo"), rita, ada, lena)
        self.stdout.write(f"{count} demo items posted; accounts in {seed.accounts_file()}")
