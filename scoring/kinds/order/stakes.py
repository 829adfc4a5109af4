"""What hangs on an order: what a fraud costs, what a wrong cancellation costs, and when it ships."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from scoring.blocks import Deadline, Fact, FigureBlock
from scoring.kinds.order.keys import number, placed_at, read_time
from scoring.types import Item, Json

# Until the policy sets its own: what is earned of 100, what the bank asks for a chargeback, and how soon an order ships.
FIGURES: Mapping[str, float] = {"margin_percent": 13.0, "chargeback_fee": 15.0, "ship_after_hours": 24.0}


def stakes(payload: Mapping[str, Json]) -> float | None:
    return number(payload.get("amount"))


def money(payload: Mapping[str, Json], amount: float | None) -> str:
    return "not known" if amount is None else f"{amount:,.2f} {payload.get('currency') or ''}".strip()


def stakes_block(item: Item) -> FigureBlock:
    payload, at = item.payload, placed_at(item)
    amount, figures = stakes(payload), {**FIGURES, **item.around.figures}
    units = sum(int(line.get("quantity", 1)) for line in payload.get("items") or ())
    placed = f"Placed {at.astimezone(UTC):%d %b %Y, %H:%M} UTC" if at else "Not known when it was placed"
    merchant = f", at {payload['merchant_id']}" if payload.get("merchant_id") else ""
    bought = f", {units} {'item' if units == 1 else 'items'}" if units else ""
    return FigureBlock(
        caption=placed + merchant,
        figure="Amount not known" if amount is None else f"{amount:,.2f}",
        unit=f"{payload.get('currency') or ''}{bought}".strip(", "),
        facts=[] if amount is None else [
            Fact(name="Lost if it is fraud", value=money(payload, amount + figures["chargeback_fee"]),
                 note=f"The amount, and {figures['chargeback_fee']:,.2f} for the chargeback"),
            Fact(name="Lost if it is cancelled wrongly", value=money(payload, amount * figures["margin_percent"] / 100),
                 note=f"{figures['margin_percent']:.4g} % of the amount, the margin"),
        ],
        deadline=_ships(payload, at, figures["ship_after_hours"]),
    )  # fmt: skip


def _ships(payload: Mapping[str, Json], at: datetime | None, hours: float) -> Deadline | None:
    said = read_time(payload.get("ship_by"))
    if said is not None:
        return Deadline(word="Ships", at=said.isoformat(), since=at.isoformat() if at else "")
    if at is None:
        return None
    due = at + timedelta(hours=hours)
    return Deadline(word="Ships", at=due.isoformat(), since=at.isoformat(), note=f"{hours:.4g} h after it was placed, as orders usually do")
