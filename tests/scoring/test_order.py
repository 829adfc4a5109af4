from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from scoring.artifacts import ArtifactError, Bundle, write_bundle
from scoring.blocks import FactsBlock, LinksBlock, NoticeBlock, ReasonsBlock
from scoring.calibration import logit
from scoring.history import MemoryHistory, examples_with_past
from scoring.kind import Split, TrainOptions
from scoring.kinds.order import ORDER
from scoring.kinds.order.card import headline
from scoring.kinds.order.counterfactual import variants
from scoring.kinds.order.features import FEATURES, INDEX, distance_km, feature_row
from scoring.kinds.order.scorer import OrderScorer
from scoring.kinds.order.wording import feature_name, feature_value
from scoring.starters import starter_bundle
from scoring.testing import check_kind
from scoring.training.dataset import example_from_line, item_from_line, split
from scoring.training.evaluate import evaluate_scores
from scoring.training.labels import is_benign
from scoring.types import Around, Item, PastEvent, RunContext
from scoring.words import in_ten
from tests.scoring.order_lines import order_line, order_lines

NOW = RunContext()


def order(name: str = "now", minutes: float = 100.0, amount: float = 50.0, **fields: Any) -> Item:
    return item_from_line(ORDER, order_line(name, minutes, amount, 0, **fields))


def with_past(item: Item, *earlier: Item) -> Item:
    history = MemoryHistory(ORDER)
    for other in earlier:
        history.add(other)
    return history.with_past(item)


def feature(item: Item, name: str) -> float:
    return feature_row(item)[INDEX[name]]


@pytest.fixture(scope="module")
def starter() -> OrderScorer:
    return OrderScorer(starter_bundle("order"))


@pytest.fixture(scope="module")
def card_test() -> Item:
    """The seventh card on one device within minutes, at a shop that knows neither."""
    common = {"user_id": "x", "device_id": "d", "merchant_id": "m", "ip": "203.0.113.5"}
    earlier = [order(f"e{i}", 90 + i, 1.0, card_hash=f"c{i}", **common) for i in range(6)]
    return with_past(order(minutes=97, amount=1.0, card_hash="c9", **common), *earlier)


@pytest.mark.parametrize("trainer", ["quick", "linear"])
def test_it_keeps_the_contract(tmp_path: Path, trainer: str) -> None:
    check_kind(ORDER, order_lines(), folder=tmp_path, trainer=trainer)


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("amount", -1, ("amount",)),
        ("amount", "NaN", ("amount",)),
        ("amount", float("inf"), ("amount",)),
        ("placed_at", "yesterday", ("placed_at",)),
        ("ip", "300.1.1.1", ("ip",)),
        ("currency", "EURO", ("currency",)),
        ("card_bin", "12", ("card_bin",)),
        ("user_id", 1.5, ("user_id",)),
        ("user_id", "", ("user_id",)),
        ("shipping", {"country": "Germany"}, ("shipping", "country")),
        ("shipping", {"latitude": 91}, ("shipping", "latitude")),
        ("items", [{"quantity": 1}, {"quantity": -2}], ("items", 1, "quantity")),
    ],
)
def test_a_bad_field_is_named(field: str, value: Any, path: tuple[Any, ...]) -> None:
    payload = {"amount": 5, "placed_at": "2026-01-01T00:00:00Z", field: value}
    with pytest.raises(ValidationError) as caught:
        ORDER.parse(payload)
    assert [error["loc"] for error in caught.value.errors()] == [path]


def test_numbers_may_be_ids_and_writing_is_evened_out() -> None:
    payload = ORDER.parse(
        {"amount": "12.5", "placed_at": "2026-01-01", "user_id": 8, "card_bin": 411111, "currency": "eur", "ip": "2001:DB8::1"}
    )
    assert payload["user_id"] == "8"
    assert payload["card_bin"] == "411111"
    assert payload["currency"] == "EUR"
    assert payload["ip"] == "2001:db8::1"
    assert payload["amount"] == 12.5
    assert payload["placed_at"].startswith("2026-01-01T00:00:00")


