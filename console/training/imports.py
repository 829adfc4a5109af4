"""Labelled rows become items with labels, or known answers; the same rows again change nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from console.accounts.models import Source, User
from console.common.errors import DomainError, Invalid
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.intake.services import items_insert
from console.policies.selectors import active_policy
from console.quality.gold import gold_mark
from console.training.mapping import Row
from console.verdicts.labels import target_of
from console.verdicts.models import Label
from scoring.kind import Kind
from scoring.training.labels import risk_target


@transaction.atomic
def labels_import(
    *, kind: Kind, source: Source, rows: Sequence[tuple[int, Row]], gold: bool = False, user: User | None = None
) -> tuple[Counter[str], list[tuple[int, str]]]:  # fmt: skip
    """One batch: items that are new, and their labels with source "import", or their known answers. Returns counts, and
    (line number, what went wrong) of what was left out.

    The item counts as decided: its label came with it, so no person is asked. An item that is known with the same body
    keeps its state and only gets the labels.
    """
    counts: Counter[str] = Counter()
    problems: list[tuple[int, str]] = []
    parsed = []
    for number, row in rows:
        try:
            parsed.append((number, row, parse_item(_body(kind, row))))
        except Invalid as error:
            problems.append((number, "; ".join(f"{path}: {texts[0]}" for path, texts in error.fields.items())))
    wanted: dict[str, tuple[int, Row]] = {}
    fresh = []
    for (number, row, new), answer in zip(parsed, items_insert(source=source, rows=[new for _, _, new in parsed]), strict=True):
        if answer.result == "conflict":
            problems.append((number, f"item {new.external_id!r} is known with another body"))
            continue
        counts["new items" if answer.result == "created" else "known items"] += 1
        fresh += [answer.id] if answer.result == "created" else []
        wanted[str(answer.id)] = number, row
    Item.objects.filter(pk__in=fresh, status=Item.Status.RECEIVED).update(status=Item.Status.DECIDED)
    if gold:
        counts["known answers"] += _golds_put(kind, wanted, user, problems)
    else:
        counts["labels"] += _labels_put({name: row for name, (_, row) in wanted.items()})
    return counts, problems


def _body(kind: Kind, row: Row) -> Row:
    body = {name: row[name] for name in ("created_at", "conversation") if row.get(name)}
    actor = row.get("actor") or ({"id": row["group"]} if row.get("group") else None)
    return {"kind": kind.name, "external_id": str(row["id"]), "payload": row["payload"], **body, **({"actor": actor} if actor else {})}


def _golds_put(kind: Kind, wanted: Mapping[str, tuple[int, Row]], user: User | None, problems: list[tuple[int, str]]) -> int:
    """The clauses are named in the file, or follow from the labels: those whose target is 1."""
    clauses_of: dict[str, list[str]] = {}
    for clause in active_policy(kind.name)[1].clauses:
        clauses_of.setdefault(target_of(clause), []).append(clause.id)
    known = {
        str(pk): (outcome, clauses)
        for pk, outcome, clauses in Item.objects.filter(pk__in=list(wanted), gold__is_active=True).values_list(
            "pk", "gold__outcome", "gold__clauses"
        )
    }
    put = 0
    for item in Item.objects.filter(pk__in=list(wanted)):
        number, row = wanted[str(item.pk)]
        breaks = risk_target({name: value for name, value in row["labels"].items() if name not in kind.beside_risk})
        named = [part.strip() for part in str(row.get("clauses") or "").replace(";", ",").split(",") if part.strip()]
        hit = named or [clauses_of[name][0] for name, value in row["labels"].items() if value and name in clauses_of]
        answer = ("enforce", hit) if breaks or named else ("allow", [])
        if known.get(str(item.pk)) == answer:
            continue
        try:
            gold_mark(item=item, outcome=answer[0], clauses=answer[1], note=str(row.get("note") or ""), user=user)
            put += 1
        except Invalid as error:
            problems.append((number, "; ".join(text for texts in error.fields.values() for text in texts)))
        except DomainError as error:
            problems.append((number, str(error)))
    return put


def _labels_put(wanted: Mapping[str, Mapping[str, Any]]) -> int:
    rows = Label.objects.filter(item_id__in=list(wanted), withdrawn=False).order_by("item_id", "name", "-id").distinct("item_id", "name")
    newest = {(str(row.item_id), row.name): row.value for row in rows}
    spans = {item_id: [{"start": s, "end": e} for s, e in row.get("spans") or ()] for item_id, row in wanted.items()}
    labels = [
        Label(
            item_id=item_id,
            name=str(name),
            value=int(value),
            source=Label.Source.IMPORT,
            weight=float(row.get("weight", 1.0)),
            spans=spans[item_id],
        )
        for item_id, row in wanted.items()
        for name, value in row["labels"].items()
        if newest.get((item_id, str(name))) != int(value)
    ]
    return len(Label.objects.bulk_create(labels, batch_size=2000))
