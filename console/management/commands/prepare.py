"""manage.py prepare: bring database, static files, encoder and starter models up to date. Doing it again costs a second."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from console.automation.plans import audit_plans_ensure_defaults
from console.cases.services import queue_ensure_defaults
from console.flow.alike import fingerprints_missing
from console.insights.search.rows import missing_after
from console.policies.services import policy_ensure_defaults
from console.quality.plans import plans_ensure_defaults
from console.training.services import model_ensure_starters


class Command(BaseCommand):
    help = "Migrate the database, collect the static files, export the text encoder, register starter models and default policies."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-encoder", action="store_true", help="leave the text encoder to the first worker that needs it")
        parser.add_argument("--no-static", action="store_true")
        parser.add_argument("--demo", action="store_true", help="let the default policies automate, as the demo shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        self._migrate()
        if not options["no_static"]:
            self._collect_static()
        queue_ensure_defaults()
        plans_ensure_defaults()
        audit_plans_ensure_defaults()
        # Nothing is certified on a new installation, so its policies leave everything but known content and hard rules to people.
        for kind in policy_ensure_defaults(automation=options["demo"]):
            which = "the demo one" if options["demo"] else "one that leaves the rest to people"
            self.stdout.write(f"  policy for {kind}: {which} is active")
        if not options["no_encoder"]:
            self._encoder()
        for model in model_ensure_starters():
            self.stdout.write(f"  model {model}: the starter serves")
        with connection.cursor() as cursor:
            cursor.execute("SELECT search_vectors_ensure()")  # pgvector may have come since the migration
        if missing_after(None, limit=1):
            self.stdout.write("  search: older items cannot be found by their words yet; run manage.py index_items once")
        if fingerprints_missing():
            self.stdout.write("  batches: older items do not count as near-duplicates yet; run manage.py fingerprint_items once")

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not plan:
            return
        self.stdout.write(f"  database: {len(plan)} migrations ...")
        began = time.monotonic()
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"  database: migrated ({time.monotonic() - began:.1f} s)")

    def _collect_static(self) -> None:
        """Only when a file has changed: the copy takes a second or two."""
        digest = hashlib.sha256()
        for finder in get_finders():
            for path, storage in finder.list([]):
                file = Path(storage.path(path))
                digest.update(f"{path} {file.stat().st_mtime_ns} {file.stat().st_size}\n".encode())
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(digest.hexdigest())
        self.stdout.write("  static files: collected")

    def _encoder(self) -> None:
        from scoring.signals.encoder_source import EncoderError  # noqa: PLC0415 - numeric libraries, only here
        from scoring.signals.text_encoder import ensure_encoder  # noqa: PLC0415

        last = ""

        def progress(share: float, sentence: str) -> None:
            nonlocal last
            if sentence != last or sys.stdout.isatty():
                self.stdout.write(f"  encoder: {share:4.0%} {sentence}")
            last = sentence

        try:
            ensure_encoder(progress)
        except EncoderError as error:
            raise CommandError(f"The text encoder cannot be prepared: {error}") from error
