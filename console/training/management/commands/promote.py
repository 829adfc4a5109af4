"""manage.py promote VERSION: let a version serve."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.common.errors import DomainError, Invalid
from console.training.selectors import model_version
from console.training.services import model_promote


class Command(BaseCommand):
    help = "Let VERSION (kind@version) serve. The workers take it at their next batch."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="for example review@20261121-1")
        parser.add_argument("--reason", default="")
        parser.add_argument("--override", action="store_true", help="promote a refused version; needs --reason")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = model_version(options["version"])
            model_promote(version=version, user=None, reason=options["reason"], override=options["override"])
        except Invalid as error:
            raise CommandError("; ".join(text for texts in error.fields.values() for text in texts)) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} serves")