def test_counts_are_by_window() -> None:
    earlier = [order(f"o{m}", m, device_id="d", card_hash=f"c{m}") for m in (0, 30_000, 43_500, 45_955)]
    item = with_past(order(minutes=46_000, device_id="d", card_hash="c"), *earlier)
    assert [feature(item, f"device_orders_{w}") for w in ("1h", "24h", "7d", "30d")] == [1, 1, 2, 3]
    assert feature(item, "device_cards_30d") == 4
    assert feature(item, "device_last_s") == 45 * 60
    assert feature(item, "device_amount_30d") == 150


def test_what_is_missing_is_not_zero() -> None:
    row = feature_row(order())
    assert math.isnan(row[INDEX["device_orders_1h"]])
    assert math.isnan(row[INDEX["account_age_days"]])
    assert row[INDEX["missing_attributes"]] == 4
    known = feature_row(order(device_id="d"))
    assert known[INDEX["device_orders_1h"]] == 0
    assert known[INDEX["device_users_30d"]] == 0


def test_features_see_nothing_later_and_no_labels() -> None:
    lines = order_lines(honest=60, bursts=3)
    full = examples_with_past(ORDER, [example_from_line(ORDER, line) for line in lines])
    half = examples_with_past(ORDER, [example_from_line(ORDER, line) for line in lines[:40]])
    other_labels = [{**line, "labels": {"fraud": 1 - line["labels"]["fraud"]}} for line in lines]
    flipped = examples_with_past(ORDER, [example_from_line(ORDER, line) for line in other_labels])
    for a, b in zip(half, full, strict=False):
        assert feature_row(a.item) == pytest.approx(feature_row(b.item), nan_ok=True)
    for a, b in zip(full, flipped, strict=True):
        assert feature_row(a.item) == pytest.approx(feature_row(b.item), nan_ok=True)


def test_habit_and_places_are_compared() -> None:
    usual = [order(f"o{i}", i, 20.0, user_id="u", card_hash="c", device_id="d", merchant_id="m") for i in range(3)]
    berlin = {"postcode": "10115", "country": "DE", "latitude": 52.52, "longitude": 13.405}
    paris = {"postcode": "75001", "country": "FR", "latitude": 48.857, "longitude": 2.352}
    places: dict[str, Any] = {"billing": berlin, "shipping": paris, "ip_country": "DE"}
    item = with_past(order(amount=100.0, user_id="u", card_hash="new", device_id="d", merchant_id="m", **places), *usual)
    assert feature(item, "amount_to_own_mean") == 5
    assert feature(item, "new_card_for_user") == 1
    assert feature(item, "new_device_for_user") == 0
    assert feature(item, "billing_country_differs") == 1
    assert feature(item, "ip_country_differs") == 0
    assert feature(item, "distance_km") == pytest.approx(878, abs=5)
    assert math.isnan(distance_km({}, paris))


def test_every_feature_has_a_name_in_words() -> None:
    names = [feature_name(name) for name in FEATURES]
    assert len(set(names)) == len(FEATURES)
    assert not [name for name in names if "_" in name or not name[0].isupper()]
    assert feature_name("card_orders_1h") == "Orders with the card in the last hour"
    assert feature_name("address_users_30d") == "Different payers on the delivery address in 30 days"
    assert feature_value("own_last_s", 7300) == "2 h"
    assert feature_value("two_factor", 0.0) == "no"
    assert feature_value("amount", None) == "not known"


@pytest.mark.parametrize("trainer", ["quick", "linear"])
def test_contributions_add_up_to_the_log_odds(tmp_path: Path, trainer: str) -> None:
    examples = examples_with_past(ORDER, [example_from_line(ORDER, line) for line in order_lines()])
    parts = split(examples, ORDER, test=0.0)
    scorer = OrderScorer(ORDER.load_trainer(trainer)(parts, tmp_path / "m", TrainOptions()))
    rows = scorer.rows([e.item for e in examples])
    shares = scorer.model.contributions(rows)
    assert shares.shape == (len(examples), len(FEATURES) + 1)
    assert np.abs(shares.sum(axis=1) - scorer.model.raw(rows)).max() <= 1e-6


