"""`python -m scoring compare`: sentences for people on stderr, the report on stdout, and an exit code for scripts."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from scoring.cli import main
from scoring.starters import FOLDER
from scoring.training.starters.contact import draw
from scoring.types import as_json


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    rng, file = random.Random(4), tmp_path / "lines.jsonl"
    examples = [draw(rng, number).example for number in range(120)]
    rows = [{"id": e.item.id, "payload": as_json(e.item.payload), "labels": dict(e.labels), "platform": f"shop {i % 2}"}
            for i, e in enumerate(examples)]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_it_says_what_every_gate_found_and_exits_with_1_when_refused(lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["compare", "--kind", "contact", "--data", str(lines), "--challenger", str(FOLDER / "contact")])
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert code == 1
    assert report["champion"] == report["challenger"]
    results = {gate["name"]: gate["result"] for gate in report["gates"]}
    assert results["gain"] == "refused"  # the same model again
    assert [name for name, result in results.items() if result == "refused"] == ["gain"]
    assert results["leaks"] == "not_measured"
    assert "REFUSED  Better on the frozen test, not by luck. No gain beyond luck" in told.err
    assert "Not better, as far as this test can tell. Worse nowhere that we can measure." in told.err
    slices = next(gate for gate in report["gates"] if gate["name"] == "slices")
    assert {row["name"] for table in slices["tables"] if table["title"] == "Source" for row in table["rows"]} == {"shop 0", "shop 1"}


def test_a_model_of_another_kind_is_refused_in_one_line(lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--kind", "contact", "--data", str(lines), "--challenger", str(FOLDER / "order")]) == 2
    assert "is a model for order, not for contact" in capsys.readouterr().err
