"""manage.py rollback KIND: let the version before serve again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.common.errors import DomainError
from console.training.services import model_rollback
from scoring.registry import KINDS


class Command(BaseCommand):
    help = "Let the version of KIND that served before serve again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=list(KINDS))
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = model_rollback(kind=options["kind"], user=None, reason=options["reason"])
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} serves again")
