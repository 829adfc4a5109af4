"""Which of what waits people look at in a replay: by doubt and by risk in turn, no two that say the same, a part by chance."""

from __future__ import annotations

import random
from collections.abc import Sequence

from scoring.kind import Kind
from scoring.training.dataset import near_key
from scoring.types import Example, Score

DRAWN = 0.3  # of the labels; half of these prove what may be automated


def drawn(examples: Sequence[Example], count: int, rng: random.Random) -> list[Example]:
    """In the order of the examples; each as likely as any other."""
    picks = sorted(rng.sample(range(len(examples)), min(len(examples), max(0, count))))
    return [examples[i] for i in picks]


def chosen(
    kind: Kind, pool: Sequence[tuple[Example, Score | None]], learnt: Sequence[Example], count: int, rng: random.Random
) -> list[Example]:  # fmt: skip
    """Two by doubt, one by risk. What says the same as something that was looked at teaches nothing, so it comes last; what no model
    has scored is taken by chance."""
    order = list(pool)
    rng.shuffle(order)
    scored = [(example, score) for example, score in order if score is not None]
    by_doubt = [example for example, _ in sorted(scored, key=lambda pair: -pair[1].uncertainty)]
    by_risk = [example for example, _ in sorted(scored, key=lambda pair: -_risk(pair[1]))]
    bare = [example for example, score in order if score is None]
    wanted = [*(e for trio in zip(by_doubt[::2], by_doubt[1::2], by_risk, strict=False) for e in trio), *by_doubt, *bare]
    seen = {_key(kind, example) for example in learnt} - {""}
    picked: dict[int, Example] = {}
    for again in (False, True):
        for example in wanted:
            key = _key(kind, example)
            if len(picked) >= count:
                return list(picked.values())
            if id(example) not in picked and (again or key not in seen):
                picked[id(example)] = example
                seen |= {key} if key else set()
    return list(picked.values())


def _key(kind: Kind, example: Example) -> str:
    return near_key(kind.text(example.item.payload)) if kind.text_is_content else ""


def _risk(score: Score) -> float:
    """What could not be scored comes first."""
    return 1.0 if score.risk is None else score.risk
