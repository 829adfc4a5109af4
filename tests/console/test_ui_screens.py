"""What the screens of reviews, conversations and films send, and what they keep back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from console.accounts.models import User
from console.audit.models import AuditRow
from console.cases.models import Case, Claim
from console.policies.selectors import active_policy
from console.ui.marks import marked, pieces, shown_instead, undone
from console.ui.screen import action_options
from scoring.blocks import Span
from scoring.text.hidden import undone_spans
from scoring.text.normalise import normalise
from scoring.text.shields import shields
from tests.console.ui_forms import HTMX, give_score

Waiting = Callable[..., Case]
TALK = {
    "messages": [{"sender": "seller", "text": "Mail lena@north.example or call +49 30 5550 199"}, {"sender": "buyer", "text": "No"}],
    "flagged_index": 0,
}
MASKED = {"field": "messages.0.text", "start": 32, "end": 47}


@pytest.fixture
def held(client: Client, rita: User, waiting: Waiting) -> Claim:
    case = waiting(kind="chat", payload=TALK)
    client.force_login(rita)
    client.post(f"/cases/{case.pk}/take")
    return Claim.objects.get(case=case)


def test_it_keeps_private_data_and_live_links_out_of_the_page(client: Client, held: Claim) -> None:
    html = client.get(f"/cases/{held.case_id}/").content.decode()
    talk = html[html.index('class="turns"') : html.index("Links are made safe")]
    assert "5550 199" not in talk
    assert "lena@" not in talk
    assert "l•••@n•••.example" in talk
    context = html[html.index("Taken from the talk") :]
    assert "5550 199" not in context


def test_it_shows_a_mask_to_who_holds_the_case_and_writes_it_down(client: Client, held: Claim) -> None:
    answer = client.post(f"/cases/{held.case_id}/unmask", {"token": held.token, **MASKED}, headers=HTMX)
    assert answer.status_code == 200
    assert answer.content.decode() == '<span class="masked looked" data-chars="15">+49 30 5550 199</span>'
    row = AuditRow.objects.get(verb="mask.lifted")
    assert (row.actor, row.data) == ("user:rita", {**MASKED, "kind": "phone"})


@pytest.mark.parametrize("wrong", [{"start": "0"}, {"end": "9" * 30}, {"field": "messages.9.text"}, {"start": "x"}, {"token": "x"}])
def test_it_rejects_a_look_where_nothing_is_masked(client: Client, held: Claim, wrong: dict[str, str]) -> None:
    answer = client.post(f"/cases/{held.case_id}/unmask", {"token": held.token, **MASKED, **wrong}, headers=HTMX)
    assert answer.status_code == 422
    assert "5550" not in answer.content.decode()
    assert not AuditRow.objects.filter(verb="mask.lifted").exists()


def test_it_forbids_a_look_to_others(client: Client, held: Claim, ravi: User, petra: User, otto: User) -> None:
    url, data = f"/cases/{held.case_id}/unmask", {"token": held.token, **MASKED}
    for user, status in ((ravi, 409), (petra, 403), (otto, 403)):
        client.force_login(user)
        assert client.post(url, data, headers=HTMX).status_code == status, user
    client.logout()
    assert client.post(url, data).status_code == 302
    assert not AuditRow.objects.filter(verb="mask.lifted").exists()


def test_it_offers_earlier_talks_with_the_same_number(client: Client, rita: User, waiting: Waiting) -> None:
    first = waiting(kind="chat", payload=TALK, conversation="t-1")
    waiting(kind="chat", payload=TALK, conversation="t-2")
    same = waiting(kind="chat", payload=TALK, conversation="t-2")
    client.force_login(rita)
    client.post(f"/cases/{same.pk}/take")
    html = client.get(f"/cases/{same.pk}/").content.decode()
    related = html[html.index("Other talks with the same") :]
    assert re.findall(r'/items/([^/]+)/" target="_blank" rel="noopener" data-key="o"', related) == [str(first.item_id)]
    assert "phone number" in related


def test_it_draws_the_steps_of_a_talk_with_the_evidence_only(client: Client, held: Claim) -> None:
    text = TALK["messages"][0]["text"]  # type: ignore[index]
    give_score(held.case, text, "Mail")
    assert "How far the talk has gone" not in client.get(f"/cases/{held.case_id}/").content.decode()
    shown = client.post(f"/cases/{held.case_id}/reveal", {"token": held.token}, headers=HTMX).content.decode()
    assert "How far the talk has gone" in shown


def test_it_stands_a_translation_beside_the_text(client: Client, rita: User, waiting: Waiting) -> None:
    case = waiting(payload={"text": "Die Suppe war kalt.", "translation": "The soup was <cold>."})
    client.force_login(rita)
    html = client.get(f"/cases/{case.pk}/").content.decode()
    assert "Die Suppe war kalt." in html
    assert "The soup was &lt;cold&gt;." in html
    assert "Translated by the platform" in html


def test_it_marks_what_the_normalised_text_undoes() -> None:
    plain = normalise("N3v\u200ber \u0430gain")
    html = undone(plain.text, undone_spans(plain))
    assert re.sub(r"<[^>]+>", "", html) == plain.text
    assert 'title="Written as “3”"' in html
    assert "U+200B" in html


def test_nothing_cuts_a_shield_in_two() -> None:
    text = "call +49 30 5550 199 now"
    found = pieces(text, [Span(start=7, end=22, label="scam")], shields=shields(text))
    assert "".join(p.text for p in found) == text
    assert [p.text for p in found if p.shield] == ["+49 30 5550 199"]
    html = marked(found, shown_instead)
    assert 'data-chars="15"' in html
    assert "5550" not in html


def test_a_line_break_of_another_system_keeps_its_place() -> None:
    assert "&#13;" in marked(pieces("one\r\ntwo"))


def test_it_offers_digits_for_actions_where_all_have_one(client: Client, held: Claim) -> None:
    html = client.get(f"/cases/{held.case_id}/").content.decode()
    assert re.findall(r'name="action" value="(\w+)"[^>]* data-key="(\d)"', html) == [
        ("warn", "6"), ("mute", "7"), ("restrict", "8"), ("suspend", "9"),
    ]  # fmt: skip
    assert 'name="duration" value="24"' in html


def test_it_masks_titles_as_it_masks_turns(client: Client, held: Claim, lena: User) -> None:
    client.force_login(lena)
    Case.objects.update(state="waiting")
    for address in ("/queues/conversations/", f"/items/{held.case.item_id}/"):
        html = client.get(address).content.decode()
        assert "5550 199" not in html, address
        assert "[email]" in html


def test_actions_have_digits_after_the_reasons_as_far_as_they_go(ready: None) -> None:
    keys = {kind: {option.name: option.key for option in action_options(active_policy(kind)[1])} for kind in ("video", "chat", "review")}
    assert keys["video"] == {"remove": "7", "trim": "8", "age_gate": "9", "restrict": "", "hold": ""}
    assert list(keys["chat"].values()) == ["6", "7", "8", "9"]
    assert set(keys["review"].values()) == {""}  # one digit for three would be no help
