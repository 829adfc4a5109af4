"""JSON lines in and out, and what the commands share: the kind, the model, the context."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scoring.artifacts import Bundle, read_bundle
from scoring.cli.errors import CommandError
from scoring.kind import Kind
from scoring.registry import get_kind
from scoring.starters import starter_bundle
from scoring.training.dataset import DatasetError, item_from_line, read_examples
from scoring.types import Example, Item, Json, RunContext

ERRORS_TOLD = 3


def kind_of(args: argparse.Namespace) -> Kind:
    try:
        return get_kind(args.kind)
    except KeyError as error:
        raise CommandError(str(error.args[0])) from error


def bundle_of(args: argparse.Namespace, kind: Kind) -> Bundle:
    return starter_bundle(kind.name) if args.model is None else read_bundle(args.model, kind=kind.name)


def context_of(args: argparse.Namespace) -> RunContext:
    """Options are NAME=VALUE; a value that is JSON is read as such."""
    options: dict[str, Json] = {}
    for text in args.option:
        name, found, value = text.partition("=")
        if not found or not name:
            raise CommandError(f"--option {text!r} must be NAME=VALUE")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return RunContext(media_root=args.media, seed=args.seed, options=options)


def write_line(value: Mapping[str, Json]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode("utf-8") + "\n")


def say(sentence: str) -> None:
    """Progress and summaries for people go to stderr; stdout is data."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def parse_line(kind: Kind, raw: bytes | str) -> tuple[Item | None, Any, str | None]:
    """(item, id, error): the item or, when the line is bad, its id if one can be read and one line that says what is wrong."""
    name: Any = None
    try:
        line = json.loads(raw, parse_constant=_no_number)
        name = line.get("id") if isinstance(line, dict) else None
        name = name if isinstance(name, str | int) or (isinstance(name, float) and math.isfinite(name)) else None
        return item_from_line(kind, line), name, None
    except ValidationError as error:
        return None, name, payload_error(error)
    except UnicodeDecodeError:
        return None, name, "not UTF-8"
    except json.JSONDecodeError as error:
        return None, name, f"not JSON: {error.msg} at column {error.colno}" if str(error.doc).strip() else "empty line"
    except RecursionError:
        return None, name, "not JSON: nested too deep"
    except (DatasetError, ValueError, TypeError, AttributeError, OverflowError) as error:
        return None, name, str(error)


def _no_number(text: str) -> float:
    """Infinity and NaN, which json.loads would take, are not JSON and cannot be written out again."""
    raise ValueError(f"not JSON: {text} is not a number")


def payload_error(error: ValidationError) -> str:
    """"payload.amount: Field required; payload.ip: ..."."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = []
    for row in found[:ERRORS_TOLD]:
        path = "".join(f".{part}" for part in row["loc"])
        told.append(f"payload{path}: {row['msg'].removeprefix('Value error, ')}")
    return "; ".join(told) + (f"; and {len(found) - ERRORS_TOLD} more" if len(found) > ERRORS_TOLD else "")


def read_history(args: argparse.Namespace, kind: Kind) -> list[Item]:
    """Items of --history; a bad line stops the command, since a past with holes would give wrong scores silently."""
    if args.history is None:
        return []
    items = []
    with open(args.history, "rb") as handle:
        for number, raw in enumerate(handle, 1):
            item, _, error = parse_line(kind, raw)
            if item is None:
                raise CommandError(f"{args.history}: line {number}: {error}")
            items.append(item)
    return items


def read_labelled(path: Path, kind: Kind) -> list[Example]:
    try:
        with path.open(encoding="utf-8") as handle:
            return read_examples(kind, handle)
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: not UTF-8") from error
    except DatasetError as error:
        raise CommandError(f"{path}: {error}") from error


def batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
