"""Automation and certificates over the API."""

from __future__ import annotations

import pytest

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.automation.certificates import certificate_end, certificate_try
from console.training.models import ModelVersion
from tests.console.automation import MODEL, audited, automation, limit, plan_all
from tests.console.calls import Calls, fields, of, problem, signed_in


@pytest.fixture
def lena_calls(ready: None, shop: Source, lena: User) -> Calls:
    return of(shop, Role.LEAD, lena)


def test_it_tells_bands_needs_and_the_week(lena_calls: Calls, shop: Source, rita: User, ada: User) -> None:
    ModelVersion.objects.filter(kind="review", state="champion").update(version=MODEL.partition("@")[2])
    plan_all()
    automation("certified")
    audited(shop, rita, ["0.01"] * 64 + ["0.5"] * 6, breaks=[64])
    before = lena_calls.get("automation", kind="review").json()
    assert before["automation"] == "certified"
    assert [(band["side"], band["is_on"], band["certificate"], band["audits"]) for band in before["bands"]] == [
        ("allow", False, None, 70), ("enforce", False, None, 70),
    ]  # fmt: skip
    assert before["bands"][0]["missing"] > 0
    made = certificate_try(rule_id=limit(ada).pk)
    assert made is not None
    band = lena_calls.get("automation", kind="review").json()["bands"][0]
    assert (band["certificate"]["id"], band["certificate"]["state"], band["missing"]) == (made.pk, "valid", None)
    certificate_end(made, state="withdrawn", why="Enough.")
    rows = lena_calls.get("certificates", kind="review").json()["results"]
    assert [(row["id"], row["state"], row["of"], row["wrong"]) for row in rows] == [(made.pk, "withdrawn", 64, 0)]
    assert lena_calls.get("certificates", kind="video").json()["results"] == []


def test_what_a_person_wrote_is_told_to_no_token_of_a_source(lena_calls: Calls, shop: Source, rita: User, ada: User) -> None:
    ModelVersion.objects.filter(kind="review", state="champion").update(version=MODEL.partition("@")[2])
    plan_all()
    audited(shop, rita, ["0.01"] * 64)
    rule = limit(ada)
    for state, why, told in (("withdrawn", "rival’s Bob lies.", "A person gave it back."), ("expired", "It is old.", "It is old.")):
        made = certificate_try(rule_id=rule.pk)
        assert made is not None
        certificate_end(made, state=state, why=why, user=ada)
        assert lena_calls.get("certificates").json()["results"][0]["why"] == told
        assert signed_in(ada).get("certificates").json()["results"][0]["why"] == why


@pytest.mark.parametrize(("path", "query"), [("automation", {}), ("automation", {"kind": "poem"}), ("certificates", {"kind": "poem"})])
def test_it_refuses_a_kind_that_is_not_there(lena_calls: Calls, path: str, query: dict[str, str]) -> None:
    assert fields(problem(lena_calls.get(path, **query), 400)) == {"kind"}
