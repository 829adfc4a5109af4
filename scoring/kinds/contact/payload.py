"""What a contact record holds. Every field may be missing, and may be wrong: that is what is to be found out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from scoring.kind import Payload
from scoring.types import Json

MAX_HEADLINE = 120


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


def headline(payload: Mapping[str, Json]) -> str:
    """Name, title and company on one line, at most 120 characters."""
    parts = [" ".join(str(payload[k]).split()) for k in ("name", "title", "company") if payload.get(k)]
    text = ", ".join(p for p in parts if p) or str(payload.get("email") or payload.get("phone") or "Record without a name")
    text = " ".join(text.split())
    return text if len(text) <= MAX_HEADLINE else text[: MAX_HEADLINE - 1] + "…"


def searchable_text(payload: Mapping[str, Json]) -> str:
    fields = ("name", "title", "company", "company_domain", "email", "phone")
    return "\n".join(str(payload[k]) for k in fields if payload.get(k))
