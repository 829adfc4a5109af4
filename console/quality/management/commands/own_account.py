"""Say which accounts on a platform belong to a reviewer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.accounts.management.commands.create_token import one_line
from console.accounts.models import Source, User
from console.common.errors import DomainError
from console.quality.own import own_account_add, own_account_remove


class Command(BaseCommand):
    help = "Say that ACCOUNT of a source is NAME's own, so that nothing it sent is ever served to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("account")
        parser.add_argument("--source", required=True, metavar="SLUG")
        parser.add_argument("--remove", action="store_true", help="it is not theirs any more")

    def handle(self, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        source = Source.objects.filter(slug=options["source"]).first()
        if user is None or source is None:
            missing = f"user {options['name']!r}" if user is None else f"source {options['source']!r}"
            raise CommandError(f"There is no {missing}.")
        try:
            if options["remove"]:
                own_account_remove(user=user, source=source, actor_id=options["account"])
                self.stdout.write(f"{options['account']} is not {user.username}'s any more.")
                return
            kept = own_account_add(user=user, source=source, actor_id=options["account"])
        except DomainError as error:
            raise CommandError(one_line(error)) from error
        self.stdout.write(f"{options['account']} is {user.username}'s own; {kept} open cases are kept from them.")
