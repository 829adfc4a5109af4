"""The embedded PostgreSQL: one server for one home folder, reached over a private socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from console.common import embedded
from console.operate import binaries, reachable, ready
from console.operate.processes import is_alive, spawn, stop

NAME = "second_look"
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "256MB",  # what a million waiting cases are claimed from
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "wal_compression": "off",  # squeezing whole pages made a claim twice as dear after each checkpoint
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2000",
    "autovacuum_vacuum_scale_factor": "0.05",
}
_FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass
class Postgres:
    """`start` leaves a server that answers; `stop` ends it in order. `for_tests` gives durability away for speed."""

    home: Path
    for_tests: bool = False
    name: str = field(default="PostgreSQL", init=False)
    is_store: bool = field(default=True, init=False)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def data(self) -> Path:
        return self.home / "db"

    @property
    def log(self) -> Path:
        return self.home / "log" / "postgres.log"

    def start(self) -> None:
        """Raises MissingServer, NotReady, UnsafeFolder, OSError."""
        user = self._user()
        folder = embedded.make_private_folder(embedded.database_folder(self.home), user[0] if user else os.getuid())
        self.log.parent.mkdir(parents=True, exist_ok=True)
        install = reachable.install_for(binaries.postgres_install(major=self._major()), folder, user)
        if not (self.data / "PG_VERSION").exists():
            self._init(install, user)
        place = reachable.place_for(self.data, user)
        try:
            self._forget_dead_server()
            options = [word for name, value in self._options(folder).items() for word in ("-c", f"{name}={value}")]
            with self.log.open("ab") as log:
                self.process = spawn(
                    [install / "bin" / "postgres", "-D", place.path, *options],
                    log=log,
                    user=user,
                    death_signal=signal.SIGINT,  # a fast shutdown: it rolls back, writes a checkpoint and leaves nothing
                    cwd=Path("/"),
                    pass_fds=place.pass_fds,
                )
        finally:
            place.close()
        self._wait(folder)
        self._ensure_database(folder)

    def wait_ready(self) -> None:
        """`start` has waited already."""

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, signum=signal.SIGINT, seconds=30)
            self.process = None

    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None and _answers(embedded.database_folder(self.home))

    def _user(self) -> tuple[int, int] | None:
        """PostgreSQL refuses to run as root: then it runs as the owner of its data, or as nobody."""
        if os.getuid() != 0:
            return None
        owner = self.data.stat().st_uid if self.data.exists() else 0
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
        return entry.pw_uid, entry.pw_gid

    def _major(self) -> int | None:
        version = self.data / "PG_VERSION"
        return int(version.read_text().strip()) if version.exists() else None

    def _options(self, folder: Path) -> dict[str, str]:
        return {**_SETTINGS, **(_FOR_TESTS if self.for_tests else {}), "unix_socket_directories": str(folder)}

    def _init(self, install: Path, user: tuple[int, int] | None) -> None:
        """Beside its place first: a folder that was left half made by Ctrl-C must never be taken for a database."""
        fresh = self.home / "db.new"
        shutil.rmtree(fresh, ignore_errors=True)
        place = reachable.place_for(fresh, user)
        words = ["-D", place.path, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--data-checksums"]
        with self.log.open("ab") as log:
            command: list[str | Path] = [install / "bin" / "initdb", *words, *(["--no-sync"] if self.for_tests else [])]
            code = spawn(command, log=log, user=user, cwd=Path("/"), pass_fds=place.pass_fds).wait(120)
        place.close()
        if code:
            raise ready.NotReady(f"PostgreSQL could not make its data folder {self.data}; see {self.log}")
        fresh.replace(self.data)

    def _forget_dead_server(self) -> None:
        """A kill leaves postmaster.pid; its number may by now be somebody else's. A live server of ours answers on the socket."""
        stale = self.data / "postmaster.pid"
        if not stale.exists():
            return
        words = stale.read_text().split()
        if words and words[0].isdigit() and is_alive(int(words[0])):
            pid = int(words[0])
            if _is_postgres(pid):
                what = f"the earlier PostgreSQL (pid {pid})"
                ready.wait_until(lambda: not is_alive(pid), seconds=20, what=what, still_running=lambda: True)
        stale.unlink(missing_ok=True)

    def _wait(self, folder: Path) -> None:
        process = self.process
        assert process is not None
        ready.wait_until(
            lambda: _answers(folder),
            seconds=60,
            what="PostgreSQL",
            still_running=lambda: process.poll() is None,
            hint=f"See {self.log}.",
        )

    def _ensure_database(self, folder: Path) -> None:
        with _connect(folder, "template1") as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        with _connect(folder, "postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE ROLE {NAME} LOGIN CREATEDB")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")


def _connect(folder: Path, database: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=str(folder), user="postgres", dbname=database, autocommit=True, connect_timeout=3)


def _answers(folder: Path) -> bool:
    try:
        with _connect(folder, "postgres") as connection:
            return connection.execute("SELECT 1").fetchone() is not None
    except psycopg.OperationalError:
        return False


def _is_postgres(pid: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
