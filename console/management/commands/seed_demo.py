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
        parts = "present: people, and items that come now; past: the four weeks before, of a demo that is there"
        parser.add_argument("--only", choices=("present", "past"), help=parts)

    def handle(self, *args: Any, **options: Any) -> None:
        if not seed.is_empty() and not options["again"] and options["only"] != "past":
            raise CommandError("The database is not empty, so no demo was added. Use --again to add it all the same.")
        if options["only"] != "past":
            seed.demo_people()
            count = seed.demo_items(self.stdout.write)
            seed.past_awaited().touch()
            self.stdout.write(f"{count} demo items posted; accounts in {seed.accounts_file()}")
        if options["only"] != "present":
            self._past()

    def _past(self) -> None:
        """Where models score and people decide in this process: it takes longer than all that comes now."""
        people = {user.username: user for user in User.objects.filter(username__in=("rita", "lena", "ada"))}
        if len(people) < 3:
            raise CommandError("There are no demo people whose past it could be.")
        rita, lena, ada = people["rita"], people["lena"], people["ada"]
        count = demo_audited(source_ensure(name="demo"), (rita, ada), lena, ada)
        demo_watched()
        count += demo_checked(source_ensure(name="demo"), rita, ada, lena)
        seed.past_awaited().unlink(missing_ok=True)
        self.stdout.write(f"{count} items of the last four weeks, decided and audited")
