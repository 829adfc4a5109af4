"""manage.py up: the whole product with one command. It starts, watches, restarts and stops everything."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from console.common.embedded import UnsafeFolder
from console.demo import seed
from console.operate import lock, plan
from console.operate.binaries import MissingServer
from console.operate.postgres import Postgres
from console.operate.processes import spawn, stop
from console.operate.ready import NotReady
from console.operate.service import ProcessService, Service
from console.operate.supervisor import Supervisor
from console.operate.valkey import Valkey
from console.operate.watchdog import Watchdog

LANES = "light,heavy,train,deliver,sweep"


class Command(BaseCommand):
    help = "Start Second Look: PostgreSQL, Valkey, web, workers and schedule. Ctrl-C stops everything."
    requires_system_checks: list[str] = []  # the database is not there yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT, or 8000")
        parser.add_argument("--lanes", default=LANES, help=f"which workers to run (default: {LANES})")
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")
        parser.add_argument("--no-encoder", action="store_true", help="leave the text encoder to the first worker that needs it")
        parser.add_argument("--only", choices=["services"], help="PostgreSQL and Valkey alone, for work on the code")

    def handle(self, *args: Any, **options: Any) -> None:
        self._began = time.monotonic()
        address = f"http://{options['host']}:{options['port']}"
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, _interrupt)
        # This process asks the database rarely and forks: it keeps no pool of connections.
        connection.settings_dict["OPTIONS"].pop("pool", None)
        supervisor = Supervisor(self._say)
        try:
            with lock.take_home(Path(settings.HOME), address):
                if not options["only"]:
                    lock.require_port(options["host"], options["port"])
                self._run(supervisor, options, address)
        except KeyboardInterrupt:
            self._say("stopping")
        except (NotReady, MissingServer, UnsafeFolder, lock.Occupied, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        finally:
            for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(signum, signal.SIG_IGN)
            supervisor.stop()

    def _run(self, supervisor: Supervisor, options: dict[str, Any], address: str) -> None:
        home, port = Path(settings.HOME), options["port"]
        workers = plan.worker_services(port, [lane for lane in options["lanes"].split(",") if lane])
        self._say(f"starting from {home}")
        self._hints()
        stores: list[Service] = []
        if settings.EMBEDDED_DATABASE:
            stores.append(Postgres(home))
        if settings.EMBEDDED_REDIS:
            stores.append(Valkey(home))
        supervisor.start(stores)
        web: ProcessService | None = None
        if not options["only"]:
            self._call(port, "prepare", *self._prepare_words(options))
            web = plan.web_service(options["host"], port)
            supervisor.start([web, *workers, *([plan.beat_service(port)] if workers else [])])
            self._demo(port, wanted=not options["no_demo"])
        self._greet(address, services_only=bool(options["only"]))
        # Nobody has to wait for the demo's past: it is made while all is tended already.
        past = self._begin(port, "seed_demo", "--only", "past") if web is not None and seed.past_awaited().exists() else None
        watchdog = Watchdog(supervisor, [] if web is None else workers, web)
        try:
            while True:
                supervisor.tend()
                watchdog.look()
                time.sleep(0.25)
                if past is not None and past.poll():
                    self._say("the demo's past was not added; what it said is above")
                    past = None
        finally:
            if past is not None and past.poll() is None:
                stop(past, signum=signal.SIGTERM, seconds=5)  # the next start goes on with it

    def _call(self, port: int, command: str, *words: str) -> None:
        """Another command in a process of its own: this one stays small."""
        child = self._begin(port, command, *words)
        try:
            code = child.wait()
        except KeyboardInterrupt:
            child.kill()
            child.wait()
            raise
        if code:
            raise NotReady(f"`manage.py {command}` failed; what it said is above.")

    @staticmethod
    def _begin(port: int, command: str, *words: str) -> subprocess.Popen[bytes]:
        sys.stdout.flush()
        line = [sys.executable, str(settings.BASE_DIR / "manage.py"), command, *words]
        return spawn(line, log=None, env=plan.child_env(port))

    @staticmethod
    def _prepare_words(options: dict[str, Any]) -> list[str]:
        return ["--no-encoder"] * options["no_encoder"] + ["--demo"] * (not options["no_demo"])

    def _demo(self, port: int, *, wanted: bool) -> None:
        try:
            empty = seed.is_empty()
        finally:
            connection.close()
        if wanted and empty:
            self._say("adding the demo")
            self._call(port, "seed_demo", "--only", "present")

    def _hints(self) -> None:
        for message in checks.run_checks(tags=["operation"], include_deployment_checks=True):
            self.stdout.write(f"  note: {message.msg} {message.hint or ''}".rstrip())

    def _say(self, sentence: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self._began:5.1f} s] {sentence}")
        self.stdout.flush()

    def _greet(self, address: str, *, services_only: bool) -> None:
        lines = ["", "PostgreSQL and Valkey are running." if services_only else f"Second Look is running at {address}"]
        accounts = seed.accounts_file()
        if not services_only and accounts.exists():
            lines += ["", "Demo accounts (name, role, password):", *[f"  {line}" for line in accounts.read_text("utf-8").splitlines()]]
        lines += ["", "Stop it with Ctrl-C.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


