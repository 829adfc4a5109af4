"""The story of an item: every event with what is known of it, corrections, the chain, and the export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from console.accounts.models import User
from console.audit import seal
from console.audit.models import AuditRow
from console.audit.seal import audit_seal, audit_verify_item
from console.cases.models import Claim
from console.common.models import OutboxEvent
from console.enforcement.models import Delivery, DeliveryAttempt, WebhookEndpoint
from console.enforcement.relay import relay_outbox
from console.flow import decisions_release, item_feedback, item_report, verdict_correct, verdict_give, verdict_undo
from console.intake.models import Item
from console.training.models import ModelVersion, Snapshot
from console.ui.story import item_story
from console.verdicts.models import Verdict
from console.verdicts.services import VerdictForm
from tests.console.ui_forms import HTMX, give_score

ENFORCE = VerdictForm(outcome="enforce", clauses=("4.4",))
ALLOW = VerdictForm(outcome="allow")
Claimed = Callable[..., Claim]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def take_effect() -> None:
    Verdict.objects.update(undo_until=Now())
    OutboxEvent.objects.update(not_before=Now())
    decisions_release()
    relay_outbox()


@pytest.fixture
def removed(claimed: Claimed, rita: User) -> Verdict:
    claim = claimed("What a complete muppet.")
    endpoint = WebhookEndpoint.objects.create(source=claim.case.item.source, url="https://example.org/", secret="whsec_x")
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ENFORCE)
    take_effect()
    for delivery in Delivery.objects.filter(endpoint=endpoint):
        DeliveryAttempt.objects.create(delivery=delivery, error="no answer")
        DeliveryAttempt.objects.create(delivery=delivery, status=200)
    return Verdict.objects.select_related("item").get(pk=verdict.pk)


def lines_of(item: Item, *, hidden: bool = False) -> dict[str, Any]:
    return {line.sentence: line for line in item_story(item, hidden=hidden)}


def test_it_tells_each_event_with_what_is_known_of_it(removed: Verdict) -> None:
    lines = lines_of(removed.item)
    assert lines["Received"].note.startswith("Source shop, external id x-")
    assert "The scorer did not finish" in lines["Could not be scored"].note
    assert lines["Sent to people, queue reviews"].note == "It could not be scored, so a person looks."
    assert lines["Taken for review"].who == "rita"
    verdict = lines["Gave a verdict"]
    assert [chip.text for chip in verdict.chips] == ["Removed", "4.4 Personal attack", "Sure", "Without the evidence"]
    assert verdict.note.startswith("Decided in ")
    assert lines["Put in force: remove"].note
    told = lines["Told the platform: item.enforced"]
    assert [(one.good, one.text) for one in told.tries] == [(False, "no answer"), (True, "HTTP 200")]
    order = [line.at for line in item_story(removed.item, hidden=False)]
    assert order == sorted(order)


def test_it_tells_the_score_in_words_and_the_model_with_its_hash(claimed: Claimed) -> None:
    claim = claimed("What a complete muppet.")
    score = give_score(claim.case, "What a complete muppet.", "muppet")
    AuditRow.objects.create(
        actor="machine:review@test", verb="item.scored", subject=f"item:{claim.case.item_id}", item_id=claim.case.item_id,
        data={"model": "review@test", "score": score.pk},
    )  # fmt: skip
    note = lines_of(claim.case.item)["Scored by review@test"].note
    assert note.startswith("7 in 10 like this broke the rule")
    assert "Model review@test 00000000" in note
    assert not [line for line in item_story(claim.case.item, hidden=True) if "cored" in line.sentence]


def test_it_tells_undo_correction_and_what_changed(removed: Verdict, rita: User) -> None:
    later = verdict_correct(verdict_id=removed.pk, reviewer=rita, is_lead=False, form=ALLOW, why="It was a quote.")
    line = lines_of(removed.item)["Corrected an earlier verdict"]
    assert line.note == "Why: It was a quote."
    assert ("Outcome", "Removed", "Kept") in [(change.name, change.was, change.became) for change in line.changes]
    assert ("Clause", "4.4", "none") in [(change.name, change.was, change.became) for change in line.changes]
    verdict_undo(verdict_id=later.pk, reviewer=rita)
    undone = lines_of(removed.item)["Undone after 0 s"]
    assert undone.note == "No effect had left. What was decided before counts again."


def test_it_tells_reports_feedback_and_the_models_that_learned_from_it(removed: Verdict) -> None:
    item_report(item=removed.item, reporter="a", reason="rude", text="", actor="source:shop")
    item_feedback(item=removed.item, event="refund", data={}, actor="source:shop")
    snapshot = Snapshot.objects.create(kind="review", content_hash="0" * 64, path="x")
    ModelVersion.objects.create(kind="review", version="9", path="x", checksum="x", trainer="quick", snapshot=snapshot)
    lines = lines_of(removed.item)
    assert lines["Reported"].note == "Because: rude."
    assert "Feedback: refund" in lines
    assert "In the data of review@9" in lines


def test_it_hides_what_the_machine_thinks_from_who_may_still_decide(claimed: Claimed, rita: User) -> None:
    claim = claimed()
    html = signed_in(rita).get(f"/items/{claim.case.item_id}/").content.decode()
    export = signed_in(rita).get(f"/items/{claim.case.item_id}/story.json").json()
    assert export["machine_hidden"] is True
    assert "It could not be scored" not in html
    assert not {event["verb"] for event in export["events"]} & {"item.scored", "item.decided"}
    assert "Taken for review" in html


def test_the_page_draws_it_and_offers_the_export(removed: Verdict, lena: User) -> None:
    page = signed_in(lena)
    html = page.get(f"/items/{removed.item_id}/").content.decode()
    assert "Gave a verdict" in html
    assert "no answer" in html
    assert "UTC" in html
    answer = page.get(f"/items/{removed.item_id}/story.json")
    assert answer["Content-Disposition"] == f'attachment; filename="item-{removed.item_id}.json"'
    verbs = [event["verb"] for event in answer.json()["events"]]
    assert verbs[0] == "item.received"
    assert "verdict.given" in verbs


def test_a_correction_goes_from_the_page_and_can_be_undone_there(removed: Verdict, rita: User) -> None:
    page = signed_in(rita)
    assert f"/verdicts/{removed.pk}/correct" in page.get(f"/items/{removed.item_id}/").content.decode()
    assert "Correct the verdict" in page.get(f"/verdicts/{removed.pk}/correct").content.decode()
    refused = page.post(f"/verdicts/{removed.pk}/correct", {"outcome": "allow", "why": " "}, headers=HTMX)
    assert (refused.status_code, "Say why it is corrected." in refused.content.decode()) == (422, True)
    done = page.post(f"/verdicts/{removed.pk}/correct", {"outcome": "allow", "why": "It was a quote."})
    assert done["Location"] == f"/items/{removed.item_id}/"
    html = page.get(done["Location"]).content.decode()
    assert "Corrected: kept" in html
    later = Verdict.objects.get(supersedes=removed)
    assert page.post(f"/verdicts/{later.pk}/undo")["Location"] == f"/items/{removed.item_id}/"
    assert Verdict.objects.get(pk=removed.pk).state == "given"


def test_who_may_correct_verify_and_export(removed: Verdict, ravi: User, lena: User, petra: User, ada: User, otto: User) -> None:
    expected = {  # correct, verify, export
        ravi: (302, 403, 200), lena: (200, 200, 200), petra: (403, 200, 200), ada: (200, 200, 200), otto: (403, 403, 403),
    }  # fmt: skip
    for user, wanted in expected.items():
        page = signed_in(user)
        got = (
            page.get(f"/verdicts/{removed.pk}/correct").status_code,
            page.post(f"/items/{removed.item_id}/verify", headers=HTMX).status_code,
            page.get(f"/items/{removed.item_id}/story.json").status_code,
        )
        assert got == wanted, user.username
    assert "Correct</a>" not in signed_in(ravi).get(f"/items/{removed.item_id}/").content.decode()


def tamper(sql: str, *values: object) -> None:
    """What somebody with the rights of the database owner could do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditrow DISABLE TRIGGER USER")
        cursor.execute(sql, values)
        cursor.execute("ALTER TABLE audit_auditrow ENABLE TRIGGER USER")


