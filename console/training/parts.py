"""Divide a frozen snapshot into train, tune and test.

The test decides which model serves, so only labels that can be believed for that get into it: given without a
model's opinion in sight, no known-answer items, nothing of the base data or equal to it, nothing that the serving
model has learnt from. Calibration (tune) takes all of these rules but the last. The newest items are tested
(scoring.training.dataset).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from console.training.groups import Prints
from console.training.leaks import Facts, LeakCheck, leak_checks, leaks_refuse
from console.training.models import ModelVersion
from console.training.selectors import home_path, version_read
from scoring.kind import Kind, Split
from scoring.training.dataset import BadItem, DatasetError, OneClass, TooFewLabels, components, example_from_line, split
from scoring.training.labels import breaks_policy
from scoring.training.seen import fingerprint, read_seen
from scoring.types import Example, Item, Json, PastEvent

TEST_SHARE = TUNE_SHARE = 0.2
TEST_AT_MOST = 0.4  # of the items that may be tested, however few there are
TEST_WANTED = 60  # the comparison refuses to judge by fewer than 50, with 10 of each class
NEED_ITEMS, NEED_EACH = 125, 25  # 40 in 100 of these make such a test
BASE_TIMES = 4.0  # base data weighs at most this many times the labels


@dataclass(frozen=True, slots=True)
class Seen:
    """What a version learnt from: ids of items here, and fingerprints of texts from anywhere."""

    ids: frozenset[str] = frozenset()
    prints: frozenset[str] = frozenset()

    def has(self, kind: Kind, item: Item) -> bool:
        return item.id in self.ids or (bool(self.prints) and fingerprint(kind, item) in self.prints)


NOTHING = Seen()


def line_example(kind: Kind, line: dict[str, Json]) -> Example:
    try:
        example = example_from_line(kind, line)
    except ValueError as error:
        raise BadItem(f"Item {line.get('id')} cannot be read: {' '.join(str(error).split())[:300]}") from error
    past = tuple(
        PastEvent(id=e["id"], at=datetime.fromisoformat(e["at"]), keys=e["keys"], facts=e["facts"]) for e in line.get("past") or ()
    )
    return replace(example, item=replace(example.item, past=past)) if past else example


def make_parts(kind: Kind, lines: Sequence[dict[str, Json]], base: Sequence[Example], *, seen: Seen = NOTHING, seed: int = 0) -> Split:
    return divide(kind, lines, base, seen=seen, seed=seed)[0]


def divide(
    kind: Kind, lines: Sequence[dict[str, Json]], base: Sequence[Example], *, seen: Seen = NOTHING, seed: int = 0,
    prints: Prints | None = None, gold: frozenset[str] = frozenset(),
) -> tuple[Split, list[LeakCheck]]:  # fmt: skip
    """`seen` is what the serving model learnt from, `gold` ids of known answers. Raises DatasetError that says how many labels are
    missing, or what leaks."""
    own = [line_example(kind, line) for line in lines]
    judged = {str(line["id"]) for line in lines if line["exam"]}
    exam = set(judged)
    known = {e.item.id for e in own if seen.has(kind, e.item)}
    basic = Seen(prints=frozenset(fingerprint(kind, e.item) for e in base))
    copied = frozenset(e.item.id for e in own if basic.has(kind, e.item))
    exam -= copied  # trained on twice rather than tested on
    _enough(kind, own, exam, known)
    weight = min(1.0, BASE_TIMES * len(own) / len(base)) if base else 1.0
    examples = [*own, *(replace(e, weight=e.weight * weight) for e in base)]
    groups = components(examples, kind)

    def pick(may: Callable[[str], bool]) -> list[Example]:
        return [examples[i] for group in groups if all(may(examples[j].item.id) for j in group) for i in group]

    pool = pick(lambda name: name in exam and name not in known)
    _both(kind, pool, "that may be tested and share nothing with other items")
    wanted = max(TEST_SHARE * len(own), min(TEST_WANTED, TEST_AT_MOST * len(pool)))
    test = list(split(pool, kind, seed=seed, test=min(0.5, wanted / len(pool)), tune=0.0).test)
    tested = {e.item.id for e in test}
    rest = [e for e in pick(lambda name: name in exam) if e.item.id not in tested]
    _both(kind, rest, "left to calibrate on")
    tune = list(split(rest, kind, seed=seed, test=0.0, tune=min(0.5, TUNE_SHARE * len(own) / len(rest))).tune)
    taken = tested | {e.item.id for e in tune}
    parts = Split(train=[e for e in examples if e.item.id not in taken], tune=tune, test=test)
    checks = leak_checks(
        kind, parts,
        Facts(
            lines=[line for line in lines if "group" in line],  # a frozen file; who gives bare lines says themselves what belongs together
            exam=frozenset(judged), gold=gold, learnt=frozenset(known), basic=copied, prints=prints or {},
            free=frozenset(examples[group[0]].item.id for group in groups if len(group) == 1) & exam - known,
        ),
    )  # fmt: skip
    leaks_refuse(checks)
    for name, part in (("calibrate", parts.tune), ("test", parts.test)):
        _both(kind, part, f"drawn to {name}")
    return parts, checks


def _enough(kind: Kind, own: Sequence[Example], exam: set[str], known: set[str]) -> None:
    usable = [e for e in own if e.item.id in exam and e.item.id not in known]
    breaks = sum(breaks_policy(e) for e in usable)
    missing = [
        f"{NEED_ITEMS - len(usable)} more items" if len(usable) < NEED_ITEMS else "",
        f"{NEED_EACH - breaks} more that break policy" if breaks < NEED_EACH else "",
        f"{NEED_EACH - len(usable) + breaks} more that do not" if len(usable) - breaks < NEED_EACH else "",
    ]
    if any(missing):
        one_sided = len(usable) >= NEED_ITEMS and breaks in (0, len(usable))
        lack = "Labels of one class only" if one_sided else "Too few labels"
        raise (OneClass if one_sided else TooFewLabels)(
            f"{lack} to test a new model: {len(usable)} of {len(own)} labelled {kind.words.many} were judged without a model's "
            f"opinion in sight and are new to the serving model and the base data ({breaks} break policy). "
            f"At least {NEED_ITEMS} are needed, "
            f"{NEED_EACH} of each class; missing: {', '.join(m for m in missing if m)}."
        )


def _both(kind: Kind, examples: Sequence[Example], where: str) -> None:
    if len({breaks_policy(e) for e in examples}) < 2:
        raise OneClass(f"The {len(examples)} {kind.words.many} {where} are all of one class; label some of the other class.")


def parts_record(kind: Kind, parts: Split) -> dict[str, list[str]]:
    """Ids by part, and the fingerprints of what is learnt from: kept beside the snapshot, read again by seen_by()."""
    pairs = (("train", parts.train), ("tune", parts.tune), ("test", parts.test))
    prints = {fingerprint(kind, e.item) for e in (*parts.train, *parts.tune)}
    return {name: [e.item.id for e in part] for name, part in pairs} | {"prints": sorted(prints)}


def seen_by(version: ModelVersion | None) -> Seen:
    """What a version learnt from (was trained or calibrated on), wherever it was trained. Raises ArtifactError, DatasetError."""
    if version is None:
        return NOTHING
    prints = read_seen(version_read(version))
    file = (version.comparison or {}).get("parts_file")
    if not file:
        return Seen(prints=prints)
    path: Path = home_path(str(file))
    if not path.is_file():
        raise DatasetError(f"{path.name} is missing: without it nobody knows what the serving model has learnt from")
    record = json.loads(path.read_text("utf-8"))
    return Seen(ids=frozenset([*record["train"], *record["tune"]]), prints=prints | frozenset(record.get("prints", ())))
