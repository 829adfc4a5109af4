"""Let somebody look after the wellbeing of the others, or end it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.accounts.management.commands.create_token import one_line
from console.accounts.models import User
from console.accounts.services import duty_give, duty_take
from console.common.errors import DomainError


class Command(BaseCommand):
    help = "Give a person the wellbeing duty, or take it. Whoever has it sees how much hard content each person had, and no verdict."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--take", action="store_true", help="take the duty away")

    def handle(self, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['name']!r}.")
        try:
            (duty_take if options["take"] else duty_give)(user=user)
        except DomainError as error:
            raise CommandError(one_line(error)) from error
        self.stdout.write(f"{user.username} {'no longer looks' if options['take'] else 'looks'} after the wellbeing of the others.")
