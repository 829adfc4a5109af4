"""N-grams are counted the quick way and located the slow one: both must find the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.signals.tfidf import HashedTfidf

TEXTS = st.text(alphabet=st.sampled_from("abc dE\u0130'\u2019.,!\n\t_1\u00df\u4e2d\U0001d538 "), max_size=40)


@pytest.mark.parametrize(("unit", "low", "high"), [("word", 1, 2), ("word", 2, 3), ("char", 2, 5)])
@settings(deadline=None)  # how long it takes is no matter here
@given(text=TEXTS)
def test_what_is_counted_is_what_is_located(unit: str, low: int, high: int, text: str) -> None:
    block = HashedTfidf.empty(unit, low, high)  # type: ignore[arg-type]
    block = block.fitted(block.count([text]), min_df=1, max_features=1000)
    counted = block.count([text])
    assert counted.keys[counted.table.indices].tolist() == block.keys.tolist()
    assert int(counted.table.sum()) == len(list(block.grams(text))) == len(block.locate(text))
