"""What the tests of automation share: items whose score stands in their text, decided and audited without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.automation.certificates import certificate_try
from console.automation.models import AuditPlan, AutomationRule, Certificate, Sample
from console.automation.rules import rule_set
from console.cases.claiming import case_claim_one
from console.cases.models import Case, Claim
from console.common.jobs import job_claim
from console.flow import items_receive, items_score, verdict_give
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.policies.models import PolicyVersion
from console.policies.selectors import document_of
from console.quality.models import Check
from console.training.models import ModelVersion
from console.verdicts.services import VerdictForm
from scoring.types import Item as ScoringItem
from scoring.types import RunContext, Score
from tests.console.quality import settle

MODEL = "review@told"
CALM = "0.01"
ENOUGH = 64  # without one wrong, for a limit of 5 % at the first look


class Told:
    """A scorer that says what the text says: "0.02" or "0.02 spam"."""

    model = MODEL

    def score(self, items: Sequence[ScoringItem], context: RunContext) -> list[Score]:
        return [self._one(item.payload["text"].split()) for item in items]

    def _one(self, words: Sequence[str]) -> Score:
        risk, label = float(words[0]), words[1] if len(words) > 1 else "harassment"
        rest = dict.fromkeys(("hate", "threat", "harassment", "sexual", "spam"), min(risk, 0.01))
        return Score(risk=risk, labels={**rest, label: risk}, model=self.model)


@contextmanager
def told() -> Iterator[None]:
    with patch("console.flow.choose.scorer_for", lambda bundle: Told()):
        yield


def receive(shop: Source, texts: Sequence[str]) -> list[Item]:
    """Accepted and scored: decided, or waiting for people."""
    first = Item.objects.count()
    rows = [parse_item({"kind": "review", "external_id": f"a-{first + i}", "payload": {"text": text}}) for i, text in enumerate(texts)]
    ids = [row.id for row in items_receive(source=shop, rows=rows, actor="source:shop")]
    with told():
        while jobs := job_claim(lane="light", task="score_item", owner="test", limit=200):
            items_score(jobs=jobs)
    found = {item.pk: item for item in Item.objects.filter(pk__in=ids)}
    return [found[pk] for pk in ids]


def plan_all(kind: str = "review", **values: Any) -> AuditPlan:
    """A plan that draws everything, unless told otherwise."""
    facts = {"allow_rate": 1.0, "enforce_rate": 1.0, "review_rate": 1.0, "weekly_minimum": 0, "seed": "sown", **values}
    return AuditPlan.objects.update_or_create(kind=kind, defaults=facts)[0]


def automation(mode: str, kind: str = "review") -> None:
    """The active policy with another word for who decides, as if it had been activated so."""
    version = PolicyVersion.objects.get(policy__kind=kind, state="active")
    document = document_of(version).model_copy(update={"automation": mode})
    version.policy.versions.filter(state="active").update(state="retired")
    version.policy.versions.create(
        number=version.number + 1, document=document.model_dump(mode="json"), checksum=document.checksum, state="active", activated_at=Now()
    )


def limit(ada: User, side: str = "allow", *, label: str = "risk", **values: Any) -> AutomationRule:
    facts = {"risk": 0.05, "confidence": 0.95, "basis": "decided", "method": "sequence", "is_on": True, **values}
    return rule_set(kind="review", side=side, label=label, values=facts, user=ada)


def audit(item: Item, reviewer: User, outcome: str = "allow", clauses: Sequence[str] = ("4.4",)) -> None:
    """Answer the audit of an item, in whichever case it lies."""
    sample = Sample.objects.select_related("check_case").get(decision__item=item)
    case = Case.objects.get(pk=sample.check_case.case_id if sample.check_case else sample.own_case_id)
    claim = case_claim_one(case_id=case.pk, reviewer=reviewer)
    assert claim is not None, "this person may not have the case"
    form = VerdictForm(outcome=outcome, clauses=tuple(clauses) if outcome == "enforce" else ())
    verdict_give(case_id=case.pk, reviewer=reviewer, token=claim.token, form=form)


def audited(shop: Source, reviewer: User, texts: Sequence[str], *, breaks: Sequence[int] = ()) -> list[Item]:
    """Received, drawn, and answered: those at `breaks` break a rule. The rows are written at once, as the verdicts would write them."""
    items = receive(shop, texts)
    samples = {row.decision.item_id: row for row in Sample.objects.select_related("decision", "check_case__case", "own_case")}
    for index, item in enumerate(items):
        _answer(samples[item.pk], reviewer, "enforce" if index in breaks else "allow")
    return items


def _answer(sample: Sample, reviewer: User, outcome: str) -> None:
    case = sample.check_case.case if sample.check_case else sample.own_case
    assert case is not None
    claim = Claim.objects.create(case=case, reviewer=reviewer, token=1, state="decided", lease_until=Now())
    verdict = case.verdicts.create(
        item_id=case.item_id, claim=claim, reviewer=reviewer, policy_version=sample.decision.policy_version, outcome=outcome,
        clauses=["4.4"] if outcome == "enforce" else [], undo_until=Now(),
    )  # fmt: skip
    Case.objects.filter(pk=case.pk).update(state="closed")
    Check.objects.filter(case=case).update(state="closed", answer=verdict, closed_at=Now())


__all__ = ["MODEL", "audit", "audited", "automation", "limit", "plan_all", "receive", "settle", "told"]


def serves() -> ModelVersion:
    """The model whose scores the tests write."""
    ModelVersion.objects.filter(kind="review", state="champion").update(version=MODEL.partition("@")[2])
    plan_all()
    return ModelVersion.objects.get(kind="review", state="champion")


def first_proof(shop: Source, rita: User, ada: User) -> Certificate:
    automation("certified")
    audited(shop, rita, [CALM] * ENOUGH)
    made = certificate_try(rule_id=limit(ada).pk, user=ada)
    assert made is not None
    return made
