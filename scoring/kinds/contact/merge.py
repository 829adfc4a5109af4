"""Other records that may be the same person, each beside this one."""

from __future__ import annotations

from scoring.blocks import CompareBlock, CompareRow
from scoring.kinds.contact.fields import RECORD_FIELDS, TITLES, folded
from scoring.kinds.contact.payload import record_keys
from scoring.types import Item, Json, RelatedItem

LINKED_BY = ("email", "person", "phone")  # the strongest first
SHARED = {"email": "e-mail", "person": "name and company", "phone": "phone"}
SHOWN = 3


def compare_blocks(item: Item) -> list[CompareBlock]:
    mine = record_keys(item)
    found = [(other, [key for key in LINKED_BY if key in mine and mine[key] == other.keys.get(key)]) for other in item.around.related]
    ranked = sorted((pair for pair in found if pair[1]), key=lambda pair: (LINKED_BY.index(pair[1][0]), -len(pair[1])))
    return [_beside(item, other, shared) for other, shared in ranked[:SHOWN]]


def _beside(item: Item, other: RelatedItem, shared: list[str]) -> CompareBlock:
    rows = []
    for name in RECORD_FIELDS:
        mine, theirs = item.payload.get(name), other.payload.get(name)
        if mine or theirs:
            same = bool(mine and theirs) and folded(name, mine, item.payload) == folded(name, theirs, other.payload)
            rows.append(CompareRow(title=TITLES[name], mine=str(mine or ""), theirs=str(theirs or ""), same=same))
    rows.append(CompareRow(title="Updated", mine=_day(item.payload.get("updated_at")), theirs=_day(other.payload.get("updated_at"))))
    note = f"Same {' and '.join(SHARED[key] for key in shared)}"
    return CompareBlock(title="May be the same person", id=other.id, name=f"Record {other.name}", note=note, rows=rows)


def _day(value: Json) -> str:
    return str(value or "")[:10]
