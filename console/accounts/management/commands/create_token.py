"""Make a token. It is printed once, as the last word."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.accounts.roles import Role
from console.accounts.services import TOKEN_DAYS, token_create
from console.common.errors import DomainError, Invalid


class Command(BaseCommand):
    help = "Make a token bound to a source (made when it is new) and a role. The token is the last word printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", required=True, help="name of the platform, e.g. shop")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument("--user", help="act for this person, who must have the role; otherwise a service account is made")
        parser.add_argument("--days", type=int, default=TOKEN_DAYS, help="days until it expires (default %(default)s)")
        parser.add_argument("--name", default="", help="a note to know it by")

    def handle(self, **options: Any) -> None:
        try:
            new = token_create(
                source_name=options["source"],
                role=Role(options["role"]),
                username=options["user"],
                days=options["days"],
                name=options["name"],
            )
        except DomainError as error:
            raise CommandError(one_line(error)) from error
        until = f"{new.token.expiry:%Y-%m-%d}" if new.token.expiry else "for ever"
        self.stdout.write(
            f"Token of {new.token.source.slug} as {new.token.role} ({new.token.user.username}), valid to {until}: {new.plain}"
        )


def one_line(error: DomainError) -> str:
    if isinstance(error, Invalid):
        return "; ".join(f"{path}: {' '.join(sentences)}" for path, sentences in error.fields.items())
    return str(error)
