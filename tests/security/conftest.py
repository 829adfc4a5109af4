"""The same cast as in tests/console."""

from __future__ import annotations

from tests.console.conftest import ada, claimed, lena, otto, petra, plan, post, ravi, ready, rita, rival, score_all, shop, versions, waiting

__all__ = [
    "ada", "claimed", "lena", "otto", "petra", "plan", "post", "ravi", "ready", "rita", "rival", "score_all", "shop", "versions", "waiting",
]  # fmt: skip
