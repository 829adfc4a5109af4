"""Quick retraining with the vectors in the cache: seconds at 25,000, 50,000 and 100,000 labels, and how they grow; beside what
anybody would write with scikit-learn (TF-IDF, logistic regression, calibration in four folds), which has no encoder at all."""

from __future__ import annotations

from math import log
from time import perf_counter

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union

from tests.bench.in_retrain import LABELS, Drawn, draw, seconds_of
from tests.bench.result import Result

SIZES = (25_000, 50_000, 100_000)
COMPARED = 25_000


def run(rounds: int) -> list[Result]:
    drawn = draw(max(SIZES))
    took = {size: seconds_of(_first(drawn, size)) for size in SIZES}
    power = np.polyfit([log(size) for size in SIZES], [log(took[size]) for size in SIZES], 1)[0]
    told = ", ".join(f"{size:,}: {took[size]:.0f} s" for size in SIZES)
    some = _first(drawn, COMPARED)
    pairs = [(seconds_of(some), naive_seconds(some)) for _ in range(max(1, rounds // 2))]
    return [
        Result(
            what="retrain quickly, vectors cached", naive_name=f"scikit-learn, n-grams only, at {COMPARED:,}", units=COMPARED,
            ours=[ours for ours, _ in pairs], naive=[naive for _, naive in pairs], note=f"{told}; grows with the power {power:.2f}",
        )
    ]  # fmt: skip


def _first(drawn: Drawn, size: int) -> Drawn:
    return Drawn(drawn.examples[:size], drawn.vectors[:size])


def naive_seconds(drawn: Drawn) -> float:
    texts = [str(e.item.payload["text"]) for e in drawn.examples]
    y = np.array([[e.labels[name] for name in LABELS] for e in drawn.examples])
    started = perf_counter()
    x = make_union(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, max_features=200_000, sublinear_tf=True),
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=200_000, sublinear_tf=True),
    ).fit_transform(texts)
    for place in range(len(LABELS)):
        CalibratedClassifierCV(LogisticRegression(C=2.0, class_weight="balanced", max_iter=300), cv=4).fit(x, y[:, place])
    return perf_counter() - started
