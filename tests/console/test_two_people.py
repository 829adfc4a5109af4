"""What serves is decided by two different people; one alone only openly; and what was decided can be read later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.accounts.services import user_create
from console.alerts.selectors import alerts_open
from console.audit.models import AuditRow
from console.common.errors import Conflict, Forbidden, Invalid
from console.common.models import OutboxEvent
from console.training.models import ModelVersion, Promotion, Trial
from console.training.promotion import (
    model_agree,
    model_confirm,
    model_promote,
    model_propose,
    model_rollback,
    model_send_back,
    model_withdraw,
    promotion_open,
    standing_against,
)
from console.training.selectors import champion, gates_failed
from console.training.trials import canary_open
from scoring.gates.gate import Gate
from scoring.gates.report import Report
from scoring.types import as_json
from tests.console.gate_reports import gate
from tests.console.versions import Versions

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(versions: Versions) -> tuple[ModelVersion, ModelVersion]:
    """What serves, and a candidate that was compared with it."""
    return versions.add("1", "champion"), versions.add("2", parent="1")


def serves() -> str:
    found = champion("review")
    return found.version if found else ""


def test_one_proposes_and_another_agrees(pair: tuple[ModelVersion, ModelVersion], petra: User, ada: User) -> None:
    proposal = model_propose(version=pair[1], user=petra, reason="Finds more threats.")
    assert serves() == "1"
    model_agree(promotion=proposal, user=ada, note="Read the comparison.")
    proposal.refresh_from_db()
    assert (serves(), proposal.state, proposal.replaces, proposal.override) == ("2", "agreed", "1", False)
    assert [row.actor for row in AuditRow.objects.filter(subject="model:review@2").order_by("pk")] == ["user:petra", "user:ada"]
    assert not alerts_open(code="promotion_override").exists()


def test_who_proposed_cannot_agree(pair: tuple[ModelVersion, ModelVersion], ada: User) -> None:
    proposal = model_propose(version=pair[1], user=ada)
    with pytest.raises(Conflict, match="Somebody else has to agree") as error:
        model_agree(promotion=proposal, user=ada)
    assert error.value.code == "needs_second_person"
    assert serves() == "1"


def test_two_accounts_of_one_person_are_one(pair: tuple[ModelVersion, ModelVersion], ada: User) -> None:
    other = user_create(username="ada.second", role=Role.ADMIN, password="plain-sight-42")
    User.objects.filter(pk=ada.pk).update(email="Ada@example.org")
    User.objects.filter(pk=other.pk).update(email="ada@example.org")
    proposal = model_propose(version=pair[1], user=User.objects.get(pk=ada.pk))
    with pytest.raises(Conflict, match="Somebody else"):
        model_agree(promotion=proposal, user=User.objects.get(pk=other.pk))


def test_one_of_the_two_is_an_admin_and_neither_is_a_machine(pair: tuple[ModelVersion, ModelVersion], petra: User, ada: User) -> None:
    second = user_create(username="paul", role=Role.POLICY, password="plain-sight-42")
    proposal = model_propose(version=pair[1], user=petra)
    with pytest.raises(Conflict, match="has to be an admin"):
        model_agree(promotion=proposal, user=second)
    User.objects.filter(pk=ada.pk).update(is_service=True)
    machine = User.objects.get(pk=ada.pk)
    with pytest.raises(Forbidden, match="no person behind it"):
        model_agree(promotion=proposal, user=machine)
    model_withdraw(promotion=proposal, user=petra)
    for alone in (False, True):
        with pytest.raises(Forbidden, match="no person behind it"):
            model_promote(version=pair[1], user=machine, override=alone, reason="It says so itself.")
    assert not Promotion.objects.filter(state__in=["open", "agreed"]).exists()
    assert serves() == "1"


def test_the_database_itself_refuses_one_person_twice(pair: tuple[ModelVersion, ModelVersion], ada: User) -> None:
    from django.db import IntegrityError, transaction

    proposal = model_propose(version=pair[1], user=ada)
    with pytest.raises(IntegrityError, match="two_people_or_override"), transaction.atomic():
        Promotion.objects.filter(pk=proposal.pk).update(state="agreed", decided_by=ada)


def test_it_is_sent_back_with_a_reason_or_taken_back(pair: tuple[ModelVersion, ModelVersion], petra: User, ada: User) -> None:
    proposal = model_propose(version=pair[1], user=petra)
    with pytest.raises(Conflict, match="Another version is proposed already"):
        model_propose(version=pair[1], user=ada)
    with pytest.raises(Invalid):
        model_send_back(promotion=proposal, user=ada, note=" ")
    model_send_back(promotion=proposal, user=ada, note="Test it on Spanish first.")
    with pytest.raises(Conflict, match="answered by somebody else"):
        model_agree(promotion=proposal, user=ada)
    again = model_propose(version=pair[1], user=petra)
    model_withdraw(promotion=again, user=petra)
    assert promotion_open("review") is None
    assert serves() == "1"


def test_one_alone_says_why_and_everybody_hears_of_it(pair: tuple[ModelVersion, ModelVersion], ada: User, petra: User) -> None:
    with pytest.raises(Invalid):
        model_promote(version=pair[1], user=ada, override=True, reason=" ")
    model_promote(version=pair[1], user=ada, override=True, reason="A wave of threats tonight.")
    assert serves() == "2"
    alert = alerts_open(kind="review", code="promotion_override").get()
    assert "alone, without a second person: A wave of threats tonight." in alert.sentence
    assert OutboxEvent.objects.filter(topic="alert.raised").count() == 1
    assert AuditRow.objects.get(verb="model.promoted", subject="model:review@2").data["override"] is True
    lone = Promotion.objects.get(override=True)
    with pytest.raises(Conflict):
        model_confirm(promotion=lone, user=ada)
    model_confirm(promotion=lone, user=petra)
    assert not alerts_open(code="promotion_override").exists()


def test_what_the_gates_refused_is_set_aside_in_words_or_not_at_all(versions: Versions, petra: User, ada: User) -> None:
    versions.add("1", "champion")
    refused = versions.add("2", "refused", parent="1")
    ModelVersion.objects.filter(pk=refused.pk).update(reasons=["Finds less in Spanish."])
    refused.refresh_from_db()
    with pytest.raises(Conflict, match="was refused: Finds less in Spanish"):
        model_propose(version=refused, user=petra)
    with pytest.raises(Invalid):
        model_propose(version=refused, user=petra, despite=True)
    proposal = model_propose(version=refused, user=petra, despite=True, reason="We have no Spanish here.")
    assert proposal.despite == "2 was refused: Finds less in Spanish."
    model_agree(promotion=proposal, user=ada)
    assert serves() == "2"


def test_every_gate_that_refused_it_is_named_where_it_is_set_aside(versions: Versions, petra: User, ada: User) -> None:
    versions.add("1", "champion")
    refused = versions.add("2", "refused", parent="1")
    gates = [
        gate("gain", "It is better", "passed", "Finds 4 more in 100."),
        gate("slices", "No group got worse", "refused", "Clearly worse for Polish."),
        gate("latency", "It is as quick", "refused", "Takes 3 times as long."),
    ]

    def compared(few: Sequence[Gate]) -> dict[str, Any]:
        return {"report": as_json(Report(passed=False, headline="Worse.", gates=few, seconds=1.0))}

    reasons = ["Clearly worse for Polish.", "Takes 3 times as long."]
    ModelVersion.objects.filter(pk=refused.pk).update(reasons=reasons, comparison=compared(gates))
    refused.refresh_from_db()
    proposal = model_propose(version=refused, user=petra, despite=True, reason="We have no Polish here.")
    assert proposal.despite == "2 was refused: Clearly worse for Polish. Takes 3 times as long."
    assert [gate["name"] for gate in gates_failed(refused)] == ["slices", "latency"]
    model_withdraw(promotion=proposal, user=petra)
    page = signed_in(ada).get("/models/review/versions/2/").content.decode()
    assert "2 was refused: Clearly worse for Polish. Takes 3 times as long." in page
    passed = versions.add("3", "refused", parent="1")
    stopped = ["Finds 4 more in 100.", "Its canary was stopped at 5 %.", "Rolled back to 1."]
    ModelVersion.objects.filter(pk=passed.pk).update(reasons=stopped, comparison=compared(gates[:1]))
    passed.refresh_from_db()
    assert standing_against(passed) == ("3 was refused: Its canary was stopped at 5 %. Rolled back to 1.", "refused")


def test_what_was_set_aside_is_what_was_known_and_nothing_since(versions: Versions, petra: User, ada: User) -> None:
    versions.add("1", "champion")
    stale = versions.add("2", parent="0")
    proposal = model_propose(version=stale, user=petra, despite=True, reason="Nothing changed in between.")
    ModelVersion.objects.filter(pk=stale.pk).update(state="refused", reasons=["Its canary was stopped."])
    with pytest.raises(Conflict, match="was refused: Its canary was stopped"):
        model_agree(promotion=proposal, user=ada)
    assert serves() == "1"
    assert promotion_open("review") == proposal


def test_in_steps_two_people_allow_the_canary(pair: tuple[ModelVersion, ModelVersion], petra: User, ada: User) -> None:
    proposal = model_propose(version=pair[1], user=petra, way="in_steps")
    assert canary_open("review") is None
    model_agree(promotion=proposal, user=ada)
    canary = canary_open("review")
    assert canary is not None
    assert (canary.share, canary.promotion, serves()) == (1, proposal, "1")


def test_who_asks_for_steps_does_not_agree_to_all_at_once(pair: tuple[ModelVersion, ModelVersion], petra: User, ada: User) -> None:
    model_promote(version=pair[1], user=petra)
    with pytest.raises(Conflict, match="proposed to serve at once"):  # Ada's page was loaded before Petra proposed it
        model_promote(version=pair[1], user=ada, way="in_steps")
    assert serves() == "1"
    model_promote(version=pair[1], user=ada)
    assert serves() == "2"


def test_a_proposal_is_over_when_something_else_serves(versions: Versions, petra: User, ada: User) -> None:
    versions.add("0", "retired")
    versions.add("1", "champion")
    proposal = model_propose(version=versions.add("2", parent="1"), user=petra)
    model_rollback(kind="review", user=ada, reason="Too strict.")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.note) == ("withdrawn", "0 began to serve meanwhile.")
    with pytest.raises(Conflict):
        model_agree(promotion=proposal, user=ada)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    html = response.content.decode()
    assert " style=" not in html
    return html


def test_the_pages_lead_two_people_through_it(pair: tuple[ModelVersion, ModelVersion], petra: User, ada: User, lena: User) -> None:
    place, first, second = "/models/review/versions/2/", signed_in(petra), signed_in(ada)
    assert "Propose 2" in page(first, place)
    assert "Propose 2" not in page(signed_in(lena), place)
    said = first.post(f"{place}promote", {"way": "in_steps", "reason": "Finds more."}, follow=True).content.decode()
    assert "Somebody else has to agree" in said
    assert "Take it back" in said
    proposal = Promotion.objects.get()
    html = page(second, place)
    assert "“Finds more.”" in html
    assert "Agree and begin" in html
    answer = f"/models/review/proposals/{proposal.pk}"
    assert "proposed 2 yourself" in first.post(answer, {"what": "agree"}, follow=True).content.decode()
    assert "2 decides 1 in 100 items now" in second.post(answer, {"what": "agree"}, follow=True).content.decode()
    trial = Trial.objects.get()
    address = f"/models/review/trials/{trial.pk}"
    assert first.post(address, {"what": "step", "share": 5}).status_code == 403
    assert first.post(f"{place}promote", {"override": "on", "reason": "Mine."}).status_code == 403
    assert "It decides 5 in 100" in second.post(address, {"what": "step", "share": 5}, follow=True).content.decode()
    assert "whole number" in second.post(address, {"what": "pace", "min_items": "x", "min_hours": "1"}, follow=True).content.decode()
    assert "Decides 5 in 100" in page(second, "/models/review/")
    assert "decides nothing any more" in first.post(address, {"what": "end"}, follow=True).content.decode()


def test_the_page_says_who_let_what_serve_and_rolls_back_by_one_key(versions: Versions, ada: User, petra: User) -> None:
    versions.add("1", "champion")
    new = versions.add("2", parent="1")
    client = signed_in(ada)
    client.post("/models/review/versions/2/promote", {"override": "on", "reason": "The old one is blind to it."})
    html = page(client, "/models/review/")
    assert "Promoted by one alone" in html
    assert "Somebody else has to look" in html
    assert 'data-key="b"' in html
    assert "I have looked and agree" in page(signed_in(petra), "/models/review/")
    said = client.post("/models/review/rollback", {"reason": "It was worse."}, follow=True).content.decode()
    assert "1 serves again" in said
    assert "Certificates belong to a version" in said
    html = page(client, "/models/review/")
    assert "Rolled back to" in html
    assert "It was worse." in html
    new.refresh_from_db()
    assert new.state == "refused"


@pytest.mark.parametrize("path", ["versions/2/promote", "versions/2/shadow", "proposals/1", "trials/1", "rollback", "verify"])
def test_who_may_not_change_a_model_changes_none(
    path: str, pair: tuple[ModelVersion, ModelVersion], lena: User, rita: User, shop: Source
) -> None:
    for user in (lena, rita):
        assert signed_in(user).post(f"/models/review/{path}").status_code == 403
    assert Client().post(f"/models/review/{path}").status_code == 302


def test_it_tries_a_version_in_shadow_from_the_page(pair: tuple[ModelVersion, ModelVersion], petra: User) -> None:
    client, place = signed_in(petra), "/models/review/versions/2/"
    assert "Try it in shadow" in page(client, place)
    assert "scores 25 in 100 items" in client.post(f"{place}shadow", {"share": "25"}, follow=True).content.decode()
    assert "Nothing scored yet" in page(client, place)
    assert "whole number" in client.post(f"{place}shadow", {"share": ""}, follow=True).content.decode()
    trial = Trial.objects.get()
    assert "The shadow has ended" in client.post(f"/models/review/trials/{trial.pk}", {"what": "end"}, follow=True).content.decode()
