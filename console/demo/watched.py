"""Two weeks of what a model saw, so that insights and alerts have something to show. The figures are invented; how they are compared,
raised and cleared is not. The next model begins with a reference of its own. How groups fare is read of what the demo's people audited."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from console.alerts.models import Alert
from console.common.clock import db_now
from console.flow.slices import slices_watch
from console.training.models import ModelVersion
from console.training.selectors import champion, champion_bundle
from console.watch.drift import Figures, Window, alerts_follow, readings_take, references_keep
from console.watch.models import DriftReference

KIND = "review"
DAYS, FIRST, LATER = 14, 500, 260
LONG = (9, 8)  # so many days ago texts were three times as long: a sale, and its essays
LANGUAGES = ["en"] * 82 + ["de"] * 12 + ["tr"] * 5 + ["fr"]


def demo_watched() -> int:
    """Returns how many windows were made; none where there are some, or no model."""
    serving = champion(KIND)
    if serving is None or DriftReference.objects.filter(model=str(serving)).exists():
        return 0
    labels = champion_bundle(KIND).labels
    rng, now = random.Random(20), db_now()
    with transaction.atomic():
        references_keep(_window(serving, now, DAYS, _figures(rng, labels, FIRST)))
        for ago in range(DAYS - 1, 0, -1):
            window = _window(serving, now, ago, _figures(rng, labels, LATER, long=ago in LONG))
            readings_take(window)
            alerts_follow(KIND, str(serving))
            _date(window)
    slices_watch(KIND)
    return DAYS


def _window(serving: ModelVersion, now: datetime, ago: int, figures: Mapping[str, Figures]) -> Window:
    until = now - timedelta(days=ago)
    return Window(kind=KIND, model=str(serving), since=until - timedelta(days=1), until=until, figures=figures)


def _figures(rng: random.Random, labels: Sequence[str], n: int, *, long: bool = False) -> dict[str, Figures]:
    risks = [rng.betavariate(1, 7) if rng.random() < 0.93 else rng.betavariate(6, 2) for _ in range(n)]
    found: dict[str, Figures] = {"risk": risks}
    found |= {f"label:{name}": [risk * rng.betavariate(2, 2 + place) for risk in risks] for place, name in enumerate(labels)}
    found["signal:length"] = [float(round(rng.lognormvariate(5.4 if long else 4.3, 0.7))) for _ in range(n)]
    found["signal:rating"] = [float(rng.choice((1, 2, 3, 4, 4, 5, 5, 5))) for _ in range(n)]
    found["signal:urls"] = [float(rng.random() < 0.06) for _ in range(n)]
    return found | {"language": Counter(rng.choices(LANGUAGES, k=n)), "source": Counter({"demo": n})}


def _date(window: Window) -> None:
    """Alerts of this window happened when it ended, and not while the demo is made."""
    Alert.objects.filter(kind=KIND, raised_at__gt=window.until, cleared_at=None).update(raised_at=window.until, seen_at=window.until)
    Alert.objects.filter(kind=KIND, cleared_at__gt=window.until).update(cleared_at=window.until)

