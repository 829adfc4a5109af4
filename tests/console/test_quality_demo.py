"""The demo fills the pages of the checks through the real pipeline."""

from __future__ import annotations

from console.accounts.models import Source, User
from console.demo.checked import DECIDED, KNOWN, demo_checked
from console.insights.agreement import disagreements, quality_of
from console.quality.models import CheckPlan, Gold


def test_the_demo_leaves_disagreements_known_answers_and_figures(plan: CheckPlan, shop: Source, rita: User, ada: User, lena: User) -> None:
    assert demo_checked(shop, rita, ada, lena) == len(DECIDED)
    assert demo_checked(shop, rita, ada, lena) == 0
    found = quality_of("review")
    assert found.pairs == len(DECIDED)
    assert found.agreement[0].alpha is not None
    assert 0.5 < found.agreement[0].alpha < 1
    assert disagreements().count() == sum(first != second for _, first, second in DECIDED)
    assert Gold.objects.count() == len(KNOWN)
