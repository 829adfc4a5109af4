"""Take tokens back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.accounts.models import ApiToken
from console.accounts.services import token_revoke


class Command(BaseCommand):
    help = "Take tokens back: one by its first characters, or all of a source, or of a source and a role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("token", nargs="?", help="the token, or its first 15 characters as they are listed")
        parser.add_argument("--source")
        parser.add_argument("--role")

    def handle(self, **options: Any) -> None:
        if not options["token"] and not options["source"]:
            raise CommandError("Name a token or a --source.")
        tokens = ApiToken.objects.select_related("source")
        if options["token"]:
            tokens = tokens.filter(token_key=options["token"][:15])
        for name, path in (("source", "source__slug"), ("role", "role")):
            if options[name]:
                tokens = tokens.filter(**{path: options[name]})
        found = list(tokens)
        if not found:
            raise CommandError("There is no such token.")
        for token in found:
            token_revoke(token=token, actor="system")
        self.stdout.write(f"{len(found)} token{'s' if len(found) != 1 else ''} taken back.")
