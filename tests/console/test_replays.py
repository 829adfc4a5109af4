"""Replays in the browser and in the shell: a file comes in, runs in the background, and only what came out is left."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from console.accounts.models import User
from console.backtests import replay_run
from console.backtests.models import Replay
from console.backtests.replay_run import replay_execute
from console.backtests.replays import BEGINNING, TOLD, check_beginning, read_lines, replay_cancel, replay_file, replay_gave_up
from console.common.errors import Conflict, Invalid
from console.common.models import Job
from console.training.parts import Seen
from scoring.registry import KINDS
from scoring.training.seen import fingerprint
from scoring.types import Example, Item
from tests.scoring.order_lines import order_lines
from workers.replay import replay as replay_task


def to_bytes(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


FORM = {"kind": "order", "budget": "0.4", "rounds": "3", "start": "nothing"}


@pytest.fixture(scope="module")
def lines() -> bytes:
    return to_bytes(order_lines(honest=240, bursts=20))


@pytest.fixture
def page(client: Client, petra: User, ready: None) -> Client:
    client.force_login(petra)
    return client


def upload(page: Client, content: bytes, name: str = "orders.jsonl", **changes: str) -> Any:
    return page.post("/backtests/replay/", {**FORM, **changes, "file": SimpleUploadedFile(name, content)})


def test_a_file_is_replayed_and_not_kept(page: Client, lines: bytes) -> None:
    assert "Nothing was replayed yet" in page.get("/backtests/replay/").content.decode()
    upload(page, lines)
    replay = Replay.objects.get()
    assert replay_file(replay).read_bytes() == lines
    html = page.get(f"/backtests/replay/{replay.pk}/").content.decode()
    assert f'hx-get="/backtests/replay/{replay.pk}/live"' in html
    replay_task(list(Job.objects.filter(task="replay").values_list("pk", flat=True)))
    replay.refresh_from_db()
    assert (replay.state, replay.error, replay.progress) == ("done", "", 1.0)
    assert not replay_file(replay).exists()
    html = page.get(f"/backtests/replay/{replay.pk}/").content.decode()
    assert "How fast it learns" in html
    assert "Same as a table" in html
    assert page.get(f"/backtests/replay/{replay.pk}/live")["HX-Refresh"] == "true"
    told = replay.result["summary"]
    assert told["labels"] <= 0.45 * told["arrived"]
    assert told["full_ap"] > 0.5
    assert "orders.jsonl" in page.get("/backtests/replay/").content.decode()
    assert "had learnt from" not in html
    for learnt, said in ((7, "had learnt from 7 of these"), (None, "may have learnt from this file"), (0, "from none of these items")):
        Replay.objects.update(options={**replay.options, "start": "champion"}, result={**replay.result, "learnt": learnt})
        assert said in page.get(f"/backtests/replay/{replay.pk}/").content.decode()


def test_it_counts_what_the_model_that_serves_first_had_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = KINDS["review"]
    texts = [f"The soup was cold on day {n} of {n + 7}." for n in range(9)]
    told = [Example(item=Item(id=f"x{n}", kind="review", payload={"text": text}), labels={}) for n, text in enumerate(texts)]
    monkeypatch.setattr(replay_run, "champion", lambda name: None)
    known = frozenset(fingerprint(kind, replace(one.item, id="elsewhere")) for one in told[:4])
    monkeypatch.setattr(replay_run, "seen_by", lambda version: Seen(prints=known))
    assert replay_run.learnt_of(kind, "champion", told) == len([one for one in told if fingerprint(kind, one.item) in known]) > 0
    assert replay_run.learnt_of(kind, "nothing", told) == 0
    monkeypatch.setattr(replay_run, "seen_by", lambda version: Seen())
    assert replay_run.learnt_of(kind, "champion", told) is None


@pytest.mark.parametrize(
    ("content", "name", "changes", "said"),
    [
        (b'{"id": 1}\n' * 80, "x.jsonl", {}, "Line 1: payload: missing"), (b"nonsense", "x.jsonl", {}, "not JSON"),
        (b"\xff\xfe\x00", "x.jsonl", {}, "not text"), (b"id,amount,label\n1,2,fraud\n", "x.csv", {}, "Line 2"),
        (None, "x.jsonl", {"budget": "7"}, "A number from"), (None, "x.jsonl", {"kind": "soup"}, "no kind"),
        (None, "x.jsonl", {"start": "wish"}, "from the list"), (b"\n", "x.jsonl", {}, "60 is the least"),
    ],
)  # fmt: skip
def test_what_cannot_be_replayed_is_refused_at_once_and_nothing_is_kept(
    page: Client, lines: bytes, content: bytes | None, name: str, changes: dict[str, str], said: str, settings: LazySettings
) -> None:
    folder = Path(settings.HOME) / "replays"
    before = sorted(folder.iterdir()) if folder.exists() else []
    answer = upload(page, content or lines, name, **changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Replay.objects.exists()
    assert (sorted(folder.iterdir()) if folder.exists() else []) == before


def test_a_file_of_bad_lines_is_not_kept_in_memory(tmp_path: Path, lines: bytes) -> None:
    """Of what is wrong the first lines are told and the others counted; while somebody waits, only the beginning is read."""
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b"x\n" * (BEGINNING + 5) + lines)
    with path.open(encoding="utf-8") as handle:
        found = read_lines(handle, path, KINDS["order"])
    assert (found.bad, len(found.told), len(found.good)) == (BEGINNING + 5, TOLD, lines.count(b"\n"))
    with pytest.raises(Invalid, match="not right") as caught:
        check_beginning(path, KINDS["order"])
    assert len(caught.value.fields["file"]) == TOLD


def test_no_file_is_said_so(page: Client) -> None:
    assert "Choose a file" in page.post("/backtests/replay/", FORM).content.decode()


def test_a_cancelled_one_stops_and_its_file_goes(page: Client, lines: bytes, petra: User, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(page, lines)
    replay = Replay.objects.get()
    from console.backtests import replay_run

    def stream(kind: object, examples: object, plan: object, tell: object) -> object:
        replay_cancel(replay_id=replay.pk, user=petra)
        tell("training")  # type: ignore[operator]
        raise AssertionError("it went on")

    monkeypatch.setattr(replay_run, "replay_stream", stream)
    replay_execute(replay.pk)
    replay.refresh_from_db()
    assert (replay.state, replay.result) == ("cancelled", {})
    assert not replay_file(replay).exists()
    with pytest.raises(Conflict):
        replay_cancel(replay_id=replay.pk, user=petra)


def test_one_that_cannot_learn_says_why(page: Client) -> None:
    same = [
        {"id": str(n), "payload": {"amount": 5 + n, "placed_at": f"2026-01-01T00:{n % 60:02}:00Z"}, "labels": {"fraud": 0}}
        for n in range(80)
    ]
    upload(page, to_bytes(same))
    replay = Replay.objects.get()
    replay_execute(replay.pk)
    replay.refresh_from_db()
    assert replay.state == "failed"
    assert "all of one class" in replay.error
    assert replay.error in page.get(f"/backtests/replay/{replay.pk}/").content.decode()


def test_one_whose_worker_dies_is_given_up(page: Client, lines: bytes) -> None:
    upload(page, lines)
    replay = Replay.objects.get()
    replay_gave_up(replay_id=replay.pk, error="the worker stopped")
    replay.refresh_from_db()
    assert replay.state == "failed"
    assert not replay_file(replay).exists()


def test_leads_read_and_others_do_not(client: Client, page: Client, lines: bytes, lena: User, rita: User) -> None:
    upload(page, lines)
    address = f"/backtests/replay/{Replay.objects.get().pk}/"
    for who, status in ((lena, 200), (rita, 403)):
        client.force_login(who)
        assert client.get("/backtests/replay/").status_code == status
        assert client.get(address).status_code == status
        assert upload(client, lines).status_code == 403
        assert client.post(f"{address}cancel").status_code == 403


def test_the_command_prints_the_curve_and_draws_it(ready: None, lines: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, plot = tmp_path / "orders.jsonl", tmp_path / "curve.svg"
    path.write_bytes(lines)
    call_command("replay", str(path), "--kind", "order", "--budget", "0.4", "--rounds", "3", "--plot", str(plot))
    told = capsys.readouterr()
    assert "People looked at" in told.out
    assert "training on all" in told.err
    assert plot.read_text("utf-8").startswith("<svg")
    assert (tmp_path / "curve-automation.svg").is_file()
    assert not Replay.objects.exists()
    call_command("replay", str(path), "--kind", "order", "--budget", "0.4", "--rounds", "3", "--json")
    assert len(json.loads(capsys.readouterr().out)["rounds"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.jsonl", "--kind", "order"], "cannot be read"), (["none.jsonl", "--kind", "soup"], "no kind"),
        (["none.jsonl", "--kind", "order", "--budget", "x"], "--budget"),
    ],
)  # fmt: skip
def test_the_command_says_in_one_line_what_is_wrong(ready: None, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("replay", *words)
