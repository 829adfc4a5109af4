"""How a contact record is laid out: field by field, what may be the same person, how old it is, and what the score rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from scoring.blocks import Block, Fact, FactsBlock, FigureBlock, NoticeBlock, Reason, ReasonsBlock, RecordBlock
from scoring.kinds.contact.features import FEATURES, source_count
from scoring.kinds.contact.fields import record_fields
from scoring.kinds.contact.freshness import freshness_block
from scoring.kinds.contact.merge import compare_blocks
from scoring.kinds.contact.payload import is_link
from scoring.types import Item, Json, Score

DATES = {
    "updated_at": "Updated", "verified_at": "Verified", "signature_at": "Signature seen", "job_changed_at": "Changed jobs",
}  # fmt: skip
MEASURED = {"stale", "age_months", "verified_months", "signature_months", "sources", "company_domain_mismatch"}
YES_NO = frozenset(FEATURES) - MEASURED
SOURCES_MAX = 5


def draw_card(item: Item, score: Score | None) -> Sequence[Block]:
    """Blocks in reading order. `score` None is the blind form: the checks stay (they are facts), the chances go."""
    blocks: list[Block] = [RecordBlock(title="Record", fields=record_fields(item, score)), *compare_blocks(item), freshness_block(item)]
    if score:
        blocks += [NoticeBlock(text=text, tone="caution") for text in dict.fromkeys(score.errors.values())]
        blocks += [block for block in (_accuracy(score), _reasons(score)) if block is not None]
    blocks.append(
        FactsBlock(title="Where it comes from", facts=_origin(item.payload), note="Checking never sends mail to this person.")
    )
    return blocks


def _accuracy(score: Score) -> FigureBlock | None:
    accuracy, scale = score.extra.get("accuracy_score"), score.extra.get("accuracy_range") or (70, 99)
    if accuracy is None:
        return None
    return FigureBlock(area="evidence", caption="Accuracy score", figure=str(accuracy), unit=f"on a scale of {scale[0]:g} to {scale[1]:g}")


def _origin(payload: Mapping[str, Json]) -> list[Fact]:
    facts = []
    for field, title in DATES.items():
        value = str(payload.get(field) or "")
        if value or field != "job_changed_at":
            facts.append(Fact(name=title, value=value[:10] or "Not known", mark="" if value else "missing"))
    sources = payload.get("sources")
    named = [str(source) for source in sources] if isinstance(sources, list) else []
    facts.append(Fact(name="Sources", value=str(source_count(payload))))
    facts += [Fact(name="Source", value=name, url=name if is_link(name) else "") for name in named[:SOURCES_MAX]]
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
