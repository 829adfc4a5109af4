"""Processes that die in the middle of training or promoting, for real. They are forked from one that has imported everything."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

HEAVY = ("tests.faults.faulty_train", "tests.faults.dying", "scoring.kinds.contact.training")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the process finds the database and the files of its test."""

    home: Path
    database: str


def nursery() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(HEAVY))
    return context


def train_in(place: Place, stages: tuple[str, ...], run_id: str) -> None:
    _settle_in(place, stages, run_id)
    from console.training.services import run_execute

    run_execute(run_id)


def promote_in(place: Place, stages: tuple[str, ...], run_id: str, by: int) -> None:
    _settle_in(place, stages, run_id)
    from console.accounts.models import User
    from console.training.models import ModelVersion
    from console.training.services import model_promote

    version = ModelVersion.objects.get(runs=run_id)
    model_promote(version=version, user=User.objects.get(pk=by), reason="It was trained on our own records.", override=True)


def _settle_in(place: Place, stages: tuple[str, ...], run_id: str) -> None:
    os.environ.update(FAULT=",".join(stages), FAULT_FILE=str(place.home / "fault"))
    from django.conf import settings
    from django.db import connection

    from tests.faults.faulty_train import arm

    connection.settings_dict["NAME"] = place.database
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = place.home, place.home / "models", place.home / "snapshots"
    arm(stages, run_id)


def exit_code(context: ForkServerContext, work: Callable[..., None], *words: Any) -> int | None:
    process = context.Process(target=work, args=words)
    process.start()
    process.join(60)
    return process.exitcode
