"""The page of a version: what the gates found, in words, with a table beside every picture; and its card as a file."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from console.accounts.models import User
from console.training.models import ModelVersion
from console.ui.gate_view import gate_view
from tests.console.gate_reports import report

pytestmark = pytest.mark.django_db
ADDRESS = "/models/review/versions/7/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def version(*, passed: bool = False, comparison: dict[str, Any] | None = None) -> ModelVersion:
    return ModelVersion.objects.create(
        kind="review", version="7", state="candidate" if passed else "refused", path="models/review/7", checksum="ab" * 32, trainer="quick",
        parent="6", comparison={"report": report(passed=passed)} if comparison is None else comparison, reasons=["Said why."],
        card="# review@7\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    )  # fmt: skip


def page_of(client: Client, address: str = ADDRESS) -> str:
    response = client.get(address)
    assert response.status_code == 200
    html: str = response.content.decode()
    assert " style=" not in html
    return html


def test_it_says_in_one_sentence_what_came_of_it(lena: User) -> None:
    version()
    html = page_of(signed_in(lena))
    assert "Better at finding harm: 4 more in 100. But a group got worse." in html
    assert "the same 6,214 frozen items, none of them from training" in html
    assert "1 of 3 gates passed, 1 below a mark that is only told, 1 could not be measured" in html


def test_it_names_every_gate_with_its_result(lena: User) -> None:
    version()
    html = page_of(signed_in(lena))
    for title in ("The test can tell", "No group got worse", "Chances stay honest", "Hidden spelling held"):
        assert title in html
    assert "<b>No group got worse:</b> no. Clearly worse for “Polish” (language)." in html
    assert "The test holds 3 harmful items; 20 are needed." in html
    assert "Below its mark" in html


def test_it_draws_slices_with_intervals_and_words(lena: User) -> None:
    version()
    html = page_of(signed_in(lena))
    assert html.count('class="plot interval"') == 2  # a group too small has none
    assert "−14.2 (−21.0 to −7.9)" in html
    assert "Worse</span>" in html
    assert "Too few</span>" in html
    assert '<details class="gate" open>' in html


def test_it_draws_said_against_true_beside_its_table(lena: User) -> None:
    version()
    html = page_of(signed_in(lena))
    assert html.count('class="dot machine"') == 3
    assert "The same figures are in the table below." in html
    assert "0 to 1 in 10" in html


def test_a_version_that_passed_says_so(lena: User) -> None:
    version(passed=True)
    html = page_of(signed_in(lena))
    assert "Worse nowhere that we can measure." in html
    assert ":</b> no." not in html


def test_a_version_from_before_the_gates_shows_its_reasons(lena: User) -> None:
    version(comparison={})
    html = page_of(signed_in(lena))
    assert "Said why." in html
    assert "Gate by gate" not in html
    assert gate_view({}) is None


def test_its_card_is_a_file(lena: User, rita: User) -> None:
    version()
    response = signed_in(lena).get(f"{ADDRESS}card.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="review-7-card.md"'
    assert response.content.decode().startswith("# review@7")
    assert signed_in(rita).get(f"{ADDRESS}card.md").status_code == 403
    ModelVersion.objects.update(card="")
    assert signed_in(lena).get(f"{ADDRESS}card.md").status_code == 404


def test_intervals_wider_than_the_scale_end_at_its_edge() -> None:
    wide = report()
    wide["gates"][1]["tables"][0]["rows"][1]["gap"] = [-100.0, -60.0, 90.0]
    view = gate_view({"report": wide})
    assert view is not None
    line = view.gates[1].blocks[0].groups[0][1][1]
    assert (line.low, line.high) == ("0.0", "150.0")
    assert line.range_words == "−60.0 (−100.0 to +90.0)"
