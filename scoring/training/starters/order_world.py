"""A made-up shop world: honest buyers with their habits, and the patterns of fraud that a starter model should know.

Every world draws its own scale of amounts, time zone, fields that are known and share of fraud, so that a model learns
patterns (what is shared with what, how fast) and not levels. Nothing is taken from real data.

Honest: rare and frequent buyers, households that share a device, offices that share an address and an IP address, carriers
that put strangers behind one IP address, business customers with daily orders, gifts, new phones and cards, retries.
Fraud: rings of accounts, card testing, account takeover, stolen cards spent quickly.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scoring.types import Json

START = datetime(2025, 1, 1, tzinfo=UTC)
COUNTRIES = ("DE", "FR", "NL", "ES", "IT", "PL", "GB", "US", "BR", "IN")
PATTERNS = ("card_testing", "account_takeover", "fraud_ring", "stolen_card")
DAYS = 40.0
OPTIONAL = {
    "account_created_at": 0.6, "user_id": 0.85, "device_id": 0.85, "ip": 0.6, "ip_country": 0.4, "card_hash": 0.75, "card_bin": 0.6,
    "card_country": 0.35, "merchant_id": 0.7, "billing": 0.5, "shipping": 0.55, "two_factor": 0.4, "prior_orders": 0.35, "items": 0.35,
    "email": 0.35,
}  # fmt: skip
LINKING = ("user_id", "device_id", "card_hash")
SPARSE = (  # what small data sets often have
    ("user_id", "device_id", "card_hash", "card_bin", "merchant_id"),
    ("account_created_at", "device_id", "ip"),
    ("user_id", "card_hash", "merchant_id"),
)


def moment(day: float) -> str:
    """ISO time of a day counted from the start of the world."""
    return (START + timedelta(days=day)).isoformat()


@dataclass
class Buyer:
    user: str
    opened: float  # days relative to the start
    country: str
    level: float  # how dear this buyer's orders are, 1 = usual
    rate: float  # orders a day
    cards: list[tuple[str, str]]  # (hash, BIN)
    devices: list[str]
    ips: list[str]
    address: dict[str, Json]
    merchants: list[int]
    orders: int = 0


@dataclass
class World:
    """One simulated source of orders; `orders()` gives labelled lines in time order."""

    seed: int
    buyers: int = 420
    fraud: float = 0.08
    lines: list[dict[str, Json]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        rng = self.rng
        self.scale = math.exp(rng.uniform(math.log(15), math.log(900)))
        self.home = rng.choice(COUNTRIES)
        self.shift = rng.randrange(24)  # hours: time of day says little across sources
        self.whole_minutes = rng.random() < 0.5
        self.merchants = [math.exp(rng.gauss(0, 0.7)) for _ in range(rng.choice((1, 10, 60, 300, 1500)))]
        self.bins = [str(rng.randrange(400000, 559999)) for _ in range(rng.choice((5, 40, 300, 1500)))]
        self.pace = math.exp(rng.uniform(math.log(0.3), math.log(2.0)))  # how often people order at all
        self.buyers = int(self.buyers / self.pace)
        self.hidden_devices = rng.choice((0.0, 0.1, 0.3))
        if self.seed % 3 == 0:
            self.known = set(SPARSE[self.seed // 3 % len(SPARSE)])
        else:
            self.known = {name for name, share in OPTIONAL.items() if rng.random() < share}
            if not self.known & set(LINKING):
                self.known.add(rng.choice(LINKING))

    def token(self, prefix: str) -> str:
        return f"{prefix}{self.rng.getrandbits(40):010x}"

    def ip(self) -> str:
        return ".".join(str(self.rng.randrange(1, 255)) for _ in range(4))

    def card(self) -> tuple[str, str]:
        return self.token("c"), self.bins[int(len(self.bins) * self.rng.random() ** 2)]  # some issuers are far larger than others

    def place(self, country: str) -> dict[str, Json]:
        rng = self.rng
        street, postcode = f"{self.token('s')} {rng.randrange(1, 99)}", f"{rng.randrange(10000, 99999)}"
        return {"name": self.token("n"), "street": street, "postcode": postcode, "country": country}

    def buyer(self, opened: float | None = None) -> Buyer:
        rng = self.rng
        country = self.home if rng.random() < 0.93 else rng.choice(COUNTRIES)
        fresh = rng.random() < 0.3
        first = opened if opened is not None else (rng.uniform(0, DAYS) if fresh else -rng.expovariate(1 / 400))
        return Buyer(
            user=self.token("u"), opened=first, country=country, level=math.exp(rng.gauss(0, 0.5)),
            rate=0.02 * self.pace * math.exp(rng.gauss(0, 1.1)),
            cards=[self.card() for _ in range(1 + (rng.random() < 0.2))],
            devices=[self.token("d") for _ in range(1 + (rng.random() < 0.3))],
            ips=[self.ip() for _ in range(rng.choice((1, 1, 2, 3)))], address=self.place(country),
            merchants=rng.sample(range(len(self.merchants)), k=min(len(self.merchants), rng.choice((1, 2, 4, 8)))),
        )  # fmt: skip

    def time_of_day(self, day: float) -> float:
        """The day with an hour drawn from a human rhythm, in days."""
        hour = (self.rng.gauss(15, 4.5) + self.shift) % 24
        return math.floor(day) + hour / 24

    def amount(self, merchant: int, level: float) -> float:
        value = self.scale * self.merchants[merchant] * level * math.exp(self.rng.gauss(0, 0.55))
        return round(value) if self.rng.random() < 0.3 else round(value, 2)

    def order(self, when: float, amount: float, merchant: int, label: str = "", **facts: Json) -> None:
        """Write one line with the fields that this world knows; `facts` are payload fields."""
        at = START + timedelta(days=when)
        if self.whole_minutes:
            at = at.replace(second=0, microsecond=0)
        if self.rng.random() < self.hidden_devices:
            facts.pop("device_id", None)
        if "items" in self.known and amount > 0:
            count = 1 if label else self.rng.choice((1, 1, 2, 3))
            facts["items"] = [{"name": self.token("p"), "quantity": 1, "price": round(amount / count, 2)} for _ in range(count)]
        payload = {name: value for name, value in facts.items() if name in self.known and value is not None}
        payload |= {"amount": max(amount, 0.01), "placed_at": at.isoformat()}
        if "merchant_id" in self.known:
            payload["merchant_id"] = f"m{merchant}"
        self.lines.append({"payload": payload, "pattern": label})

    def orders(self) -> list[dict[str, Json]]:
        from scoring.training.starters import order_fraud, order_honest  # noqa: PLC0415 - they build on this module

        people = order_honest.populate(self)
        order_fraud.attack(self, people)
        self.lines.sort(key=lambda line: line["payload"]["placed_at"])
        kept = []
        for i, line in enumerate(self.lines):
            noise = self.rng.random()
            pattern = line["pattern"] if line["pattern"] else ("stolen_card" if noise < 0.004 else "")
            if pattern and line["pattern"] and noise < 0.03:
                pattern = ""  # never disputed
            labels = {name: int(name == pattern) for name in PATTERNS}
            kept.append({"id": f"w{self.seed}-{i}", "payload": line["payload"], "labels": labels, "group": f"world-{self.seed}"})
        return kept