def test_it_verifies_the_part_of_the_chain_and_names_its_place(removed: Verdict, lena: User) -> None:
    fresh = audit_verify_item(removed.item_id)
    assert (fresh.first, fresh.broken) == (0, None)
    audit_seal()
    found = audit_verify_item(removed.item_id)
    assert found.broken is None
    assert 0 < found.first < found.last
    assert found.head == AuditRow.objects.order_by("-seal_seq")[0].hash
    html = signed_in(lena).post(f"/items/{removed.item_id}/verify", headers=HTMX).content.decode()
    assert "Whole" in html
    assert f"{found.first} to {found.last}" in html
    plain = signed_in(lena).post(f"/items/{removed.item_id}/verify")
    assert plain["Location"] == f"/items/{removed.item_id}/"


@pytest.mark.parametrize("longest", [20_000, 0])
def test_it_finds_an_entry_that_was_changed(removed: Verdict, lena: User, monkeypatch: pytest.MonkeyPatch, longest: int) -> None:
    monkeypatch.setattr(seal, "LONGEST", longest)  # 0: the stretch counts as long, so only the item's own entries are checked
    audit_seal()
    row = AuditRow.objects.get(verb="verdict.given", item_id=removed.item_id)
    tamper("UPDATE audit_auditrow SET actor = 'user:lena' WHERE id = %s", row.pk)
    found = audit_verify_item(removed.item_id)
    assert found.broken
    assert found.broken.seal_seq == row.seal_seq
    html = signed_in(lena).post(f"/items/{removed.item_id}/verify", headers=HTMX).content.decode()
    assert "Broken" in html
    assert f"Entry {row.seal_seq}: its content is not what was sealed." in html


def test_it_finds_an_entry_that_was_taken_out(removed: Verdict) -> None:
    audit_seal()
    row = AuditRow.objects.get(verb="verdict.given", item_id=removed.item_id)
    tamper("DELETE FROM audit_auditrow WHERE id = %s", row.pk)
    broken = audit_verify_item(removed.item_id).broken
    assert broken
    assert broken.sentence.startswith(f"row {row.seal_seq} of the chain is missing")
