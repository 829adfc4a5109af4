"""The draft editor: fields named by their path in the document, so that an error finds its field and nothing is lost.

What was posted is turned into a raw document, and a raw document (saved, posted or half-broken) into fields.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MODES = (
    ("off", "Off: people decide everything but known content and hard rules"),
    ("demo", "Demo: thresholds act without a certificate"),
    ("certified", "Certified: only thresholds with a certificate act"),
)
OUTCOMES = (("allow", "Allow"), ("review", "Send to a person"), ("enforce", "Enforce"))
SEVERITIES = (("0", "None"), ("1", "Mild"), ("2", "Serious"), ("3", "Severe"))
# name, title, widget; lists are written one a line (lines) or with commas (words)
Spec = tuple[str, str, str]
TOP: tuple[Spec, ...] = (
    ("title", "Title", "text"), ("automation", "Automation", "mode"), ("note", "Note shown beside it", "text"),
    ("actions", "Actions, the first is the default", "words"), ("timed", "Those that can end by themselves", "words"),
    ("asking", "Those that only ask, and conclude nothing", "words"),
    ("figures", "Numbers that the screen reckons with, as name = number, one a line", "pairs"),
    ("match_enforces", "Known content is enforced without a person", "check"),
)  # fmt: skip
PARTS: Mapping[str, tuple[str, tuple[Spec, ...]]] = {
    "thresholds": (
        "Threshold",
        (("label", "Label (risk = any)", "text"), ("allow", "Allow at or below", "number"), ("enforce", "Enforce at or above", "number")),
    ),
    "rules": (
        "Rule",
        (
            ("name", "Name", "text"), ("then", "Then", "outcome"), ("clause", "Clause", "optional"), ("action", "Action", "optional"),
            ("when", "When (CEL)", "code"), ("sentence", "Why, in words", "text"), ("hard", "Holds even where automation is off", "check"),
        ),
    ),
    "clauses": (
        "Clause",
        (
            ("id", "Number", "text"), ("title", "Title", "text"), ("key", "Key", "text"), ("severity", "Severity", "severity"),
            ("labels", "Labels it answers for", "words"), ("action", "Action", "optional"), ("test", "Test, one question", "text"),
            ("text", "Explanation", "area"), ("breaks", "Breaks it, one a line", "lines"), ("keeps", "Keeps it, one a line", "lines"),
        ),
    ),
}  # fmt: skip
BLANK: Mapping[str, Mapping[str, Any]] = {"thresholds": {}, "rules": {"then": "review"}, "clauses": {"severity": "1"}}
MOST = 200  # rows of one part
_CHOICES = {"mode": MODES, "outcome": OUTCOMES, "severity": SEVERITIES}
_WIDE = {"code", "area", "lines", "pairs", "check"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str  # path: "rules.0.when"
    title: str
    widget: str
    value: str
    checked: bool = False
    choices: Sequence[tuple[str, str]] = ()
    errors: Sequence[str] = ()

    @property
    def id(self) -> str:
        return f"f-{self.name.replace('.', '-')}"

    @property
    def wide(self) -> bool:
        return self.widget in _WIDE or self.name.endswith((".test", ".sentence", "note"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    title: str
    path: str  # "" for the head of the document
    fields: Sequence[Field]
    blank: bool = False
    errors: Sequence[str] = ()

    @property
    def wrong(self) -> bool:
        return bool(self.errors) or any(f.errors for f in self.fields)

    @property
    def open(self) -> bool:
        """Long groups stay folded until something in them is wrong; their fields are posted all the same."""
        return self.wrong or (len(self.fields) < 4 and not self.blank)


def groups_of(raw: Mapping[str, Any], errors: Mapping[str, Sequence[str]]) -> dict[str, list[Group]]:
    """Fields of every part, each with one more row to fill in."""
    found = {"top": [Group(title="", path="", fields=_fields(TOP, raw, "", errors))]}
    for part, (title, specs) in PARTS.items():
        rows = [row for row in raw.get(part) or () if isinstance(row, Mapping)]
        groups = []
        for index, row in enumerate([*rows, BLANK[part]]):
            path, blank = f"{part}.{index}", index == len(rows)
            name = f"New {title.lower()}" if blank else f"{title} {row.get('id') or row.get('name') or row.get('label') or index + 1}"
            own = tuple(errors.get(path, ()))
            groups.append(Group(title=name, path=path, fields=_fields(specs, row, f"{path}.", errors), blank=blank, errors=own))
        found[part] = groups
    return found


def _fields(specs: Sequence[Spec], row: Mapping[str, Any], prefix: str, errors: Mapping[str, Sequence[str]]) -> list[Field]:
    fields = []
    for name, title, widget in specs:
        path, value = prefix + name, row.get(name)
        below = [text for where, texts in errors.items() if where == path or where.startswith(f"{path}.") for text in texts]
        fields.append(
            Field(
                name=path,
                title=title,
                widget=widget,
                value=_shown(value, widget),
                checked=bool(value),
                choices=_CHOICES.get(widget, ()),
                errors=below,
            )
        )
    return fields


def _shown(value: Any, widget: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "\n".join(f"{name} = {number:g}" if isinstance(number, float) else f"{name} = {number}" for name, number in value.items())
    if isinstance(value, list | tuple):
        return ("\n" if widget == "lines" else ", ").join(map(str, value))
    return str(value)


def document_from(posted: Mapping[str, str], kind: str) -> dict[str, Any]:
    """A raw document of what was posted: numbers that are no numbers stay as they were written, for the error beside them."""
    document: dict[str, Any] = {"kind": kind, **{name: _read(posted.get(name, ""), widget) for name, _, widget in TOP}}
    for part, (_, specs) in PARTS.items():
        document[part] = [row for index in _indices(posted, part) if (row := _row(posted, f"{part}.{index}.", specs))]
    return document


def _indices(posted: Mapping[str, str], part: str) -> list[int]:
    pattern = re.compile(rf"{part}\.(\d{{1,4}})\.")
    return sorted({int(found[1]) for name in posted if (found := pattern.match(name))})[:MOST]


def _row(posted: Mapping[str, str], prefix: str, specs: Sequence[Spec]) -> dict[str, Any] | None:
    """None for a row that is to be removed, and for the new one when nothing was written into it."""
    if f"{prefix}remove" in posted:
        return None
    written = any(posted.get(prefix + name, "").strip() for name, _, widget in specs if widget not in ("check", *_CHOICES))
    return {name: _read(posted.get(prefix + name, ""), widget) for name, _, widget in specs} if written else None


def _read(text: str, widget: str) -> Any:
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if widget == "check":
        return bool(text)
    if widget == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if widget == "pairs":
        rows = [line.partition("=") for line in text.split("\n") if line.strip()]
        return {name.strip(): _number(value.strip()) for name, _, value in rows}
    if widget == "words":
        return [word.strip() for word in text.split(",") if word.strip()]
    if widget in ("number", "severity"):
        return _number(text)
    return text or None if widget == "optional" else text


def _number(text: str) -> float | int | str | None:
    if not text:
        return None
    try:
        return int(text) if text.isdecimal() else float(text.replace(",", "."))
    except ValueError:
        return text


def errors_elsewhere(errors: Mapping[str, Sequence[str]], groups: Mapping[str, Sequence[Group]]) -> Mapping[str, Sequence[str]]:
    """What belongs to no field on the page: shown at its head."""
    places = defaultdict(list, {path: list(texts) for path, texts in errors.items()})
    for rows in groups.values():
        for group in rows:
            for path in [p for p in places if p == group.path or any(p == f.name or p.startswith(f"{f.name}.") for f in group.fields)]:
                places.pop(path)
    return dict(places)
