"""Which column of a file is what: said by who brings it, guessed sensibly where nothing was said.

A target is id, created_at, group, conversation, actor, weight, clauses, label (a column that holds the name of the one label that
is 1), label.<name> (a column of yes and no), or a field of the payload, by a path where it lies deeper: messages.0.text. A column in
quotes is a constant: messages.0.sender="them".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from console.common.errors import Invalid
from scoring.kind import Kind
from scoring.policy import read_policy

Row = dict[str, Any]
META = ("id", "created_at", "group", "conversation", "actor", "weight")
OWN = (*META, "clauses", "label")
SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": ("external_id", "uid", "_id", "uuid", "item_id", "row_id", "key"),
    "created_at": ("date", "time", "timestamp", "datetime", "created", "posted_at", "occurred_at"),
    "actor": ("author", "user", "user_id", "author_id", "account", "account_id", "username", "reviewer"),
    "conversation": ("thread", "thread_id", "conversation_id", "dialogue_id"),
    "label": ("class", "category", "target", "y", "tag", "annotation"),
    "text": ("comment", "review", "body", "message", "content", "tweet", "post", "sentence", "comment_text", "review_text"),
}
YES = frozenset({"1", "1.0", "true", "yes", "y", "t"})
NO = frozenset({"0", "0.0", "false", "no", "n", "f"})
_NAME = re.compile(r"[^\x00-\x1f]{1,64}")
_PREFIX = re.compile(r"^(?:is|has|label)[_. ]", re.I)
_SUFFIX = re.compile(r"[_. ](?:label|flag)$", re.I)
_PART = re.compile(r'\s*([\w.\- ]+?)\s*=\s*("[^"]*"|[^,]+?)\s*(?:,|$)')


def mapping_read(text: str) -> dict[str, str]:
    """From "text=comment,label.hate=is_hate" to {target: column}. Raises Invalid."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text.strip()):
        match = _PART.match(text, place)
        if match is None:
            raise Invalid({"map": [f"Write target=column, separated by commas; {text[place:][:40]!r} is not that."]})
        found[match[1]], place = match[2], match.end()
    return found


def mapping_guess(kind: Kind, columns: Sequence[str], sample: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """{target: column} for what can be told from names and the first rows. A column that is named like a target is that target; one
    of yes and no is a label where its name says so: is_spam, spam_flag, or spam alone, where that is a label of the kind."""
    fields, known = set(kind.payload.model_fields), _labels(kind.policy)
    answers = {column for column in columns if _is_yes_or_no([row.get(column) for row in sample])}
    plain = {_plain(column): column for column in reversed(columns)}
    found = {target: plain[target] for target in (*OWN, *sorted(fields)) if target in plain}
    if found.get("label") in answers:  # yes or no to what? Whoever brings the file knows
        del found["label"]
    for target, names in SYNONYMS.items():
        if target not in found and (target in OWN or target in fields):
            taken = {*found.values(), *(answers if target == "label" else ())}
            column = next((plain[name] for name in names if name in plain and plain[name] not in taken), None)
            found |= {target: column} if column else {}
    for column in columns:
        named = _SUFFIX.sub("", _PREFIX.sub("", column))
        told = _plain(named) in known or _PREFIX.match(column)
        if column not in found.values() and (column.lower().startswith("label.") or (told and column in answers)):
            found[f"label.{_plain(named) if _plain(named) in known else named}"] = column
    return found


def _plain(column: str) -> str:
    return re.sub(r"[\s\-]+", "_", column.strip().lower())


@cache
def _labels(policy: Path) -> frozenset[str]:
    document = read_policy(policy)
    return frozenset(label for clause in document.clauses for label in clause.labels)


def _is_yes_or_no(values: Sequence[Any]) -> bool:
    """Most of them: a few odd ones are told as such, row by row, rather than taken for a text."""
    said = [text for value in values if (text := str("" if value is None else value).strip().lower())]
    return bool(said) and sum(text in YES | NO for text in said) * 2 > len(said)


def mapping_check(mapping: Mapping[str, str], columns: Iterable[str]) -> None:
    """Raises Invalid by target: a column that the file does not have, a label without a good name, no label at all."""
    known, errors = set(columns), dict[str, list[str]]()
    for target, column in mapping.items():
        if not _constant(column) and column not in known:
            errors[target] = [f"The file has no column {column!r}; it has {', '.join(sorted(known)[:30])}."]
        if target.startswith("label.") and not _NAME.fullmatch(target[6:]):
            errors[target] = ["A label has a name of 1 to 64 characters."]
    if not any(target == "label" or target.startswith("label.") for target in mapping):
        errors["label"] = ["Say which column holds the label (label=COLUMN), or which says yes and no for one label (label.NAME=COLUMN)."]
    if errors:
        raise Invalid(errors, "The columns do not fit the file.")


def mapped(row: Mapping[str, Any], mapping: Mapping[str, str], number: int, classes: Sequence[str]) -> Row:
    """A labelled line. Columns that nothing names stay in the payload under their own names. Raises ValueError with the reason."""
    line: Row = {"payload": {}, "labels": {}}
    for column, value in row.items():
        if column and column not in mapping.values() and value not in (None, ""):
            line["payload"][column] = value
    for target, column in mapping.items():
        value = column[1:-1] if _constant(column) else row.get(column)
        if value in (None, ""):
            continue
        if target.startswith("label."):
            line["labels"][target[6:]] = truth(value, column)
        elif target == "label":
            line["labels"] |= {name: int(name == str(value).strip()) for name in classes}
        elif target == "weight":
            line["weight"] = float(value)
        elif target in OWN:
            line[target] = value
        else:
            _put(line["payload"], target.split("."), value)
    line["id"] = str(line.get("id", number))
    if actor := line.pop("actor", None):
        line["actor"] = actor if isinstance(actor, dict) else {"id": str(actor)}
    return line


def truth(value: Any, column: str) -> int:
    said = str(value).strip().lower()
    if said in YES:
        return 1
    if said in NO:
        return 0
    raise ValueError(f"{column}: {str(value)[:40]!r} is neither yes nor no (1, 0, true, false, yes, no)")


def _constant(column: str) -> bool:
    return len(column) >= 2 and column[0] == column[-1] == '"'


def _put(payload: Row, path: Sequence[str], value: Any) -> None:
    """At a path of names and places: messages.0.text makes {"messages": [{"text": ...}]}."""
    here: Any = payload
    for part, following in zip(path, [*path[1:], None], strict=True):
        if isinstance(here, list):
            place = int(part) if part.isdecimal() and int(part[:4]) <= len(here) else -1
            if place < 0:
                raise ValueError(f"{'.'.join(path)}: places of a list count from 0 without a gap")
            here.extend([None] * (place + 1 - len(here)))
            key: Any = place
        else:
            key = part
        if following is None:
            here[key] = value
            return
        known = here[key] if isinstance(here, list) else here.get(key)
        if not isinstance(known, dict | list):
            here[key] = [] if following.isdecimal() else {}
        here = here[key]
