"""The policies pages: everybody reads, policy and admin write; errors stand beside their field and nothing written is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from console.accounts.models import User
from console.policies.differences import differences
from console.policies.models import PolicyVersion
from console.policies.selectors import active_policy, document_of, policy_version
from console.policies.services import policy_draft, policy_edit, policy_ensure_defaults
from console.ui.policy_form import document_from, groups_of
from tests.console.test_models_pages import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def petra(petra: User) -> User:
    policy_ensure_defaults()
    return petra


@pytest.fixture
def draft(petra: User) -> PolicyVersion:
    return policy_draft(kind="review", user=petra)


def posted(raw: dict[str, Any], **changes: str) -> dict[str, str]:
    """What a browser sends when nothing but `changes` was touched."""
    values = {}
    for groups in groups_of(raw, {}).values():
        for group in groups:
            for field in group.fields:
                if field.widget != "check":
                    values[field.name] = field.value or (field.choices[0][0] if field.choices else "")
                elif field.checked:
                    values[field.name] = "1"
    return values | changes


def test_everybody_with_a_role_reads_and_only_policy_writes(petra: User, rita: User, otto: User, lena: User) -> None:
    for path in ("/policies/", "/policies/review/1/"):
        assert Client().get(path).status_code == 302
        assert [signed_in(user).get(path).status_code for user in (rita, lena, petra, otto)] == [200, 200, 200, 403]
    assert "Draft a change" not in text_of(signed_in(lena).get("/policies/review/1/"))
    for path in ("/policies/review/draft", "/policies/review/1/", "/policies/review/1/discard"):
        assert signed_in(lena).post(path).status_code == 403


def test_it_reads_well(petra: User) -> None:
    html = text_of(signed_in(petra).get("/policies/review/", follow=True))
    document = active_policy("review")[1]
    assert all(clause.title in html and clause.test.split("'")[0] in html for clause in document.clauses)
    assert "Allowed at or below" in html
    assert "Demo automation" in html
    assert signed_in(petra).get("/policies/review/99/").status_code == 404
    assert signed_in(petra).get("/policies/poem/1/").status_code == 404


def test_what_the_form_shows_is_what_it_saves(draft: PolicyVersion) -> None:
    """For the shipped policies of every kind: opening and saving changes nothing."""
    for version in PolicyVersion.objects.filter(state="active").select_related("policy"):
        again = document_from(posted(version.document), version.policy.kind)
        assert document_of(version).model_validate(again) == document_of(version)


def test_a_draft_is_saved_and_put_in_force(draft: PolicyVersion, petra: User) -> None:
    client, address = signed_in(petra), f"/policies/review/{draft.number}/"
    values = posted(draft.document, **{"thresholds.0.allow": "0,02", "title": "Reviews, careful", "seen": draft.checksum})
    assert "The draft is saved." in text_of(client.post(address, values, follow=True))
    draft.refresh_from_db()
    assert document_of(draft).thresholds[0].allow == 0.02
    assert "Threshold risk, allow" in text_of(client.get(address))
    values |= {"seen": draft.checksum, "then": "activate"}
    assert "is in force" in text_of(client.post(address, values, follow=True))
    assert active_policy("review")[0].number == draft.number


def test_nothing_that_was_written_is_lost(draft: PolicyVersion, petra: User) -> None:
    changes = {
        "rules.0.when": "score.risk >", "thresholds.0.allow": "a lot", "clauses.0.title": "Hate, new words", "clauses.1.key": "1",
        "automation": "off", "seen": draft.checksum,
    }  # fmt: skip
    response = signed_in(petra).post(f"/policies/review/{draft.number}/", posted(draft.document, **changes))
    html = text_of(response)
    assert response.status_code == 422
    assert all(text in html for text in ("score.risk &gt;", 'value="a lot"', 'value="Hate, new words"', '<option value="off" selected>'))
    assert 'id="f-thresholds-0-allow-error"' in html
    again = posted(draft.document, **(changes | {"thresholds.0.allow": "0.01", "clauses.1.key": "2"}))
    html = text_of(signed_in(petra).post(f"/policies/review/{draft.number}/", again))
    assert 'id="f-rules-0-when-error"' in html
    assert "line 1" in html.lower()
    draft.refresh_from_db()
    assert draft.document == policy_version("review", 1).document


def test_rows_are_added_and_removed(draft: PolicyVersion, petra: User) -> None:
    count = len(draft.document["thresholds"])
    changes = {f"thresholds.{count}.label": "privacy", f"thresholds.{count}.enforce": "0.99", "thresholds.1.remove": "1"}
    signed_in(petra).post(f"/policies/review/{draft.number}/", posted(draft.document, **changes))
    draft.refresh_from_db()
    labels = [threshold.label for threshold in document_of(draft).thresholds]
    assert len(labels) == count
    assert labels[-1] == "privacy"
    assert draft.document["thresholds"][-1]["allow"] is None


def test_two_editors_do_not_overwrite_each_other(draft: PolicyVersion, petra: User) -> None:
    policy_edit(version_id=draft.pk, document=draft.document | {"title": "Hers"}, user=petra)
    response = signed_in(petra).post(f"/policies/review/{draft.number}/", posted(draft.document, title="His", seen=draft.checksum))
    assert response.status_code == 409
    html = text_of(response)
    assert "Somebody else changed this draft" in html
    assert 'value="His"' in html


def test_a_cautious_draft_leaves_everything_to_people(petra: User) -> None:
    html = text_of(signed_in(petra).post("/policies/chat/draft", {"cautious": "1", "base": "1"}, follow=True))
    assert '<option value="off" selected>' in html
    assert document_of(policy_version("chat", 2)).automation == "off"
    assert "is thrown away" in text_of(signed_in(petra).post("/policies/chat/2/discard", follow=True))


def test_differences_are_said_in_words(petra: User) -> None:
    old = active_policy("review")[1]
    raw = old.model_dump(mode="json")
    raw["clauses"][0]["severity"] = 1
    raw["rules"] = list(reversed(raw["rules"]))[:-1]
    raw["match_enforces"] = False
    found = {(row.place, row.change) for row in differences(old, old.model_validate(raw))}
    assert {("Clause 4.1, severity", "changed"), ("Match enforces", "changed"), (f"Rule {old.rules[0].name}", "removed")} <= found
    assert differences(old, old) == []
