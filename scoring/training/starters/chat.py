"""The starter model for conversations: open sets of short messages and a documented generator of marketplace talk.

- SMS Spam Collection (CC-BY-4.0) and YouTube Spam Collection (CC-BY-4.0): each message is a conversation of one turn. Honest ones
  carry every label as 0 (comments: only spam is known), spam carries `spam` = 1 and leaves the other labels unknown.
- Generated conversations (chat_scripts.txt): honest talk from both sides, scams, dealing off the platform, harassment,
  false identities, advertising; victims of those too, who are not to blame. Shop talk (shop_talk.txt) is mixed with sentences that
  people wrote about products (Sentiment Labelled Sentences, CC-BY-4.0), so that long and wordy is not taken for harmful. Account
  facts lean as the behaviour does, and overlap.

Run: python -m scoring.training.starters.chat --data DIR   (DIR holds sms_spam, youtube_spam, reviews_benign_uci, each with train.csv)
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from scoring.artifacts import Bundle, write_bundle
from scoring.kind import Split, TrainOptions
from scoring.kinds.chat import CHAT
from scoring.starters import FOLDER
from scoring.training.dataset import near_key, split
from scoring.training.fit import evaluate_scores, score_examples, train_kind
from scoring.training.starters.chat_talk import LABELS, Script, converse, read_lines, read_scripts, shop_talk
from scoring.types import Example, Item, Json

HONEST_SHARE = 0.65
VICTIM_SHARE = 0.15
SAID_ALONE = 800  # harmless sentences that stand alone; the others are mixed into shop talk
Pools = Mapping[str, Sequence[str]]


def account_facts(harmful: bool, rng: random.Random) -> dict[str, Json]:
    """Facts lean as the behaviour does; a quarter of each is unknown, and nothing is known of every fourth account."""
    if rng.random() < 0.25:
        return {}
    new = rng.random() < (0.6 if harmful else 0.15)
    facts: dict[str, Json] = {
        "age_days": round(rng.expovariate(1 / 5 if new else 1 / 500), 1),
        "messages_per_hour": round(rng.expovariate(1 / (25 if harmful and rng.random() < 0.5 else 4)), 1),
        "lifetime_orders": 0 if new and rng.random() < 0.8 else int(rng.expovariate(1 / (4 if harmful else 15))),
        "new_recipients": int(rng.expovariate(1 / (12 if harmful and rng.random() < 0.5 else 1.5))),
        "reports": int(rng.random() < (0.2 if harmful else 0.03)),
    }
    return {name: value for name, value in facts.items() if rng.random() < 0.75}


def conversation(number: int, script: Script, group: str, honest: Sequence[Script], pools: Pools, rng: random.Random) -> Example:
    """One telling of a script with its account: labels are about the account under review."""
    turns = converse(script, rng)
    harmful = bool(script.labels)
    before = shop_talk(pools, rng.choice([2, 4, 6, 10, 20]), rng) if rng.random() < 0.25 else []
    own = "me" if harmful or rng.random() < 0.5 else "you"
    if harmful and rng.random() < VICTIM_SHARE and any(side == "you" for side, _ in turns):
        own, harmful = "you", False
    elif harmful and rng.random() < 0.3:  # a scam often begins as honest talk
        turns = converse(rng.choice(honest), rng)[:3] + turns
    elif not script.labels and rng.random() < 0.45:  # honest talk is honest in any part, down to one turn
        start = rng.randrange(len(turns))
        turns = turns[start : start + rng.choice([1, 1, 2, 3, 5])]
        own = own if any(side == own for side, _ in turns) else turns[-1][0]
    elif not script.labels and rng.random() < 0.5:
        turns = shop_talk(pools, rng.choice([1, 1, 1, 1, 2, 2, 4, 8, 12, 20, 30, 45, 60]), rng)
        own = own if any(side == own for side, _ in turns) else turns[-1][0]
    turns = before + turns
    names = {"me": f"user{rng.randint(1, 9999)}", "you": f"member{rng.randint(1, 9999)}"}
    payload: dict[str, Json] = {"messages": [{"sender": names[side], "text": text} for side, text in turns]}
    payload["account"] = {"sender": names[own], **account_facts(harmful, rng)}
    if rng.random() < 0.3:
        payload["flagged_index"] = max(i for i, (side, _) in enumerate(turns) if side == own)
    labels = {label: int(harmful and label in script.labels) for label in LABELS}
    item = Item(id=f"talk-{number}", kind="chat", payload=CHAT.parse(payload), conversation=f"talk-{number}")
    return Example(item=item, labels=labels, group=group)


def generate(count: int, seed: int = 0, scripts: Sequence[Script] | None = None, said: Sequence[str] = ()) -> list[Example]:
    """Same seed, same conversations. `said`: harmless sentences about products to mix in."""
    rng = random.Random(seed)
    scripts = list(scripts or read_scripts())
    honest = [s for s in scripts if not s.labels] or [s for s in read_scripts() if not s.labels]
    harmful = [s for s in scripts if s.labels] or honest
    pools = {**read_lines(), "said": said}
    chosen = [rng.choice(honest if rng.random() < HONEST_SHARE else harmful) for _ in range(count)]
    return [conversation(i, script, f"talk-{i}", honest, pools, rng) for i, script in enumerate(chosen)]


def single_messages(path: Path, source: str) -> list[Example]:
    """A CSV with id, text, label (ham or spam); near-duplicates get one group."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    examples = []
    for row in rows:
        text = row["text"][:20_000]
        if not text.strip():
            continue
        payload = CHAT.parse({"messages": [{"sender": "sender", "text": text}]})
        spam = int(row["label"] != "ham")
        labels = {"spam": spam} if spam or source == "youtube" else dict.fromkeys(LABELS, 0)
        item = Item(id=row["id"], kind="chat", payload=payload)
        examples.append(Example(item=item, labels=labels, group=f"{source}:{near_key(text) or text.lower()}"))
    return examples


