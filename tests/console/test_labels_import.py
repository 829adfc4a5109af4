"""Labels out of a file, as a person brings them: any columns, some bad rows, stopped half-way, brought twice."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import F
from django.test import Client
from pytest_django import Settings

from console.accounts.models import User
from console.common.errors import Conflict, Invalid
from console.common.models import Job
from console.flow.label_work import label_work_do
from console.intake.models import Item
from console.quality.models import Gold
from console.training import import_work
from console.training.import_work import import_draft, import_preview, import_start, rejected_path
from console.training.label_work import WorkLog, WorkStopped, work_cancel, work_gave_up, work_request
from console.training.leftovers import leftovers_tidy
from console.training.mapping import mapping_guess, mapping_read
from console.training.models import LabelWork
from console.verdicts.models import Label
from scoring.registry import KINDS

pytestmark = pytest.mark.django_db
REVIEW = KINDS["review"]
COMMENTS = (
    'comment_id;date;user;comment;is_spam;is_hate;stars\n'
    '1;2026-01-02;ann;"Lovely soup; will return";no;0;5\n'
    '2;2026-01-03;bob;Buy followers at my shop;yes;0;1\n'
    '3;2026-01-04;cy;=cmd() as a name;perhaps;0;1\n'
)  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def call(file: Path, *words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_labels", str(file), "--kind", "review", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_it_guesses_columns_by_name_and_content() -> None:
    rows = [{"comment": "Hi", "is_spam": "no", "is_long": "12", "user": "ann"}]
    found = mapping_guess(REVIEW, list(rows[0]), rows)
    assert found == {"text": "comment", "actor": "user", "label.spam": "is_spam"}


@pytest.mark.parametrize(
    ("column", "said", "target"),
    [
        ("spam", "1", "label.spam"), ("Harassment", "no", "label.harassment"), ("hate_flag", "0", "label.hate"),
        ("Is Spam", "yes", "label.spam"), ("threat_label", "0", "label.threat"),
        ("class", "spam", "label"), ("Label", "spam", "label"), ("category", "ham", "label"),
    ],
)  # fmt: skip
def test_it_knows_a_label_by_its_name(column: str, said: str, target: str) -> None:
    rows = [{"text": "Hi", column: said}]
    assert mapping_guess(REVIEW, list(rows[0]), rows) == {"text": "text", target: column}


@pytest.mark.parametrize(("column", "said"), [("label", "1"), ("class", "0"), ("verified", "yes"), ("spam", "a lot of it")])
def test_it_asks_where_a_name_does_not_say_what_yes_means(column: str, said: str) -> None:
    rows = [{"text": "Hi", column: said}]
    assert mapping_guess(REVIEW, list(rows[0]), rows) == {"text": "text"}


def test_it_reads_a_mapping_with_constants() -> None:
    assert mapping_read('text=my comment, messages.0.sender="them, all" ,label.a=b') == {
        "text": "my comment", "messages.0.sender": '"them, all"', "label.a": "b"
    }  # fmt: skip
    with pytest.raises(Invalid, match="not right"):
        mapping_read("text")


def test_it_imports_by_mapping_and_names_line_and_reason_of_the_rest(folder: Path) -> None:
    file, rejects = written(folder, "c.csv", COMMENTS), folder / "rejects.csv"
    with pytest.raises(CommandError, match="1 rows could not be used"):
        call(file, "--map", "id=comment_id,rating=stars", "--rejects", str(rejects))
    item = Item.objects.get(external_id="2")
    assert (item.payload["text"], item.payload["rating"], item.actor_id) == ("Buy followers at my shop", 1.0, "bob")
    assert dict(item.labels.values_list("name", "value")) == {"spam": 1, "hate": 0}
    assert rejects.read_text().splitlines()[1] == "4,\"is_spam: 'perhaps' is neither yes nor no (1, 0, true, false, yes, no)\""
    assert not Item.objects.filter(external_id="3").exists()


def test_a_dry_run_says_what_it_would_do_and_does_nothing(folder: Path) -> None:
    file = written(folder, "c.csv", COMMENTS.replace("perhaps", "yes"))
    out, _ = call(file, "--map", "id=comment_id", "--dry-run")
    assert "text=comment" in out
    assert "3 rows can be used (spam 2); nothing was written" in out
    assert not Item.objects.exists()


def test_it_reads_json_lines_of_any_shape(folder: Path) -> None:
    file = written(folder, "c.jsonl", json.dumps({"key": "a", "body": "Buy it.", "bad": True}) + "\n")
    call(file, "--map", "label.spam=bad")
    assert Item.objects.get(external_id="a").payload["text"] == "Buy it."


@pytest.mark.parametrize(
    ("text", "words", "problem"),
    [
        ("text\nHello\n", (), "Say which column holds the label"),
        ("text,y\nHello,1\n", ("--map", "label.spam=z"), "no column 'z'"),
        ("text,label\n" + "".join(f"t,{n}\n" for n in range(300)), (), "more than 200 labels"),
        (COMMENTS, ("--gold", "--base"), "never learnt from"),
    ],
)
def test_it_refuses_columns_that_do_not_fit(folder: Path, text: str, words: tuple[str, ...], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        call(written(folder, "c.csv", text), *words)
    assert not Item.objects.exists()


def test_bad_rows_never_stop_the_good_ones(folder: Path) -> None:
    rows = [
        "{", json.dumps({"id": "n", "payload": {"text": "a\x00b"}, "labels": {"spam": 1}}), "x" * 1_000_100,
        json.dumps({"id": "l", "payload": {"text": "b"}, "labels": {"y" * 65: 1}}),
        json.dumps({"id": "g", "payload": {"text": "c"}, "labels": {"spam": 1}}),
    ]  # fmt: skip
    with pytest.raises(CommandError, match="4 rows could not be used"):
        call(written(folder, "c.jsonl", "\n".join(rows)))
    assert [item.external_id for item in Item.objects.all()] == ["g"]


def test_known_answers_come_from_a_file_too(folder: Path, ready: None) -> None:
    text = "id,text,label.harassment,clauses\n1,You fool.,1,\n2,Fine soup.,0,\n3,Buy it.,0,4.5\n4,Odd.,1,9.9\n"
    with pytest.raises(CommandError, match="1 rows could not be used"):
        call(written(folder, "g.csv", text), "--gold")
    found = {gold.item.external_id: (gold.outcome, gold.clauses) for gold in Gold.objects.select_related("item")}
    assert found == {"1": ("enforce", ["4.4"]), "2": ("allow", []), "3": ("enforce", ["4.5"])}
    assert set(Label.objects.values_list("source", flat=True)) == {"gold"}
    count = Label.objects.count()
    with pytest.raises(CommandError):
        call(folder / "g.csv", "--gold")
    assert Label.objects.count() == count  # the same again changes nothing


def upload(text: str = COMMENTS, name: str = "comments.csv") -> Any:
    return SimpleUploadedFile(name, text.encode())


def test_an_upload_is_previewed_mapped_and_imported_by_a_worker(ada: User) -> None:
    work = import_draft(kind=REVIEW, upload=upload(), file_name="comments.csv", user=ada)
    assert (work.state, work.asked["rows"], work.asked["map"]["text"]) == ("draft", 3, "comment")
    mapping = {**work.asked["map"], "id": "comment_id"}
    rows, errors = import_preview(work, mapping)
    assert not errors
    assert isinstance(rows[0][1], dict)
    assert rows[2][0] == 4
    assert isinstance(rows[2][1], str)
    import_start(work=work, mapping=mapping, source="history", gold=False, user=ada)
    assert Job.objects.get(task="label_work").subject == str(work.pk)
    label_work_do(work.pk)
    work.refresh_from_db()
    assert (work.state, work.sentence) == ("done", "2 new items, 4 labels, 1 rows left out")
    assert rejected_path(work).read_text().startswith("line,reason\n4,")
    label_work_do(work.pk)  # rung twice
    assert Label.objects.count() == 4


def test_whoever_takes_an_import_over_goes_on_where_it_was(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_work, "BATCH", 2)
    text = "id,text,label.spam\n" + "".join(f"{n},text {n},{n % 2}\n" for n in range(7))
    work = import_draft(kind=REVIEW, upload=upload(text), file_name="c.csv", user=ada)
    import_start(work=work, mapping=work.asked["map"], source="", gold=False, user=ada)
    first = WorkLog.take(work.pk)
    assert first is not None
    seen = []

    def killed(share: float, sentence: str) -> None:
        seen.append(sentence)
        raise KeyboardInterrupt

    monkeypatch.setattr(first, "say", killed)
    with pytest.raises(KeyboardInterrupt):
        import_work.import_run(first)
    assert Label.objects.count() == 2
    label_work_do(work.pk)
    work.refresh_from_db()
    assert (work.state, work.result["counts"]) == ("done", {"new items": 7, "labels": 7})
    with pytest.raises(WorkStopped):  # the first wakes up again
        first.keep(progress=0.5)


def test_what_was_begun_is_not_begun_again(ada: User, client: Client, ready: None) -> None:
    """Twice the button, or a page that stood open: the file is read once, by the columns that were said first."""
    work = import_draft(kind=REVIEW, upload=upload(), file_name="c.csv", user=ada)
    stale = LabelWork.objects.get(pk=work.pk)
    mapping = {**work.asked["map"], "id": "comment_id"}
    import_start(work=work, mapping=mapping, source="", gold=False, user=ada)
    with pytest.raises(Conflict):
        import_start(work=stale, mapping={**mapping, "rating": "stars"}, source="other", gold=True, user=ada)
    assert LabelWork.objects.get(pk=work.pk).asked["gold"] is False
    label_work_do(work.pk)
    client.force_login(ada)
    form = {"to.text": "comment", "label_name": ["spam"], "label_column": ["is_spam"]}
    assert client.post(f"/labels/import/{work.pk}/", form).status_code == 200
    work.refresh_from_db()
    assert (work.state, work.sentence) == ("done", "2 new items, 4 labels, 1 rows left out")


def test_a_column_without_a_name_is_left_out_and_not_the_row(folder: Path) -> None:
    call(written(folder, "c.csv", ",id,text,label.spam\n0,a,Buy it.,1\n1,b,Nice.,0\n"))
    assert list(Item.objects.order_by("external_id").values_list("external_id", flat=True)) == ["a", "b"]
    with pytest.raises(CommandError, match="1 rows could not be used"):
        call(written(folder, "d.csv", "id,text,label.spam\nc,Buy, it.,1\nd,Nice.,0\n"))


def test_a_column_that_stands_twice_is_said(folder: Path) -> None:
    with pytest.raises(CommandError, match=r"column 'label\.spam' twice"):
        call(written(folder, "c.csv", "id,text,label.spam,label.spam\na,Buy it.,1,0\n"))


def test_an_id_of_zero_is_an_id(folder: Path) -> None:
    rows = [{"id": n, "text": f"Review number {n}.", "label.spam": 0} for n in range(3)]
    call(written(folder, "c.jsonl", "".join(json.dumps(row) + "\n" for row in rows)), "--map", "label.spam=label.spam")
    assert set(Item.objects.values_list("external_id", flat=True)) == {"0", "1", "2"}


@pytest.mark.parametrize("sign", ["\\u0000", "\\ud800"])
def test_what_cannot_be_kept_costs_its_row_and_nothing_else(ada: User, ready: None, sign: str) -> None:
    """The NUL character and half of a pair, which JSON may write, wherever they stand."""
    fine = {"id": "a", "payload": {"text": "Fine."}, "labels": {"spam": 0}}
    odd = [
        '{"id": "b", "payload": {"text": "Odd."}, "labels": {"sp@m": 1}}',
        '{"id": "c@", "payload": {"text": "Odd."}, "labels": {"spam": 1}}',
        '{"id": "d", "payload": {"text": "Odd @"}, "labels": {"spam": 1}}',
        '{"id": "e", "payload": {"text": "Odd."}, "labels": {"spam": 1}, "note": "@"}',
        '{"id": "f", "payload": {"text": "Odd."}, "labels": {"spam": 1}, "x@": 1, "clauses": "@"}',
    ]  # fmt: skip
    text = "\n".join([*odd, json.dumps(fine)]).replace("@", sign)
    work = import_draft(kind=REVIEW, upload=upload(text, "c.jsonl"), file_name="c.jsonl", user=ada)
    import_start(work=work, mapping={}, source="", gold=True, user=ada)
    label_work_do(work.pk)
    work.refresh_from_db()
    assert (work.state, work.result["rejected"], work.result["counts"]) == ("done", 5, {"new items": 1, "known answers": 1})


def test_it_can_be_stopped_and_says_when_it_gave_up(ada: User) -> None:
    works = [import_draft(kind=REVIEW, upload=upload(), file_name="c.csv", user=ada) for _ in range(2)]
    for work in works:
        work.asked["map"]["id"] = "comment_id"
    import_start(work=works[0], mapping=works[0].asked["map"], source="", gold=False, user=ada)
    with pytest.raises(Conflict, match="under way already"):
        import_start(work=works[1], mapping=works[1].asked["map"], source="", gold=False, user=ada)
    work_cancel(work_id=works[0].pk, user=ada)
    label_work_do(works[0].pk)
    assert not Item.objects.exists()
    with pytest.raises(Conflict, match="ended already"):
        work_cancel(work_id=works[0].pk, user=ada)
    import_start(work=works[1], mapping=works[1].asked["map"], source="", gold=False, user=ada)
    work_gave_up(work_id=str(works[1].pk), error="killed")
    assert "begun 3 times" in LabelWork.objects.get(pk=works[1].pk).sentence


def test_of_two_that_start_in_the_same_moment_the_database_lets_one_begin(ada: User) -> None:
    """Neither saw the other when it looked."""
    work_request(purpose="doubts", kind="review", user=ada)
    work_request(purpose="doubts", kind="order", user=ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        LabelWork.objects.create(purpose="doubts", kind="review", state="running")


def test_files_that_nothing_reads_any_more_go(ada: User, folder: Path) -> None:
    """Of an import that failed, and of one that nobody went on with for a week; the list of what was left out stays."""
    failed, old, young = (import_draft(kind=REVIEW, upload=upload(), file_name="c.csv", user=ada) for _ in range(3))
    import_start(work=failed, mapping=failed.asked["map"], source="", gold=False, user=ada)
    work_gave_up(work_id=str(failed.pk), error="killed")
    rejected_path(failed).write_text("line,reason\n")
    LabelWork.objects.filter(pk=old.pk).update(created_at=F("created_at") - timedelta(days=8))
    assert leftovers_tidy() == 0, "too young to tell"
    leftovers_tidy(old_seconds=0)
    assert {path.name for path in (folder / "imports").iterdir()} == {f"{young.pk}.csv", f"{failed.pk}.csv.rejected.csv"}
    old.refresh_from_db()
    assert (old.state, old.sentence) == ("cancelled", "Nobody went on with it for a week.")


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [("c.exe", b"MZ", "ends in"), ("c.csv", b"\xff\xfe\x00", "not UTF-8"), ("c.csv", b"x" * 3000, "larger than")],
)
def test_it_refuses_a_file_that_it_cannot_keep(
    ada: User, folder: Path, name: str, body: bytes, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_work, "LARGEST", 2000)
    with pytest.raises(Invalid) as caught:
        import_draft(kind=REVIEW, upload=SimpleUploadedFile(name, body), file_name=name, user=ada)
    assert problem in caught.value.fields["file"][0]
    assert not LabelWork.objects.exists()
    assert not list((folder / "imports").glob("*")) if (folder / "imports").exists() else True