def test_reasons_speak_for_and_against_in_words(starter: OrderScorer, card_test: Item) -> None:
    score = starter.explain([card_test], NOW)[0]
    assert score.risk is not None
    assert score.risk > 0.8
    assert score.labels["card_testing"] == max(score.labels.values())
    weights = [e.weight for e in score.evidence]
    assert max(weights) > 0 > min(weights)
    assert weights == sorted(weights, key=lambda w: -abs(w))
    assert any("card" in (e.text or "").lower() for e in score.evidence if e.weight > 0)


def test_the_counterfactual_is_true_when_scored_again(starter: OrderScorer, card_test: Item) -> None:
    score = starter.explain([card_test], NOW)[0]
    told = score.extra["counterfactual"]
    again = {words: starter.score([changed], NOW)[0].risk for words, changed in variants(card_test)}
    words = next(words for words in again if told["sentence"].startswith(words))
    assert again[words] == pytest.approx(told["risk"], abs=1e-5)
    assert told["risk"] < (score.risk or 0)
    assert told["sentence"].endswith(f"{in_ten(told['risk'])} like this would be fraud instead of {in_ten(score.risk or 0)}.")
    assert starter.score([card_test], NOW)[0].extra["counterfactual"] == told  # what the console stores is what explain says


def test_facts_stand_among_those_that_the_model_learned_from(starter: OrderScorer, card_test: Item) -> None:
    told = starter.score([card_test], NOW)[0].extra["measured"]
    assert told["population"] == "20,563 made-up orders that the starter model learned from"
    assert told["percentiles"]["device_cards_30d"] >= 95  # seven cards on one device
    assert "account_age_days" not in told["percentiles"]  # the order does not say
    seen = replace(card_test, around=Around(measured=told))
    facts = {f.name: f for block in ORDER.card(seen, None) if isinstance(block, FactsBlock) for f in block.facts}
    assert (facts["Cards on it, 30 days"].value, facts["Cards on it, 30 days"].mark) == ("7", "high")
    assert facts["Cards on it, 30 days"].percentile == told["percentiles"]["device_cards_30d"]


def test_a_model_without_a_population_says_no_percentile(tmp_path: Path) -> None:
    good = starter_bundle("order")

    def fill(folder: Path) -> None:
        for file in good.files:
            if file != "population.json":
                (folder / file).write_bytes(good.file(file).read_bytes())

    bundle = write_bundle(tmp_path / "m", kind="order", version="x", trainer="quick", labels=good.labels, fill=fill)
    assert "measured" not in OrderScorer(bundle).score([order(user_id="u")], NOW)[0].extra


def test_a_trained_model_keeps_the_population_of_its_own_orders(tmp_path: Path) -> None:
    parts = split(examples_with_past(ORDER, [example_from_line(ORDER, line) for line in order_lines(honest=200)]), ORDER, test=0.0)
    bundle = ORDER.load_trainer("linear")(parts, tmp_path / "m", TrainOptions())
    kept = bundle.read_json("population.json")
    amounts = sorted(e.item.payload["amount"] for e in parts.train)
    assert kept["name"] == f"{len(parts.train):,} orders that the model learned from"
    assert (kept["quantiles"]["amount"][0], kept["quantiles"]["amount"][100]) == (amounts[0], amounts[-1])
    assert "distance_km" not in kept["quantiles"]  # no order had places


def test_the_starter_ranks_the_known_patterns_above_honest_habits(starter: OrderScorer) -> None:
    examples = examples_with_past(ORDER, [example_from_line(ORDER, line) for line in order_lines(honest=200, bursts=10, seed=5)])
    risk = evaluate_scores(starter.score([e.item for e in examples], NOW), examples)["risk"]
    assert risk["auroc"] > 0.9
    assert risk["recall_at_1pct_fpr"] > 0.6


