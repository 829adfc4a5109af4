"""The bands of a kind as the page shows them: limit, certificate, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from console.automation.certificates import Looked, certificate_valid, limit_of, look_at, risk_held
from console.automation.evidence import RISK
from console.automation.models import AutomationRule, Certificate, Side
from console.automation.rules import rules_of
from console.ui.automation_chart import in_hundred, mark_words
from scoring.certify import needed
from scoring.kind import Kind
from scoring.text.language_names import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    kind: Kind
    rule: AutomationRule
    verb: str  # "Keep", "Remove"
    what: str  # "any rule", or a label in words
    certificate: Certificate | None
    mark: str
    share: str
    looked: Looked | None  # where there is no certificate, or the page asked for it
    first: int  # audits in which nothing may be wrong, at least

    @property
    def percent(self) -> str:
        return f"{100 * self.rule.risk:g}"

    @property
    def served(self) -> bool:
        """Where it was looked at: only a model that serves can be."""
        return self.certificate is not None or self.looked is not None

    @property
    def missing(self) -> int | None:
        return self.looked.proof.missing if self.looked else None

    @property
    def provable(self) -> bool:
        return self.certificate is None and self.looked is not None and self.looked.proof.chosen is not None


def bands_of(kind: Kind, *, selected: tuple[str, str] | None = None) -> list[Band]:
    """`selected` (side, label) is looked at even where it is certified or off."""
    return [_band(kind, rule, looks=selected == (rule.side, rule.label)) for rule in rules_of(kind.name)]


def _band(kind: Kind, rule: AutomationRule, *, looks: bool) -> Band:
    valid = certificate_valid(rule)
    looked = look_at(rule) if looks or (rule.is_on and valid is None) else None
    held = looked.held if looked else risk_held(rule)
    doubt = looked.proof.limit.doubt if looked else limit_of(rule, look=1, held=held).doubt
    return Band(
        kind=kind, rule=rule, verb=kind.words.allow if rule.side == Side.ALLOW else kind.words.enforce, what=label_words(rule.label),
        certificate=valid, mark=mark_words(valid.threshold) if valid else "", share=in_hundred(valid.coverage) if valid else "",
        looked=looked, first=needed(round(held, 9), doubt),
    )  # fmt: skip


def label_words(label: str) -> str:
    return "any rule" if label == RISK else label.replace("_", " ")


def slices_of(certificate: Certificate) -> list[tuple[str, list[dict[str, Any]]]]:
    """Cut by cut, the most often audited first; a cut with one name says nothing that the band does not."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in certificate.slices.order_by("cut", "-of", "name"):
        name = LANGUAGES.get(row.name, row.name) if row.cut == "language" else row.name
        found.setdefault(row.cut.capitalize(), []).append({"name": name, "row": row})
    return [(cut, rows) for cut, rows in found.items() if len(rows) > 1]
