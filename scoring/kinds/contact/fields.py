"""A contact record field by field: the value, who says so, what others say instead, and what was checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from scoring.blocks import Fact, Mark, RecordField, Told
from scoring.kinds.contact.checks import check_phone, looks_like_title, plain
from scoring.kinds.contact.features import company_fit, email_domain_match, email_name_match, email_of, months_since, phone_of
from scoring.types import Item, Json, Score
from scoring.words import months

RECORD_FIELDS = ("email", "company", "phone", "name", "title")
TITLES = {"email": "E-mail", "company": "Company", "phone": "Phone", "name": "Name", "title": "Title"}
ORIGINS = {"given": "Given by the person", "generated": "Made by a pattern"}
SMTP = {"accepts": ("Accepts it", "match"), "accepts_all": ("Accepts anything", "high"), "refuses": ("Refuses it", "mismatch")}
CANDIDATES_MAX = 4
YOUNG_MONTHS = 3  # a mail domain younger than this is worth a second look


def record_fields(item: Item, score: Score | None) -> list[RecordField]:
    """Those where sources differ come first."""
    fields = [_field(name, item, score) for name in RECORD_FIELDS]
    return sorted(fields, key=lambda field: not field.candidates)


def folded(name: str, value: Json, payload: Mapping[str, Json]) -> str:
    """Two values that fold alike say the same."""
    text = str(value or "").strip()
    if name == "email":
        return text.lower()
    if name == "phone":
        phone = check_phone(text, payload.get("country")) if text else None
        return phone.e164 if phone and phone.valid else "".join(c for c in text if c.isdigit() or c == "+")
    return plain(text)


def _field(name: str, item: Item, score: Score | None) -> RecordField:
    payload = item.payload
    value = str(payload.get(name) or "")
    wrong = score.labels.get(name) if score and value else None
    note = ORIGINS.get(payload.get("email_origin") or "", "") if name == "email" and value else ""
    said = _said(name, item)
    agree = [told for told in said if folded(name, told.value, payload) == folded(name, value, payload)]
    checks = _checks(name, item)
    if agree and value:
        checks.append(Fact(name="Others agree", value=str(len(agree)), note=", ".join(t.source for t in agree if t.source), mark="match"))
    return RecordField(
        name=name, title=TITLES[name], value=value, note=note or ("" if value else "Not given"), told=_told(name, payload),
        candidates=[told for told in said if told not in agree][:CANDIDATES_MAX], checks=checks,
        chance_right=None if wrong is None else 1 - wrong,
    )  # fmt: skip


def _told(name: str, payload: Mapping[str, Json]) -> Told | None:
    origin = (payload.get("provenance") or {}).get(name)
    if not origin or not payload.get(name):
        return None
    return _from(origin, str(payload[name]))


def _from(origin: Mapping[str, Json], value: str) -> Told:
    source, date, url = (str(origin.get(name) or "") for name in ("source", "date", "url"))
    return Told(value=value, source=source, date=date, url=url)


def _said(name: str, item: Item) -> list[Told]:
    """What other sources and the platform's other records say, newest first, each value once."""
    rows = [
        _from(row, str(row["value"]))
        for row in (item.payload.get("candidates") or {}).get(name) or ()
    ]
    rows += [
        Told(value=str(other.payload[name]), source=f"Record {other.name}", date=str(other.payload.get("updated_at") or ""))
        for other in item.around.related
        if other.payload.get(name)
    ]
    rows.sort(key=lambda told: told.date, reverse=True)
    once = {folded(name, told.value, item.payload): told for told in reversed(rows)}
    return [told for told in rows if once[folded(name, told.value, item.payload)] is told]


def _checks(name: str, item: Item) -> list[Fact]:
    payload = item.payload
    if not payload.get(name):
        return []
    if name == "email":
        return _email_checks(item)
    if name == "phone":
        phone = phone_of(payload)
        return [_yes_no("Well-formed", phone.valid, phone.e164 if phone.valid else phone.reason)] if phone else []
    if name == "company":
        fit = company_fit(payload, email_of(payload))
        domain = str(payload.get("company_domain") or "")
        return [] if fit is None else [_yes_no("Fits its domain", fit >= 0.6, domain)]
    if name == "title":
        return [_yes_no("Reads like a title", looks_like_title(str(payload["title"])))]
    return []


def _email_checks(item: Item) -> list[Fact]:
    payload = item.payload
    email = email_of(payload)
    if email is None:
        return []
    if not email.valid:
        return [_yes_no("Well-formed", False, email.reason)]
    named, placed = email_name_match(payload, email), email_domain_match(payload, email)
    facts = [_yes_no("Well-formed", True)]
    if named is not None:
        facts.append(_yes_no("Comes from the name", named))
    if placed is not None:
        facts.append(_yes_no("At the company's domain", placed, email.domain))
    cautions = (
        (email.disposable, "Throw-away domain", "Soon out of use"), (email.free, "Free domain", "Not a company's own"),
        (email.role, "Role, not a person", "Others read it too"),
    )  # fmt: skip
    facts += [Fact(name=title, value="Yes", note=note, mark="high") for found, title, note in cautions if found]
    return [*facts, *_mail_checks(item)]


def _mail_checks(item: Item) -> list[Fact]:
    """What was asked of the mail world, by the platform or by a worker; nothing is asked here, and no mail is sent."""
    payload, facts = item.payload, []
    mx = payload.get("email_mx", item.around.measured.get("email_mx"))
    if isinstance(mx, bool):
        facts.append(_yes_no("Domain takes mail", mx))
    if answer := SMTP.get(payload.get("email_smtp") or ""):
        mark: Mark = "match" if answer[1] == "match" else "high" if answer[1] == "high" else "mismatch"
        facts.append(Fact(name="Mail server", value=answer[0], mark=mark, note="Anybody would be accepted" if mark == "high" else ""))
    now = item.around.now or item.created_at or datetime.now(UTC)
    age = months_since(payload.get("domain_created_at"), now)
    if age is not None:
        young = age < YOUNG_MONTHS
        facts.append(Fact(name="Domain is", value=f"{months(age)} old", mark="low" if young else "", note="Very young" if young else ""))
    return facts


def _yes_no(name: str, good: bool, note: str = "") -> Fact:
    mark: Mark = "match" if good else "mismatch"
    return Fact(name=name, value="Yes" if good else "No", note=note, mark=mark)
