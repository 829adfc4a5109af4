"""Business contact records of invented companies, some of them stale."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

# (name, email, given or generated, phone, company, domain, title, months since update, sources)
CONTACTS: list[tuple[str, str | None, str, str | None, str, str, str, int, int]] = [
    ("Ines Kramer", "ines.kramer@alder-foods.example", "given", "+49 30 5550101", "Alder Foods GmbH", "alder-foods.example", "Head of Purchasing", 2, 4),
    ("Tomas Reyl", "t.reyl@norfield.example", "generated", None, "Norfield Ltd", "norfield.example", "Engineer", 26, 1),
    ("Grace Odum", "grace@gmail.com", "given", "+44 20 7946 0123", "Odum & Daughters", "odum.example", "Owner", 5, 2),
    ("Pavel Novak", "info@brightpump.example", "given", "+420 224 555 010", "Bright Pump s.r.o.", "brightpump.example", "Sales", 14, 2),
    ("Lea Marchand", "lea.marchand@mailinator.com", "given", None, "Atelier Marchand", "atelier-marchand.example", "Designer", 1, 1),
    ("Bo Svensson", "bo.svensson@@fjallverk", "given", "12", "Fjallverk AB", "fjallverk.example", "CTO", 9, 1),
    ("Aiko Mori", None, "generated", "+81 3 5550 0142", "Mori Optics", "mori-optics.example", "Research", 11, 3),
    ("Dana Wolfe", "dana.wolfe@kestrel.example", "generated", "+1 202 555 0143", "Kestrel Partners LLC", "osprey.example", "Partner", 40, 1),
    ("Ravi Menon", "ravi.menon@lotuslogistics.example", "given", "+91 22 5550 0144", "Lotus Logistics", "lotuslogistics.example", "Operations", 0, 5),
    ("Dana Wolfe", "d.wolfe@osprey.example", "given", "+1 202 555 0143", "Osprey Partners", "osprey.example", "Managing partner", 6, 2),
    ("Eva Lindqvist", "elindqvist@polar.example", "generated", None, "Polar Instruments Oy", "polar.example", "Buyer", 19, 2),
]  # fmt: skip
# What other sources say: (number of the contact, field, value, source, months ago, address)
CANDIDATES: list[tuple[int, str, str, str, int, str]] = [
    (8, "company", "Osprey Partners LLC", "Signature in a mail", 1, ""),
    (8, "email", "dana.wolfe@osprey.example", "Signature in a mail", 1, ""),
    (8, "title", "Managing partner", "Team page", 3, "https://osprey.example/team"),
    (2, "title", "Engineer", "Trade fair list", 8, "https://fair.example/visitors"),
]


def _candidates(number: int, now: datetime) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for n, field, value, source, months, url in CANDIDATES:
        if n == number:
            row = {"value": value, "source": source, "date": (now - timedelta(days=30.4 * months)).isoformat()}
            found.setdefault(field, []).append({**row, "url": url} if url else row)
    return found


def contact_items(now: datetime) -> list[dict[str, Any]]:
    items = []
    for n, (name, email, origin, phone, company, domain, title, months, sources) in enumerate(CONTACTS, 1):
        payload: dict[str, Any] = {
            "name": name, "email_origin": origin, "company": company, "company_domain": domain, "title": title,
            "updated_at": (now - timedelta(days=30.4 * months)).isoformat(), "sources": sources,
        }  # fmt: skip
        payload |= {key: value for key, value in (("email", email), ("phone", phone), ("candidates", _candidates(n, now))) if value}
        items.append({"kind": "contact", "external_id": f"demo-contact-{n}", "minutes_ago": 10 * n, "payload": payload, "actor": {"id": "crm"}})
    return items
