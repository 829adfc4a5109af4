"""Expands the scripts of marketplace talk into conversations: alternatives, slots, left-out turns, small slips of the hand."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).with_name("chat_scripts.txt")
SHOP_LINES = Path(__file__).with_name("shop_talk.txt")
LABELS = ("scam", "off_platform", "harassment", "impersonation", "spam")
SAID_SHARE = 0.2
SLOTS: Mapping[str, Sequence[str]] = {
    "item": ("bike", "lamp", "sofa", "camera", "phone", "guitar", "pram", "jacket", "desk", "console", "drill", "mirror", "tent", "kettle"),
    "extra": ("cable", "box", "cover", "charger", "bag", "spare part", "manual"),
    "product": (
        "headphones", "book", "running shoes", "blender", "laptop", "novel", "backpack", "coffee machine", "watch", "board game", "tablet",
        "phone case", "keyboard", "monitor", "biography", "cookbook", "perfume", "hair dryer", "vacuum cleaner", "pair of trainers",
    ),
    "brand": ("Norvel", "Kestra", "Amarin", "Tollis", "Brevo", "Lumeka", "Halden", "Ostria", "Pell", "Vanta", "Sorin", "Quill"),
    "person": ("mum", "dad", "wife", "husband", "sister", "brother", "friend", "daughter", "son", "colleague", "nephew"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "the 4th", "the weekend"),
    "hour": ("7", "8.30", "half six", "nine", "noon"),
    "place": ("the station", "Mill Lane", "the old market", "the library", "Park Road", "the school"),
    "pay": (
        "Western Union", "bank transfer", "PayPal friends and family", "Zelle", "bitcoin", "MoneyGram", "Cash App", "wire transfer",
        "Revolut",
    ),
    "card": ("gift card", "iTunes card", "Steam card", "Amazon gift card"),
    "app": ("WhatsApp", "Telegram", "Signal app", "Viber", "whatsapp", "insta"),
    "shop": ("dealhub", "bestbuyz", "megashop", "quickpay", "safeship", "topgoods", "fastparcel", "luckyday"),
    "word": ("win", "claim", "login", "verify", "track", "bonus", "gift", "cash", "vip", "offer"),
    "tld": ("com", "xyz", "top", "info", "net", "shop", "co", "club"),
}  # fmt: skip
_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"\[(\w+)\]")
SHORT = {"you": "u", "please": "pls", "are": "r", "your": "ur", "thanks": "thx", "because": "cos", "tomorrow": "tmrw", "for": "4"}


@dataclass(frozen=True, slots=True)
class Script:
    labels: tuple[str, ...]
    turns: tuple[tuple[bool, str, str], ...]  # (may be left out, "me" or "you", template)


def read_scripts(path: Path = SCRIPTS) -> list[Script]:
    """Raises ValueError on a line that is neither a head, a turn nor a remark."""
    scripts: list[tuple[tuple[str, ...], list[tuple[bool, str, str]]]] = []
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("== "):
            named = tuple(line[3:].split())
            scripts.append((() if named == ("none",) else named, []))
            continue
        side, _, template = line.lstrip("?").partition(": ")
        if side not in ("me", "you") or not scripts:
            raise ValueError(f"not a turn: {line!r}")
        scripts[-1][1].append((line.startswith("?"), side, template))
    return [Script(labels, tuple(turns)) for labels, turns in scripts]


def read_lines(path: Path = SHOP_LINES) -> dict[str, list[str]]:
    """Honest shop talk: templates of the customer ("c") and of the clerk ("s"). Raises ValueError on any other line."""
    pools: dict[str, list[str]] = {"c": [], "s": [], "said": []}
    for line in path.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            side, _, template = line.partition(": ")
            if side not in ("c", "s"):
                raise ValueError(f"not a line of shop talk: {line!r}")
            pools[side].append(template)
    return pools


def shop_talk(pools: Mapping[str, Sequence[str]], turns: int, rng: random.Random) -> list[tuple[str, str]]:
    """Turns of "you" (customer) and "me" (clerk) in no strict order, with several in a row as people do.

    The pool "said" holds sentences that people really wrote about products, used as they are.
    """
    told, side = [], rng.choice("cs")
    for _ in range(turns):
        real = pools["said"] and rng.random() < SAID_SHARE
        text = rng.choice(pools["said"]) if real else expand(rng.choice(pools[side]), rng).strip()
        told.append(("you" if side == "c" else "me", roughen(text, rng) if "http" not in text else text))
        side = side if rng.random() < 0.3 else ("s" if side == "c" else "c")
    return told


def expand(template: str, rng: random.Random) -> str:
    """Choose among {a|b}, inside first, then fill the slots."""
    while found := _CHOICE.search(template):
        template = template[: found.start()] + rng.choice(found[1].split("|")) + template[found.end() :]
    return _SLOT.sub(lambda m: _slot(m[1], rng), template)


def _slot(name: str, rng: random.Random) -> str:
    if name == "price":
        amount = rng.choice([5, 12, 15, 20, 25, 40, 45, 60, 80, 120, 150, 250, 400, 900])
        return rng.choice([f"{amount}", f"${amount}", f"{amount} euros", f"£{amount}", f"{amount} EUR"])
    if name == "phone":
        shape = rng.choice(["+44 7700 900{:03d}", "07700 900{:03d}", "+1 555 010 0{:03d}", "+49 151 00000{:03d}"])
        return shape.format(rng.randint(0, 999))
    if name == "number":
        return str(rng.randint(1000, 99999))
    if name == "model":
        return f"{rng.choice(['PG', 'CL', 'TX', 'MX', 'iP', 'Pro'])}-{rng.randint(10, 9999)}{rng.choice(['', 'XL', 'S'])}"
    if name in ("pagelink", "piclink"):
        return _honest_link(name, rng)
    return rng.choice(SLOTS[name])


def _honest_link(name: str, rng: random.Random) -> str:
    """The long addresses of product pages and pictures that shops paste."""
    brand = rng.choice(SLOTS["brand"]).lower()
    host = rng.choice(["www.", "m.media-", "img.", "shop."]) + brand + rng.choice([".com", ".de", ".co.uk", ".no", ".net"])
    code = _code(rng)
    if name == "piclink":
        folder, size = rng.choice(["I/", "p/", "large/", ""]), rng.choice(["._AC_UX425_", "_600x600", "", "-1"])
        return f"https://{host}/images/{folder}{code}{size}.{rng.choice(['jpg', 'png', 'webp'])}"
    tail = rng.choice(["", f"?ref=sr_1_{rng.randint(1, 9)}", f"?id={rng.randint(100, 99999)}&utm_source=search", f"/dp/{code}"])
    return f"https://{host}/{rng.choice(SLOTS['product']).replace(' ', '-')}{tail}"


def _code(rng: random.Random) -> str:
    return "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789abcdefgh") for _ in range(rng.randint(6, 11)))


def roughen(text: str, rng: random.Random) -> str:
    """Write as people do: some in lower case, some short, some without full stops, some with a slip."""
    style = rng.random()
    if style < 0.35:
        text = text.lower()
    if style < 0.18:
        text = " ".join(SHORT.get(w, w) for w in text.split())
    if rng.random() < 0.3:
        text = text.rstrip(".!")
    if rng.random() < 0.15 and len(text) > 12:
        at = rng.randrange(1, len(text) - 2)
        text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text if rng.random() > 0.06 else text.upper()


def converse(script: Script, rng: random.Random) -> list[tuple[str, str]]:
    """(side, text) of each turn of one telling of a script."""
    kept = [(side, template) for optional, side, template in script.turns if not optional or rng.random() < 0.6]
    told = [(side, expand(template, rng).strip()) for side, template in kept]
    return [(side, roughen(text, rng)) for side, text in told if text]
