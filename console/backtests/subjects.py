"""What may be tried: checked when it is asked for, copied into the row, and read back when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import ValidationError

from console.accounts.models import Source
from console.automation.marks import certified_marks
from console.automation.slices import slices_held
from console.backtests.models import Backtest
from console.common.errors import Invalid
from console.policies.documents import read_document
from console.policies.models import PolicyVersion
from console.policies.selectors import active_policy, document_of, policy_version
from console.training.models import ModelVersion
from console.training.selectors import model_versions
from scoring.backtest.subjects import PolicySubject, RuleSubject, Subject, ThresholdSubject
from scoring.policy import PolicyDocument, Rule, Threshold
from scoring.registry import KINDS
from scoring.signals.rules import lint
from scoring.withheld import SOURCE, Held

What = Backtest.What
THEN = ("allow", "review", "enforce")
RULE_NAME = "The rule tried here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A subject that can be tried: what stands in the row."""

    kind: str
    what: str
    title: str
    document: PolicyDocument
    subject: Mapping[str, Any] = field(default_factory=dict)


def asked_rule(*, kind: str, when: str, then: str = "review", title: str = "") -> Asked:
    """Raises Invalid with the line and column of what is wrong."""
    errors = {"when": [_sentence(text) for text in lint(when)]} if lint(when) else {}
    if then not in THEN:
        errors["then"] = [f"Choose one of {', '.join(THEN)}."]
    if errors:
        raise Invalid(errors, "The rule cannot be tried yet.")
    _, document = active_policy(known_kind(kind))
    subject = {"when": when, "then": then}
    return Asked(kind=kind, what=What.RULE, title=title.strip() or " ".join(when.split())[:200], document=document, subject=subject)


def asked_policy(*, kind: str, number: int) -> Asked:
    """A draft as it is saved now, or any other version. Raises NotFound, or Invalid when the draft does not hold."""
    version = policy_version(known_kind(kind), number)
    document = read_document(version.document, kind=kind) if version.state == PolicyVersion.State.DRAFT else document_of(version)
    title = f"Policy {number}" + (" (draft)" if version.state == PolicyVersion.State.DRAFT else "")
    return Asked(kind=kind, what=What.POLICY, title=title, document=document, subject={"number": number})


def asked_thresholds(*, kind: str, thresholds: Sequence[Mapping[str, Any]]) -> Asked:
    """As if they acted, with the rules and the known content of the policy in force."""
    _, document = active_policy(known_kind(kind))
    try:
        read = [Threshold.model_validate(dict(row)) for row in thresholds]
    except ValidationError as error:
        raise Invalid({"thresholds": [_sentence(str(row["msg"])) for row in error.errors(include_url=False)]}) from error
    if not read:
        raise Invalid({"thresholds": ["Give at least one threshold."]})
    if len({t.label for t in read}) < len(read):
        raise Invalid({"thresholds": ["Give each label once."]})
    subject = {"thresholds": [t.model_dump(mode="json") for t in read]}
    title = "; ".join(f"{t.label}: {_bars(t)}" for t in read)[:200]
    return Asked(kind=kind, what=What.THRESHOLDS, title=title, document=document, subject=subject)


def asked_model(*, kind: str, version: str) -> Asked:
    """A version's own scores, decided by the policy in force. It scores anew, so it looks at a sample."""
    found = model_versions(known_kind(kind)).filter(version=version.rpartition("@")[2]).first()
    if found is None:
        raise Invalid({"version": [f"There is no version {version} of {KINDS[kind].words.many}."]})
    _, document = active_policy(kind)
    return Asked(kind=kind, what=What.MODEL, title=f"Model {found.version}", document=document, subject={"version": found.version})


def known_kind(kind: str) -> str:
    if kind not in KINDS:
        raise Invalid({"kind": [f"There is no kind {kind!r}; there are {', '.join(KINDS)}."]})
    return kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What is proven, and what people decide all the same, at one moment: as the pipeline would decide then."""

    certified: Mapping[str, Mapping[str, Threshold]] = field(default_factory=dict)
    held: Sequence[Held] = ()

    def told(self) -> dict[str, Any]:
        """As JSON; nothing where nothing is proven."""
        marks = {model: [mark.model_dump(mode="json") for mark in marks.values()] for model, marks in self.certified.items()}
        return {"live": {"certified": marks, "held": [asdict(one) for one in self.held]}} if marks or self.held else {}


def live_now(asked: Asked, source: Source | None = None) -> Live:
    """A rule stands beside all that. Of what is tried on one source, other sources are not told."""
    certified = certified_marks(asked.kind, asked.document) if asked.what != What.RULE else {}
    held = slices_held(asked.kind, asked.document) if asked.what != What.RULE else []
    return Live(certified=certified, held=[one for one in held if source is None or one.cut != SOURCE or one.name == source.slug])


def live_then(asked: Asked) -> Live:
    """As it was copied."""
    told = asked.subject.get("live", {})
    marks = {model: [Threshold.model_validate(row) for row in rows] for model, rows in told.get("certified", {}).items()}
    return Live(
        certified={model: {mark.label: mark for mark in found} for model, found in marks.items()},
        held=[Held(**row) for row in told.get("held", [])],
    )  # fmt: skip


def subject_of(asked: Asked, live: Live) -> Subject:
    """What judges rows."""
    if asked.what == What.RULE:
        rule = Rule(name=RULE_NAME, when=asked.subject["when"], then=asked.subject["then"], sentence=RULE_NAME)
        return RuleSubject.of(rule, asked.document)
    if asked.what == What.THRESHOLDS:
        return ThresholdSubject.of(tuple(Threshold.model_validate(row) for row in asked.subject["thresholds"]), asked.document, live.held)
    return PolicySubject(asked.document, live.certified, live.held)


def asked_of(backtest: Backtest) -> Asked:
    document = PolicyDocument.model_validate(backtest.document)
    return Asked(kind=backtest.kind, what=backtest.what, title=backtest.title, document=document, subject=backtest.subject)


def model_of(backtest: Backtest) -> ModelVersion | None:
    """The version that scores anew; None for everything else."""
    if backtest.what != What.MODEL:
        return None
    return ModelVersion.objects.filter(kind=backtest.kind, version=backtest.subject["version"]).first()


def _bars(threshold: Threshold) -> str:
    parts = [f"allow at {threshold.allow:g}" if threshold.allow is not None else "",
             f"enforce at {threshold.enforce:g}" if threshold.enforce is not None else ""]  # fmt: skip
    return ", ".join(part for part in parts if part) or "people"


def _sentence(text: str) -> str:
    text = text.removeprefix("Value error, ")
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
