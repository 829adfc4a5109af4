"""What a rule may be made of: checked on its tokens before the CEL parser sees it, so that its cost is bounded.

CEL has no endless loops, but macros inside macros multiply (100 values, three deep: a million steps) and a pattern
with large counted repeats is compiled anew for each value. Both are refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_BYTES = 4096
MAX_TOKENS = 800
MAX_DEPTH = 32
MAX_PATTERN = 500  # characters of one pattern
MAX_REPEATS = 200  # product of the counted repeats {n,m} of one pattern
MAX_CONTEXT_VALUES = 50_000

ROOTS = ("item", "payload", "actor", "score", "signals", "reports")
MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
FUNCTIONS = MACROS | {
    "has", "size", "contains", "startsWith", "endsWith", "matches", "int", "uint", "double", "string", "timestamp", "duration", "type",
    "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds",
}  # fmt: skip

TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)|(?P<string>[rRbB]{0,2}(?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>\d[\w.]*)|(?P<name>[A-Za-z_]\w*)|(?P<other>\S)""",
    re.VERBOSE,
)
_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def check_shape(expression: str, error: Callable[..., Exception]) -> set[str]:
    """Refuse what is too large or could multiply; returns the names that its macros bind."""
    if len(expression.encode("utf-8", "replace")) > MAX_BYTES:
        raise error(f"the rule is longer than {MAX_BYTES} bytes")
    if not expression.strip():
        raise error("the rule is empty", line=1, column=1)
    tokens = [(m.lastgroup, m.group(), m.start()) for m in TOKEN.finditer(expression) if m.lastgroup != "space"]
    if len(tokens) > MAX_TOKENS:
        raise error(f"the rule has more than {MAX_TOKENS} words and signs")

    def refuse(start: int, message: str) -> Exception:
        line = expression.count("\n", 0, start) + 1
        column = start - expression.rfind("\n", 0, start)
        return error(f"line {line}, column {column}: {message}", line=line, column=column)

    bound: set[str] = set()
    stack: list[bool] = []  # for each open bracket: does it belong to a macro?
    for i, (group, text, start) in enumerate(tokens):
        if group == "name" and text.startswith("__"):
            raise refuse(start, f"a name may not begin with two underscores: {text[:40]!r}")
        if text in _OPEN and group == "other":
            caller = tokens[i - 1][1] if i and tokens[i - 1][0] == "name" and text == "(" else ""
            macro = caller in MACROS and i > 1 and tokens[i - 2][1] == "."
            if macro and any(stack):
                raise refuse(start, f"{caller} may not stand inside another all, exists, map or filter")
            if macro and i + 1 < len(tokens):
                bound.add(tokens[i + 1][1])
            if caller == "matches":
                _check_pattern(tokens, i, refuse)
            stack.append(macro)
            if len(stack) > MAX_DEPTH:
                raise refuse(start, f"brackets are nested more than {MAX_DEPTH} deep")
        elif text in _CLOSE and group == "other" and stack:
            stack.pop()
        elif text == "?" and group == "other" and sum(t[1] == "?" for t in tokens[:i]) >= MAX_DEPTH:
            raise refuse(start, f"more than {MAX_DEPTH} conditions")
    return bound


def _check_pattern(tokens: list[tuple[str | None, str, int]], opened: int, refuse: Callable[[int, str], Exception]) -> None:
    """The pattern is the last argument and must stand there as text, so that it can be bounded."""
    depth, last = 0, opened
    for i in range(opened, len(tokens)):
        depth += (tokens[i][1] in _OPEN) - (tokens[i][1] in _CLOSE) if tokens[i][0] == "other" else 0
        if depth == 0:
            last = i - 1
            break
    group, text, start = tokens[last]
    if group != "string" or tokens[last - 1][1] not in ("(", ","):
        raise refuse(start, "a pattern must be written as text, not worked out")
    if len(text) > MAX_PATTERN:
        raise refuse(start, f"a pattern may have {MAX_PATTERN} characters")
    product = 1
    for low, high in _COUNTED.findall(text):
        product *= max(int(low[:6]), int((high or "0")[:6]), 1)
    if product > MAX_REPEATS:
        raise refuse(start, f"the counted repeats of a pattern may come to {MAX_REPEATS} in all")
