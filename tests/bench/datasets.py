"""Development sets as items to post, with the labels that a scripted reviewer knows. The folder is an argument: nothing
in the product needs it."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    body: dict[str, Any]
    labels: dict[str, int]  # label -> 0 or 1; empty = nobody knows
    file: Path | None = None  # media to upload first


def _csv(path: Path) -> Iterator[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle)


def davidson(data: Path, run: str) -> list[Row]:
    rows = []
    for r in _csv(data / "davidson_hate_offensive/train.csv"):
        labels = {"hate": int(r["label"] == "hate"), "harassment": int(r["label"] == "offensive")}
        rows.append(_review(f"{run}-{r['id']}", r["text"], labels))
    return rows


def youtube(data: Path, run: str) -> list[Row]:
    rows = list(_csv(data / "youtube_spam/train.csv"))
    return [_review(f"{run}-{r['id']}", r["text"], {"spam": int(r["label"] == "spam")}) for r in rows]


def reviews(data: Path, run: str) -> list[Row]:
    rows = davidson(data, run)
    for r in _csv(data / "reviews_benign_uci/train.csv"):
        rows.append(_review(f"{run}-{r['id']}", r["text"], {"hate": 0, "harassment": 0}))
    random.Random(0).shuffle(rows)
    return rows


def _review(external_id: str, text: str, labels: dict[str, int]) -> Row:
    return Row(body={"kind": "review", "external_id": external_id, "payload": {"text": text}}, labels=labels)


def sms(data: Path, run: str) -> list[Row]:
    rows = []
    for r in _csv(data / "sms_spam/train.csv"):
        body = {"kind": "chat", "external_id": f"{run}-{r['id']}", "payload": {"messages": [{"sender": "a", "text": r["text"]}]}}
        rows.append(Row(body=body, labels={"spam": int(r["label"] == "spam")}))
    return rows


def chats(data: Path, run: str) -> list[Row]:
    rows = sms(data, run)
    threads: dict[str, list[dict[str, str]]] = {}
    for r in _csv(data / "shopping_chat_mgshopdial/dialogues.csv"):
        threads.setdefault(r["dialogue_id"], []).append({"sender": r["sender"], "text": r["text"]})
    for name, messages in threads.items():
        body = {"kind": "chat", "external_id": f"{run}-{name}", "payload": {"messages": messages}, "conversation": name}
        rows.append(Row(body=body, labels={"spam": 0}))
    random.Random(0).shuffle(rows)
    return rows


def orders(data: Path, run: str) -> list[Row]:
    """CloudWalk, in time order: what came before is the past."""
    rows = []
    for r in sorted(_csv(data / "orders_cloudwalk_chargebacks/transactions.csv"), key=lambda r: r["occurred_at"]):
        payload = {"amount": float(r["amount"]), "placed_at": r["occurred_at"], "user_id": r["user_id"], "card_hash": r["card_hash"]}
        payload |= {"card_bin": r["card_bin"], "merchant_id": r["merchant_id"]} | ({"device_id": r["device_id"]} if r["device_id"] else {})
        body = {"kind": "order", "external_id": f"{run}-{r['transaction_id']}", "payload": payload, "created_at": r["occurred_at"]}
        rows.append(Row(body=body, labels={"fraud": int(r["has_chargeback"])}))
    return rows


def shop_orders(data: Path, run: str) -> list[Row]:
    """First orders of a shop with scripted rings, in time order."""
    rows = []
    for r in sorted(_csv(data / "orders_fraud_ecommerce/orders.csv.gz"), key=lambda r: r["purchased_at"]):
        payload = {
            "amount": float(r["amount"]), "placed_at": r["purchased_at"], "account_created_at": r["signup_at"], "user_id": r["order_id"],
            "device_id": r["device_id"], "ip": r["ip_address"],
        }  # fmt: skip
        body = {"kind": "order", "external_id": f"{run}-{r['order_id']}", "payload": payload, "created_at": r["purchased_at"]}
        rows.append(Row(body=body, labels={"fraud": int(r["is_fraud"])}))
    return rows


def contacts(data: Path, run: str) -> list[Row]:
    rows = []
    for line in (data / "contacts/email_syntax_cases.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        body = {"kind": "contact", "external_id": f"{run}-{case['id']}", "payload": {"email": case["email"], "email_origin": "given"}}
        rows.append(Row(body=body, labels={"email": int(not case["valid_default"])}))
    return rows


def videos(data: Path, run: str) -> list[Row]:
    files = sorted((data / "pdq_vpdq/videos").glob("*.mp4"))
    return [Row(body={"kind": "video", "external_id": f"{run}-{f.name}", "payload": {"title": f.stem}}, labels={}, file=f) for f in files]


def load_sets(data: Path, run: str) -> dict[str, list[Row]]:
    readers = {"review": reviews, "chat": chats, "order": orders, "contact": contacts, "video": videos}
    return {kind: read(data, run) for kind, read in readers.items()}


def unseen_by_starter(data: Path, rows: list[Row]) -> list[Row]:
    """The reviews whose text is in no part that trained the shipped starter."""
    from scoring.registry import get_kind
    from scoring.training.dataset import split
    from scoring.training.starters.review import read_examples

    parts = split(read_examples(data, 0), get_kind("review"), seed=0, test=1 / 7, tune=1 / 7)
    seen = {example.item.payload["text"] for example in (*parts.train, *parts.tune)}
    return [row for row in rows if row.body["payload"]["text"] not in seen]


def load_texts(data: Path) -> Iterator[tuple[str, list[str], list[int]]]:
    """(name, texts, whether each breaks a rule) of the sets of texts that are there."""
    for folder, file, honest in (
        ("davidson_hate_offensive", "train.csv", "neither"), ("sms_spam", "train.csv", "ham"), ("youtube_spam", "train.csv", "ham"),
    ):  # fmt: skip
        path = data / folder / file
        if path.is_file():
            rows = [row for row in _csv(path) if row.get("text")]
            yield folder, [row["text"] for row in rows], [int(row["label"] != honest) for row in rows]
