"""A language or a source with a limit of its own: proven from its own audits, decided by its own certificate; the rest without it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.alerts.models import Alert
from console.alerts.outside import told_outside
from console.automation.certificates import certificate_end, certificate_try, certificates_check, look_at
from console.automation.models import AutomationRule, Certificate
from console.automation.parts import MOST_PARTS
from console.automation.rules import rule_set, rules_of
from console.backtests.run import backtest_turn
from console.backtests.services import backtest_request
from console.backtests.subjects import asked_policy
from console.common.errors import Invalid
from console.flow.band_slices import band_slices_measure
from console.policies.selectors import active_policy
from console.scores.models import Decision
from console.training.models import ModelVersion
from scoring.certify import needed
from tests.console.automation import MODEL, audited, automation, limit, plan_all, receive
from tests.console.calls import of, signed_in
from tests.console.test_backtests_live import ENGLISH, GERMAN

CALM = "0.01"
RISK = 0.2
OWN = needed(RISK, 0.05 * 0.8 / MOST_PARTS)  # without one wrong, for a part
REST = needed(RISK, 0.05 * 0.8)
AGAIN = needed(RISK, 0.05 * 0.2 * 0.8)  # at a second look


@pytest.fixture(autouse=True)
def serving(ready: None) -> None:
    ModelVersion.objects.filter(kind="review", state="champion").update(version=MODEL.partition("@")[2])
    plan_all()
    automation("certified")


def part(ada: User, name: str = "rival", cut: str = "source", *, is_on: bool = True, risk: float = RISK) -> AutomationRule:
    values = {"risk": risk, "confidence": 0.95, "basis": "decided", "method": "sequence", "is_on": is_on}
    return rule_set(kind="review", side="allow", label="risk", values=values, user=ada, cut=cut, name=name)


def outcome(source: Source, text: str = CALM) -> str:
    (item,) = receive(source, [text])
    return Decision.objects.get(item=item).outcome


def certified(rule: AutomationRule) -> Certificate:
    made = certificate_try(rule_id=rule.pk)
    assert made is not None
    return made


def test_each_is_proven_of_what_it_decides_and_by_nothing_else(shop: Source, rival: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [CALM] * AGAIN)
    audited(rival, rita, [CALM] * OWN)
    whole = limit(ada, risk=RISK)
    before = certified(whole)
    assert (before.audits, outcome(rival), outcome(shop)) == (AGAIN + OWN, "allow", "allow")
    own = part(ada)
    before.refresh_from_db()
    assert (before.state, before.why) == ("withdrawn", "A part of it has a limit of its own now.")
    assert (outcome(rival), outcome(shop)) == ("review", "review"), "neither is proven yet"
    looked = look_at(own)
    assert looked is not None
    assert looked.proof.limit.doubt == pytest.approx(0.05 * 0.8 / MOST_PARTS)
    theirs = certified(own)
    assert (theirs.name, theirs.of, outcome(rival), outcome(shop)) == ("rival", OWN, "allow", "review")
    whole.refresh_from_db()
    again = look_at(whole)
    assert again is not None
    assert (again.look, again.proof.audits) == (2, AGAIN), "the look that was spent stays spent"
    certified(whole)
    assert outcome(shop) == "allow"
    certificate_end(theirs, state="withdrawn", why="Enough.", user=ada)
    assert (outcome(rival), outcome(shop)) == ("review", "allow"), "the rest says nothing of the part"


def test_one_too_few_proves_nothing_of_a_part(shop: Source, rival: Source, rita: User, ada: User) -> None:
    audited(rival, rita, [CALM] * (OWN - 1))
    rule = part(ada)
    assert certificate_try(rule_id=rule.pk) is None
    assert outcome(rival) == "review"
    part(ada, is_on=False)
    looked = look_at(part(ada))
    assert looked is not None
    assert looked.look == 2, "off and on again is the same question"


def test_what_audits_find_in_a_part_ends_that_part_alone(shop: Source, rival: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [CALM] * REST)
    audited(rival, rita, [CALM] * OWN)
    own, whole = part(ada), limit(ada, risk=RISK)
    theirs, rest = certified(own), certified(whole)
    assert certificates_check() == 0
    audited(rival, rita, [CALM] * 12, breaks=range(12))
    assert band_slices_measure() == 0, "the part is none of the rest any more"
    assert certificates_check() == 1
    theirs.refresh_from_db()
    rest.refresh_from_db()
    assert (theirs.state, rest.state) == ("expired", "valid")
    assert (outcome(rival), outcome(shop)) == ("review", "allow")
    alert = Alert.objects.get(code="band_lost")
    assert "(source rival)" in alert.sentence
    assert "rival" not in str(told_outside(alert))


def test_a_part_that_is_switched_off_belongs_to_the_rest_again(shop: Source, rival: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [CALM] * REST)
    audited(rival, rita, [CALM] * OWN)
    own, whole = part(ada), limit(ada, risk=RISK)
    theirs, rest = certified(own), certified(whole)
    assert [rule.name for rule in rules_of("review")] == ["", "", "rival"]
    part(ada, is_on=False)
    theirs.refresh_from_db()
    rest.refresh_from_db()
    assert (theirs.state, rest.why) == ("withdrawn", "A part that had a limit of its own belongs to it again.")
    assert (outcome(rival), outcome(shop)) == ("review", "review")
    assert [rule.name for rule in rules_of("review")] == ["", ""]
    looked = look_at(whole)
    assert looked is not None
    assert looked.proof.audits == REST + OWN


def test_a_language_is_a_part_by_the_name_that_search_keeps(shop: Source, rita: User, ada: User) -> None:
    audited(shop, rita, [GERMAN] * OWN)
    certified(part(ada, "de", "language"))
    assert (outcome(shop, GERMAN), outcome(shop, ENGLISH)) == ("allow", "review")


def test_a_backtest_decides_by_the_marks_of_parts(shop: Source, rival: Source, rita: User, ada: User) -> None:
    audited(rival, rita, [CALM] * OWN)
    certified(part(ada))
    assert (outcome(rival), outcome(shop)) == ("allow", "review")
    asked = asked_policy(kind="review", number=active_policy("review")[0].number)
    backtest = backtest_request(asked=asked, user=ada)
    while backtest_turn(backtest.pk):
        pass
    backtest.refresh_from_db()
    sources = {row["name"]: row["items"] - row["review_would"] for row in backtest.result["slices"]["source"]}
    assert sources == {"rival": OWN + 1, "shop": 0}


def test_a_band_is_divided_once_and_into_parts_that_are_known(client: Client, shop: Source, rival: Source, ada: User) -> None:
    part(ada)
    part(ada, "shop")
    for name, cut in (("de", "language"), ("nobody", "source"), ("xx", "language"), ("rival", ""), ("", "source")):
        with pytest.raises(Invalid) as refused:
            part(ada, name, cut)
        assert set(refused.value.fields) == {"part"}, (name, cut)
    for number in range(MOST_PARTS - 2):
        Source.objects.create(name=f"s{number}", slug=f"s{number}")
        part(ada, f"s{number}")
    Source.objects.create(name="one", slug="one-more")
    with pytest.raises(Invalid, match="not changed"):
        part(ada, "one-more")
    assert AutomationRule.objects.exclude(name="").count() == MOST_PARTS
    client.force_login(ada)
    assert "A limit of its own for a part" not in client.get("/automation/review/").content.decode()
    form = {"side": "allow", "label": "risk", "risk": "2", "part": "source:one-more", "is_on": "on"}
    assert "A band has at most 10 parts" in client.post("/automation/review/limit", form).content.decode()


def test_a_band_is_divided_once_also_where_a_source_is_called_like_a_language(ready: None, ada: User) -> None:
    Source.objects.create(name="German", slug="de")
    part(ada, "de")
    with pytest.raises(Invalid) as refused:
        part(ada, "de", "language")
    assert refused.value.fields["part"] == ["This band is divided by source already: an item lies in one part only."]


def test_what_was_typed_for_one_limit_is_not_shown_as_another(client: Client, shop: Source, rival: Source, ada: User) -> None:
    limit(ada, risk=RISK)
    client.force_login(ada)
    form = {"side": "allow", "label": "risk", "confidence": "0.95", "basis": "decided", "method": "sequence", "is_on": "on", "risk": "50"}
    address = "/automation/review/limit?side=allow&label=risk"
    page = said_in(client.post(address, {**form, "part": "source:rival"}))
    assert (field(page, "risk"), field(page, "part-risk")) == ("20", "50")
    assert '<option value="source:rival" selected>rival</option>' in page
    assert 'id="part-risk-error"' in page
    part(ada)
    page = client.get("/automation/review/?side=allow&label=risk&cut=source&name=rival").content.decode()
    own = f"{address}&cut=source&name=rival"
    assert f'action="{own.replace("&", "&amp;")}"' in page
    page = said_in(client.post(own, {**form, "cut": "source", "name": "rival"}))
    assert (field(page, "risk"), 'name="name" value="rival"' in page) == ("50", True)
    part(ada, is_on=False)
    page = said_in(client.post(own, {**form, "cut": "source", "name": "rival"}))
    assert (field(page, "risk"), 'name="name" value="rival"' in page) == ("20", False), "it is a part no more: this is the whole"


def said_in(answer: Any) -> str:
    assert answer.status_code == 422
    page: str = answer.content.decode()
    assert "The error that you accept is" in page
    return page


def field(page: str, name: str) -> str:
    return page.partition(f'id="{name}"')[2].partition('value="')[2].partition('"')[0]


def test_the_page_gives_a_part_its_own_limit_and_takes_it_back(client: Client, shop: Source, rival: Source, ada: User, lena: User) -> None:
    limit(ada, risk=RISK)
    client.force_login(ada)
    page = client.get("/automation/review/").content.decode()
    assert '<option value="source:rival">rival</option>' in page
    assert '<option value="language:de">German</option>' in page
    assert page.index('<optgroup label="Sources">') < page.index('"source:rival"') < page.index('<optgroup label="Languages">')
    form = {"side": "allow", "label": "risk", "risk": "2", "confidence": "0.95", "basis": "decided", "method": "sequence"}
    answer = client.post("/automation/review/limit", {**form, "part": "source:rival", "is_on": "on"})
    assert answer["Location"] == "/automation/review/?side=allow&label=risk&cut=source&name=rival"
    page = client.get(answer["Location"]).content.decode()
    for sentence in ("any rule, rival", "It has a limit of its own; without a certificate, people decide", 'name="name" value="rival"'):
        assert sentence in page, sentence
    assert '<option value="language:de">' not in client.get("/automation/review/").content.decode(), "it is divided by source now"
    refused = client.post("/automation/review/limit", {**form, "part": "language:de", "is_on": "on"})
    assert refused.status_code == 422
    assert "This band is divided by source already" in refused.content.decode()
    client.post("/automation/review/look", {"side": "allow", "label": "risk", "cut": "source", "name": "rival"})
    answer = client.post("/automation/review/limit", {**form, "cut": "source", "name": "rival"})
    assert "It belongs to the rest again." in client.get(answer["Location"]).content.decode()
    assert not AutomationRule.objects.filter(name="rival", is_on=True).exists()
    client.force_login(lena)
    assert client.post("/automation/review/limit", {**form, "part": "source:shop", "is_on": "on"}).status_code == 403
    assert "A limit of its own for a part" not in client.get("/automation/review/").content.decode()


def test_a_token_of_a_source_is_told_of_no_other_part(shop: Source, rival: Source, rita: User, ada: User, lena: User) -> None:
    audited(rival, rita, [CALM] * OWN)
    theirs = certified(part(ada))
    part(ada, "shop")
    mine = of(shop, Role.LEAD, lena)
    assert [band["name"] for band in mine.get("automation", kind="review").json()["bands"]] == ["", "", "shop"]
    assert mine.get("certificates").json()["results"] == []
    assert [row["id"] for row in of(rival, Role.LEAD, lena).get("certificates").json()["results"]] == [theirs.pk]
    assert "rival" not in mine.get("automation", kind="review").content.decode()
    assert [row["name"] for row in signed_in(ada).get("certificates").json()["results"]] == ["rival"]
