"""A result in lines, for the shell: the same figures as the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scoring.backtest.rows import OUTCOMES

WORDS = {"allow": "let through", "review": "to a person", "enforce": "acted on", "none": "not decided"}


def told(result: Mapping[str, Any], *, acts: bool) -> list[str]:
    hits, unique, precision, recall, queue = (result[name] for name in ("hits", "unique", "precision", "recall", "queue"))
    share = f", each with a chance of {result['share']:.3g}" if result["share"] < 1 else ""
    name = "would be acted on" if acts else "match"
    caught = f"Nothing had caught {unique['count']:,} of them."
    lines = [f"{result['judged']:,} items{share}; {hits['count']:,} {name} ({_percent(hits['share'])}). {caught}"]
    if hits["whole"]:
        lines.append(f"In all about {hits['whole']['about']:,} ({hits['whole']['low']:,} to {hits['whole']['high']:,}).")
    lines.append(f"Of {precision['of']:,} labelled hits {precision['right']:,} were harmful ({_range(precision)}).")
    if precision["drawn"]:
        lines.append(f"By {precision['drawn']['of']:,} random checks: {_range(precision['drawn'])}.")
    lines.append(f"Of {recall['of']:,} labelled harmful ones it hits {recall['right']:,} ({_range(recall)}).")
    lines.append(
        f"Cases a day: {queue['was']:,.1f} before, {queue['would']:,.1f} then ({queue['change']:+,.1f}), over {queue['days']} days."
    )
    if result["errors"]:
        lines.append(f"{result['errors']:,} could not be worked out and would go to a person: {result['error']}")
    if result["unscored"]:
        lines.append(f"{result['unscored']:,} have no stored score and were left out.")
    return [*lines, "", *_matrix(result)]


def _matrix(result: Mapping[str, Any]) -> list[str]:
    matrix = result["matrix"]
    columns = [o for o in OUTCOMES if any(matrix[was][o] for was in OUTCOMES)]
    lines = ["decided \\ would".ljust(16) + "".join(WORDS[o].rjust(14) for o in columns)]
    return lines + [
        WORDS[was].ljust(16) + "".join(f"{matrix[was][o]:,}".rjust(14) for o in columns) for was in OUTCOMES if any(matrix[was].values())
    ]


def _range(proof: Mapping[str, Any]) -> str:
    if proof["share"] is None:
        return "not known"
    return f"{_percent(proof['share'])}, {_percent(proof['low'])[:-2]} to {_percent(proof['high'])[:-2]}"


def _percent(share: float | None) -> str:
    value = 100 * (share or 0.0)
    return f"{value:.1f} %" if 0 < value < 10 else f"{value:.0f} %"
