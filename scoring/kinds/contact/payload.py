"""What a contact record holds. Every field may be missing, and may be wrong: that is what is to be found out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from scoring.kind import Payload
from scoring.kinds.contact.checks import check_email, check_phone, company_stem, plain
from scoring.types import Item, Json

MAX_HEADLINE = 120


def is_link(text: str) -> bool:
    """An http(s) address, fit to be shown as a link."""
    try:
        parts = urlsplit(text)
        return text.isprintable() and " " not in text and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _link(text: str) -> str:
    if not is_link(text):
        raise ValueError("is not an http or https address")
    return text


Link = Annotated[str, Field(max_length=2000), AfterValidator(_link)]
FieldName = Literal["email", "company", "phone", "name", "title"]


class Origin(Payload):
    """Who says so, and when."""

    source: str | None = Field(default=None, max_length=200)
    date: datetime | None = None
    url: Link | None = None


class Candidate(Origin):
    value: str = Field(min_length=1, max_length=2000)


class ContactPayload(Payload):
    """Times without a zone are read as UTC. `sources` is how many sources agree, or their names."""

    name: str | None = Field(default=None, max_length=500)
    email: str | None = Field(default=None, max_length=2000)
    email_origin: Literal["given", "generated"] | None = None
    phone: str | None = Field(default=None, max_length=200)
    company: str | None = Field(default=None, max_length=500)
    company_domain: str | None = Field(default=None, max_length=500)
    title: str | None = Field(default=None, max_length=500)
    country: str | None = Field(default=None, pattern="^[A-Za-z]{2}$")  # ISO 3166-1 alpha-2: how a local phone number is read
    updated_at: datetime | None = None
    verified_at: datetime | None = None
    signature_at: datetime | None = None  # when an e-mail signature last showed these facts
    job_changed_at: datetime | None = None  # when the person is known to have changed jobs
    sources: int | list[str] | None = None
    provenance: dict[FieldName, Origin] | None = None  # where each value comes from
    candidates: dict[FieldName, Annotated[list[Candidate], Field(max_length=20)]] | None = None  # what other sources say
    email_mx: bool | None = None  # whether the domain of the e-mail takes mail, where the platform has asked
    email_smtp: Literal["accepts", "accepts_all", "refuses", "unknown"] | None = None  # what its mail server said, without a mail sent
    domain_created_at: datetime | None = None  # when the domain of the e-mail was registered


def record_keys(item: Item) -> dict[str, str]:
    """What two records of one person share."""
    payload = item.payload
    email = check_email(payload["email"]) if payload.get("email") else None
    phone = check_phone(payload["phone"], payload.get("country")) if payload.get("phone") else None
    name, company = plain(str(payload.get("name") or "")), company_stem(str(payload.get("company") or ""))
    keys = {
        "email": email.normalised.lower() if email and email.valid else "",
        "phone": phone.e164 if phone else "",
        "person": f"{name}|{company}" if " " in name and company else "",
    }
    return {key: value for key, value in keys.items() if value}


def headline(payload: Mapping[str, Json]) -> str:
    """Name, title and company on one line, at most 120 characters."""
    parts = [" ".join(str(payload[k]).split()) for k in ("name", "title", "company") if payload.get(k)]
    text = ", ".join(p for p in parts if p) or str(payload.get("email") or payload.get("phone") or "Record without a name")
    text = " ".join(text.split())
    return text if len(text) <= MAX_HEADLINE else text[: MAX_HEADLINE - 1] + "…"


def searchable_text(payload: Mapping[str, Json]) -> str:
    fields = ("name", "title", "company", "company_domain", "email", "phone")
    return "\n".join(str(payload[k]) for k in fields if payload.get(k))
