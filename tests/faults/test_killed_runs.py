"""F25: a training run that is killed in any stage goes on from what is safe, and leaves nothing behind but its own result."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from console.operate.processes import is_alive
from tests.console.training_data import contact_rows
from tests.faults.product import Product, descendants, until

pytestmark = [pytest.mark.faults, pytest.mark.soak]
STAGES = ("snapshot", "split", "train", "calibrate", "evaluate", "register")


@pytest.fixture(scope="module")
def labelled(shop: Any) -> Product:
    product: Product = shop.product
    file = product.home / "labels.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in contact_rows(300)))
    product.manage("import_labels", str(file), "--kind", "contact")
    return product


@contextmanager
def train_worker(product: Product, fault: str) -> Iterator[int]:
    with product.worker("train", fault=fault, app="tests.faults.faulty_train_app") as worker:
        yield worker.pid


def ask_for_run(product: Product, seed: int) -> str:
    return product.manage("retrain", "contact", "--seed", str(seed)).split()[1]


def row(product: Product, run: str) -> dict[str, Any]:
    found = product.ask("SELECT row_to_json(r) FROM training_trainingrun r WHERE id = %s", run)[0][0]
    assert isinstance(found, dict)
    return found


def ended(product: Product, run: str) -> dict[str, Any]:
    until(lambda: row(product, run)["state"] in ("done", "failed"), seconds=400, what="the run has ended")
    return row(product, run)


def require_nothing_left(product: Product) -> None:
    """A folder and a list of parts for each version, a file for each snapshot, a run or a model for each snapshot, and no more."""
    versions = {name for (name,) in product.ask("SELECT version FROM training_modelversion WHERE kind = 'contact'")}
    assert names(product.home / "models" / "contact") == versions
    hashes = {name for (name,) in product.ask("SELECT content_hash FROM training_snapshot WHERE kind = 'contact'")}
    expected = {f"{name}.parts.json" for name in trained(product)} | {f"{name}.jsonl" for name in hashes}
    assert names(product.home / "snapshots" / "contact") == expected
    unnamed = "SELECT count(*) FROM training_snapshot s WHERE NOT EXISTS (SELECT 1 FROM training_trainingrun WHERE snapshot_id = s.id)"
    assert product.ask(unnamed) == [(0,)]
    assert product.ask("SELECT count(*) FROM training_modelversion WHERE kind = 'contact' AND state = 'champion'") == [(1,)]


def trained(product: Product) -> set[str]:
    return {name for (name,) in product.ask("SELECT version FROM training_modelversion WHERE kind = 'contact' AND version <> 'starter'")}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_goes_on_after_two_kills_and_gives_up_after_three(labelled: Product) -> None:
    product = labelled
    before = trained(product)
    early = ask_for_run(product, 1)
    with train_worker(product, "snapshot,train"):
        done = ended(product, early)
    assert (done["state"], done["error"]) == ("done", "")
    assert done["log"].count("Started again") == 2
    late = ask_for_run(product, 2)
    with train_worker(product, "evaluate,register"):
        done = ended(product, late)
    assert (done["state"], done["error"]) == ("done", "")
    assert {mark["stage"] for mark in done["marks"] if mark.get("reused")} == {"snapshot", "train"}
    assert done["log"].count("Training with") == 1
    hopeless = ask_for_run(product, 3)
    waits = ask_for_run(product, 4)
    with train_worker(product, "always"):
        gone = ended(product, hopeless)
        assert (gone["state"], gone["failure"]) == ("failed", "killed")
        assert "started 3 times" in gone["error"]
        assert "SIGKILL" in gone["error"]
        until(lambda: row(product, waits)["state"] != "queued", seconds=90, what="the next run has its turn")
        ended(product, waits)
    assert len(trained(product) - before) == 2
    require_nothing_left(product)


def test_it_goes_on_when_the_worker_itself_is_killed(labelled: Product) -> None:
    """Then nobody sees the run's process die with it: the lease runs out, and the sweep rings for another worker."""
    product = labelled
    run = ask_for_run(product, 5)
    with train_worker(product, "hang") as pid:
        until(lambda: row(product, run)["stage"] == "train", seconds=200, what="the run trains")
        below = descendants(pid)
        os.kill(pid, signal.SIGKILL)
        until(lambda: not any(is_alive(child) for child in below), seconds=15, what="its processes went with it")
    with train_worker(product, "none"):
        done = ended(product, run)
    assert (done["state"], done["error"]) == ("done", "")
    assert done["log"].count("Started again") == 1
    require_nothing_left(product)


@pytest.mark.parametrize("stage", STAGES)
def test_it_goes_on_after_a_kill_in_each_stage(stage: str, labelled: Product) -> None:
    run = ask_for_run(labelled, 10 + STAGES.index(stage))
    with train_worker(labelled, stage):
        done = ended(labelled, run)
    assert (done["state"], done["error"]) == ("done", "")
    assert done["log"].count("Started again") == 1
    require_nothing_left(labelled)
