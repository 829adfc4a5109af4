"""Labelled lines to examples, and examples to a frozen split that nothing straddles.

A group (a thread, an account, a record) and all near-duplicates of a text stay in one part. When enough of the
examples have a time, the test part is the newest, tune the next newest; otherwise parts are drawn by seed.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from scoring.kind import Kind, Split
from scoring.types import Example, Item, Json, as_json

KEY_WORDS_MIN = 3  # texts of fewer words are too common to tie two items together


class DatasetError(ValueError):
    """The data cannot be used; the message says what is wrong and where."""


class TooFewLabels(DatasetError):
    """There are too few to learn from, or to test with."""


class OneClass(DatasetError):
    """All of a part break policy, or none does."""


class BadItem(DatasetError):
    """One item or its labels cannot be read; the message names it."""


def read_time(value: Any) -> datetime | None:
    """An aware time from an ISO 8601 string, None from None; a time without a zone is UTC. Raises DatasetError."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"created_at: {value!r} is not an ISO 8601 time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def item_from_line(kind: Kind, line: Any) -> Item:
    """Raises DatasetError, or pydantic.ValidationError with field paths for the payload."""
    if not isinstance(line, Mapping):
        raise DatasetError("a line must be a JSON object")
    if (named := line.get("kind")) not in (None, kind.name):
        raise DatasetError(f"kind: the line is of kind {named!r}, not {kind.name!r}")
    if "payload" not in line:
        raise DatasetError("payload: missing")
    name = line.get("id")
    if name is None or isinstance(name, bool | list | dict) or not str(name):
        raise DatasetError("id: missing")
    return Item(
        id=str(name), kind=kind.name, payload=kind.parse(line["payload"]), actor=line.get("actor") or {},
        created_at=read_time(line.get("created_at")), conversation=line.get("conversation"), reports=int(line.get("reports") or 0),
        source=str(line.get("platform") or ""),
    )  # fmt: skip


def example_from_line(kind: Kind, line: Any) -> Example:
    """A labelled line to an Example. Raises as item_from_line()."""
    item = item_from_line(kind, line)
    labels = line.get("labels")
    if not isinstance(labels, Mapping) or not labels:
        raise DatasetError("labels: missing")
    if not all(value in (0, 1, True, False) for value in labels.values()):
        raise DatasetError("labels: every value must be 0 or 1")
    group, weight = line.get("group"), line.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight) or weight < 0:
        raise DatasetError(f"weight: {weight!r} is not a number of 0 or more")
    return Example(
        item=item, labels={str(k): int(v) for k, v in labels.items()}, weight=float(weight),
        group=None if group is None else str(group), spans=_spans(line.get("spans")),
    )  # fmt: skip


def _spans(value: Any) -> tuple[tuple[int, int], ...]:
    try:
        return tuple((int(start), int(end)) for start, end in value or ())
    except (TypeError, ValueError) as error:
        raise DatasetError("spans: must be pairs of offsets") from error


