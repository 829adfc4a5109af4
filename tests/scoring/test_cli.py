from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scoring.cli import main
from scoring.starters import FOLDER
from tests.scoring.order_lines import order_line, order_lines


class Shell:
    """Runs a command in this process with text on stdin; keeps what it wrote."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys
        self.err = ""

    def __call__(self, *args: object, stdin: bytes = b"") -> tuple[int, list[Any]]:
        self.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main([str(a) for a in args])
        out, self.err = self.capsys.readouterr()
        return code, [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def to_bytes(lines: list[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(to_bytes(order_lines()))
    return path


@pytest.fixture
def model(shell: Shell, labelled: Path, tmp_path: Path) -> Path:
    assert shell("train", "--kind", "order", "--data", labelled, "--out", tmp_path / "model")[0] == 0
    return tmp_path / "model"


def test_a_score_line_has_the_documented_shape(shell: Shell) -> None:
    code, out = shell("score", "--kind", "order", stdin=to_bytes(order_lines()[:70]))
    assert code == 0
    assert len(out) == 70
    for line in out:
        assert list(line)[:9] == ["id", "kind", "risk", "labels", "uncertainty", "evidence", "signals", "model", "error"]
        assert line["kind"] == "order"
        assert 0 <= line["risk"] <= 1
        assert line["error"] is None
        assert line["model"].startswith("order@")


def test_every_line_gets_one_line_in_order_and_bad_ones_an_error(shell: Shell) -> None:
    good = order_lines()[:2]
    stdin = b"".join(
        [
            to_bytes(good[:1]), b"{broken\n", b"\n", b'"text"\n', b'{"id": "no payload"}\n', b'{"id": "x", "payload": {"amount": -1}}\n',
            b'{"payload": {"amount": 1, "placed_at": "2026-01-01"}}\n', b"\xff\xfe\n", b"[" * 5000 + b"\n", to_bytes(good[1:]),
            b'{"id": 7, "payload": {"amount": 1, "placed_at": "2026-01-01"}, "created_at": 5}\n',
        ]
    )  # fmt: skip
    code, out = shell("score", "--kind", "order", stdin=stdin)
    assert code == 1
    assert [line["id"] for line in out] == [good[0]["id"], None, None, None, "no payload", "x", None, None, None, good[1]["id"], 7]
    assert [line["error"] is None for line in out] == [i in (0, 9) for i in range(11)]
    assert out[1]["error"].startswith("not JSON: ")
    assert out[2]["error"] == "empty line"
    assert out[3]["error"] == "a line must be a JSON object"
    assert out[4]["error"] == "payload: missing"
    assert "payload.amount: Input should be greater than or equal to 0" in out[5]["error"]
    assert "payload.placed_at: Field required" in out[5]["error"]
    assert out[6]["error"] == "id: missing"
    assert out[7]["error"] == "not UTF-8"
    assert "not JSON" in out[8]["error"]
    assert out[10]["error"].startswith("created_at: ")


def test_numbers_that_are_none_spoil_only_their_line(shell: Shell) -> None:
    good = order_lines()[0]
    chat = b'{"id": "c", "payload": {"messages": [{"sender": "a", "text": "Hello"}], "account": {"sender": "a", "age_days": %s}}}\n'
    at = b'"payload": {"amount": %s, "placed_at": "2026-01-01"}}\n'
    lines = [b'{"id": "i", ' + at % b"Infinity", b'{"id": "n", ' + at % b"NaN", b'{"id": 1e999, ' + at % b"-1"]
    lines += [b'{"id": "e", ' + at % b"1e999", b'{"id": "r", "reports": 1e999, ' + at % b"1", to_bytes([good])]
    code, out = shell("score", "--kind", "order", stdin=b"".join(lines))
    assert code == 1
    assert [line["id"] for line in out] == [None, None, None, "e", "r", good["id"]]
    assert "Infinity is not a number" in out[0]["error"]
    assert "NaN is not a number" in out[1]["error"]
    assert "payload.amount: Input should be a finite number" in out[3]["error"]
    assert "infinity" in out[4]["error"]
    assert out[5]["error"] is None
    code, out = shell("score", "--kind", "chat", stdin=chat % b"1e999" + chat % b"Infinity")
    assert code == 1
    assert out[0]["error"] == "payload.account.age_days: Input should be a finite number"
    assert "Infinity is not a number" in out[1]["error"]


def test_a_line_of_another_kind_is_not_scored_as_this_one(shell: Shell) -> None:
    lines = [{**order_lines()[0], "kind": kind} for kind in ("chat", "order", None)]
    code, out = shell("score", "--kind", "order", stdin=to_bytes(lines))
    assert code == 1
    assert out[0]["error"] == "kind: the line is of kind 'chat', not 'order'"
    assert [line["error"] for line in out[1:]] == [None, None]


def burst(count: int = 8) -> list[dict[str, Any]]:
    return [order_line(f"b{i}", i, 1.0, 1, user_id="u", device_id="d", card_hash=f"c{i}") for i in range(count)]


def test_what_came_before_in_the_input_is_the_past(shell: Shell) -> None:
    _, out = shell("score", "--kind", "order", stdin=to_bytes(burst()))
    assert [line["signals"]["device_cards_30d"] for line in out] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert out[-1]["risk"] > out[0]["risk"]


def test_nothing_later_is_seen(shell: Shell) -> None:
    _, alone = shell("score", "--kind", "order", stdin=to_bytes(burst()[:3]))
    _, among = shell("score", "--kind", "order", stdin=to_bytes(burst()))
    assert among[:3] == alone
    _, backwards = shell("score", "--kind", "order", stdin=to_bytes(burst()[::-1]))
    assert {line["signals"]["device_cards_30d"] for line in backwards} == {1}


def test_history_is_the_past_too(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_bytes(to_bytes(burst()[:7]))
    _, out = shell("score", "--kind", "order", "--history", tmp_path / "history.jsonl", stdin=to_bytes(burst()[7:]))
    _, whole = shell("score", "--kind", "order", stdin=to_bytes(burst()))
    assert out == whole[7:]


def test_the_batch_size_changes_nothing(shell: Shell) -> None:
    _, one = shell("score", "--kind", "order", "--batch", 1, stdin=to_bytes(burst()))
    _, many = shell("score", "--kind", "order", "--batch", 5, stdin=to_bytes(burst()))
    for a, b in zip(one, many, strict=True):
        assert a["risk"] == pytest.approx(b["risk"])


def test_explain_says_more_than_score(shell: Shell) -> None:
    _, short = shell("score", "--kind", "order", stdin=to_bytes(burst()))
    _, full = shell("explain", "--kind", "order", stdin=to_bytes(burst()))
    assert len(full[-1]["evidence"]) > len(short[-1]["evidence"])
    assert full[-1]["risk"] == pytest.approx(short[-1]["risk"])
    assert full[-1]["counterfactual"]["risk"] < full[-1]["risk"]


def test_train_evaluate_and_score_with_the_model(shell: Shell, labelled: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    code, printed = shell("train", "--kind", "order", "--data", labelled, "--out", out, "--holdout", "0.2", "--seed", 3)
    assert code == 0
    summary = printed[0]
    assert summary["train"] + summary["tune"] + summary["test"] == 168
    assert summary["labels"] == ["fraud"]
    assert summary["test_metrics"]["n"] == summary["test"]
    assert "100%" in shell.err
    code, printed = shell("evaluate", "--kind", "order", "--data", labelled, "--model", out)
    assert code == 0
    risk = printed[0]["risk"]
    assert printed[0]["model"] == summary["model"]
    assert risk["n"] == 168
    assert risk["auroc"] > 0.9
    assert {"ap", "recall_at_1pct_fpr", "brier", "ece", "ece_null_95", "log_loss"} <= set(risk)
    assert {"ap", "auroc", "f1", "precision", "recall"} <= set(printed[0]["labels"]["fraud"])
    code, scored = shell("score", "--kind", "order", "--model", out, stdin=to_bytes(burst()))
    assert code == 0
    assert {line["model"] for line in scored} == {summary["model"]}


def test_the_same_seed_trains_the_same_model(shell: Shell, labelled: Path, tmp_path: Path) -> None:
    _, one = shell("train", "--kind", "order", "--data", labelled, "--out", tmp_path / "a", "--seed", 3)
    _, two = shell("train", "--kind", "order", "--data", labelled, "--out", tmp_path / "b", "--seed", 3)
    assert one[0]["checksum"] == two[0]["checksum"]
    assert one[0]["model"] == two[0]["model"]


def test_replay_learns_as_labels_arrive(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(to_bytes(order_lines(honest=400, bursts=30)))
    code, out = shell("replay", "--kind", "order", "--data", path, "--budget", "0.4", "--rounds", 5)
    assert code == 0
    assert [line["round"] for line in out] == [1, 2, 3, 4]
    assert [line["labels"] for line in out] == sorted(line["labels"] for line in out)
    assert all(0.3 < line["coverage"] < 0.5 for line in out)
    assert out[-1]["later"]["auroc"] > 0.8
    assert out[-1]["harmful_found"] <= out[-1]["harmful_arrived"]
    code, late = shell("replay", "--kind", "order", "--data", path, "--budget", "0.4", "--rounds", 5, "--delay-days", 8)
    assert code == 0
    assert late[0]["labels_known"] == 0
    assert late[0]["later"] is None
    assert late[-1]["labels_known"] < late[-1]["labels"]


def test_replay_compares_orders_of_work(shell: Shell, tmp_path: Path) -> None:
    path, plot = tmp_path / "orders.jsonl", tmp_path / "queue.svg"
    path.write_bytes(to_bytes(order_lines(honest=400, bursts=30)))
    code, out = shell("replay", "--queue", "--kind", "order", "--data", path, "--days", 1, "--repeats", 2, "--plot", plot)
    assert code == 0
    assert [line["order"] for line in out] == ["first come", "risk", "value", "oracle"]
    assert len({line["cases"] for line in out}) == 1
    assert out[0]["less_than_first_come"] == 0
    assert out[3]["harm_minutes"] <= min(line["harm_minutes"] for line in out)
    assert plot.read_text("utf-8").startswith("<svg")
    path.write_bytes(to_bytes(order_lines(honest=6, bursts=1)))
    assert shell("replay", "--queue", "--kind", "order", "--data", path)[0] == 2
    assert "would go to a person; 20 is the least" in shell.err


def test_hash_and_match_are_those_of_the_media_part(shell: Shell, tmp_path: Path) -> None:
    from PIL import Image

    Image.linear_gradient("L").resize((160, 120)).save(tmp_path / "a.png")
    code, out = shell("hash", tmp_path / "a.png", tmp_path / "none.png")
    assert code == 1
    assert len(out[0]["sha256"]) == 64
    assert out[0]["path"] == str(tmp_path / "a.png")
    assert out[1]["error"]
    (tmp_path / "bank.jsonl").write_text(json.dumps(out[0]) + "\n")
    code, found = shell("match", "--bank", tmp_path / "bank.jsonl", tmp_path / "a.png")
    assert code == 0
    assert found[0]["matches"]


@pytest.mark.parametrize(
    ("bank", "says"),
    [
        (b"{broken\n", "bank.jsonl line 1: not JSON"), (b'{"id": "x"}\n', "bank entry x has no hash"), (b"\xff\n", "not UTF-8"),
        (b'{"id": "x", "pdq": "12"}\n', "not 64 hex digits"),
    ],
)  # fmt: skip
def test_a_bank_that_cannot_be_used_is_one_line(shell: Shell, tmp_path: Path, bank: bytes, says: str) -> None:
    (tmp_path / "bank.jsonl").write_bytes(bank)
    code, out = shell("match", "--bank", tmp_path / "bank.jsonl", tmp_path / "a.png")
    assert (code, out) == (2, [])
    assert shell.err.count("\n") == 1
    assert says in shell.err


def test_training_deletes_nothing_that_is_not_a_model(shell: Shell, labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = labelled.read_bytes()

    def never(*args: object) -> None:
        raise AssertionError("training must not start")

    monkeypatch.setattr("scoring.cli.models.train_kind", never)
    monkeypatch.chdir(labelled.parent)
    for out in (labelled, labelled.parent, "."):
        assert shell("train", "--kind", "order", "--data", labelled, "--out", out)[0] == 2
        assert shell.err.count("\n") == 1
        assert f"train: {out} is " in shell.err
    assert [p.name for p in labelled.parent.iterdir()] == [labelled.name]
    assert labelled.read_bytes() == before


FAILURES = {
    "an unknown kind": (["score", "--kind", "poem"], "there is no kind 'poem'; there are review"),
    "no model folder": (["score", "--kind", "order", "--model", "nowhere"], "nowhere is not a model folder"),
    "a missing file": (["train", "--kind", "order", "--data", "nowhere.jsonl", "--out", "m"], "nowhere.jsonl: no such file"),
    "a folder as data": (["train", "--kind", "order", "--data", ".", "--out", "m"], "Is a directory"),
    "no trainer": (["train", "--kind", "order", "--data", "d", "--out", "m", "--trainer", "x"], "no trainer 'x'; it has quick, linear"),
    "a broken option": (["score", "--kind", "order", "--option", "x"], "must be NAME=VALUE"),
    "a missing history": (["score", "--kind", "order", "--history", "h"], "h: no such file"),
}


@pytest.mark.parametrize("name", list(FAILURES))
def test_what_cannot_run_says_why_in_one_line(shell: Shell, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    args, says = FAILURES[name]
    code, out = shell(*args)
    assert code == 2
    assert out == []
    assert shell.err.count("\n") == 1
    assert says in shell.err


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "there are no labelled lines"),
        (order_lines()[:3], "too few to train on"),
        ([{**line, "labels": {"fraud": 0}} for line in order_lines()], "all examples to train on are of one class"),
        ([*order_lines()[:5], {"id": "x", "payload": {}, "labels": {"fraud": 1}}], "line 6: payload.amount: Field required"),
        ([{"id": "x", "payload": order_lines()[0]["payload"]}], "line 1: labels: missing"),
    ],
    ids=["empty", "few", "one class", "bad payload", "no labels"],
)
def test_data_that_cannot_be_trained_on_is_refused(shell: Shell, tmp_path: Path, lines: list[Any], says: str) -> None:
    (tmp_path / "d.jsonl").write_bytes(to_bytes(lines))
    code, _ = shell("train", "--kind", "order", "--data", tmp_path / "d.jsonl", "--out", tmp_path / "m")
    assert code == 2
    assert says in shell.err
    assert not (tmp_path / "m").exists()


def test_a_model_with_a_wrong_checksum_or_of_another_kind_is_refused(shell: Shell, model: Path) -> None:
    assert shell("score", "--kind", "review", "--model", model)[0] == 2
    assert "is a model for order, not for review" in shell.err
    with (model / "trees-0.txt").open("a") as handle:
        handle.write("\n")
    assert shell("score", "--kind", "order", "--model", model)[0] == 2
    assert "trees-0.txt does not have the checksum of the manifest" in shell.err


def test_a_bad_line_in_the_history_stops_the_command(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "h.jsonl").write_text("{\n")
    assert shell("score", "--kind", "order", "--history", tmp_path / "h.jsonl")[0] == 2
    assert "h.jsonl: line 1: not JSON" in shell.err


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from scoring.cli import build_parser; build_parser(); print([m for m in ('numpy', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_runs_as_a_module_and_survives_a_closed_pipe() -> None:
    stdin = to_bytes(order_lines() * 3)
    command = f"{sys.executable} -m scoring score --kind order --batch 4 | head -n 1"
    done = subprocess.run(["sh", "-c", command], input=stdin, capture_output=True, check=True, cwd=FOLDER.parent.parent)
    assert json.loads(done.stdout)["kind"] == "order"
    assert done.stderr == b""