def product_sentences(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as handle:
        return [row["text"] for row in csv.DictReader(handle)]


def harmless_messages(sentences: Sequence[str]) -> list[Example]:
    """Sentences about products as conversations of one turn."""
    examples = []
    for i, text in enumerate(sentences):
        item = Item(id=f"said-{i}", kind="chat", payload=CHAT.parse({"messages": [{"sender": "sender", "text": text}]}))
        examples.append(Example(item=item, labels=dict.fromkeys(LABELS, 0), group=f"said:{near_key(text) or text.lower()}"))
    return examples


def held_out_scripts(
    data: Sequence[Example], said: Sequence[str], count: int, cache: Path | None, seed: int, folder: Path
) -> dict[str, Json]:
    """Train without every fourth script and measure on those alone: what a script that nobody wrote down would meet."""
    scripts = read_scripts()
    seen = [s for i, s in enumerate(scripts) if i % 4 != seed % 4]
    unseen = [s for i, s in enumerate(scripts) if i % 4 == seed % 4]
    parts = split([*data, *generate(count, seed, seen, said)], CHAT, seed=seed, test=0.0, tune=0.2)
    bundle = train_kind(CHAT, parts, folder, options=TrainOptions(seed=seed, version="held-out", cache_dir=cache))
    test = generate(600, seed + 1, unseen, said)
    return evaluate_scores(score_examples(bundle, test, kind=CHAT), test)


def build(data: Path, out: Path, count: int, seed: int, cache: Path | None, work: Path) -> dict[str, Json]:
    """Train, measure on what was kept apart, and write the bundle with its card."""
    open_sets = [
        *single_messages(data / "sms_spam" / "train.csv", "sms"), *single_messages(data / "youtube_spam" / "train.csv", "youtube")
    ]  # fmt: skip
    said = product_sentences(data / "reviews_benign_uci" / "train.csv")
    open_sets += harmless_messages(said[:SAID_ALONE])
    said = said[SAID_ALONE:]
    parts = split([*open_sets, *generate(count, seed, said=said)], CHAT, seed=seed, test=0.15, tune=0.2)
    options = TrainOptions(seed=seed, version="starter", cache_dir=cache)
    bundle = train_kind(CHAT, Split(train=parts.train, tune=parts.tune), work / "first", options=options)
    figures: dict[str, Json] = {"examples": len(open_sets) + count}
    for name, prefix in (("sms", "sms-"), ("youtube", "yt-"), ("talk", "talk-")):
        part = [e for e in parts.test if e.item.id.startswith(prefix)]
        figures[name] = evaluate_scores(score_examples(bundle, part, kind=CHAT), part)
    figures["unseen_scripts"] = held_out_scripts(open_sets, said, count, cache, seed, work / "held-out")
    with_card(bundle, out, card(figures))
    return figures


def with_card(bundle: Bundle, out: Path, text: str) -> Bundle:
    """The same model under `out`, with its card among the sealed files."""

    def fill(folder: Path) -> None:
        for name in bundle.files:
            shutil.copyfile(bundle.file(name), folder / name)
        (folder / "MODEL_CARD.md").write_text(text, "utf-8")

    return write_bundle(
        out, kind=bundle.kind, version=bundle.version, trainer=bundle.trainer, labels=bundle.labels, fill=fill, meta=bundle.meta
    )


def card(figures: Mapping[str, Json]) -> str:
    names = {
        "sms": "SMS", "youtube": "YouTube comments", "talk": "generated, known scripts", "unseen_scripts": "generated, scripts never seen",
    }  # fmt: skip
    lines = []
    for key, title in names.items():
        risk = figures[key]["risk"]
        lines.append(f"| {title} | {risk['n']} | {risk['auroc']} | {risk['precision']} | {risk['recall']} | {risk['ece']} |")
    text = Path(__file__).with_name("chat_card.md").read_text("utf-8")
    return text.replace("{table}", "\n".join(lines)).replace("{examples}", str(figures["examples"]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the starter model for conversations.")
    parser.add_argument("--data", type=Path, required=True, help="folder with sms_spam/, youtube_spam/ and reviews_benign_uci/")
    parser.add_argument("--out", type=Path, default=FOLDER / "chat")
    parser.add_argument("--work", type=Path, required=True, help="folder for the trial models and the cache of encodings")
    parser.add_argument("--count", type=int, default=5000, help="generated conversations")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    figures = build(options.data, options.out, options.count, options.seed, options.work / "cache", options.work)
    print(json.dumps(figures, indent=1))  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
