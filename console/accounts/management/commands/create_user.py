"""Add a person who signs in to the console."""

from __future__ import annotations

import getpass
import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.accounts.management.commands.create_token import one_line
from console.accounts.roles import PEOPLE, Role
from console.accounts.services import user_create
from console.common.errors import DomainError


class Command(BaseCommand):
    help = "Add a person with a role. Without --password it is asked for, or made up and printed when nobody can be asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", required=True, choices=sorted(role.value for role in PEOPLE))
        parser.add_argument("--password")
        parser.add_argument("--full-name", default="")

    def handle(self, **options: Any) -> None:
        given: str | None = options["password"]
        made_up = given is None and not sys.stdin.isatty()
        password = given if given is not None else secrets.token_urlsafe(12) if made_up else getpass.getpass("Password: ")
        try:
            user = user_create(username=options["name"], role=Role(options["role"]), password=password, full_name=options["full_name"])
        except DomainError as error:
            raise CommandError(one_line(error)) from error
        self.stdout.write(f"{user.username} can sign in as {options['role']}." + (f" Password: {password}" if made_up else ""))
