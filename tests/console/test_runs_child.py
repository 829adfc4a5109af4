"""A run in a process of its own: it can be stopped at any moment, its limits hold, and its death is put in words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from console.training import child
from console.training.limits import limits_change
from console.training.models import TrainingRun
from console.training.runs import run_cancel, run_request
from console.training.workshop import workshop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


@pytest.fixture
def run() -> TrainingRun:
    run = run_request(kind="contact")
    TrainingRun.objects.filter(pk=run.pk).update(state="running", started_at=Now(), stage="train")
    (workshop(run) / "half").mkdir(parents=True)
    return run


def does(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """What the process of the run does instead."""
    monkeypatch.setattr(child, "COMMAND", ("-c", code))
    monkeypatch.setattr(child, "LOOK_SECONDS", 0.05)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.kill(os.getpid(), 9)", "its process was ended by SIGKILL, most often because the machine ran out of memory"),
        ("raise SystemExit(3)", "its process ended with code 3"),
    ],
)
def test_a_death_is_told_so_that_the_job_is_tried_again(code: str, said: str, run: TrainingRun, monkeypatch: pytest.MonkeyPatch) -> None:
    does(monkeypatch, code)
    assert child.run_in_child(run.pk) == said
    run.refresh_from_db()
    assert run.state == "running"


def test_a_library_that_gets_no_memory_ends_the_run(run: TrainingRun, monkeypatch: pytest.MonkeyPatch) -> None:
    does(monkeypatch, "import os; os.abort()")
    assert child.run_in_child(run.pk) == ""
    run.refresh_from_db()
    assert (run.state, run.failure) == ("failed", "memory")
    assert not workshop(run).exists()


def test_a_run_that_does_not_end_itself_is_stopped_when_its_time_is_over(run: TrainingRun, monkeypatch: pytest.MonkeyPatch) -> None:
    does(monkeypatch, "import threading; threading.Event().wait()")
    limits_change(kind="contact", user=None, minutes=1)
    monkeypatch.setattr(child, "GRACE_SECONDS", -60.0)
    assert child.run_in_child(run.pk) == ""
    run.refresh_from_db()
    assert (run.failure, run.error) == ("time", "It was stopped after 1 minute, the limit for runs of this kind.")
    assert not workshop(run).exists()


def test_a_run_that_is_cancelled_is_stopped_at_once(run: TrainingRun, monkeypatch: pytest.MonkeyPatch) -> None:
    does(monkeypatch, "import threading; threading.Event().wait()")
    started: list[subprocess.Popen[bytes]] = []
    real = child.spawn

    def spawn(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(real(*args, **options))
        run_cancel(run_id=run.pk, user=None)
        return started[0]

    monkeypatch.setattr(child, "spawn", spawn)
    assert child.run_in_child(run.pk) == ""
    assert started[0].returncode == -signal.SIGKILL
    assert not workshop(run).exists()


def test_the_process_is_given_the_threads_of_the_limits(run: TrainingRun, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    limits_change(kind="contact", user=None, threads=3)
    does(monkeypatch, f"import os; open({str(folder / 'said')!r}, 'w').write(os.environ['OMP_NUM_THREADS'])")
    assert child.run_in_child(run.pk) == "its process ended with code 0"  # and said nothing of the run
    assert (folder / "said").read_text() == "3"


def test_a_run_that_has_ended_starts_no_process(run: TrainingRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run_cancel(run_id=run.pk, user=None)
    monkeypatch.setattr(child, "spawn", None)
    assert child.run_in_child(run.pk) == ""


def test_past_its_memory_an_allocation_fails_and_not_the_machine() -> None:
    code = (
        "import os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tests.settings'); import django; django.setup();"
        "from console.training.caps import cap_memory; from console.training.models import RunLimits;"
        "cap_memory(RunLimits(kind='contact', memory_mb=64)); keep = bytearray(16 * 2**20); print('small');"
        "\ntry: bytearray(256 * 2**20)\nexcept MemoryError: print('refused')"
    )
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60, check=False, env=os.environ)
    assert done.stdout.split() == ["small", "refused"], done.stderr