def test_the_risk_is_no_lower_than_the_likeliest_harm_and_the_reasons_are_its_own(starter: OrderScorer) -> None:
    examples = examples_with_past(ORDER, [example_from_line(ORDER, line) for line in order_lines(honest=200, bursts=10, seed=5)])
    items = [e.item for e in examples]
    rows = starter.rows(items)
    overall = starter.calibration["risk"].apply(starter.model.raw(rows))
    scores = starter.explain(items, NOW)
    assert starter.risks(items) == pytest.approx([score.risk for score in scores])
    sources = set()
    for i, score in enumerate(scores):
        harms = {name: p for name, p in score.labels.items() if not is_benign(name)}
        assert score.risk == pytest.approx(max(float(overall[i]), *harms.values()))
        source = next(iter({e.label for e in score.evidence}))
        assert score.risk == pytest.approx(overall[i] if source == "risk" else harms[source or ""])
        shares = starter.model.contributions(rows[i : i + 1], source or "")[0]
        assert shares.sum() == pytest.approx(starter.model.raw(rows[i : i + 1], source or "")[0])
        assert {e.field: e.weight for e in score.evidence}.items() <= {
            name: round(float(share), 6) for name, share in zip(starter.model.columns, shares, strict=False)
        }.items()
        sources.add(source)
    assert len(sources) > 1  # else the test would not have seen a label lead


def test_the_figures_of_a_training_are_those_of_the_scorer(tmp_path: Path) -> None:
    lines = [{**line, "labels": {"fraud": line["labels"]["fraud"], "abuse": int(i % 9 == 0)}} for i, line in enumerate(order_lines())]
    parts = split(examples_with_past(ORDER, [example_from_line(ORDER, line) for line in lines]), ORDER, test=0.0)
    bundle = ORDER.load_trainer("linear")(parts, tmp_path / "m", TrainOptions())
    scorer = OrderScorer(bundle)
    found = evaluate_scores(scorer.score([e.item for e in parts.tune], NOW), parts.tune)["risk"]
    assert bundle.meta["tune_metrics"]["brier"] == pytest.approx(found["brier"], abs=2e-5)
    assert bundle.meta["tune_metrics"]["auroc"] == pytest.approx(found["auroc"], abs=2e-5)


def test_words_about_the_payer_do_not_claim_more_than_is_known(starter: OrderScorer) -> None:
    shared = with_past(order(minutes=60, device_id="d", card_hash="new"), order("o1", 0, device_id="d", card_hash="old"))
    assert feature(shared, "own_orders_24h") == 1
    for name in FEATURES:
        if name.startswith(("own_", "amount_to_own")) and name != "own_at_merchant_30d":
            assert "same payer, card, device or e-mail" in feature_name(name), name


def test_an_order_that_cannot_be_read_is_not_guessed_at(starter: OrderScorer) -> None:
    score = starter.score([Item(id="1", kind="order", payload={"amount": "much"})], NOW)[0]
    assert score.risk is None
    assert score.uncertainty == 1.0
    assert "no amount" in score.errors["model"]


def test_labels_are_those_of_the_data(tmp_path: Path) -> None:
    lines = [{**line, "labels": {"legit": 1 - line["labels"]["fraud"], "chargeback": line["labels"]["fraud"]}} for line in order_lines()]
    parts = split(examples_with_past(ORDER, [example_from_line(ORDER, line) for line in lines]), ORDER, test=0.0)
    bundle = ORDER.load_trainer()(parts, tmp_path / "m", TrainOptions())
    assert set(bundle.labels) == {"legit", "chargeback"}
    score = OrderScorer(bundle).score([parts.tune[0].item], NOW)[0]
    assert score.labels["chargeback"] == score.risk
    assert score.labels["legit"] == pytest.approx(1 - (score.risk or 0))


