"""How many labels a well chosen set needs to be as precise as all of them, against drawing at random.

Made-up reviews where nothing is said; a folder with development sets where BENCH_DATA names one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from scoring.choosing import choose
from tests.bench.datasets import load_texts
from tests.bench.in_retrain import draw
from tests.bench.result import Figure

START, STEP, GOAL = 100, 0.02, 0.95
PREVALENCE, MOST = 0.05, 8000


def run(rounds: int) -> list[Figure]:
    return [_measured(name, texts, np.array(y), rounds) for name, texts, y in _sets()]


def _sets() -> Iterator[tuple[str, list[str], list[int]]]:
    if folder := os.environ.get("BENCH_DATA"):
        for name, texts, y in load_texts(Path(folder)):
            yield name, *_at_prevalence(texts, y)
        return
    drawn = draw(MOST)
    texts = [str(e.item.payload["text"]) for e in drawn.examples]
    yield "made-up reviews", texts, [int(e.labels["spam"]) for e in drawn.examples]


def _at_prevalence(texts: Sequence[str], y: Sequence[int]) -> tuple[list[str], list[int]]:
    """As in traffic: the harmful thinned to PREVALENCE."""
    rng = np.random.default_rng(0)
    target = np.array(y)
    harmful, honest = np.flatnonzero(target == 1), np.flatnonzero(target == 0)
    kept = min(len(harmful), round(PREVALENCE / (1 - PREVALENCE) * len(honest)))
    rows = rng.permutation(np.r_[rng.choice(harmful, kept, replace=False), honest])[:MOST]
    return [texts[i] for i in rows], target[rows].tolist()


def _measured(name: str, texts: list[str], y: np.ndarray, rounds: int) -> Figure:
    x = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, max_features=60_000, sublinear_tf=True).fit_transform(texts)
    half = len(texts) // 2
    ours, naive = [], []
    for seed in range(rounds):
        order = np.random.default_rng(seed).permutation(len(texts))
        train, test = order[:half], order[half:]
        ours.append(_share(x, y, train, test, chosen=True, seed=seed))
        naive.append(_share(x, y, train, test, chosen=False, seed=seed))
    note = f"{len(texts):,} texts, {np.mean(y):.0%} harmful, {rounds} seeds; judged by average precision on the half that nobody chose from"
    return Figure(
        what=f"labels that do {GOAL:.0%} as well as all {half:,}: {name}", ours=_told(ours), beside_name="drawn by chance",
        beside=_told(naive), note=note,
    )  # fmt: skip


def _told(shares: Sequence[float]) -> str:
    return f"{median(shares):.0%} ({min(shares):.0%} to {max(shares):.0%})"


def _share(x: object, y: np.ndarray, train: np.ndarray, test: np.ndarray, *, chosen: bool, seed: int) -> float:
    def fit(rows: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=10.0, class_weight="balanced", max_iter=300).fit(x[rows], y[rows])  # type: ignore[index]

    def precision(model: LogisticRegression) -> float:
        return float(average_precision_score(y[test], model.decision_function(x[test])))  # type: ignore[index]

    goal = GOAL * precision(fit(train))
    rng = np.random.default_rng(seed)
    known = rng.choice(train, START, replace=False)
    step = max(20, round(STEP * len(train)))
    while len(known) < len(train):
        left = np.setdiff1d(train, known)
        size = min(step, len(left))
        if len(set(y[known].tolist())) < 2:
            known = np.concatenate([known, rng.choice(left, size, replace=False)])
            continue
        model = fit(known)
        if precision(model) >= goal:
            break
        if chosen:
            chances = model.predict_proba(x[left])[:, 1]  # type: ignore[index]
            more = left[[pick.index for pick in choose(chances, size, random_share=0.1, seed=seed + len(known))]]
        else:
            more = rng.choice(left, size, replace=False)
        known = np.concatenate([known, more])
    return len(known) / len(train)
