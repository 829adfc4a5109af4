"""manage.py promote VERSION --by NAME: propose a version, agree to one, or override."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.common.errors import DomainError, Invalid
from console.training.models import ModelVersion
from console.training.selectors import model_version
from console.training.services import model_promote
from console.training.trials import canary_open


class Command(BaseCommand):
    help = (
        "Propose that VERSION (kind@version) serves, or agree to what another person proposed: two people decide what serves. "
        "With --override and --reason one person is enough; that raises an alert. The workers take it at their next batch."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="for example review@20261121-1")
        parser.add_argument("--by", required=True, metavar="NAME", help="who says so: a policy writer or an admin")
        parser.add_argument("--reason", default="")
        parser.add_argument("--in-steps", action="store_true", help="a canary first, from 1 percent of the items to all")
        parser.add_argument("--despite", action="store_true", help="propose a refused version; needs --reason")
        parser.add_argument("--override", action="store_true", help="alone and at once, refused or not; needs --reason and an admin")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = model_version(options["version"])
            way = "in_steps" if options["in_steps"] else "at_once"
            model_promote(
                version=version, user=_person(options["by"], override=options["override"]), reason=options["reason"],
                override=options["override"], way=way, despite=options["despite"],
            )  # fmt: skip
        except Invalid as error:
            raise CommandError("; ".join(text for texts in error.fields.values() for text in texts)) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_said(version))


def _person(name: str, *, override: bool) -> User:
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    if not any(user_has_role(user, role) for role in ((Role.ADMIN,) if override else (Role.POLICY, Role.ADMIN))):
        raise CommandError(f"{name} is not {'an admin' if override else 'a policy writer or an admin'}.")
    return user


def _said(version: ModelVersion) -> str:
    if version.state == ModelVersion.State.CHAMPION:
        return f"{version} serves"
    if (canary := canary_open(version.kind)) is not None and canary.version_id == version.pk:
        return f"{version} decides {canary.share} % now"
    return f"{version} is proposed; another person has to agree"
