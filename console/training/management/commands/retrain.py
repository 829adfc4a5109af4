"""manage.py retrain KIND: ask for a training run, and watch it."""

from __future__ import annotations

import time
from threading import Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from console.common.errors import DomainError, Invalid
from console.common.jobs import job_cancel
from console.training.models import TrainingRun
from console.training.runs import TASK
from console.training.services import run_cancel, run_execute, run_gave_up, run_request
from scoring.registry import KINDS

ENDED = (TrainingRun.State.DONE, TrainingRun.State.FAILED, TrainingRun.State.CANCELLED)


class Command(BaseCommand):
    help = "Train a new version of KIND from the labels there are. The train worker does the work; --wait shows how it goes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=list(KINDS))
        parser.add_argument("--trainer", default="", help="the kind's first trainer when not given")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--search", type=int, metavar="MINUTES", help="for settings; as the kind's limits say when not given")
        parser.add_argument("--wait", action="store_true", help="stay until the run has ended; Ctrl-C cancels it")
        parser.add_argument("--here", action="store_true", help="do the work in this process, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = run_request(
                kind=options["kind"], trainer=options["trainer"], trigger="command", seed=options["seed"], search_minutes=options["search"]
            )  # fmt: skip
        except Invalid as error:
            raise CommandError("; ".join(text for texts in error.fields.values() for text in texts)) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"run {run.pk}")
        try:
            if options["here"] and run.state == TrainingRun.State.QUEUED:
                raise CommandError(f"Another run of {run.kind} is ahead; this one waits for the train worker.")
            if options["here"]:
                job_cancel(task=TASK, subject=str(run.pk))  # or the worker would do the same again
                Thread(target=self._work, args=[run], daemon=True).start()
            if options["wait"] or options["here"]:
                self._follow(run)
        except KeyboardInterrupt:
            run_cancel(run_id=run.pk, user=None)
            raise CommandError("cancelled") from None

    def _work(self, run: TrainingRun) -> None:
        try:
            run_execute(run.pk)
        except Exception as error:
            run_gave_up(run_id=run.pk, error=str(error))
        finally:
            connections.close_all()

    def _follow(self, run: TrainingRun) -> None:
        """Print the log as it grows. Raises CommandError when the run did not end well."""
        shown = 0
        while True:
            run.refresh_from_db()
            text = run.log[shown:] if len(run.log) >= shown else run.log
            shown = len(run.log)
            for line in text.splitlines():
                self.stdout.write(f"{run.progress:>4.0%} {line}")
            if run.state in ENDED:
                break
            time.sleep(0.5)
        if run.state != TrainingRun.State.DONE or run.model is None:
            raise CommandError(run.error or f"the run is {run.state}")
        self.stdout.write(f"{run.model}: {run.model.state}")
