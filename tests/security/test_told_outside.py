"""What failed is told in words that quote what it failed on: to the people of this installation, never to the token or webhook of one
source. Every address that speaks of runs, models and alerts is read with names planted wherever a sentence can carry one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.alerts.services import alert_clear, alert_raise
from console.audit.models import AuditRow
from console.backtests.services import backtest_gave_up, backtest_request
from console.backtests.subjects import asked_rule
from console.common.models import OutboxEvent
from console.training.ending import run_fail
from console.training.models import ModelVersion, TrainingRun, Trial
from console.training.runs import run_request
from scoring.gates.gate import Row, Table
from scoring.gates.report import Report
from scoring.types import as_json
from tests.console.calls import Calls, of, problem, signed_in
from tests.console.gate_reports import gate
from tests.console.versions import Versions

pytestmark = pytest.mark.django_db
PLANTED = ("shop", "shop-user-7", "You are a liar", "/srv/private", "0190-item")
LEAK = "The account shop-user-7 of shop says “You are a liar” in 0190-item, read from /srv/private/base.jsonl"


@pytest.fixture
def failed(petra: User) -> TrainingRun:
    run = run_request(kind="review", user=petra, seed=7, search_minutes=5)
    trial = {"number": 1, "round": 1, "items": 9, "parameters": {}, "ap": None, "log_loss": None, "seconds": 1, "error": LEAK}
    TrainingRun.objects.filter(pk=run.pk).update(
        state="running", started_at=Now(), log=f"10:00:00 {LEAK}\n", trials=[trial], search={"minutes": 5, "sentence": LEAK}
    )
    assert run_fail(TrainingRun.objects.filter(pk=run.pk), run, code="data", reason=LEAK, stage="split")
    return run


@pytest.fixture
def refused() -> ModelVersion:
    rows = [Row(name=name, cells=("9", "3", "80.0", "70.0"), word="worse") for name in ("shop", "rival")]
    gates = [gate("slices", "No group got worse", "refused", LEAK, tables=[Table(title="Source", columns=("items",), rows=rows)])]
    report = as_json(Report(passed=False, headline="Better. But a group got worse.", gates=gates, seconds=1.0))
    version = ModelVersion.objects.create(
        kind="review", version="2", state="refused", path="models/review/2", checksum="c", trainer="quick", card=LEAK, damage=LEAK,
        reasons=[LEAK], comparison={"report": report, "parts_file": "/srv/private/2.parts.json"},
    )  # fmt: skip
    facts = {"kind": "review", "version": version, "against": "1", "share": 5, "started_at": Now(), "ended_at": Now()}
    Trial.objects.create(mode="canary", end="stopped", why=LEAK, **facts)
    return version


def read(calls: Calls, run: TrainingRun) -> dict[str, Any]:
    names = ("training/runs", f"training/runs/{run.pk}", "models", "models/review@2", "models/review@2/canary", "alerts")
    answers = {name: calls.get(name) for name in names}
    assert {answer.status_code for answer in answers.values()} == {200}, answers
    return {name: answer.json() for name, answer in answers.items()}


@pytest.mark.parametrize("role", [Role.LEAD, Role.POLICY, Role.ADMIN])
def test_a_token_of_a_source_reads_nothing_of_what_it_failed_on(
    role: Role, rival: Source, failed: TrainingRun, refused: ModelVersion, ada: User
) -> None:
    told, whole = read(of(rival, role), failed), read(signed_in(ada), failed)
    for name, answer in told.items():
        text = json.dumps(answer, ensure_ascii=False)
        assert not [word for word in PLANTED if word in text], (name, text)
        assert LEAK in json.dumps(whole[name], ensure_ascii=False), f"{name} tells the people of this installation"
    run = told[f"training/runs/{failed.pk}"]
    assert (run["failure"], run["log"]) == ("data", None)
    assert run["error"].startswith("An item or label cannot be read. Open the item")
    assert run["trials"][0]["error"] == "It failed."
    model = told["models/review@2"]
    assert model["reasons"] == ["It does not hold: No group got worse."]
    assert [row["name"] for row in model["comparison"]["report"]["gates"][0]["tables"][0]["rows"]] == ["rival"]
    alert = told["alerts"]["results"][0]
    assert (alert["code"], alert["data"]) == ("run_failed", {"run": str(failed.pk), "failure": "data"})


def test_what_is_done_to_a_run_or_model_answers_without_it(
    versions: Versions, rival: Source, failed: TrainingRun, petra: User, settings: Settings
) -> None:
    versions.add("1", "champion")
    refused = versions.add("2", "refused", parent="1")
    ModelVersion.objects.filter(pk=refused.pk).update(reasons=[LEAK])
    calls = of(rival, Role.POLICY, petra)
    for verb in ("retry", "cancel"):
        answer = calls.post(f"training/runs/{failed.pk}/{verb}")
        assert not [word for word in PLANTED if word in answer.content.decode()], answer.content
    said = problem(calls.post("models/review@2/promote", {"reason": "It is needed."}), 409, "refused")["detail"]
    assert said == "It was refused. Promoting it needs an override with a reason."
    assert LEAK in problem(signed_in(petra).post("models/review@2/promote", {}), 409, "refused")["detail"]
    versions.damage(refused)
    assert settings.HOME.name not in problem(calls.post("models/review@2/promote", {}), 409, "damaged")["detail"]


def test_nor_does_a_damaged_model_that_is_to_be_tried_or_to_serve(versions: Versions, rival: Source, petra: User, ada: User) -> None:
    versions.add("1", "champion")
    damaged = versions.add("2", parent="1")
    Trial.objects.create(mode="canary", kind="review", version=damaged, against="1", share=100, started_at=Now())
    versions.damage(damaged)
    for role, user, verb, body in ((Role.POLICY, petra, "shadow", {"share": 5}), (Role.ADMIN, ada, "canary", {"serve": True})):
        said = problem(of(rival, role, user).post(f"models/review@2/{verb}", body), 409, "damaged")["detail"]
        assert said == "Its files are not what was registered.", verb
        whole = problem(signed_in(user).post(f"models/review@2/{verb}", body), 409, "damaged")["detail"]
        assert "head.json" in whole, f"{verb} tells the people of this installation"


@pytest.mark.parametrize(
    "code", ["run_failed", "model_damaged", "promotion_override", "canary_stopped", "fairness_gap", "one_that_is_new_here"]
)
def test_an_alert_goes_out_without_what_it_quotes(code: str, rival: Source) -> None:
    alert_raise(code=code, kind="review", sentence=LEAK, data={"groups": [LEAK], "why": LEAK, "run": "r-1"})
    heard = OutboxEvent.objects.get(topic="alert.raised").data
    assert not [word for word in PLANTED if word in json.dumps(heard, ensure_ascii=False)]
    assert (heard["code"], heard["kind"], heard["data"]) == (code, "review", {"run": "r-1"})
    assert LEAK in json.dumps(AuditRow.objects.get(verb="alert.raised").data, ensure_ascii=False)
    alert_clear(code=code, kind="review", why=LEAK)
    assert not [word for word in PLANTED if word in of(rival, Role.ADMIN).get("alerts").content.decode()]


def test_a_backtest_says_that_it_stopped_and_not_at_what(ready: None, rival: Source, ada: User) -> None:
    backtest = backtest_request(asked=asked_rule(kind="review", when="reports > 3"), user=ada, source=rival)
    backtest_gave_up(backtest_id=backtest.pk, error=LEAK)
    told = of(rival, Role.LEAD).get(f"backtests/{backtest.pk}").json()
    assert (told["state"], told["error"]) == ("failed", "It stopped 3 times at the same place")
    assert LEAK in signed_in(ada).get(f"backtests/{backtest.pk}").json()["error"]


def test_drift_is_told_whole(rival: Source) -> None:
    alert_raise(code="score_drift", kind="review", sentence="The scores of reviews have moved.", data={"moved": []})
    assert OutboxEvent.objects.get().data["sentence"] == "The scores of reviews have moved."
    assert of(rival, Role.LEAD).get("alerts").json()["results"][0]["sentence"] == "The scores of reviews have moved."
