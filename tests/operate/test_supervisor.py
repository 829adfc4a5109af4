"""The supervisor and its watchdog, with services that do what the test says."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from console.operate import plan, supervisor, watchdog
from console.operate.lock import Occupied, require_port, take_home
from console.operate.processes import spawn, stop
from console.operate.ready import NotReady, wait_until
from console.operate.service import ProcessService
from console.operate.supervisor import Supervisor
from console.operate.watchdog import Watchdog


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(supervisor, "time", clock)
    return clock


@dataclass
class Toy:
    """A service without a process: `dies` ends it."""

    name: str
    starts: int = 0
    stops: int = 0
    process: SimpleNamespace | None = None
    order: list[str] = field(default_factory=list)
    is_store: bool = True

    def start(self) -> None:
        self.starts += 1
        self.process = SimpleNamespace(returncode=None, pid=0, poll=lambda: self.process.returncode)  # type: ignore[union-attr]

    def wait_ready(self) -> None:
        self.order.append(f"{self.name} ready")

    def stop(self) -> None:
        self.stops += 1
        self.order.append(f"{self.name} stopped")
        self.process = None

    def dies(self) -> None:
        assert self.process is not None
        self.process.returncode = -9


def test_it_starts_in_order_and_stops_in_reverse(clock: Clock) -> None:
    order: list[str] = []
    said: list[str] = []
    keeper = Supervisor(said.append)
    for name in ("database", "broker", "web"):
        keeper.start([Toy(name, order=order)])
    keeper.stop()
    assert order == ["database ready", "broker ready", "web ready", "web stopped", "broker stopped", "database stopped"]
    assert said[0] == "database is ready"


def test_it_starts_a_dead_service_again_with_growing_pauses(clock: Clock) -> None:
    said: list[str] = []
    keeper, toy = Supervisor(said.append), Toy("web")
    keeper.start([toy])
    pauses = []
    for _ in range(7):
        toy.dies()
        keeper.tend()
        died, starts = clock.now, toy.starts
        while toy.starts == starts:
            clock.sleep(0.5)
            keeper.tend()
        pauses.append(clock.now - died)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert said[1] == "web stopped (signal SIGKILL); starting it again in 1 s"


def test_it_forgets_the_pauses_after_a_calm_minute(clock: Clock) -> None:
    keeper, toy = Supervisor(lambda _: None), Toy("web")
    keeper.start([toy])
    for _ in range(3):
        toy.dies()
        keeper.tend()
        clock.sleep(40)
        keeper.tend()
    clock.sleep(61)
    toy.dies()
    keeper.tend()
    clock.sleep(1)
    keeper.tend()
    assert toy.starts == 5


def test_it_goes_on_when_one_service_cannot_be_started(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    keeper, toy = Supervisor(said.append), Toy("database")
    keeper.start([toy])
    toy.dies()
    keeper.tend()
    with monkeypatch.context() as patch:
        patch.setattr(toy, "start", lambda: (_ for _ in ()).throw(NotReady("the disk is full")))
        clock.sleep(1)
        keeper.tend()
    assert said[-1] == "database did not start: the disk is full"
    keeper.tend()
    clock.sleep(2)
    keeper.tend()
    assert toy.starts == 2


def _worker(name: str, *lanes: str) -> ProcessService:
    service = ProcessService(name, [], Path("/dev/null"), {}, lambda _: True, lanes=lanes)
    service.process = SimpleNamespace(poll=lambda: None)  # type: ignore[assignment]
    return service


@pytest.fixture
def guarded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A watchdog over two workers whose signs of life the test writes."""
    state = SimpleNamespace(ages={}, busy=set(), waiting=0, restarted=[])
    light, train = _worker("worker:light", "light"), _worker("worker:train", "train")
    keeper = SimpleNamespace(uptime=lambda service: 500.0, restart=lambda service, reason: state.restarted.append((service.name, reason)))
    monkeypatch.setattr(watchdog, "ages", lambda: state.ages)
    monkeypatch.setattr(watchdog, "_busy", lambda: state.busy)
    monkeypatch.setattr(watchdog.dispatch, "waiting", lambda lane: state.waiting)
    state.dog = Watchdog(keeper, [light, train], None, clock=clock.monotonic)  # type: ignore[arg-type]
    return state


def test_it_restarts_a_worker_that_takes_no_messages(guarded: SimpleNamespace) -> None:
    guarded.ages = {"lane:light": 120.0, "lane:train": 3.0}
    guarded.dog.look()
    assert guarded.restarted == [("worker:light", "has taken nothing from light for 90 s")]


@pytest.mark.parametrize(
    "change",
    [
        {"ages": {"lane:light": 20.0, "lane:train": 3.0}},  # alive
        {"busy": {"light"}},  # its canary waits behind a long job
        {"waiting": None},  # the broker is away
        {"ages": {}},  # the database is away
    ],
)
def test_it_leaves_a_worker_alone_that_is_not_to_blame(guarded: SimpleNamespace, change: dict[str, object]) -> None:
    guarded.ages = {"lane:light": 120.0, "lane:train": 3.0}
    vars(guarded).update(change)
    guarded.dog.look()
    assert guarded.restarted == []


def test_it_restarts_a_web_server_that_is_silent_for_long(clock: Clock, guarded: SimpleNamespace) -> None:
    web = ProcessService("web", [], Path("/dev/null"), {}, lambda _: False)
    guarded.dog.web = web
    for _ in range(8):
        guarded.dog.look()
        clock.sleep(10)
    assert [name for name, _ in guarded.restarted] == ["web"]


def test_it_runs_the_workers_that_were_asked_for() -> None:
    assert [service.name for service in plan.worker_services(8000, ["light", "sweep"])] == ["worker:light", "worker:duty"]
    with pytest.raises(ValueError, match="there is no lane night"):
        plan.worker_services(8000, ["light", "night"])


def test_two_supervisors_cannot_have_one_home(tmp_path: Path) -> None:
    with take_home(tmp_path, "http://127.0.0.1:8000"):
        with pytest.raises(Occupied, match=r"runs already from .* \(pid \d+, http://127.0.0.1:8000\)"):
            take_home(tmp_path, "http://127.0.0.1:8001")
    take_home(tmp_path, "http://127.0.0.1:8000").close()


def test_it_says_that_a_port_cannot_be_used() -> None:
    with pytest.raises(Occupied, match="Choose another: PORT=2 make run"):
        require_port("203.0.113.1", 1)


def test_it_stops_waiting_when_the_process_has_ended() -> None:
    with pytest.raises(NotReady, match=r"web stopped while it was starting. See web.log."):
        wait_until(lambda: False, seconds=60, what="web", still_running=lambda: False, hint="See web.log.")


def test_a_child_that_does_not_listen_is_killed_with_its_group(tmp_path: Path) -> None:
    child_of_it = "p = subprocess.Popen(['sleep', '600']); print('up', flush=True); p.wait()"
    deaf = f"import signal, subprocess; signal.signal(15, signal.SIG_IGN); {child_of_it}"
    with (tmp_path / "log").open("wb") as log:
        child = spawn([sys.executable, "-c", deaf], log=log)
    wait_until(lambda: b"up" in (tmp_path / "log").read_bytes(), seconds=30, what="the child", still_running=lambda: child.poll() is None)
    stop(child, seconds=0.2)
    assert child.returncode == -9
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line for line in listed if line.split()[0] == str(child.pid) and "Z" not in line] == []
