"""Which version serves: starters, promotion, rollback; one champion, whoever races; damaged files never serve."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.db.models.functions import Now
from pytest_django import Settings

from console.accounts.models import User
from console.accounts.roles import Role
from console.accounts.services import user_create
from console.audit.models import AuditRow
from console.common.errors import Conflict, Invalid, NotFound
from console.common.models import OutboxEvent
from console.training.models import ModelVersion
from console.training.promotion import rollback_target
from console.training.selectors import champion, champion_bundle, model_version, version_bundle, version_read
from console.training.services import model_agree, model_ensure_starters, model_promote, model_propose, model_rollback
from console.training.starters import bundle_install, bundle_path
from scoring.artifacts import ArtifactError, write_bundle
from scoring.starters import starter_bundle

pytestmark = pytest.mark.django_db
Register = Callable[..., ModelVersion]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT = tmp_path, tmp_path / "models"
    return tmp_path


@pytest.fixture
def register(folder: Path) -> Register:
    """A registered version with a real, sealed bundle."""

    def _register(version: str, state: str = "candidate", parent: str = "", hours_ago: int = 0) -> ModelVersion:
        path = bundle_path("review", version)
        bundle = write_bundle(
            folder / path, kind="review", version=version, trainer="quick", labels=("hate",),
            fill=sealed({"version": version}),
        )  # fmt: skip
        promoted = Now() - timedelta(hours=hours_ago) if state in ("champion", "retired") else None
        return ModelVersion.objects.create(
            kind="review", version=version, state=state, path=path, checksum=bundle.checksum, trainer="quick", parent=parent,
            promoted_at=promoted,
        )  # fmt: skip

    return _register


def sealed(content: dict[str, str]) -> Callable[[Path], None]:
    def fill(out: Path) -> None:
        (out / "head.json").write_text(json.dumps(content))

    return fill


ALONE = {"override": True, "reason": "The old one misses the new wave."}


def champions() -> list[str]:
    return list(ModelVersion.objects.filter(kind="review", state="champion").values_list("version", flat=True))


def test_it_registers_the_starters_once(folder: Path) -> None:
    registered = model_ensure_starters()
    assert f"contact@{starter_bundle('contact').version}" in registered
    assert model_ensure_starters() == []
    version = champion("contact")
    assert version is not None
    assert (folder / version.path / "manifest.json").is_file()
    assert champion_bundle("contact").checksum == starter_bundle("contact").checksum
    assert version.card


def test_it_mends_a_damaged_copy_of_a_starter(folder: Path) -> None:
    bundle = bundle_install(starter_bundle("contact"))
    name = next(iter(bundle.files))
    (bundle.path / name).write_text("{}")
    assert bundle_install(starter_bundle("contact")).checksum == bundle.checksum


def test_it_has_no_bundle_without_a_champion() -> None:
    assert champion("review") is None
    with pytest.raises(ArtifactError, match="no model serves review"):
        champion_bundle("review")


def test_it_promotes_a_candidate(register: Register, ada: User, petra: User) -> None:
    old = register("1", "champion", hours_ago=2)
    new = register("2", parent="1")
    assert model_promote(version=new, user=petra, reason="Finds more.").state == "candidate"
    assert model_promote(version=new, user=ada).state == "champion"
    old.refresh_from_db()
    assert (old.state, champions(), champion_bundle("review").version) == ("retired", ["2"], "2")
    row = AuditRow.objects.get(verb="model.promoted")
    assert (row.actor, row.subject, row.data["replaces"]) == ("user:ada", "model:review@2", "1")
    event = OutboxEvent.objects.get(topic="model.promoted")
    assert (event.data["version"], event.data["rollback"]) == ("2", False)
    assert row.data["reason"] == "Finds more."
    assert "Finds more." not in str(event.data)


def test_it_needs_an_override_with_a_reason_for_a_refused_version(register: Register, ada: User) -> None:
    register("1", "champion")
    refused = register("2", "refused", parent="1")
    with pytest.raises(Conflict, match="was refused"):
        model_promote(version=refused, user=ada)
    with pytest.raises(Invalid) as error:
        model_promote(version=refused, user=ada, override=True, reason=" ")
    assert "reason" in error.value.fields
    model_promote(version=refused, user=ada, **ALONE)
    assert champions() == ["2"]
    assert AuditRow.objects.get(verb="model.promoted").data["override"] is True


def test_it_refuses_a_comparison_with_a_former_champion(register: Register, ada: User) -> None:
    register("1", "retired", hours_ago=3)
    register("2", "champion", hours_ago=1)
    with pytest.raises(Conflict, match="was compared with 1, but 2 serves now"):
        model_promote(version=register("3", parent="1"), user=ada)


def test_it_rolls_back_and_does_not_return_to_what_was_rolled_back(register: Register, ada: User) -> None:
    register("1", "retired", hours_ago=3)
    second = register("2", "retired", hours_ago=2)
    third = register("3", "champion", hours_ago=1)
    assert model_rollback(kind="review", user=ada, reason="Too many honest reviews removed.").version == "2"
    third.refresh_from_db()
    assert third.state == "refused"
    assert "Too many honest reviews removed." in third.reasons[-1]
    fourth = register("4", parent="2")
    model_promote(version=fourth, user=ada, **ALONE)
    assert rollback_target("review") == second
    assert [model_rollback(kind="review", user=ada).version for _ in range(2)] == ["2", "1"]
    with pytest.raises(Conflict, match="no earlier model"):
        model_rollback(kind="review", user=ada)


def test_a_damaged_model_neither_serves_nor_is_promoted(register: Register, ada: User, folder: Path) -> None:
    serving, candidate = register("1", "champion"), register("2", parent="1")
    for version in (serving, candidate):
        (folder / version.path / "head.json").write_text('{"version": "evil"}')
    with pytest.raises(ArtifactError, match="does not have the checksum of the manifest"):
        champion_bundle("review")
    with pytest.raises(Conflict, match="cannot serve"):
        model_promote(version=candidate, user=ada)
    assert champions() == ["1"]


def test_a_model_damaged_after_it_was_first_read_is_neither_promoted_nor_returned_to(register: Register, ada: User, folder: Path) -> None:
    before, serving, candidate = register("1", "retired", hours_ago=3), register("2", "champion", hours_ago=1), register("3", parent="2")
    for version in (before, serving, candidate):
        assert version_bundle(version).version == version.version  # this process remembers it as whole
        (folder / version.path / "head.json").write_text("{}")
        with pytest.raises(ArtifactError, match=r"head\.json does not have the checksum"):
            version_read(version)
    with pytest.raises(Conflict, match="3 cannot serve"):
        model_promote(version=candidate, user=ada)
    with pytest.raises(Conflict, match="1 cannot serve"):
        model_rollback(kind="review", user=ada)
    assert champions() == ["2"]


def test_a_bundle_that_was_swapped_whole_is_found_out(register: Register, folder: Path) -> None:
    version = register("1", "champion")
    write_bundle(
        folder / version.path, kind="review", version="1", trainer="quick", labels=("hate",),
        fill=sealed({}),
    )  # fmt: skip
    with pytest.raises(ArtifactError, match="checksum it was registered with"):
        champion_bundle("review")


def test_it_finds_a_version_by_name(register: Register) -> None:
    version = register("7")
    assert model_version("review@7") == model_version("7") == version
    with pytest.raises(NotFound):
        model_version("chat@7")


def race(calls: list[Callable[[], object]]) -> list[str]:
    def attempt(call: Callable[[], object]) -> str:
        try:
            call()
        except Conflict as error:
            return error.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(attempt, calls))


@pytest.mark.django_db(transaction=True)
def test_two_agreements_at_once_one_wins_and_one_champion_is_left(register: Register, ada: User, petra: User) -> None:
    ana = user_create(username="ana", role=Role.ADMIN, password="plain-sight-42")
    register("1", "champion")
    versions = [register(name, parent="1") for name in ("2", "3", "4")]
    first = model_propose(version=versions[0], user=petra)
    answers = race([lambda: model_agree(promotion=first, user=ada), lambda: model_agree(promotion=first, user=ana)])
    assert answers == ["done", "proposal_closed"]
    assert champions() == ["2"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM common_outboxevent WHERE topic = 'model.promoted'")
        assert cursor.fetchone() == (1,)
    race([lambda v=version: model_promote(version=v, user=ada, **ALONE) for version in versions[1:]])  # type: ignore[misc]
    assert len(champions()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_rollback_and_a_promotion_at_once_leave_one_champion(register: Register, ada: User) -> None:
    register("1", "retired", hours_ago=3)
    register("2", "champion", hours_ago=1)
    candidate = register("3", parent="2")
    race([lambda: model_promote(version=candidate, user=ada, **ALONE), lambda: model_rollback(kind="review", user=ada)])
    assert len(champions()) == 1
