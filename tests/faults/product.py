"""A whole installation of its own for the fault tests: real processes, real PostgreSQL and Valkey, killed for real."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from console.common import embedded
from console.operate.processes import is_alive, spawn, stop

ROOT = Path(__file__).resolve().parent.parent.parent
SETTLED = "('decided', 'in_review')"


def until(is_so: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Poll a condition to a deadline; the failure says what was waited for."""
    end = time.monotonic() + seconds
    while True:
        if found := is_so():
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def descendants(pid: int) -> set[int]:
    """Every process below this one, found through /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = set(), [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found.update(below)
        todo += below
    return found


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


class Product:
    """`manage.py up` on a fresh home folder; `database_url` when the test keeps the database itself."""

    def __init__(self, *, database_url: str = "", **settings: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="second-look-fault-"))
        self.home.chmod(0o755)  # PostgreSQL may run as another user
        self.port = free_port()
        mine = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "DISPATCH_BACKEND")}
        given = {"DATABASE_URL": database_url} if database_url else {}
        self.env = {
            **mine, **given, **settings, "SECOND_LOOK_HOME": str(self.home), "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "console.settings", "WEB_WORKERS": "1",
        }  # fmt: skip
        self.database_url = database_url or embedded.database_url(self.home)
        self.up: subprocess.Popen[bytes] | None = None
        self.said = self.home / "up.log"

    def start(self, *options: str) -> None:
        words = [sys.executable, ROOT / "manage.py", "up", "--no-demo", "--no-encoder", *options]
        with self.said.open("wb") as log:
            self.up = spawn(words, log=log, env=self.env, cwd=ROOT)
        until(lambda: "Stop it with Ctrl-C" in self.output() or not self.is_running(), seconds=180, what="manage.py up is ready")
        assert self.is_running(), self.output()

    def stop(self) -> None:
        if self.up is not None:
            stop(self.up, signum=signal.SIGINT, seconds=60)

    def remove(self) -> None:
        for folder in (self.home, embedded.socket_folder(self.home), embedded.database_folder(self.home)):
            shutil.rmtree(folder, ignore_errors=True)

    def is_running(self) -> bool:
        return self.up is not None and self.up.poll() is None

    def output(self) -> str:
        return self.said.read_text()

    def manage(self, *words: str) -> str:
        line = [sys.executable, ROOT / "manage.py", *words]
        done = subprocess.run(line, env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def post(self, names: Sequence[str]) -> None:
        """Contacts with these external ids, through the pipeline's own door."""
        file = self.home / "items.jsonl"
        file.write_text("".join(json.dumps(contact(name)) + "\n" for name in names))
        self.manage("import_items", str(file), "--source", "shop")

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def settled(self, prefix: str) -> int:
        return int(self.ask(f"SELECT count(*) FROM intake_item WHERE external_id LIKE %s AND status IN {SETTLED}", prefix + "%")[0][0])

    def require_whole(self, prefix: str, count: int) -> None:
        """Nothing lost and nothing twice: one score and one decision for each, a case for each that waits for a person."""
        rows = self.ask(
            """
            SELECT i.status, (SELECT count(*) FROM scores_score s WHERE s.item_id = i.id),
                   (SELECT count(*) FROM scores_decision d WHERE d.item_id = i.id),
                   (SELECT count(*) FROM cases_case c WHERE c.item_id = i.id)
            FROM intake_item i WHERE i.external_id LIKE %s
            """,
            prefix + "%",
        )
        assert len(rows) == count
        assert {row[1:] for row in rows if row[0] == "in_review"} <= {(1, 1, 1)}
        assert {row[1:] for row in rows if row[0] == "decided"} <= {(1, 1, 0)}
        assert {row[0] for row in rows} <= {"decided", "in_review"}

    def require_true_trail(self) -> None:
        """Once, when everything was done to it: the trail is one for all."""
        verified = self.manage("verify_audit")
        assert re.search(r"The audit trail holds: \d+ rows", verified)

    def valkey(self) -> redis.Redis:
        return redis.Redis.from_url(embedded.redis_url(self.home), socket_timeout=5)

    def child(self, words: str) -> int:
        """The pid of the supervisor's own child whose command holds these words."""
        assert self.up is not None
        for pid in sorted(descendants(self.up.pid)):
            if words in command_of(pid) and _parent(pid) == self.up.pid and is_alive(pid):
                return pid
        return 0

    def light_worker(
        self, *, fault: str = "", app: str = "tests.faults.faulty_app"
    ) -> AbstractContextManager[subprocess.Popen[bytes]]:  # fmt: skip
        """A worker of the light lane that the test may do to as it likes."""
        return self.worker("light", fault=fault, app=app)

    @contextmanager
    def worker(self, lane: str, *, fault: str, app: str) -> Iterator[subprocess.Popen[bytes]]:
        words = ["--app", app, "worker", "--queues", lane, "--concurrency", "1", "--hostname", f"test-{fault}@%h"]
        more = ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        environment = {**self.env, "FAULT": fault, "FAULT_FILE": str(self.home / "fault"), "OMP_NUM_THREADS": "1"}
        for name in ("fault", "fault-passed"):
            (self.home / name).unlink(missing_ok=True)
        file = self.home / "log" / "test-worker.log"
        with file.open("wb") as log:
            process = spawn([sys.executable, "-m", "celery", *words, *more], log=log, env=environment, cwd=ROOT)
        try:
            yield process
        except AssertionError as error:
            error.add_note(file.read_text()[-4000:])
            raise
        finally:
            stop(process, seconds=10)


def contact(name: str) -> dict[str, Any]:
    payload = {"name": "Rita Ray", "email": f"{name.lower()}@example.org", "company": "Ray and Sons", "phone": "+44 20 7946 0958"}
    return {"kind": "contact", "external_id": name, "payload": payload, "actor": {"id": "crm"}}


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0
