"""A new kind is a package and a line in KINDS: no template, task, URL or migration."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from console.accounts.models import Source, User
from console.cases.models import Case
from console.cases.services import queue_ensure_defaults
from console.flow import case_claim, items_receive, verdict_give
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.policies.services import policy_ensure_defaults
from console.training.services import model_ensure_starters
from console.verdicts.models import Label
from console.verdicts.services import VerdictForm
from scoring.blocks import Block, TextBlock
from scoring.kind import Kind, Payload, Words
from scoring.registry import KINDS
from scoring.types import Item as ScoringItem
from scoring.types import Score


class NotePayload(Payload):
    text: str


def draw_note(item: ScoringItem, score: Score | None) -> Sequence[Block]:
    return [TextBlock(field="text", text=str(item.payload["text"]))]


def note_text(payload: Mapping[str, Any]) -> str:
    return str(payload["text"])


@pytest.fixture
def note(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kind:
    clause = {"id": "8.1", "title": "Graffiti", "key": "1", "test": "Is it scribbled on a wall?", "labels": ["graffiti"]}
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"kind": "note", "title": "Notes", "clauses": [clause]}), "utf-8")
    kind = Kind(
        name="note", words=Words(one="note", many="notes"), lane="light", payload=NotePayload, scorer="tests.none:Scorer", trainers={},
        card=draw_note, headline=note_text, text=note_text, policy=policy,
    )  # fmt: skip
    monkeypatch.setitem(KINDS, "note", kind)
    policy_ensure_defaults()
    queue_ensure_defaults()
    model_ensure_starters()
    return kind


def test_it_goes_from_intake_to_label_by_its_declaration_alone(
    note: Kind, shop: Source, rita: User, client: Client, score_all: Callable[[], None]
) -> None:
    raw = {"kind": "note", "external_id": "n1", "payload": {"text": "Kilroy was here."}}
    items_receive(source=shop, rows=[parse_item(raw)], actor="source:shop")
    score_all()  # no model serves it yet, so a person looks
    item = Item.objects.get(external_id="n1")
    case = Case.objects.select_related("queue").get(item=item, state="waiting")
    assert case.queue.slug == "notes"
    claim = case_claim(queue=case.queue, reviewer=rita)
    assert claim is not None
    client.force_login(rita)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "Kilroy was here." in page
    assert "Graffiti" in page
    verdict = verdict_give(case_id=case.pk, reviewer=rita, token=claim.token, form=VerdictForm(outcome="enforce", clauses=("8.1",)))
    assert list(Label.objects.filter(verdict=verdict).values_list("name", "value")) == [("graffiti", 1)]
    assert client.get(f"/items/{item.pk}/").status_code == 200
    assert client.get("/").status_code == 200
