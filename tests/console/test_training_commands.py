"""The commands of the loop, as a person in a shell meets them: one clear line, and a non-zero exit when it did not work."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from console.accounts.models import User
from console.common.models import Job
from console.intake.models import Item
from console.training.models import ModelVersion, TrainingRun
from console.training.selectors import champion
from console.training.services import model_ensure_starters, run_cancel, run_request
from console.verdicts.models import Label
from tests.console.training_data import contact_rows, import_contacts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def call(*words: str, **options: Any) -> str:
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def lines_file(folder: Path, rows: list[dict[str, Any]]) -> str:
    path = folder / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_it_imports_labels_once(folder: Path) -> None:
    file = lines_file(folder, contact_rows(20))
    assert call("import_labels", file, "--kind", "contact").startswith("20 new items")
    assert "20 known items" in (again := call("import_labels", file, "--kind", "contact"))
    assert "0 labels" in again
    assert Item.objects.filter(status="decided", source__slug="import").count() == 20
    assert not Job.objects.exists()
    assert set(Label.objects.values_list("source", flat=True)) == {"import"}


def test_it_imports_a_csv_with_one_label_column(folder: Path) -> None:
    path = folder / "reviews.csv"
    path.write_text(
        'id,text,label,actor\n1,"Lovely soup, will return",fine_words,u1\n2,Buy followers at my shop,spam,u2\n3,Another one,spam,\n'
    )
    assert "3 new items" in call("import_labels", str(path), "--kind", "review")
    item = Item.objects.get(external_id="2")
    assert (item.payload["text"], item.actor_id) == ("Buy followers at my shop", "u2")
    assert dict(item.labels.values_list("name", "value")) == {"fine_words": 0, "spam": 1}


def test_it_imports_the_good_rows_and_names_the_bad_ones(folder: Path) -> None:
    path = folder / "mixed.jsonl"
    good = json.dumps({"id": "1", "payload": {"text": "Fine."}, "labels": {"spam": 0}})
    path.write_text("\n".join([good, "{", '{"id": "2"}', '{"id": "3", "payload": {"text": "x"}, "labels": {"spam": 7}}', "[]"]))
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="4 rows could not be used"):
        call_command("import_labels", str(path), "--kind", "review", stdout=out, stderr=err)
    assert "1 new items" in out.getvalue()
    assert [line.split(":")[0] for line in err.getvalue().splitlines()] == ["line 2", "line 3", "line 4", "line 5"]


def test_it_keeps_base_data_apart(folder: Path) -> None:
    assert call("import_labels", lines_file(folder, contact_rows(30)), "--kind", "contact", "--base").startswith("30 lines of base data")
    more = lines_file(folder, contact_rows(5, seed=2, prefix="z"))
    assert call("import_labels", more, "--kind", "contact", "--base").startswith("35 lines")
    assert call("import_labels", more, "--kind", "contact", "--base", "--replace").startswith("5 lines")
    assert not Item.objects.exists()


@pytest.mark.parametrize(("name", "body", "problem"), [("none.jsonl", None, "is not a file"), ("raw.jsonl", b"\xff\xfe\x00", "not UTF-8")])
def test_it_refuses_a_file_it_cannot_read(folder: Path, name: str, body: bytes | None, problem: str) -> None:
    if body is not None:
        (folder / name).write_bytes(body)
    with pytest.raises(CommandError, match=problem):
        call("import_labels", str(folder / name), "--kind", "contact")


@pytest.mark.django_db(transaction=True)
def test_it_retrains_promotes_and_rolls_back(folder: Path, ada: User) -> None:
    model_ensure_starters()
    import_contacts(400)
    out = call("retrain", "contact", "--here")
    assert "Collecting the labels of contacts." in out
    version = ModelVersion.objects.exclude(trainer="").order_by("-pk")[0]
    assert out.splitlines()[-1] == f"{version}: {version.state}"
    assert Job.objects.get(task="train").state == "failed"  # taken out of the lane: this process did the work
    assert call("promote", str(version), "--by", "ada", "--override", "--reason", "Ours.") == f"{version} serves\n"
    serving = champion("contact")
    assert serving == version
    assert call("rollback", "contact").endswith("serves again\n")
    assert champion("contact") != version


@pytest.mark.django_db(transaction=True)
def test_a_run_that_fails_fails_the_command() -> None:
    with pytest.raises(CommandError, match="Too few labels"):
        call("retrain", "contact", "--here")
    assert TrainingRun.objects.get().state == "failed"


def test_it_refuses_a_second_run_and_an_unknown_trainer() -> None:
    run = run_request(kind="contact")
    with pytest.raises(CommandError, match="waits already"):
        call("retrain", "contact")
    run_cancel(run_id=run.pk, user=None)
    with pytest.raises(CommandError, match="no trainer 'magic'"):
        call("retrain", "contact", "--trainer", "magic")


def test_it_refuses_what_is_not_there(ada: User, petra: User) -> None:
    with pytest.raises(CommandError, match="no version contact@9"):
        call("promote", "contact@9", "--by", "ada")
    model_ensure_starters()
    starter = str(champion("contact"))
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call("promote", starter, "--by", "nobody")
    with pytest.raises(CommandError, match="petra is not an admin"):
        call("promote", starter, "--by", "petra", "--override", "--reason", "Mine.")
    with pytest.raises(CommandError, match="no earlier model"):
        call("rollback", "contact")
