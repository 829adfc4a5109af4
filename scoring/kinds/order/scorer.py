"""Score orders: feature rows, one tabular model, calibrated; reasons are exact contributions to the log-odds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from scoring.artifacts import ArtifactError, Bundle
from scoring.calibration import Calibrator
from scoring.explain.contributions import contribution_evidence
from scoring.kinds.order.counterfactual import variants
from scoring.kinds.order.features import FEATURES, INDEX, feature_row
from scoring.kinds.order.population import FILE, measured
from scoring.kinds.order.wording import feature_name, feature_value
from scoring.signals.tabular import RISK, Array, load_model
from scoring.training.labels import is_benign
from scoring.types import Item, Json, RunContext, Score
from scoring.uncertainty import uncertainty
from scoring.words import in_ten

SHOWN_SIGNALS = (
    "own_orders_24h", "device_users_30d", "card_users_30d", "ip_users_30d", "user_cards_30d", "device_cards_30d", "account_age_days",
)  # fmt: skip
NO_AMOUNT = "The order has no amount that could be read, so it was not scored."
WORTH_SAYING = 0.2  # a counterfactual is looked for from this risk on
EACH_WAY, EACH_WAY_FULL = 5, 15  # reasons for, and as many against


class OrderScorer:
    """Raises ArtifactError when the bundle was trained on other features than this code computes."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.model = load_model(bundle)
        unknown = [name for name in self.model.columns if name not in INDEX]
        if unknown:
            raise ArtifactError(f"{bundle.model} needs features that are not computed here: {', '.join(unknown[:3])}")
        self._order = [INDEX[name] for name in self.model.columns]
        self._straight = self.model.columns == FEATURES
        described = bundle.read_json("model.json")
        self.population = bundle.read_json(FILE) if FILE in bundle.files else {}
        self.calibration = {target: Calibrator.from_json(data) for target, data in described["calibration"].items()}

    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return self._with_counterfactuals(items, self._score(items, each_way=EACH_WAY))

    def explain(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        """With every reason that counts."""
        return self._with_counterfactuals(items, self._score(items, each_way=EACH_WAY_FULL))

    def rows(self, items: Sequence[Item]) -> Array:
        """(n, columns of the model)."""
        rows = np.array([feature_row(item) for item in items], dtype=np.float64).reshape(-1, len(FEATURES))
        return rows if self._straight else rows[:, self._order]

    def risks(self, items: Sequence[Item]) -> Array:
        """(n,) calibrated, without reasons."""
        rows = self.rows(items)
        return self._risks(rows, self.calibration[RISK].apply(self.model.raw(rows)), self._by_label(rows))[0]

    def _by_label(self, rows: Array) -> dict[str, Array]:
        return {t: self.calibration[t].apply(self.model.raw(rows, t)) for t in self.model.targets if t != RISK}

    def _risks(self, rows: Array, overall: Array, by_label: Mapping[str, Array]) -> tuple[Array, list[str]]:
        """((n,) risks, the target that each comes from): an order is as risky as the likeliest of its harms, or as it is overall.

        Each target is calibrated on its own, so a rare harm can be likelier than the overall model says that any is.
        """
        harms = [name for name in by_label if not is_benign(name)]
        table = np.column_stack([overall, *(by_label[name] for name in harms)])
        best = table.argmax(axis=1)
        return table[np.arange(len(rows)), best], [(RISK, *harms)[i] for i in best]

    def _score(self, items: Sequence[Item], each_way: int) -> list[Score]:
        if not items:
            return []
        rows = self.rows(items)
        shares = self.model.contributions(rows)
        by_label = self._by_label(rows)
        risks, sources = self._risks(rows, self.calibration[RISK].apply(shares.sum(axis=1)), by_label)
        for target in {*sources} - {RISK}:  # the reasons are those of the target that the risk comes from
            chosen = [i for i, source in enumerate(sources) if source == target]
            shares[chosen] = self.model.contributions(rows[chosen], target)
        return [
            self._one(rows[i], shares[i], float(risks[i]), {t: float(p[i]) for t, p in by_label.items()}, sources[i], each_way)
            if _sayable(item) else self._unscored()
            for i, item in enumerate(items)
        ]  # fmt: skip

    def _one(self, row: Array, shares: Array, risk: float, by_label: Mapping[str, float], source: str, each_way: int) -> Score:
        values: list[float] = row.tolist()
        weights: list[float] = shares[:-1].tolist()
        labels = self._labels(risk, by_label)
        evidence = contribution_evidence(self.model.columns, values, weights, name=feature_name, value=feature_value, each_way=each_way)
        evidence = tuple(replace(e, label=source) for e in evidence)
        return Score(
            risk=risk, labels=labels, uncertainty=uncertainty(risk, labels), evidence=evidence, signals=self._signals(values),
            model=self.bundle.model, extra=self._extra(values),
        )  # fmt: skip

    def _labels(self, risk: float, by_label: Mapping[str, float]) -> dict[str, float]:
        """In the words of the training data: a benign label is what is left of the risk, an only harmful one is the risk."""
        harms = [name for name in self.bundle.labels if not is_benign(name)]
        found = {}
        for name in self.bundle.labels:
            if is_benign(name):
                found[name] = 1.0 - risk
            elif name in by_label:
                found[name] = by_label[name]
            elif len(harms) == 1:
                found[name] = risk
        return found

    def _signals(self, values: Sequence[float]) -> dict[str, Json]:
        known = dict(zip(self.model.columns, values, strict=True))
        return {name: round(known[name], 4) for name in SHOWN_SIGNALS if name in known and known[name] == known[name]}

    def _extra(self, values: Sequence[float]) -> dict[str, Json]:
        found = measured(self.population, dict(zip(self.model.columns, values, strict=True)))
        return {"measured": found} if found else {}

    def _unscored(self) -> Score:
        return Score(risk=None, model=self.bundle.model, errors={"model": NO_AMOUNT})

    def _with_counterfactuals(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        """`extra.counterfactual`: the one change that would lower the risk most, tested by scoring all changes again, in one batch."""
        asked = [(i, variants(items[i])) for i, score in enumerate(scores) if score.risk is not None and score.risk >= WORTH_SAYING]
        risks = self.risks([changed for _, changes in asked for _, changed in changes]) if any(changes for _, changes in asked) else ()
        found, start = list(scores), 0
        for i, changes in asked:
            mine, start = risks[start : start + len(changes)], start + len(changes)
            if len(mine):
                best = int(np.argmin(mine))
                found[i] = _told(found[i], changes[best][0], float(mine[best]))
        return found


def _told(score: Score, condition: str, lower: float) -> Score:
    """Only what changes the figure that a person reads."""
    now, then = in_ten(score.risk or 0.0), in_ten(lower)
    if now == then or lower >= (score.risk or 0.0):
        return score
    sentence = f"{condition}, {then} like this would be fraud instead of {now}."
    return replace(score, extra={**score.extra, "counterfactual": {"sentence": sentence, "risk": round(lower, 6)}})


def _sayable(item: Item) -> bool:
    payload = item.payload
    return isinstance(payload.get("amount"), int | float) and payload.get("amount") == payload.get("amount")