def read_examples(kind: Kind, lines: Iterable[str]) -> list[Example]:
    """All labelled lines of a file. Raises DatasetError with the line number on the first that is bad."""
    from pydantic import ValidationError  # noqa: PLC0415 - see scoring.cli: quick start

    examples = []
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            examples.append(example_from_line(kind, json.loads(text)))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise DatasetError(f"line {number}: payload.{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"line {number}: {error}") from error
    if not examples:
        raise DatasetError("there are no labelled lines")
    return examples


def near_key(text: str) -> str:
    """A key that near-duplicates share: compatibility form, case, digits, punctuation and repeats of letters folded away."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = re.sub(r"(\w)\1{2,}", r"\1", re.sub(r"\d+", "0", folded))
    words = re.findall(r"\w+", folded)
    return " ".join(words) if len(words) >= KEY_WORDS_MIN else ""


def components(examples: Sequence[Example], kind: Kind) -> list[list[int]]:
    """Indices of examples that must stay together: same id, group, conversation, payload or near-duplicate text; by appearance."""
    parent = list(range(len(examples)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    seen: dict[tuple[str, str], int] = {}
    for i, example in enumerate(examples):
        for tie in ties(example, kind):
            parent[root(i)] = root(seen.setdefault(tie, i))
    members: dict[int, list[int]] = defaultdict(list)
    for i in range(len(examples)):
        members[root(i)].append(i)
    return list(members.values())


def ties(example: Example, kind: Kind) -> list[tuple[str, str]]:
    """What ties an example to others: id, group, conversation, its text where text is content, and its whole payload in every kind."""
    item = example.item
    found = [("id", item.id)]
    if example.group is not None:
        found.append(("group", example.group))
    if item.conversation:
        found.append(("conversation", item.conversation))
    if kind.text_is_content and (key := near_key(kind.text(item.payload))):
        found.append(("text", key))
    if item.payload:
        found.append(("payload", hashlib.sha256(payload_text(item).encode("utf-8", "surrogatepass")).hexdigest()[:16]))
    return found


def payload_text(item: Item) -> str:
    """The payload as canonical JSON: equal payloads give equal texts."""
    return json.dumps(as_json(item.payload), sort_keys=True, separators=(",", ":"))


def split(examples: Sequence[Example], kind: Kind, *, seed: int = 0, test: float = 0.2, tune: float = 0.2) -> Split:
    """Train, tune and test parts. Raises DatasetError when there are too few examples to make the parts asked for."""
    groups = components(examples, kind)
    asked = 1 + (tune > 0) + (test > 0)
    if len(groups) < asked:
        raise DatasetError(f"{len(examples)} examples in {len(groups)} separate groups are too few to split in {asked}")
    order = _by_time(groups, examples, kind)
    if order is None:
        order = sorted(groups, key=lambda group: examples[group[0]].item.id)
        random.Random(seed).shuffle(order)
        order = _spread_classes(order, examples)
    parts = _fill(order, len(examples), test, tune)
    train, middle, last = ([examples[i] for group in part for i in sorted(group)] for part in parts)
    result = Split(train=train, tune=middle, test=last)
    check_leaks(result, kind)
    return result


def has_times(examples: Sequence[Example], kind: Kind) -> bool:
    """Whether enough of them say when they happened to be divided by time: more than nine in ten, at three moments or more."""
    times = [kind.at(example.item) for example in examples]
    return sum(at is None for at in times) * 10 < len(times) and len({at for at in times if at}) >= 3


def _by_time(groups: list[list[int]], examples: Sequence[Example], kind: Kind) -> list[list[int]] | None:
    """Newest group first (a group is as new as its newest member), or None when a tenth or more have no time."""
    if not has_times(examples, kind):
        return None
    times = [kind.at(example.item) for example in examples]
    start = datetime.min.replace(tzinfo=UTC)
    return sorted(groups, key=lambda group: (max(times[i] or start for i in group), examples[group[0]].item.id), reverse=True)


def _spread_classes(order: list[list[int]], examples: Sequence[Example]) -> list[list[int]]:
    """Keep the order but interleave label patterns evenly, so that each part has its share of a rare class."""
    buckets: dict[tuple[str, ...], list[list[int]]] = defaultdict(list)
    for group in order:
        buckets[tuple(sorted({name for i in group for name, value in examples[i].labels.items() if value}))].append(group)
    placed = [((k + 0.5) / len(bucket), name, group) for name, bucket in sorted(buckets.items()) for k, group in enumerate(bucket)]
    return [group for _, _, group in sorted(placed, key=lambda row: (row[0], row[1]))] if len(buckets) > 1 else order


def _fill(order: list[list[int]], total: int, test: float, tune: float) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
    """Deal groups out in order: test, then tune, the rest train. A group too large for a part goes to train."""
    parts: tuple[list[list[int]], ...] = ([], [], [])
    queue = list(order)
    for part, share in ((2, test), (1, tune)):
        room = max(1.0, share * total)
        left_over = []
        for group in queue if share > 0 else ():
            if len(group) <= room and len(queue) - len(parts[part]) > 1 + (part == 2 and tune > 0):
                parts[part].append(group)
                room -= len(group)
            else:
                left_over.append(group)
        if share > 0:
            if not parts[part]:
                parts[part].append(left_over.pop(left_over.index(min(left_over, key=len))))
            queue = left_over
    return queue, parts[1], parts[2]


def check_leaks(parts: Split, kind: Kind) -> None:
    """Raises DatasetError that names what stands in two parts."""
    owner: dict[tuple[str, str], str] = {}
    for name, part in (("train", parts.train), ("tune", parts.tune), ("test", parts.test)):
        for example in part:
            for tie in ties(example, kind):
                if owner.setdefault(tie, name) != name:
                    raise DatasetError(f"{tie[0]} {tie[1]!r} stands in both {owner[tie]} and {name}")


def snapshot_hash(examples: Iterable[Example]) -> str:
    """sha256 of what the examples say, whatever their order. History (Item.past) is derived, so it is left out."""
    digests = sorted(hashlib.sha256(_canonical(example)).digest() for example in examples)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _canonical(example: Example) -> bytes:
    item = example.item
    content: dict[str, Json] = {
        "id": item.id, "kind": item.kind, "payload": as_json(item.payload), "actor": as_json(item.actor),
        "at": item.created_at.astimezone(UTC).isoformat() if item.created_at else None, "labels": as_json(example.labels),
        "group": example.group, "weight": example.weight, "spans": as_json(example.spans),
    }  # fmt: skip
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
