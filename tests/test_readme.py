"""The README says of speed and quality what was measured, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.__main__ import NAMES
from tests.bench.result import Figure, Result
from tests.bench.saved import BEGIN, END, README, chapter, into, load, save


def test_its_chapter_is_what_the_kept_figures_say() -> None:
    text = README.read_text("utf-8")
    assert into(text, load()) == text, "run `python -m tests.bench --readme`"


def test_every_kept_file_names_its_bench_machine_day_and_command() -> None:
    kept = load()
    assert kept
    for one in kept:
        assert one["name"] in NAMES
        assert one["command"].startswith(f"python -m tests.bench {one['name']}")
        assert one["date"]
        assert {"cores", "arch", "python", "load"} <= set(one["machine"])
        assert all(len(row) == 5 for row in one["rows"])
        for timed in one["seconds"]:
            assert len(timed["ours"]) == len(timed["naive"]) >= 1


def test_it_keeps_pairs_and_figures_and_writes_them_between_the_marks(tmp_path: Path) -> None:
    pair = Result(what="do it", naive_name="by hand", units=100, ours=[0.1, 0.2], naive=[1.0, 1.0], note="n")
    plain = Figure(what="be right", ours="99 % (98 to 100)", beside_name="a coin", beside="50 %")
    path = save("drift", [pair, plain], on={"cores": 2, "arch": "x", "python": "3.11", "load": 0.1}, rounds=2, folder=tmp_path)
    kept = load(tmp_path)
    assert json.loads(path.read_text("utf-8")) == kept[0]
    text = chapter(kept)
    assert "| do it | 667 a second | by hand: 100 a second | 7.5x (5.0 to 10.0) | n |" in text
    assert "| be right | 99 % (98 to 100) | a coin: 50 % |  |  |" in text
    assert into(f"before\n{BEGIN}\nold\n{END}\nafter", kept) == f"before\n{text}\nafter"


@pytest.mark.parametrize("text", ["", f"{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_it_refuses_a_readme_without_the_marks(text: str) -> None:
    with pytest.raises(ValueError, match="once"):
        into(text, [])
