"""How a contact record is laid out: field by field with what was checked, and what each change of the score rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from scoring.blocks import Block, Fact, FactsBlock, Mark, NoticeBlock, Reason, ReasonsBlock, RecordBlock, RecordField
from scoring.kinds.contact.features import (
    FEATURES,
    company_fit,
    email_domain_match,
    email_name_match,
    email_of,
    phone_of,
    source_count,
)  # fmt: skip
from scoring.types import Item, Json, Score

RECORD_FIELDS = ("email", "company", "phone", "name", "title")
TITLES = {"email": "E-mail", "company": "Company", "phone": "Phone", "name": "Name", "title": "Title"}
DATES = {
    "updated_at": "Updated", "verified_at": "Verified", "signature_at": "Signature seen", "job_changed_at": "Changed jobs",
}  # fmt: skip
MEASURED = {"stale", "age_months", "verified_months", "signature_months", "sources", "company_domain_mismatch"}
YES_NO = frozenset(FEATURES) - MEASURED
ORIGINS = {"given": "Given by the person", "generated": "Made by a pattern"}


def record_keys(item: Item) -> dict[str, str]:
    """What two records of one person or company share."""
    email = email_of(item.payload)
    phone = phone_of(item.payload)
    keys = {"email": email.normalised.lower() if email and email.valid else "", "phone": phone.e164 if phone else ""}
    return {name: value for name, value in keys.items() if value}


def draw_card(item: Item, score: Score | None) -> Sequence[Block]:
    """Blocks in reading order. `score` None is the blind form: the checks stay (they are facts), the chances go."""
    blocks: list[Block] = [RecordBlock(title="Record", fields=[_field(name, item.payload, score) for name in RECORD_FIELDS])]
    if score:
        blocks += [NoticeBlock(text=text, tone="caution") for text in dict.fromkeys(score.errors.values())]
        if reasons := _reasons(score):
            blocks.append(reasons)
    blocks.append(FactsBlock(title="Where it comes from", facts=_origin(item.payload)))
    return blocks


def _field(name: str, payload: Mapping[str, Json], score: Score | None) -> RecordField:
    value = str(payload.get(name) or "")
    wrong = score.labels.get(name) if score and value else None
    note = ORIGINS.get(payload.get("email_origin") or "", "") if name == "email" and value else ""
    return RecordField(
        name=name, title=TITLES[name], value=value, note=note or ("" if value else "Not given"), checks=_checks(name, payload),
        chance_right=None if wrong is None else 1 - wrong,
    )  # fmt: skip


def _checks(name: str, payload: Mapping[str, Json]) -> list[Fact]:
    if not payload.get(name):
        return []
    if name == "email":
        return _email_checks(payload)
    if name == "phone":
        phone = phone_of(payload)
        return [_yes_no("Well-formed", phone.valid, phone.e164 if phone.valid else phone.reason)] if phone else []
    if name == "company":
        fit = company_fit(payload, email_of(payload))
        domain = str(payload.get("company_domain") or "")
        return [] if fit is None else [_yes_no("Fits its domain", fit >= 0.6, domain)]
    return []


def _email_checks(payload: Mapping[str, Json]) -> list[Fact]:
    email = email_of(payload)
    if email is None:
        return []
    if not email.valid:
        return [_yes_no("Well-formed", False, email.reason)]
    named, placed = email_name_match(payload, email), email_domain_match(payload, email)
    facts = [_yes_no("Well-formed", True)]
    if named is not None:
        facts.append(_yes_no("Comes from the name", named))
    if placed is not None:
        facts.append(_yes_no("At the company's domain", placed, email.domain))
    cautions = (
        (email.disposable, "Throw-away domain", "Soon out of use"), (email.free, "Free domain", "Not a company's own"),
        (email.role, "Role, not a person", "Others read it too"),
    )  # fmt: skip
    facts += [Fact(name=title, value="Yes", note=note, mark="high") for found, title, note in cautions if found]
    return facts


def _yes_no(name: str, good: bool, note: str = "") -> Fact:
    mark: Mark = "match" if good else "mismatch"
    return Fact(name=name, value="Yes" if good else "No", note=note, mark=mark)


def _origin(payload: Mapping[str, Json]) -> list[Fact]:
    facts = []
    for field, title in DATES.items():
        value = str(payload.get(field) or "")
        if value or field != "job_changed_at":
            facts.append(Fact(name=title, value=value[:10] or "Not known", mark="" if value else "missing"))
    sources = payload.get("sources")
    note = ", ".join(str(s) for s in sources[:5]) if isinstance(sources, list) else ""
    facts.append(Fact(name="Sources", value=str(source_count(payload)), note=note))
    if payload.get("company_domain"):
        facts.append(Fact(name="Company domain", value=str(payload["company_domain"])))
    return facts


def _reasons(score: Score) -> ReasonsBlock | None:
    """Contributions to the chance that the record is wrong (label "risk"); those to single fields are in the fields."""
    found = [e for e in score.evidence if e.type == "contribution" and e.field and e.label in ("risk", None)]  # None: older scores
    named = [(e.field or "", e) for e in found]
    reasons = [Reason(name=FEATURES.get(name, name), weight=e.weight, value=_shown(name, e.value)) for name, e in named]
    if not reasons:
        return None
    reasons.sort(key=lambda r: -abs(r.weight))
    return ReasonsBlock(
        title="Why it may be wrong", speaks_for=[r for r in reasons if r.weight > 0], speaks_against=[r for r in reasons if r.weight < 0]
    )  # fmt: skip


def _shown(name: str, value: Json) -> str:
    if not isinstance(value, int | float):
        return ""
    if name == "stale":
        return f"{100 / (1 + math.exp(-value)):.0f} in 100 change in that time"
    if name in YES_NO:
        return "Yes" if value else "No"
    return f"{math.expm1(value) if name == 'sources' else value:.1f}".removesuffix(".0")
