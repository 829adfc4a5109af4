"""Rules that nearly hold: the same rule with one part left out, or with its numbers a tenth looser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.signals.rule_limits import TOKEN
from scoring.signals.rules import CompiledRule, RuleError, compile_rule
from scoring.types import Json

LOOSER = 0.1
MOST = 8  # variants that are tried on a row
_COMPARED = re.compile(r"(?P<sign>[<>]=?)(?P<space>\s*)(?P<number>-?\d+(?:\.\d+)?)(?![\w.])")


@dataclass(frozen=True, slots=True)
class Variant:
    rule: CompiledRule
    why: str  # what the item lacks when only the variant holds


def variants(expression: str) -> list[Variant]:
    """At most MOST; none for a rule that has neither parts joined by && nor numbers to compare with."""
    found: list[Variant] = []
    loosened = _loosened(expression)
    if loosened != expression:
        _add(found, loosened, "a number is off by less than a tenth")
    parts = conjuncts(expression)
    for i, part in enumerate(parts if len(parts) > 1 else ()):
        _add(found, " && ".join(f"({p})" for j, p in enumerate(parts) if j != i), f"all but: {' '.join(part.split())}")
    return found[:MOST]


def nearly(tried: Sequence[Variant], context: Mapping[str, Json]) -> str:
    """What is missing for the rule to hold, or "" when it is far from it."""
    for variant in tried:
        try:
            if variant.rule.holds(context):
                return variant.why
        except RuleError:
            continue  # with a part left out a rule may ask for what is not there
    return ""


def conjuncts(expression: str) -> list[str]:
    """The parts that && joins outside of brackets; the whole when anything weaker (|| or ?) stands there too."""
    depth, cuts = 0, []
    tokens = [(m.lastgroup, m.group(), m.start()) for m in TOKEN.finditer(expression)]
    for (group, text, start), (_, after, _) in zip(tokens, [*tokens[1:], (None, "", 0)], strict=True):
        if group != "other":
            continue
        depth += (text in "([{") - (text in ")]}")
        if depth == 0 and (text == "?" or (text == after == "|")):
            return [expression]
        if depth == 0 and text == after == "&":
            cuts.append(start)
    edges = [0, *(cut for cut in cuts for cut in (cut, cut + 2)), len(expression)]
    return [expression[a:b].strip() for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _loosened(expression: str) -> str:
    """Numbers after < and > moved by a tenth, outside of texts."""
    whole = [m for m in TOKEN.finditer(expression) if m.lastgroup == "string"]

    def move(match: re.Match[str]) -> str:
        if any(m.start() <= match.start() < m.end() for m in whole):
            return match.group()
        number = float(match["number"])
        moved = number + abs(number) * (LOOSER if match["sign"].startswith("<") else -LOOSER)
        text = f"{moved:.10g}" if "." in match["number"] else str(int(moved))
        return f"{match['sign']}{match['space']}{text if '.' in text or '.' not in match['number'] else text + '.0'}"

    return _COMPARED.sub(move, expression)


def _add(found: list[Variant], expression: str, why: str) -> None:
    try:
        found.append(Variant(compile_rule(expression), why[:200]))
    except RuleError:
        return
