"""A documented generator of contact records, and the starter model trained on it.

There is no open labelled set of business contacts. So facts are drawn first, and what is wrong is then drawn from stated
probabilities given those facts; the best possible ranking is therefore known exactly, and the model is held against it.

- Company: 2.1 % of people change employer a month; the facts were wrong from the start in 8 % / (1 + sources).
- E-mail: at work, it dies with the job (95 %); a free address outlives it. Addresses made by a pattern are wrong in 18 %,
  and 45 % if they do not fit the name. An address that cannot exist is always wrong; a throw-away one in 92 %.
- Phone: 1.5 % a month, 15 % from the start; a number that cannot exist is always wrong.

Run: python -m scoring.training.starters.contact [--out DIR] [--records 12000] [--seed 0]
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sklearn.metrics import roc_auc_score

from scoring.kind import Split, TrainOptions
from scoring.kinds.contact import CONTACT
from scoring.kinds.contact.features import DAYS_A_MONTH, DECAY
from scoring.kinds.contact.training import record_wrong
from scoring.starters import FOLDER
from scoring.training.fit import score_examples, train_kind
from scoring.types import Example, Item, Json

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PHONE_DECAY = 0.015
FIRST = [
    "Anna", "Ben", "Carla", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Luca", "Mara", "Nils", "Olga", "Pavel",
    "Rosa", "Samir", "Tilda", "Uwe", "Vera", "Wim", "Yara", "Zoe",
]  # fmt: skip
LAST = [
    "Adler", "Berg", "Conti", "Dahl", "Ekman", "Ferri", "Gruber", "Holm", "Ivarsen", "Jansen", "Keller", "Lindt", "Moreau", "Novak",
    "Orsini", "Petit", "Rossi", "Sander", "Toth", "Vogel",
]  # fmt: skip
HEADS = ["Nord", "Sil", "Tor", "Vel", "Mar", "Kal", "Ost", "Bri", "Lum", "Fer", "Gra", "Hel", "Pon", "Tal", "Wex", "Zan", "Cor", "Dun"]
TAILS = ["wind", "tec", "lane", "via", "mere", "dor", "flux", "stad", "holm", "pont", "crest", "line", "grid", "yard", "mont", "vale"]
TRADES = ["Logistics", "Tools", "Foods", "Textiles", "Systems", "Print", "Travel", "Energy", "Studio", "Health"]
FORMS = ["GmbH", "Ltd", "Inc.", "AG", "S.p.A.", "B.V.", "LLC", ""]
TITLES = ["Buyer", "Head of sales", "Office manager", "Engineer", "Accountant", "Managing director", "Marketing lead", "Support agent"]
FREE, THROW_AWAY = ("gmail.com", "outlook.com", "gmx.de", "yahoo.com"), ("mailinator.com", "guerrillamail.com", "yopmail.com")
PHONES = ["+49 30 9018{:04d}", "+44 20 7946 {:04d}", "+1 212 736 {:04d}", "+33 1 70 18 {:04d}"]
BAD_PHONES = ["+49 12", "12345", "+44 20 79", "n/a", "+1 000 000 {:04d}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A record, what is wrong with it, and the exact chance that the record is wrong given what is visible."""

    example: Example
    chance: float


def draw(rng: random.Random, number: int, now: datetime = NOW) -> Drawn:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    stem = f"{rng.choice(HEADS)}{rng.choice(TAILS)}"
    company = " ".join(w for w in (stem, rng.choice(TRADES), rng.choice(FORMS)) if w)
    fits = rng.random() < 0.9
    domain = f"{stem.lower() if fits else rng.choice(HEADS).lower() + rng.choice(TAILS)}.example"
    dates, months, changed = _dates(rng, now)
    sources = rng.choice([0, 1, 1, 1, 2, 2, 3, 4])
    email, origin, style = _email(rng, first, last, domain)
    phone, phone_good = _phone(rng)
    payload: dict[str, Json] = {
        "name": f"{first} {last}", "company": company, "company_domain": domain, "sources": sources,
        "title": rng.choice(TITLES) if rng.random() < 0.85 else None, "email": email, "email_origin": origin, "phone": phone, **dates,
    }  # fmt: skip
    p_company = 0.97 if changed else 1 - (1 - DECAY) ** months * (1 - 0.08 / (1 + sources))
    p_company = p_company if fits else 1 - (1 - p_company) * 0.7
    p_email = _email_chances(style)
    labels, company_wrong = {}, rng.random() < p_company
    labels["company"] = int(company_wrong)
    if email is not None:
        labels["email"] = int(rng.random() < p_email[company_wrong])
    if phone is not None:
        labels["phone"] = int(rng.random() < (1 - 0.85 * (1 - PHONE_DECAY) ** months if phone_good else 1.0))
    chance = p_company + (1 - p_company) * (p_email[False] if email is not None else 0.0)
    parsed = CONTACT.parse({k: v for k, v in payload.items() if v is not None})
    item = Item(id=f"contact-{number}", kind="contact", payload=parsed, created_at=now)
    return Drawn(example=Example(item=item, labels=labels, group=f"person-{number}"), chance=chance)


