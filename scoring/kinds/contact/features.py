"""A contact record as named numbers: the same code for training, scoring and the card. None = cannot be said.

Ages are measured from `as_of` (when the record was posted, or the moment of scoring), so a training row never sees later facts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from scoring.kinds.contact.checks import (
    EmailCheck,
    PhoneCheck,
    check_email,
    check_phone,
    company_fits_site,
    name_matches_local,
    site_of,
)  # fmt: skip
from scoring.types import Item, Json

DAYS_A_MONTH = 30.44
DECAY = 0.021  # share of business contacts that go out of date in a month (22.5 % a year, the figure that the trade quotes)
UNKNOWN_AGE_MONTHS = 24.0
FEATURES: Mapping[str, str] = {  # name -> in words
    "stale": "Time since anything confirmed it",
    "age_months": "Months since the record was updated",
    "age_missing": "No date of the last update",
    "verified_months": "Months since it was verified",
    "never_verified": "Never verified",
    "signature_months": "Months since a signature showed it",
    "no_signature": "No signature seen",
    "job_changed": "The person changed jobs after the last update",
    "sources": "Number of sources",
    "name_missing": "No name",
    "title_missing": "No title",
    "email_missing": "No e-mail",
    "email_generated": "E-mail made by a pattern, not given",
    "email_syntax_bad": "E-mail is not well-formed",
    "email_disposable": "Throw-away e-mail domain",
    "email_free": "Free e-mail domain",
    "email_role": "E-mail of a role, not of a person",
    "email_name_mismatch": "E-mail does not come from the name",
    "email_domain_mismatch": "E-mail is at another domain than the company",
    "email_no_mx": "Domain takes no mail",
    "company_missing": "No company",
    "company_domain_mismatch": "Company does not fit its domain",
    "phone_missing": "No phone number",
    "phone_bad": "Phone number is not well-formed",
}


def extract(item: Item, *, as_of: datetime | None = None, mx: bool | None = None) -> dict[str, float]:
    """All FEATURES of one record, each finite. `mx` is the cached answer of a mail look-up, if any; else what the platform says."""
    payload = item.payload
    now = as_of or item.created_at or datetime.now(UTC)
    email, phone = email_of(payload), phone_of(payload)
    mx = payload.get("email_mx") if mx is None else mx
    values = dict.fromkeys(FEATURES, 0.0)
    values.update(_times(payload, now))
    values["sources"] = math.log1p(source_count(payload))
    for name in ("name", "title", "company"):
        values[f"{name}_missing"] = float(not payload.get(name))
    if email is None:
        values["email_missing"] = 1.0
    else:
        values.update(_email_values(payload, email, mx))
    fit = company_fit(payload, email)
    values["company_domain_mismatch"] = 0.0 if fit is None else max(0.0, 1 - fit)
    values["phone_missing"] = float(phone is None)
    values["phone_bad"] = float(phone is not None and not phone.valid)
    return values


def _email_values(payload: Mapping[str, Json], email: EmailCheck, mx: bool | None) -> dict[str, float]:
    return {
        "email_generated": float(payload.get("email_origin") == "generated"),
        "email_syntax_bad": float(not email.valid),
        "email_disposable": float(email.disposable),
        "email_free": float(email.free),
        "email_role": float(email.role),
        "email_name_mismatch": float(email_name_match(payload, email) is False),
        "email_domain_mismatch": float(email_domain_match(payload, email) is False),
        "email_no_mx": float(mx is False),
    }


def _times(payload: Mapping[str, Json], now: datetime) -> dict[str, float]:
    updated, verified = months_since(payload.get("updated_at"), now), months_since(payload.get("verified_at"), now)
    signed, changed = months_since(payload.get("signature_at"), now), months_since(payload.get("job_changed_at"), now)
    newest = min((m for m in (updated, verified, signed) if m is not None), default=None)
    return {
        "stale": decay_log_odds(UNKNOWN_AGE_MONTHS if newest is None else newest),
        "age_months": updated or 0.0, "age_missing": float(updated is None),
        "verified_months": verified or 0.0, "never_verified": float(verified is None),
        "signature_months": signed or 0.0, "no_signature": float(signed is None),
        "job_changed": float(changed is not None and (newest is None or changed < newest)),
    }  # fmt: skip


def decay_log_odds(months: float) -> float:
    """Log-odds that a fact confirmed so long ago has changed, if DECAY of those left change each month."""
    kept = (1 - DECAY) ** max(months, 0.25)
    return math.log((1 - kept) / kept)


def months_since(value: Json, now: datetime) -> float | None:
    """Months between an ISO time and now, at least 0 and at most 240; None when there is no time."""
    if not value:
        return None
    at = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    now = now if now.tzinfo else now.replace(tzinfo=UTC)
    return min(240.0, max(0.0, (now - at).total_seconds() / 86400 / DAYS_A_MONTH))


def source_count(payload: Mapping[str, Json]) -> int:
    sources = payload.get("sources")
    return max(0, min(100, len(set(sources)) if isinstance(sources, list) else int(sources or 0)))


def email_of(payload: Mapping[str, Json]) -> EmailCheck | None:
    """None when no e-mail is given; an empty one counts as not given."""
    address = payload.get("email")
    return check_email(address) if address else None


def phone_of(payload: Mapping[str, Json]) -> PhoneCheck | None:
    number = payload.get("phone")
    return check_phone(number, payload.get("country")) if number else None


def email_name_match(payload: Mapping[str, Json], email: EmailCheck) -> bool | None:
    if not email.valid or email.role or not payload.get("name"):
        return None
    return name_matches_local(str(payload["name"]), email.local)


def email_domain_match(payload: Mapping[str, Json], email: EmailCheck) -> bool | None:
    """Is the e-mail at the company's domain? Without a domain the company's name is compared."""
    if not email.valid or email.free or email.disposable:
        return None
    own = site_of(str(payload.get("company_domain") or ""))
    if own:
        return own == email.site
    fit = company_fits_site(str(payload.get("company") or ""), email.site)
    return None if fit is None else fit >= 0.6


def company_fit(payload: Mapping[str, Json], email: EmailCheck | None) -> float | None:
    """How well the company's name fits its domain, or the e-mail's if none is given: 0 to 1, None = cannot be said."""
    site = site_of(str(payload.get("company_domain") or ""))
    if not site and email is not None and email.valid and not email.free and not email.disposable:
        site = email.site
    return company_fits_site(str(payload.get("company") or ""), site)


def signals(item: Item, mx: bool | None = None) -> dict[str, Json]:
    """The checks by their fixed names."""
    payload = item.payload
    address = payload.get("email")
    email = check_email(address) if address is not None else None
    phone = phone_of(payload)
    return {
        "email_syntax_valid": None if email is None else email.valid,
        "email_reason": "" if email is None else email.reason,
        "email_normalised": "" if email is None else email.normalised,
        "email_disposable": None if email is None else email.disposable,
        "email_free": None if email is None else email.free,
        "email_role": None if email is None else email.role,
        "email_generated": payload.get("email_origin") == "generated",
        "email_name_match": None if email is None else email_name_match(payload, email),
        "email_domain_match": None if email is None else email_domain_match(payload, email),
        "email_mx": mx,
        "phone_valid": None if phone is None else phone.valid,
        "phone_reason": "" if phone is None else phone.reason,
        "phone_e164": "" if phone is None else phone.e164,
        "company_fit": company_fit(payload, email),
        "sources": source_count(payload),
    }
