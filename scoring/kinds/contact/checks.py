"""What can be said of an e-mail address, a phone number and a company by looking: no network, no model.

The web process imports this for the card; the same facts are the features of the scorer.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import phonenumbers
import tldextract
from cleanco import basename
from email_validator import EmailNotValidError, validate_email
from rapidfuzz import fuzz

DATA = Path(__file__).with_name("data")
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list inside the package: never fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCheck:
    """`valid` by the syntax that mail servers accept (RFC 5321 with internationalised addresses); `reason` says why not."""

    valid: bool
    reason: str
    normalised: str = ""
    local: str = ""
    domain: str = ""  # ASCII form
    site: str = ""  # registered domain
    disposable: bool = False
    free: bool = False
    role: bool = False


@lru_cache(maxsize=4096)
def check_email(address: str) -> EmailCheck:
    """Syntax is read as it stands: spaces, quotes, display names and bracketed addresses are not mended."""
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        return EmailCheck(valid=False, reason=str(error))
    domain = (found.ascii_domain or found.domain).lower()
    disposable = _listed(domain, "disposable_domains.txt")
    local = found.local_part.lower()
    return EmailCheck(
        valid=True, reason="", normalised=found.normalized, local=local, domain=domain, site=site_of(domain), disposable=disposable,
        free=not disposable and _listed(domain, "free_email_domains.txt"), role=local.split("+")[0] in _lines("role_accounts.txt"),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _lines(name: str) -> frozenset[str]:
    return frozenset((DATA / name).read_text("utf-8").split())


def _listed(domain: str, name: str) -> bool:
    """A domain is listed when it or a domain above it is."""
    parts = domain.split(".")
    return any(".".join(parts[i:]) in _lines(name) for i in range(len(parts) - 1))


def site_of(text: str) -> str:
    """Registered domain of a host name or URL ("mail.foo.co.uk" -> "foo.co.uk"); "" when there is none.

    Under an ending that is on no list (.example, an intranet) the last two names count.
    """
    found: Any = _extract(text.strip().lower())
    if found.domain and found.suffix:
        return f"{found.domain}.{found.suffix}"
    names = found.fqdn.split(".") if found.fqdn else f"{found.subdomain}.{found.domain}".strip(".").split(".")
    return ".".join(names[-2:]) if len(names) > 1 and not found.suffix else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCheck:
    valid: bool
    reason: str
    e164: str = ""
    region: str = ""


@lru_cache(maxsize=4096)
def check_phone(number: str, country: str | None = None) -> PhoneCheck:
    """Well-formed and of a length and range that its country uses. Without a country the number must start with +."""
    try:
        parsed = phonenumbers.parse(number, country.upper() if country else None)
    except phonenumbers.NumberParseException as error:
        no_country = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not number.strip().startswith("+")
        return PhoneCheck(valid=False, reason="The country is not known." if no_country else "It is not a phone number.")
    if not phonenumbers.is_valid_number(parsed):
        return PhoneCheck(valid=False, reason="No such number can exist in its country.")
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return PhoneCheck(valid=True, reason="", e164=e164, region=phonenumbers.region_code_for_number(parsed) or "")


def looks_like_title(text: str) -> bool:
    """A few words, and no address, number or sentence in place of a title."""
    words = text.split()
    return 0 < len(words) <= 12 and any(c.isalpha() for c in text) and "@" not in text and "://" not in text and not text.isnumeric()


def plain(text: str) -> str:
    """Lower case without accents; letters and digits only, words parted by one space."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("ł", "l").replace("ß", "ss"))
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c))))


def name_matches_local(name: str, local: str) -> bool | None:
    """Does the part before the @ come from the name by a usual pattern (anna.berg, aberg, berg.a, anna)? None: cannot say."""
    words = [w for w in plain(name).split() if len(w) > 1 or len(plain(name).split()) <= 2]
    if not words or not local:
        return None
    letters = re.sub(r"[^a-z]", "", plain(local.split("+")[0]))
    if not letters:
        return False
    first, last = words[0], words[-1]
    initials = "".join(w[0] for w in words)
    forms = {first, last, first + last, last + first, first[0] + last, first + last[0], last + first[0], last[0] + first}
    forms |= {"".join(words), initials, initials[:-1] + last} | {a + last for a in (first[:2], first[:3])}
    return letters in {f for f in forms if len(f) > 1}


def company_stem(company: str) -> str:
    """The name without its legal form: "Nordwind Logistics GmbH & Co. KG" -> "nordwind logistics"."""
    return plain(basename(company) or company)


def company_fits_site(company: str, site: str) -> float | None:
    """How well the words of a company fit a registered domain: 0 to 1; None when one is missing."""
    stem, label = company_stem(company), plain(site.split(".")[0]) if site else ""
    if not stem or not label:
        return None
    words, joined, label = stem.split(), stem.replace(" ", ""), label.replace(" ", "")
    initials = "".join(w[0] for w in words)
    if label in (joined, words[0]) or (len(words) > 1 and label == initials) or (len(words[0]) >= 4 and label.startswith(words[0])):
        return 1.0
    return float(fuzz.ratio(joined, label)) / 100
