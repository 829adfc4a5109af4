"""The cast: Rita reviews, Lena leads, Petra writes policy, Ada is the admin, Otto is an outsider. The shop sends items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_django import Settings

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.accounts.services import source_ensure, user_create
from console.cases.claiming import case_claim_one
from console.cases.models import Case, Claim
from console.cases.services import queue_ensure_defaults
from console.common.jobs import job_claim
from console.flow import items_receive, items_score
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.policies.services import policy_ensure_defaults
from console.quality.models import CheckPlan
from console.quality.plans import plans_ensure_defaults
from console.training.models import ModelVersion
from console.training.services import model_ensure_starters
from scoring.registry import KINDS
from tests.console.dice import dice
from tests.console.versions import Versions

PASSWORD = "plain-sight-42"


@pytest.fixture(autouse=True)
def nothing_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """One case in twenty stands where chance puts it; here only where a test asks for that."""
    monkeypatch.setattr("console.cases.priority.draw_of", lambda case_id: None)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement from here on, planned or of the ORM, but for savepoints: there are as many as a test has transactions."""
    statements: list[str] = []
    execute = psycopg.Cursor.execute

    def noting(cursor: psycopg.Cursor[Any], query: Any, *args: Any, **kwargs: Any) -> Any:
        text = query.decode() if isinstance(query, bytes) else str(query)
        if "SAVEPOINT" not in text:
            statements.append(text)
        return execute(cursor, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", noting)
    return statements


@pytest.fixture
def rita(db: None) -> User:
    return user_create(username="rita", role=Role.MODERATOR, password=PASSWORD, full_name="Rita Ray")


@pytest.fixture
def ravi(db: None) -> User:
    """A second moderator."""
    return user_create(username="ravi", role=Role.MODERATOR, password=PASSWORD)


@pytest.fixture
def lena(db: None) -> User:
    return user_create(username="lena", role=Role.LEAD, password=PASSWORD)


@pytest.fixture
def petra(db: None) -> User:
    return user_create(username="petra", role=Role.POLICY, password=PASSWORD)


@pytest.fixture
def ada(db: None) -> User:
    return user_create(username="ada", role=Role.ADMIN, password=PASSWORD)


@pytest.fixture
def otto(db: None) -> User:
    """Signed in, with no role."""
    return User.objects.create_user(username="otto", password=PASSWORD)


@pytest.fixture
def shop(db: None) -> Source:
    return source_ensure(name="shop")


@pytest.fixture
def rival(db: None) -> Source:
    return source_ensure(name="rival")


@pytest.fixture
def ready(db: None) -> None:
    """Policies, queues and starter models, as after `manage.py up`."""
    policy_ensure_defaults()
    queue_ensure_defaults()
    model_ensure_starters()


@pytest.fixture
def plan(ready: None) -> Iterator[CheckPlan]:
    """The usual checks of people, in the queue of reviews; without it nothing is drawn. The die falls high until a test says else."""
    plans_ensure_defaults()
    with dice(0.99):
        yield CheckPlan.objects.get(queue__slug="reviews")


Post = Callable[..., Item]


@pytest.fixture
def post(shop: Source, ready: None) -> Post:
    """Accept one review (or another kind) from the shop, without scoring it."""

    def _post(text: str = "The soup was cold.", *, kind: str = "review", payload: dict[str, Any] | None = None, **more: Any) -> Item:
        number = Item.objects.count() + 1
        raw = {"kind": kind, "external_id": f"x-{number}", "payload": payload or {"text": text}, **more}
        received = items_receive(source=more.pop("source", shop), rows=[parse_item(raw)], actor="source:shop")
        return Item.objects.get(pk=received[0].id)

    return _post


@pytest.fixture
def score_all() -> Callable[[], None]:
    """Score everything that waits, as the workers do."""

    def _score() -> None:
        for lane in {kind.lane for kind in KINDS.values()}:
            while jobs := job_claim(lane=lane, task="score_item", owner="test"):
                items_score(jobs=jobs)

    return _score


@pytest.fixture
def waiting(post: Post) -> Callable[..., Case]:
    """A case that waits for a person, without a model having run."""

    def _case(text: str = "The soup was cold.", **more: Any) -> Case:
        from console.flow import scoring_gave_up

        item = post(text, **more)
        scoring_gave_up(item_id=item.pk, error="The scorer did not finish.")
        return Case.objects.get(item=item)

    return _case


@pytest.fixture
def claimed(waiting: Callable[..., Case], rita: User) -> Callable[..., Claim]:
    """A case that Rita holds."""

    def _claim(text: str = "The soup was cold.", **more: Any) -> Claim:
        case = waiting(text, **more)
        claim = case_claim_one(case_id=case.pk, reviewer=rita)
        assert claim is not None
        return claim

    return _claim


@pytest.fixture
def versions(ready: None, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Versions:
    """Versions of reviews that score as the test says; none serves yet."""
    settings.HOME, settings.MODELS_ROOT = tmp_path, tmp_path / "models"
    made = Versions()
    monkeypatch.setattr("console.flow.choose.scorer_for", made.scorer_for)
    monkeypatch.setattr("console.flow.shadow.scorer_for", made.scorer_for, raising=False)
    ModelVersion.objects.filter(kind="review").delete()
    return made
