"""Banks of known content: entries once, an index that follows them, and removals that are remembered and forgotten."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from console.audit.models import AuditRow
from console.banks.models import BankEntry
from console.banks.selectors import bank_index
from console.banks.services import bank_entry_add, bank_entry_switch, bank_forget, bank_remember
from console.common.errors import Invalid
from console.common.ids import uuid7

pytestmark = pytest.mark.django_db
SHA, PDQ = "ab" * 32, "0f" * 32


def removal(signals: dict[str, Any] | None, label: str = "gore") -> Any:
    return SimpleNamespace(
        item_id=uuid7(), label=label, clause="2.1", score=SimpleNamespace(signals=signals) if signals is not None else None
    )


def test_it_adds_an_entry_once() -> None:
    entry, new = bank_entry_add(bank="known-bad", label="gore", sha256=SHA.upper(), pdq=PDQ, actor="user:ada")
    again, second = bank_entry_add(bank="known-bad", label="gore", sha256=SHA)
    assert (new, second, entry) == (True, False, again)
    assert (entry.sha256, entry.bank.label) == (SHA, "gore")
    assert AuditRow.objects.filter(verb="bank.added", actor="user:ada").count() == 1


@pytest.mark.parametrize(
    ("hashes", "field"),
    [
        ({}, "sha256"),
        ({"sha256": "12"}, "sha256"),
        ({"pdq": "zz" * 32}, "pdq"),
        ({"vpdq": [{"frame": 0}]}, "vpdq"),
        ({"vpdq": [{"pdq": "1"}]}, "vpdq"),
    ],
)
def test_it_refuses_what_is_no_hash(hashes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as error:
        bank_entry_add(bank="known-bad", label="gore", **hashes)
    assert list(error.value.fields) == [field]
    assert not BankEntry.objects.exists()


def test_the_index_follows_the_entries(django_assert_num_queries: Any) -> None:
    assert bank_index() is None
    entry, _ = bank_entry_add(bank="known-bad", label="gore", sha256=SHA, pdq=PDQ)
    index = bank_index()
    assert index is not None
    assert index.match_sha256(SHA)[0]["label"] == "gore"
    near = f"{int(PDQ, 16) ^ 0b1011:064x}"
    assert index.match_pdq(near)[0] == {"id": f"known-bad/{entry.pk}", "label": "gore", "distance": 3}
    with django_assert_num_queries(1):
        assert bank_index() is index
    bank_entry_add(bank="known-bad", label="gore", sha256="cd" * 32)
    assert bank_index() is not index
    bank_entry_switch(entry_id=entry.pk, is_active=False, actor="user:ada")
    later = bank_index()
    assert later is not None
    assert later.match_sha256(SHA) == []
    assert bank_entry_switch(entry_id=entry.pk, is_active=False, actor="user:ada") is False


def test_it_remembers_a_removal_and_forgets_it_when_overturned() -> None:
    decision = removal({"sha256": SHA, "pdq": "", "vpdq": [{"frame": 0, "t": 0.0, "pdq": PDQ, "quality": 90}]})
    entry = bank_remember(decision)
    assert entry is not None
    assert (entry.bank.slug, entry.bank.label, entry.item_id) == ("removed-gore", "gore", decision.item_id)
    assert bank_remember(decision) == entry
    assert bank_forget(item_id=decision.item_id, actor="user:ada") == 1
    assert bank_index() is None
    assert bank_forget(item_id=decision.item_id, actor="user:ada") == 0


@pytest.mark.parametrize(
    "decision", [removal(None), removal({}), removal({"risk": 1}), removal({"sha256": SHA}, label=""), removal({"sha256": "no"})]
)
def test_it_keeps_nothing_where_there_is_nothing_to_keep(decision: Any) -> None:
    assert bank_remember(decision) is None
    assert not BankEntry.objects.exists()
