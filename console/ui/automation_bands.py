"""The bands of a kind as the page shows them: limit, certificate, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from console.accounts.models import Source
from console.automation.certificates import Looked, certificate_valid, limit_of, look_at, risk_held
from console.automation.evidence import RISK
from console.automation.models import AutomationRule, Certificate, Side
from console.automation.parts import MOST_PARTS, own_rules
from console.automation.rules import rules_of
from console.ui.automation_chart import in_hundred, mark_words
from scoring.certify import needed
from scoring.kind import Kind
from scoring.text.language_names import LANGUAGES
from scoring.withheld import LANGUAGE, SOURCE


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which band a page is about."""

    side: str
    label: str
    cut: str = ""
    name: str = ""

    def is_of(self, rule: AutomationRule) -> bool:
        return (self.side, self.label, self.cut, self.name) == (rule.side, rule.label, rule.cut, rule.name)


def bands_of(kind: Kind, *, selected: Chosen | None = None) -> list[Band]:
    """`selected` is looked at even where it is certified or off."""
    return [_band(kind, rule, looks=selected is not None and selected.is_of(rule)) for rule in rules_of(kind.name)]


def _band(kind: Kind, rule: AutomationRule, *, looks: bool) -> Band:
    valid = certificate_valid(rule)
    looked = look_at(rule) if looks or (rule.is_on and valid is None) else None
    held = looked.held if looked else risk_held(rule)
    doubt = looked.proof.limit.doubt if looked else limit_of(rule, look=1, held=held).doubt
    return Band(
        kind=kind, rule=rule, verb=kind.words.allow if rule.side == Side.ALLOW else kind.words.enforce, what=what_words(rule),
        certificate=valid, mark=mark_words(valid.threshold) if valid else "", share=in_hundred(valid.coverage) if valid else "",
        looked=looked, first=needed(round(held, 9), doubt),
    )  # fmt: skip


def label_words(label: str) -> str:
    return "any rule" if label == RISK else label.replace("_", " ")


def part_words(cut: str, name: str) -> str:
    return LANGUAGES.get(name, name) if cut == LANGUAGE else name


def what_words(of: AutomationRule | Certificate) -> str:
    """ "any rule", "any rule, German"."""
    return label_words(of.label) + (f", {part_words(of.cut, of.name)}" if of.name else "")


def part_choices(kind: Kind, rule: AutomationRule) -> list[tuple[str, list[tuple[str, str]]]]:
    """Parts that could have a limit of their own, beside those that have: of the cut by which the band is divided already, or of both.
    None where there are as many as there may be."""
    own = own_rules(kind.name, rule.side, rule.label)
    if len(own) >= MOST_PARTS:
        return []
    taken, cuts = {row.name for row in own}, {row.cut for row in own} or {LANGUAGE, SOURCE}
    known = {SOURCE: list(Source.objects.order_by("slug").values_list("slug", flat=True)), LANGUAGE: list(LANGUAGES)}
    free = {cut: [(f"{cut}:{name}", part_words(cut, name)) for name in known[cut] if name not in taken] for cut in known if cut in cuts}
    return [(f"{cut.capitalize()}s", rows) for cut, rows in free.items() if rows]


def slices_of(certificate: Certificate) -> list[tuple[str, list[dict[str, Any]]]]:
    """Cut by cut, the most often audited first; a cut with one name says nothing that the band does not."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in certificate.slices.order_by("cut", "-of", "name"):
        found.setdefault(row.cut.capitalize(), []).append({"name": part_words(row.cut, row.name), "row": row})
    return [(cut, rows) for cut, rows in found.items() if len(rows) > 1]
