"""Contacts: checks by looking, features, heads with readable weights, the accuracy score, and the kind's contract."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dns.exception
import dns.resolver
import pytest

from scoring.artifacts import ArtifactError
from scoring.blocks import ReasonsBlock, RecordBlock
from scoring.decide import decide
from scoring.kind import Split, TrainOptions
from scoring.kinds.contact import CONTACT, mail_exchange, scorer
from scoring.kinds.contact.checks import check_email, check_phone, company_fits_site, company_stem, name_matches_local, site_of
from scoring.kinds.contact.features import FEATURES, decay_log_odds, extract, signals
from scoring.kinds.contact.scorer import ContactScorer, accuracy_score
from scoring.kinds.contact.training import record_wrong
from scoring.policy import read_policy
from scoring.signals.rules import lint
from scoring.starters import starter_bundle
from scoring.testing import check_kind
from scoring.training.starters.contact import generate, measure
from scoring.types import Item, RunContext, as_json

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = {
    "name": "Anna Berg", "email": "anna.berg@nordwind.example", "email_origin": "given", "company": "Nordwind Logistics GmbH",
    "company_domain": "nordwind.example", "phone": "+49 30 901820", "title": "Buyer", "updated_at": "2025-12-20T00:00:00Z",
    "sources": ["crm", "fair"],
}  # fmt: skip


def item(**changes: Any) -> Item:
    payload = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return Item(id="c1", kind="contact", payload=CONTACT.parse(payload), created_at=NOW)


@pytest.fixture(scope="module")
def starter() -> ContactScorer:
    return ContactScorer(starter_bundle("contact"))


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("anna@nordwind.example", True), ("anna+list@nordwind.example", True), ("ånna@nordwind.example", True), ("a@bücher.example", True),
        ("anna@nordwind", False), ("anna@@nordwind.example", False), ('"anna b"@nordwind.example', False), ("anna@[127.0.0.1]", False),
        ("Anna <anna@nordwind.example>", False), (" anna@nordwind.example", False), ("anna@nordwind.example\n", False),
        ("anna..b@nordwind.example", False), ("anna@-nordwind.example", False), ("anna@localhost", False), ("", False), ("@", False),
        ("anna@nord wind.example", False), ("anna(x)@nordwind.example", False),
    ],
)  # fmt: skip
def test_it_reads_email_syntax_as_it_stands(address: str, valid: bool) -> None:
    found = signals(item(email=address))
    assert found["email_syntax_valid"] is valid
    assert bool(found["email_reason"]) is not valid


def test_it_knows_disposable_free_and_role_addresses() -> None:
    assert check_email("x@mailinator.com").disposable
    assert check_email("x@eu.mailinator.com").disposable
    assert not check_email("x@mailinator.com").free
    assert check_email("x@gmail.com").free
    assert check_email("sales@nordwind.example").role
    assert not check_email("anna@nordwind.example").role
    names = {"email_syntax_valid", "email_disposable", "email_free", "email_role", "email_reason"}
    assert names <= set(signals(item()))
    assert signals(item(email=None))["email_syntax_valid"] is None


@pytest.mark.parametrize(
    ("name", "local", "expected"),
    [
        ("Anna Berg", "anna.berg", True), ("Anna Berg", "aberg", True), ("Anna Berg", "berg.anna", True), ("Anna Berg", "annab+x", True),
        ("Zoë Müller", "zoe.muller", True), ("Anna Maria Berg", "amberg", True),
        ("Anna Berg", "pkeller", False), ("Anna Berg", "1234", False), ("", "anna", None),
    ],
)  # fmt: skip
def test_it_matches_names_to_addresses(name: str, local: str, expected: bool | None) -> None:
    assert name_matches_local(name, local) is expected


def test_it_fits_companies_to_domains() -> None:
    assert company_stem("Nordwind Logistics GmbH & Co. KG") == "nordwind logistics"
    assert company_fits_site("Nordwind Logistics GmbH", "nordwind.example") == 1.0
    assert company_fits_site("General Paper Union", "gpu.example") == 1.0
    assert (company_fits_site("Nordwind Logistics GmbH", "kestra.example") or 0) < 0.6
    assert company_fits_site("", "nordwind.example") is None
    assert site_of("https://mail.foo.co.uk/x") == "foo.co.uk"
    assert site_of("mail.nordwind.example") == "nordwind.example"
    assert site_of("nonsense") == ""


def test_it_checks_phone_numbers() -> None:
    assert check_phone("+49 30 901820").e164 == "+4930901820"
    assert check_phone("030 901820", "DE").valid
    assert not check_phone("030 901820").valid
    assert not check_phone("12").valid
    assert not check_phone("call me").valid


def test_its_features_are_point_in_time() -> None:
    early, late = (extract(item(), as_of=NOW + timedelta(days=days))["age_months"] for days in (0, 365))
    assert late - early == pytest.approx(12, abs=0.1)
    assert set(extract(item())) == set(FEATURES)
    assert extract(item(job_changed_at="2025-12-25"))["job_changed"] == 1.0
    assert extract(item(job_changed_at="2025-12-01"))["job_changed"] == 0.0
    assert decay_log_odds(36) > decay_log_odds(1)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"company": 0, "email": 0, "phone": 1}, 0), ({"company": 0}, 0), ({"company": 1, "email": 0}, 1), ({"company": 0, "email": 1}, 1),
        ({"email": 0}, None), ({"bad": 1}, 1), ({"wrong": 0, "phone": 1}, 0), ({"right": 1}, 0), ({"phone": 1}, None), ({"stale": 1}, 1),
    ],
)  # fmt: skip
def test_it_says_when_a_record_is_wrong(labels: dict[str, int], expected: int | None) -> None:
    assert record_wrong(labels) == expected


def test_it_ranks_records_and_gives_reasons(starter: ContactScorer) -> None:
    good, broken, stale = (
        starter.score([one], RunContext())[0]
        for one in (item(), item(email="anna@@nordwind"), item(updated_at="2018-01-01", email_origin="generated"))
    )
    assert good.risk is not None
    assert broken.risk is not None
    assert stale.risk is not None
    assert good.risk < 0.25 < stale.risk < broken.risk
    assert {"email", "company", "phone"} == set(good.labels)
    assert broken.evidence[0].field == "email_syntax_bad"
    assert broken.evidence[0].weight > 2
    assert 70 <= broken.extra["accuracy_score"] < stale.extra["accuracy_score"] < good.extra["accuracy_score"] <= 99
    assert "email" not in starter.score([item(email=None)], RunContext())[0].labels


def test_its_contributions_add_up_to_the_margin(starter: ContactScorer) -> None:
    told = starter.explain([item(email="x@mailinator.com")], RunContext())[0]
    head = starter.heads["risk"].head
    total = sum(e.weight for e in told.evidence if e.label == "risk")
    values = [[extract(item(email="x@mailinator.com"))[name] for name in FEATURES]]
    import numpy as np

    from scoring.kinds.contact.heads import LinearHead

    assert isinstance(head, LinearHead)
    assert total + head.intercept == pytest.approx(float(head.margin(np.array(values))[0]), abs=0.1)
    assert {e.label for e in told.evidence} == {"risk", "email", "company", "phone"}


def test_every_reason_names_its_label(starter: ContactScorer) -> None:
    score = starter.score([item(email="anna@@nordwind")], RunContext())[0]
    assert {e.label for e in score.evidence} == {"risk"}
    assert any(isinstance(block, ReasonsBlock) for block in CONTACT.card(item(email="anna@@nordwind"), score))


def test_it_maps_the_accuracy_to_the_range_of_the_options() -> None:
    assert accuracy_score(0.0, RunContext()) == 99
    assert accuracy_score(1.0, RunContext()) == 70
    assert accuracy_score(0.5, RunContext(options={"accuracy_range": [0, 100]})) == 50
    for wrong in ([5], [9, 1], "high"):
        with pytest.raises(ValueError, match="accuracy_range"):
            accuracy_score(0.5, RunContext(options={"accuracy_range": wrong}))


def test_it_asks_the_network_only_where_told(starter: ContactScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(domain: str) -> bool:
        asked.append(domain)
        return False

    monkeypatch.setattr(scorer, "takes_mail", answer)
    assert starter.score([item()], RunContext())[0].signals["email_mx"] is None
    assert not asked
    assert starter.score([item()], RunContext(options={"mx_lookup": True}))[0].signals["email_mx"] is False
    assert asked == ["nordwind.example"]


def test_it_says_when_a_domain_could_not_be_looked_up(starter: ContactScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(domain: str) -> bool:
        raise dns.exception.Timeout

    monkeypatch.setattr(scorer, "takes_mail", fail)
    score = starter.score([item()], RunContext(options={"mx_lookup": True}))[0]
    assert "mx" in score.errors
    assert decide(item(), score, read_policy(CONTACT.policy)).outcome == "review"


def test_it_reads_mail_records(monkeypatch: pytest.MonkeyPatch) -> None:
    class Answer:
        def __init__(self, exchange: str) -> None:
            self.exchange = exchange

    answers: dict[tuple[str, str], Any] = {
        ("a.example", "MX"): [Answer("mx.a.example.")], ("b.example", "MX"): [Answer(".")], ("c.example", "A"): ["192.0.2.1"],
    }  # fmt: skip

    def resolve(domain: str, kind: str, lifetime: float) -> Any:
        if domain == "gone.example":
            raise dns.resolver.NXDOMAIN
        if (domain, kind) not in answers:
            raise dns.resolver.NoAnswer
        return answers[domain, kind]

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    mail_exchange.takes_mail.cache_clear()
    domains = ("a.example", "b.example", "c.example", "d.example", "gone.example")
    assert [mail_exchange.takes_mail(d) for d in domains] == [True, False, True, False, False]
    mail_exchange.takes_mail.cache_clear()


def test_its_card_shows_fields_with_checks_and_hides_chances_when_blind(starter: ContactScorer) -> None:
    one = item(email="sales@kestra.example")
    blind, open_ = CONTACT.card(one, None), CONTACT.card(one, starter.explain([one], RunContext())[0])
    record, shown = blind[0], open_[0]
    assert isinstance(record, RecordBlock)
    assert isinstance(shown, RecordBlock)
    assert [f.name for f in record.fields] == list(CONTACT.record_fields)
    assert {c.name for c in record.fields[0].checks} >= {"Well-formed", "At the company's domain", "Role, not a person"}
    assert all(c.mark == "high" and c.note for c in record.fields[0].checks if c.name == "Role, not a person")
    assert all(f.chance_right is None for f in record.fields)
    assert shown.fields[0].chance_right is not None
    assert not any(isinstance(b, ReasonsBlock) for b in blind)
    reasons = next(b for b in open_ if isinstance(b, ReasonsBlock))
    assert any("role" in r.name for r in reasons.speaks_for)


@pytest.mark.parametrize(
    ("changes", "outcome", "rule"),
    [
        ({"email": "anna@@x"}, "enforce", "address-cannot-exist"),
        ({"email": "anna@mailinator.com"}, "enforce", "throw-away-address"),
        ({"job_changed_at": "2025-12-30T00:00:00Z"}, "review", "changed-jobs"),
    ],
)
def test_its_policy_rules_work(starter: ContactScorer, changes: dict[str, str], outcome: str, rule: str) -> None:
    document = read_policy(CONTACT.policy)
    assert [lint(r.when) for r in document.rules] == [[]] * len(document.rules)
    one = item(**changes)
    decision = decide(one, starter.score([one], RunContext())[0], document)
    assert (decision.outcome, decision.rule) == (outcome, rule)


def test_its_starter_reads_the_generator_almost_as_well_as_can_be(starter: ContactScorer) -> None:
    drawn = generate(1500, seed=99)
    scores = starter.score([d.example.item for d in drawn], RunContext())
    found = measure(drawn, [s.risk for s in scores])
    assert found["ratio"] >= 0.97
    assert found["best_auc"] > 0.75


def test_it_trains_from_one_label_and_boosts_only_where_it_pays(tmp_path: Path) -> None:
    examples = [d.example for d in generate(600, seed=3)]
    bad = [type(e)(item=e.item, labels={"bad": record_wrong(e.labels) or 0}, group=e.group) for e in examples]
    for trainer in ("quick", "boosted"):
        options = TrainOptions(seed=1, version="t")
        bundle = CONTACT.load_trainer(trainer)(Split(train=bad[:400], tune=bad[400:]), tmp_path / trainer, options)
        assert bundle.labels == ("bad",)
        score = CONTACT.load_scorer(bundle).score([item()], RunContext())[0]
        assert score.risk is not None
        assert set(score.labels) == {"bad"}
        assert bundle.meta["heads"]["risk"]["auc"] > 0.7


def test_it_says_what_labels_it_needs(tmp_path: Path) -> None:
    examples = [type(d.example)(item=d.example.item, labels={"phone": 1}) for d in generate(20)]
    with pytest.raises(ValueError, match="label its company"):
        CONTACT.load_trainer("quick")(Split(train=examples, tune=examples), tmp_path / "m", TrainOptions())
    assert not (tmp_path / "m").exists()


def test_it_refuses_a_bundle_of_other_features(tmp_path: Path) -> None:
    from scoring.artifacts import write_bundle

    def fill(folder: Path) -> None:
        (folder / "heads.json").write_text(json.dumps({"features": ["x"], "heads": {}}))

    bundle = write_bundle(tmp_path / "m", kind="contact", version="1", trainer="quick", labels=("email",), fill=fill)
    with pytest.raises(ArtifactError, match="other features"):
        ContactScorer(bundle)


def test_it_keeps_the_contract_of_a_kind(tmp_path: Path) -> None:
    drawn = generate(60, seed=11)
    lines = [
        {"id": d.example.item.id, "payload": as_json(d.example.item.payload), "labels": d.example.labels, "created_at": NOW.isoformat()}
        for d in drawn
    ]
    check_kind(CONTACT, lines, folder=tmp_path)
