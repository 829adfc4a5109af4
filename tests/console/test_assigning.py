"""Whose a case is: assigned by a lead, handed on by its holder, taken over with a reason that is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from console.accounts.models import User
from console.audit.models import AuditRow
from console.cases.assigning import assignments_end, case_assign, case_hand_over, case_take_over, colleagues_for
from console.cases.claiming import case_claim_next
from console.cases.holding import Hold, case_heartbeat, case_skip
from console.cases.models import Case, Claim
from console.common.errors import Conflict, Invalid
from console.flow import verdict_give
from console.verdicts.services import VerdictForm
from tests.console.test_day import reach_cap

Waiting = Callable[..., Case]
Claimed = Callable[..., Claim]


def hold(claim: Claim) -> Hold:
    return Hold(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token)


def test_a_lead_assigns_and_frees_again(waiting: Waiting, lena: User, rita: User, ravi: User) -> None:
    case = waiting()
    case_assign(case_id=case.pk, to=rita, by=lena)
    assert case_claim_next(queue=case.queue, reviewer=ravi) is None
    case_assign(case_id=case.pk, to=None, by=lena)
    assert case_claim_next(queue=case.queue, reviewer=ravi) is not None
    told = AuditRow.objects.filter(verb__contains="assigned").order_by("pk")
    assert [row.verb for row in told] == ["case.assigned", "case.unassigned"]


def test_it_assigns_to_nobody_who_cannot_decide_it(waiting: Waiting, claimed: Claimed, lena: User, rita: User, otto: User) -> None:
    case = waiting()
    with pytest.raises(Invalid):
        case_assign(case_id=case.pk, to=otto, by=lena)
    claim = claimed("Another.")
    case_skip(hold=hold(claim), reason="language")
    with pytest.raises(Invalid):
        case_assign(case_id=claim.case_id, to=rita, by=lena)


def test_it_does_not_assign_what_somebody_has_on_the_screen(claimed: Claimed, lena: User, ravi: User) -> None:
    with pytest.raises(Conflict, match="Rita Ray has it on the screen"):
        case_assign(case_id=claimed().case_id, to=ravi, by=lena)


def test_its_holder_hands_it_to_a_colleague(claimed: Claimed, rita: User, ravi: User, lena: User) -> None:
    claim = claimed()
    with pytest.raises(Invalid):
        case_hand_over(hold=hold(claim), to=rita)
    case_hand_over(hold=hold(claim), to=ravi)
    assert case_claim_next(queue=claim.case.queue, reviewer=lena, is_lead=True) is None
    got = case_claim_next(queue=claim.case.queue, reviewer=ravi)
    assert got is not None
    assert got.case_id == claim.case_id


def test_a_lead_takes_over_and_the_holder_reads_who_and_why(claimed: Claimed, rita: User, lena: User) -> None:
    claim = claimed()
    with pytest.raises(Invalid):
        case_take_over(case_id=claim.case_id, lead=lena, reason=" ")
    mine = case_take_over(case_id=claim.case_id, lead=lena, reason="The customer is on the line")
    assert mine.token == claim.token + 1
    with pytest.raises(Conflict, match=r"lena took this case over: The customer is on the line\.") as told:
        case_heartbeat(hold=hold(claim))
    assert told.value.code == "taken_over"
    with pytest.raises(Conflict, match="kept here"):
        verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=VerdictForm(outcome="allow"))
    verdict_give(case_id=claim.case_id, reviewer=lena, token=mine.token, form=VerdictForm(outcome="allow"))


def test_nobody_takes_over_what_nobody_holds(waiting: Waiting, lena: User) -> None:
    with pytest.raises(Conflict, match="Nobody holds it"):
        case_take_over(case_id=waiting().pk, lead=lena, reason="x")


def test_it_names_the_people_of_a_queue(waiting: Waiting, rita: User, lena: User, petra: User, otto: User) -> None:
    assert colleagues_for(waiting().queue) == [lena, rita]


def test_a_lead_assigns_a_handful_on_the_page_of_the_queue(client: Client, waiting: Waiting, lena: User, rita: User) -> None:
    cases = [waiting("One."), waiting("Two.")]
    client.force_login(lena)
    page = client.get(f"/queues/{cases[0].queue.slug}/").content.decode()
    assert 'formaction="/cases/assign"' in page
    chosen = {"case": [str(case.pk) for case in cases], "colleague": "rita", "back": f"/queues/{cases[0].queue.slug}/"}
    answer = client.post("/cases/assign", chosen, follow=True).content.decode()
    assert "2 cases: wait for Rita Ray now." in answer
    assert set(Case.objects.values_list("assigned_to", flat=True)) == {rita.pk}
    assert client.post("/cases/assign", {**chosen, "back": "//elsewhere.example/"})["Location"] == "/"
    assert "Choose 1 to 50 cases." in client.post("/cases/assign", {"colleague": "rita"}, follow=True).content.decode()


def test_a_moderator_neither_assigns_nor_takes_over_on_the_pages(client: Client, claimed: Claimed, ravi: User) -> None:
    claim = claimed()
    client.force_login(ravi)
    assert client.post("/cases/assign", {"case": str(claim.case_id), "colleague": "ravi"}).status_code == 403
    assert client.post(f"/cases/{claim.case_id}/take-over", {"reason": "Mine."}).status_code == 403
    assert f"/cases/{claim.case_id}/take-over" not in client.get(f"/cases/{claim.case_id}/").content.decode()


def test_the_holder_hands_it_on_from_the_page(client: Client, claimed: Claimed, rita: User, ravi: User) -> None:
    claim = claimed()
    client.force_login(rita)
    assert '<option value="ravi">ravi</option>' in client.get(f"/cases/{claim.case_id}/colleagues").content.decode()
    refused = client.post(f"/cases/{claim.case_id}/hand-over", {"token": claim.token}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    client.post(f"/cases/{claim.case_id}/hand-over", {"token": claim.token, "colleague": "ravi"}, headers={"HX-Request": "true"})
    assert Case.objects.get().assigned_to == ravi


@pytest.mark.parametrize(("what", "why"), [("left", "is closed"), ("moved", "does not work there"), ("tired", "cannot take it today")])
def test_what_waits_for_somebody_who_cannot_come_waits_for_everybody_again(
    waiting: Waiting, lena: User, rita: User, ravi: User, what: str, why: str
) -> None:
    case, other = waiting(severity_hint=3), waiting("Another.", severity_hint=3)
    case_assign(case_id=case.pk, to=rita, by=lena)
    case_assign(case_id=other.pk, to=ravi, by=lena)
    assert assignments_end() == 0
    if what == "left":
        User.objects.filter(pk=rita.pk).update(is_active=False)
    elif what == "moved":
        rita.groups.clear()
    else:
        reach_cap(rita, "severe")
    assert assignments_end() == 1
    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.assigned_to, other.assigned_to) == (None, ravi)
    assert why in AuditRow.objects.get(verb="case.assignment_ended").data["why"]
