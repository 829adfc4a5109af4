"""Writes: known content, by its hashes. A match of an active entry decides without a viewing."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from django.db import IntegrityError, transaction

from console.audit.services import audit_append
from console.banks.models import Bank, BankEntry
from console.common.errors import Invalid

log = logging.getLogger(__name__)
_HEX = re.compile(r"[0-9a-f]{64}")


class Removal(Protocol):
    """What banks need to know of a decision (the app of decisions lies to the right of this one)."""

    item_id: UUID
    label: str
    clause: str
    score: Any


def bank_entry_add(
    *, bank: str, label: str, sha256: str = "", pdq: str = "", vpdq: Sequence[Mapping[str, Any]] = (), item_id: UUID | None = None,
    note: str = "", actor: str = "system",
) -> tuple[BankEntry, bool]:  # fmt: skip
    """Add an entry, making the bank when it is new; (entry, False) when the file is known to the bank already.

    Raises Invalid when there is no hash or one is malformed: hashes are 64 lower-case hex digits.
    """
    sha256, pdq = sha256.lower(), pdq.lower()
    frames = [{**frame, "pdq": str(frame.get("pdq", "")).lower()} for frame in vpdq]
    errors = {name: ["Must be 64 hex digits."] for name, value in (("sha256", sha256), ("pdq", pdq)) if value and not _HEX.fullmatch(value)}
    if any(not _HEX.fullmatch(str(frame["pdq"])) for frame in frames):
        errors["vpdq"] = ["Every frame needs a PDQ hash of 64 hex digits."]
    if not (sha256 or pdq or frames):
        errors["sha256"] = ["Give at least one hash."]
    if errors:
        raise Invalid(errors)
    with transaction.atomic():
        home, _ = Bank.objects.get_or_create(slug=bank, defaults={"title": bank.replace("-", " ").capitalize(), "label": label})
        try:
            with transaction.atomic():
                entry = BankEntry.objects.create(bank=home, sha256=sha256, pdq=pdq, vpdq=frames, item_id=item_id, note=note[:300])
        except IntegrityError:  # bank_sha256_once: the same file was removed before
            return BankEntry.objects.get(bank=home, sha256=sha256), False
        audit_append(actor=actor, verb="bank.added", subject=f"bank:{home.slug}", item_id=item_id, data={"entry": entry.pk})
    return entry, True


def bank_entry_switch(*, entry_id: int, is_active: bool, actor: str) -> bool:
    """Switch an entry off, or on again: a removal that was overturned must not go on deciding. False when nothing changed."""
    with transaction.atomic():
        changed = BankEntry.objects.filter(pk=entry_id, is_active=not is_active).update(is_active=is_active)
        if changed:
            audit_append(actor=actor, verb="bank.switched", subject=f"bank_entry:{entry_id}", data={"is_active": is_active})
    return bool(changed)


def bank_remember(decision: Removal) -> BankEntry | None:
    """After a person removed media: remember its hashes, so that the same file is not shown to anybody again.

    None when the score holds no hashes (the item has no media) or no label says what a match would mean.
    """
    signals: Mapping[str, Any] = (decision.score.signals if decision.score else None) or {}
    hashes = {name: signals.get(name) or "" for name in ("sha256", "pdq")}
    label = decision.label
    if not label or not any((*hashes.values(), signals.get("vpdq"))):
        return None
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "other"
    note = f"Removed by a person under clause {decision.clause}"
    try:
        entry, _ = bank_entry_add(
            bank=f"removed-{slug}"[:64], label=label, vpdq=signals.get("vpdq") or (), item_id=decision.item_id, note=note, **hashes
        )
    except Invalid as error:
        log.warning("the hashes of item %s cannot be kept: %s", decision.item_id, error.fields)
        return None
    return entry


def bank_forget(*, item_id: UUID, actor: str) -> int:
    """Switch off what an item put into the banks: its removal was undone or overturned. Returns how many entries."""
    entries = BankEntry.objects.filter(item_id=item_id, is_active=True).values_list("pk", flat=True)
    return sum(bank_entry_switch(entry_id=pk, is_active=False, actor=actor) for pk in entries)
