"""Rules that people write, in CEL (Common Expression Language): no loops without end, no calls out, no Python.

A rule is checked before it is compiled (size, depth, names, functions, patterns) so that the worst rule which passes
still takes milliseconds. `matches` runs on a linear-time engine. Compiling fails with the position; running fails with
RuleError, which sends the item to a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cel

from scoring.signals.rule_limits import FUNCTIONS, MAX_CONTEXT_VALUES, ROOTS, check_shape
from scoring.types import Item, Json, Score, as_json

_POSITION = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")


class RuleError(Exception):
    """The rule cannot be read, or could not be worked out for this item. `line` and `column` count from 1."""

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to run; safe to share between threads."""

    expression: str
    program: Any

    def holds(self, context: Mapping[str, Json]) -> bool:
        """Work the rule out over `rule_context(...)`. Raises RuleError when it cannot be, or is not true or false."""
        result = _guarded(lambda: self.program.execute(dict(context)), "the rule could not be worked out")
        if not isinstance(result, bool):
            raise RuleError(f"the rule gives {type(result).__name__}, not true or false")
        return result


@lru_cache(maxsize=1024)
def compile_rule(expression: str, more: tuple[str, ...] = ()) -> CompiledRule:
    """Check and compile. `more` names what rule_context() is given beside its own. Raises RuleError with the line and column of
    what is wrong."""
    roots = (*ROOTS, *more)
    bound = check_shape(expression, RuleError)
    program = _guarded(lambda: cel.compile(expression), "the rule cannot be read")
    for name in program.references()["variables"]:
        if name not in roots and name not in bound:
            raise _at(expression, name, f"there is no {name!r} here; there are {', '.join(roots)}")
    for name in program.references()["functions"]:
        if name[:1].isalpha() and name not in FUNCTIONS:
            raise _at(expression, name, f"there is no function {name!r}; there are {', '.join(sorted(FUNCTIONS))}")
    return CompiledRule(expression, program)


def lint(expression: str) -> list[str]:
    """What is wrong with a rule, in sentences; empty when it may be saved."""
    try:
        compile_rule(expression)
    except RuleError as error:
        return [str(error)]
    return []


def rule_context(item: Item, score: Score, more: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """What a rule sees, and `more` by name. Raises RuleError when the item is too large to be worked over in bounded time."""
    context = {
        "item": {
            "id": item.id, "kind": item.kind, "conversation": item.conversation, "past": len(item.past),
            "created_at": item.created_at,
        },
        "payload": as_json(item.payload),
        "actor": as_json(item.actor),
        "score": {"risk": score.risk, "labels": dict(score.labels), "uncertainty": score.uncertainty},
        "signals": as_json(score.signals),
        "reports": item.reports,
        **(more or {}),
    }  # fmt: skip
    if _count(context, MAX_CONTEXT_VALUES) < 0:
        raise RuleError("the item is too large for rules to be worked out on it")
    return context


def _count(value: Json, left: int) -> int:
    """What is left of a budget of values (1,000 characters of text count as one); below 0 when it ran out."""
    left -= 1
    if isinstance(value, str):
        return left - len(value) // 1000
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for child in children:
        if left < 0:
            break
        left = _count(child, left)
    return left


def _guarded(call: Any, what: str) -> Any:
    """Run Rust code: every failure of it, a panic included (it is no Exception), becomes RuleError."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:
        found = _POSITION.search(str(error))
        if found:
            line, column, text = int(found[1]), int(found[2]), found[3].split(" expecting ")[0]
            raise RuleError(f"line {line}, column {column}: {text}", line=line, column=column) from error
        detail = str(error).split(". Check ")[0].splitlines()
        missing = f"there is no {error.args[0]!r}" if isinstance(error, KeyError) and error.args else ""
        raise RuleError(f"{what}: {missing or (detail[0][:300] if detail else type(error).__name__)}") from error


def _at(expression: str, name: str, message: str) -> RuleError:
    found = re.search(rf"\b{re.escape(name)}\b", expression)
    before = expression[: found.start() if found else 0]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return RuleError(f"line {line}, column {column}: {message}", line=line, column=column)
