"""Replays of labelled files: kept until they have run, run once in the train lane, and then only what came out is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.backtests.models import OPEN, Replay, State
from console.common.errors import Conflict, Invalid, NotFound
from console.common.jobs import job_cancel, job_put_many
from console.dispatch import ring
from console.training.reading import label_rows
from scoring.kind import Kind
from scoring.registry import KINDS

TASK, LANE = "replay", "train"
ATTEMPTS = 2
LARGEST = 64 * 1024 * 1024  # bytes
LEAST_LINES, MOST_LINES = 60, 60_000
BEGINNING = 20_000  # lines that are looked at while somebody waits
TOLD = 5  # lines that are not right, of those that are
USUAL: Mapping[str, Any] = {"budget": 0.1, "rounds": 8, "start": "nothing", "risk": 0.01, "confidence": 0.95, "delay_days": 0.0, "seed": 0}
BOUNDS = {
    "budget": (0.01, 0.9),
    "rounds": (3, 20),
    "risk": (0.001, 0.2),
    "confidence": (0.8, 0.999),
    "delay_days": (0, 365),
    "seed": (0, 2**31 - 1),
}
STARTS = {
    "nothing": "Nothing: people decide until there is a model",
    "starter": "The starter model",
    "champion": "The model that serves now",
}


def options_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers inside their bounds. Raises Invalid with the field that is not."""
    options, errors = dict(USUAL), {}
    for name, (low, high) in BOUNDS.items():
        text = str(given.get(name, "")).strip()
        if not text:
            continue
        try:
            value = type(USUAL[name])(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            errors[name] = [f"A number from {low:g} to {high:g}."]
        else:
            options[name] = value
    options["start"] = str(given.get("start") or USUAL["start"])
    if options["start"] not in STARTS:
        errors["start"] = ["Choose one from the list."]
    if errors:
        raise Invalid(errors)
    return options


def replay_request(*, kind: str, name: str, chunks: Iterable[bytes], options: Mapping[str, Any], user: User) -> Replay:
    """Keep the file and ask for its replay. Raises Invalid for a file that is too large or holds nothing that can be used."""
    if kind not in KINDS:
        raise Invalid({"kind": [f"There is no kind {kind!r}; there are {', '.join(KINDS)}."]})
    replay = Replay(kind=kind, title=Path(name).name[:200] or "labelled.jsonl", options=options_of(options), requested_by=user)
    suffix = ".csv" if replay.title.lower().endswith(".csv") else ".jsonl"
    path = Path(settings.HOME) / "replays" / f"{replay.pk}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        _keep(path, chunks)
        check_beginning(path, KINDS[kind])
        replay.path = str(path.relative_to(settings.HOME))
        with transaction.atomic():
            if Replay.objects.filter(state__in=OPEN).count() >= ATTEMPTS:
                raise Conflict("Two replays are under way. Cancel one, or wait for one.", code="enough_open")
            replay.save(force_insert=True)
            ids = job_put_many(task=TASK, lane=LANE, subjects=[str(replay.pk)], max_attempts=ATTEMPTS)
            transaction.on_commit(partial(ring, TASK, LANE, ids))
            data = {"kind": kind, "file": replay.title, "options": dict(replay.options)}
            audit_append(actor=f"user:{user.username}", verb="replay.requested", subject=f"replay:{replay.pk}", data=data)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    replay.refresh_from_db()
    return replay


def replay_cancel(*, replay_id: UUID, user: User) -> Replay:
    with transaction.atomic():
        if not Replay.objects.filter(pk=replay_id, state__in=OPEN).update(
            state=State.CANCELLED, finished_at=Now(), error="Cancelled by hand."
        ):
            replay_get(replay_id)
            raise Conflict("This replay has ended already.", code="replay_ended")
        job_cancel(task=TASK, subject=str(replay_id))
        audit_append(actor=f"user:{user.username}", verb="replay.cancelled", subject=f"replay:{replay_id}")
    replay = replay_get(replay_id)
    replay_file(replay).unlink(missing_ok=True)
    return replay


def replay_gave_up(*, replay_id: UUID | str, error: str) -> None:
    sentence = f"It was started {ATTEMPTS} times and stopped each time: {error or 'no reason is known'}"[:500]
    for replay in Replay.objects.filter(pk=replay_id, state__in=OPEN):
        if Replay.objects.filter(pk=replay.pk, state__in=OPEN).update(state=State.FAILED, finished_at=Now(), error=sentence):
            replay_file(replay).unlink(missing_ok=True)
            audit_append(actor="system", verb="replay.failed", subject=f"replay:{replay.pk}", data={"error": sentence})


def replay_get(replay_id: UUID) -> Replay:
    """Raises NotFound."""
    found = Replay.objects.select_related("requested_by").filter(pk=replay_id).first()
    if found is None:
        raise NotFound("There is no such replay.")
    return found


def replays() -> QuerySet[Replay]:
    """Newest first."""
    return Replay.objects.select_related("requested_by").order_by("-pk")


def replay_file(replay: Replay) -> Path:
    return Path(settings.HOME) / replay.path


@dataclass(slots=True)
class Lines:
    """Of a labelled file: what can be used, how many lines cannot, and what is wrong with the first of those."""

    good: list[dict[str, Any]] = field(default_factory=list)
    bad: int = 0
    told: list[str] = field(default_factory=list)


def read_lines(handle: IO[str], path: Path, kind: Kind, *, most: int = MOST_LINES, looks: int | None = None) -> Lines:
    """Up to `most` lines that can be used, out of the first `looks`."""
    lines = Lines()
    for number, row in islice(label_rows(handle, path, kind), looks):
        if isinstance(row, str):
            lines.bad += 1
            lines.told += [f"Line {number}: {row}"] if lines.bad <= TOLD else []
        else:
            lines.good.append(row)
        if len(lines.good) >= most:
            break
    return lines


def check_beginning(path: Path, kind: Kind) -> None:
    """At once, what would only be found in the worker. Raises Invalid with the first lines that are not right."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines = read_lines(handle, path, kind, most=LEAST_LINES, looks=BEGINNING)
    except UnicodeDecodeError as error:
        raise Invalid({"file": ["It is not text in UTF-8."]}) from error
    if len(lines.good) < LEAST_LINES:
        said = lines.told or [f"It holds {len(lines.good)} labelled lines; {LEAST_LINES} is the least."]
        raise Invalid({"file": [sentence[:300] if sentence.endswith(".") else f"{sentence[:300]}." for sentence in said]})


def _keep(path: Path, chunks: Iterable[bytes]) -> None:
    size = 0
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > LARGEST:
                raise Invalid({"file": [f"It is larger than {LARGEST // 1024 // 1024} MB."]})
            file.write(chunk)