def _dates(rng: random.Random, now: datetime) -> tuple[dict[str, str], float, bool]:
    """(date fields, months since the newest of them, whether a change of job since then is known)."""

    def before(months: float) -> str:
        return (now - timedelta(days=months * DAYS_A_MONTH)).isoformat()

    age = min(96.0, rng.expovariate(1 / 18))
    seen = {"updated_at": age}
    if rng.random() < 0.35:
        seen["verified_at"] = rng.uniform(0, age)
    if rng.random() < 0.3:
        seen["signature_at"] = rng.uniform(0, age)
    months = min(seen.values())
    changed = rng.random() < 0.3 * (1 - (1 - DECAY) ** months)
    if changed:
        seen["job_changed_at"] = rng.uniform(0, months)
    return {name: before(m) for name, m in seen.items()}, months, changed


def _email(rng: random.Random, first: str, last: str, domain: str) -> tuple[str | None, str | None, str]:
    """(address, origin, style); the style is what the chances of _email_chances() go by."""
    a, b = first.lower(), last.lower()
    style = rng.choices(
        ["none", "given", "generated", "misfit", "free", "role", "throw_away", "broken"], [14, 34, 22, 6, 10, 7, 3, 4]
    )[0]  # fmt: skip
    fitting = rng.choice([f"{a}.{b}", f"{a[0]}{b}", f"{a}{b[0]}", a, f"{b}.{a}"])
    other = rng.choice([f"{a}{rng.randint(10, 99)}x", f"{rng.choice(LAST).lower()}q", f"{b[:3]}zz"])
    addresses = {
        "given": f"{fitting}@{domain}", "generated": f"{fitting}@{domain}", "misfit": f"{other}@{domain}",
        "free": f"{fitting}@{rng.choice(FREE)}", "role": f"{rng.choice(['info', 'sales', 'office', 'support'])}@{domain}",
        "throw_away": f"{other}@{rng.choice(THROW_AWAY)}",
        "broken": rng.choice([f"{fitting}{domain}", f"{fitting}@@{domain}", f"{a} {b}@{domain}"]),
    }  # fmt: skip
    origin = {"none": None, "generated": "generated", "misfit": "generated"}.get(style, "given")
    return addresses.get(style), origin, style


def _email_chances(style: str) -> Mapping[bool, float]:
    """Chance that the address is wrong, by whether the company is."""
    rights = {"none": 0.0, "given": 0.03, "generated": 0.18, "misfit": 0.45, "free": 0.05, "role": 0.25, "throw_away": 0.92, "broken": 1.0}
    right = rights[style]
    left = {"free": 0.12, "role": 0.6}.get(style, 0.95)
    return {False: right, True: max(right, left)}


def _phone(rng: random.Random) -> tuple[str | None, bool]:
    if rng.random() < 0.35:
        return None, True
    good = rng.random() < 0.9
    return rng.choice(PHONES if good else BAD_PHONES).format(rng.randint(0, 9999)), good


def generate(count: int, seed: int = 0) -> list[Drawn]:
    """Same seed, same records."""
    rng = random.Random(seed)
    return [draw(rng, i) for i in range(count)]


def measure(drawn: Sequence[Drawn], scores: Sequence[float | None]) -> dict[str, float]:
    """AUC of the model and of the exact chances (the best that any model can do) on the same records."""
    y = [record_wrong(d.example.labels) for d in drawn]
    model = float(roc_auc_score(y, [s if s is not None else 0.5 for s in scores]))
    best = float(roc_auc_score(y, [d.chance for d in drawn]))
    return {"auc": round(model, 4), "best_auc": round(best, 4), "ratio": round(model / best, 4)}


def card(figures: Mapping[str, float], records: int) -> str:
    text = Path(__file__).with_name("contact_card.md").read_text("utf-8")
    return text.format(records=records, **figures)


def build(out: Path, records: int, seed: int, trainer: str) -> dict[str, float]:
    """Train, measure on records that were not seen, and write the bundle with its card."""
    drawn = generate(records, seed)
    cut_a, cut_b = int(records * 0.6), int(records * 0.8)
    examples = [d.example for d in drawn]
    parts = Split(train=examples[:cut_a], tune=examples[cut_a:cut_b])
    figures: dict[str, float] = {}
    for text in ("", "card"):  # the card needs figures, which need a model: same data and seed give the same model twice
        parameters = {"card": card(figures, records)} if text else {}
        bundle = train_kind(CONTACT, parts, out, trainer, TrainOptions(seed=seed, version="starter", parameters=parameters))
        figures = measure(drawn[cut_b:], [s.risk for s in score_examples(bundle, examples[cut_b:], kind=CONTACT)])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the starter model for contacts from the generator.")
    parser.add_argument("--data", type=Path, help="not needed: records are generated")
    parser.add_argument("--out", type=Path, default=FOLDER / "contact")
    parser.add_argument("--records", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trainer", default="quick")
    options = parser.parse_args()
    print(build(options.out, options.records, options.seed, options.trainer))  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
