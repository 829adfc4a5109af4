"""Policies: drafts may change, what has been active may not, and exactly one version is in force."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, connections, transaction

from console.accounts.models import User
from console.audit.models import AuditRow
from console.common.errors import Conflict, Invalid, NotFound, Unavailable
from console.policies.documents import cautious, read_document
from console.policies.models import PolicyVersion
from console.policies.selectors import active_policy, document_of, policy_version
from console.policies.services import policy_activate, policy_discard, policy_draft, policy_edit, policy_ensure_defaults
from scoring.registry import KINDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def petra(petra: User) -> User:
    policy_ensure_defaults()
    return petra


def test_it_gives_every_kind_an_active_policy_once() -> None:
    assert set(policy_ensure_defaults()) == set(KINDS)
    assert policy_ensure_defaults() == []
    for kind in KINDS:
        version, document = active_policy(kind)
        assert (version.number, version.state, document.kind) == (1, "active", kind)
        assert version.checksum == document.checksum


def test_it_can_start_cautious() -> None:
    policy_ensure_defaults(automation=False)
    assert all(active_policy(kind)[1].automation == "off" for kind in KINDS)


def test_it_says_so_when_a_kind_has_no_policy() -> None:
    with pytest.raises(Unavailable, match="no active policy for review"):
        active_policy("review")


def test_it_drafts_edits_and_activates(petra: User) -> None:
    draft = policy_draft(kind="review", user=petra)
    document = draft.document | {"title": "Reviews, stricter", "thresholds": [{"label": "risk", "allow": 0.01, "enforce": None}]}
    edited = policy_edit(version_id=draft.pk, document=document, user=petra, seen=draft.checksum)
    assert active_policy("review")[0].number == 1
    policy_activate(version_id=edited.pk, user=petra, seen=edited.checksum)
    version, active = active_policy("review")
    assert (version.number, active.title, active.thresholds[0].allow) == (2, "Reviews, stricter", 0.01)
    assert policy_version("review", 1).state == "retired"
    row = AuditRow.objects.get(verb="policy.activated", subject="policy:review@2")
    assert row.actor == "user:petra"
    assert row.data["replaces"] == 1


def test_it_names_the_field_that_is_wrong(petra: User) -> None:
    draft = policy_draft(kind="review", user=petra)
    rules = [{"name": "broken", "when": "score.risk >", "then": "review", "sentence": "Looks odd."}]
    with pytest.raises(Invalid) as error:
        policy_edit(version_id=draft.pk, document=draft.document | {"rules": rules}, user=petra)
    assert "line 1" in error.value.fields["rules.0.when"][0].lower()
    with pytest.raises(Invalid) as error:
        policy_edit(version_id=draft.pk, document=draft.document | {"thresholds": [{"label": "risk", "allow": 2}]}, user=petra)
    assert list(error.value.fields) == ["thresholds.0.allow"]
    clauses = [dict(draft.document["clauses"][0], id="4" * 41), *draft.document["clauses"][1:]]
    with pytest.raises(Invalid) as error:
        policy_edit(version_id=draft.pk, document=draft.document | {"clauses": clauses}, user=petra)
    assert list(error.value.fields) == ["clauses.0.id"]
    draft.refresh_from_db()
    assert draft.document == policy_version("review", 1).document


def test_it_refuses_a_policy_of_another_kind(petra: User) -> None:
    with pytest.raises(Invalid) as error:
        read_document(policy_version("chat", 1).document, kind="review")
    assert "kind" in error.value.fields


def test_it_refuses_to_save_over_somebody_elses_change(petra: User) -> None:
    draft = policy_draft(kind="review", user=petra)
    policy_edit(version_id=draft.pk, document=draft.document | {"title": "First"}, user=petra, seen=draft.checksum)
    with pytest.raises(Conflict, match="Somebody else"):
        policy_edit(version_id=draft.pk, document=draft.document | {"title": "Second"}, user=petra, seen=draft.checksum)
    with pytest.raises(Conflict, match="Somebody else"):
        policy_activate(version_id=draft.pk, user=petra, seen=draft.checksum)


def test_it_never_changes_what_has_been_active(petra: User) -> None:
    version = policy_version("review", 1)
    with pytest.raises(Conflict, match="is active"):
        policy_edit(version_id=version.pk, document=version.document, user=petra)
    with pytest.raises(Conflict, match="is active"):
        policy_discard(version_id=version.pk, user=petra)
    with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(document={"kind": "review"})
    with pytest.raises(DatabaseError, match="cannot be deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM policies_policyversion WHERE id = %s", [version.pk])
    draft = policy_draft(kind="review", user=petra)
    policy_activate(version_id=draft.pk, user=petra)
    with pytest.raises(DatabaseError, match="cannot become"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(state="active")


def test_it_discards_a_draft_only(petra: User) -> None:
    draft = policy_draft(kind="review", user=petra)
    policy_discard(version_id=draft.pk, user=petra)
    assert not PolicyVersion.objects.filter(pk=draft.pk).exists()
    with pytest.raises(NotFound):
        policy_discard(version_id=draft.pk, user=petra)


def test_it_copies_an_older_version_into_a_cautious_draft(petra: User) -> None:
    first = policy_version("review", 1)
    draft = policy_draft(kind="review", user=petra, base=first, automation=False)
    assert document_of(draft) == cautious(document_of(first))
    assert draft.note == "From version 1"
    with pytest.raises(Conflict, match="no version of the chat policy"):
        policy_draft(kind="chat", user=petra, base=first)


@pytest.mark.django_db(transaction=True)
def test_it_lets_one_of_two_people_activate(petra: User) -> None:
    draft = policy_draft(kind="review", user=petra)
    answers: list[str] = []
    ready = threading.Barrier(2)

    def activate() -> None:
        ready.wait()
        try:
            policy_activate(version_id=draft.pk, user=petra, seen=draft.checksum)
            answers.append("done")
        except Conflict:
            answers.append("conflict")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=activate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["conflict", "done"]
    assert PolicyVersion.objects.filter(policy__kind="review", state="active").count() == 1