def test_a_model_with_other_features_or_broken_trees_is_refused(tmp_path: Path) -> None:
    good = starter_bundle("order")

    def rewritten(name: str, old: str, new: str) -> Bundle:
        def fill(folder: Path) -> None:
            for file in good.files:
                text = good.file(file).read_text()
                (folder / file).write_text(text.replace(old, new, 1) if file == name else text)

        return write_bundle(tmp_path / "m", kind="order", version="x", trainer="quick", labels=good.labels, fill=fill)

    with pytest.raises(ArtifactError, match="needs features that are not computed here: moon_phase"):
        OrderScorer(rewritten("model.json", '"amount"', '"moon_phase"'))
    with pytest.raises(ArtifactError, match="does not describe a tabular model"):
        OrderScorer(rewritten("model.json", '"trees"', '"oracle"'))


def test_calibration_is_on_what_was_not_trained_on(tmp_path: Path) -> None:
    examples = examples_with_past(ORDER, [example_from_line(ORDER, line) for line in order_lines(honest=200, bursts=12)])
    parts = split(examples, ORDER, test=0.0)
    flat = Split(train=parts.train, tune=[replace(e, labels={"fraud": 0}) for e in parts.tune])
    honest = OrderScorer(ORDER.load_trainer()(parts, tmp_path / "a", TrainOptions()))
    calm = OrderScorer(ORDER.load_trainer()(flat, tmp_path / "b", TrainOptions()))
    items = [e.item for e in parts.tune]
    assert logit(calm.risks(items)).mean() < logit(honest.risks(items)).mean()


def test_the_card_shows_what_is_shared_and_hides_reasons_when_blind(starter: OrderScorer, card_test: Item) -> None:
    blind, open_ = ORDER.card(card_test, None), ORDER.card(card_test, starter.explain([card_test], NOW)[0])
    links = next(block for block in blind if isinstance(block, LinksBlock))
    assert {link.attribute: link.others for link in links.links} == {"Payer": 6, "Device": 6, "Card": 0, "IP address": 6, "Merchant": 6}
    assert [block for block in open_ if isinstance(block, ReasonsBlock)]
    assert not [block for block in blind if isinstance(block, ReasonsBlock)]
    assert [b for b in open_ if not isinstance(b, ReasonsBlock)] == list(blind)
    reasons = next(block for block in open_ if isinstance(block, ReasonsBlock))
    assert "in 10" in reasons.counterfactual
    assert "%" not in reasons.counterfactual
    assert len(reasons.speaks_for) <= 5
    assert len(reasons.speaks_against) <= 3
    assert all(r.weight > 0 for r in reasons.speaks_for)
    assert all(r.weight < 0 for r in reasons.speaks_against)


def test_the_card_compares_addresses_and_says_when_there_is_no_past() -> None:
    item = order(billing={"name": "A. Moor", "postcode": "10115"}, shipping={"name": "A. Moor", "postcode": "80331"})
    blocks = ORDER.card(item, None)
    facts = {f.name: f for block in blocks if isinstance(block, FactsBlock) for f in block.facts}
    assert facts["Postcode"].mark == "mismatch"
    assert facts["Name"].mark == "match"
    assert facts["Device"].mark == "missing"
    assert [block for block in blocks if isinstance(block, NoticeBlock)]


def test_the_headline_is_short_and_plain() -> None:
    assert headline(order(amount=1290, currency="EUR", user_id="8", merchant_id="17348").payload) == "1,290.00 EUR by 8 at 17348"
    assert len(headline(order(user_id="u" * 200, merchant_id="m" * 200).payload)) <= 120


def test_past_events_without_facts_do_no_harm() -> None:
    item = order(user_id="u")
    at = ORDER.at(item)
    assert at is not None
    odd = replace(item, past=(PastEvent(id="x", at=at, keys={"user": "u"}),))
    assert feature(odd, "user_orders_1h") == 1
    assert feature(odd, "user_amount_24h") == 0
