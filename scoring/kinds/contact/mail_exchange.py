"""Does a domain take mail? Asked only where an admin switched it on; answers are kept for the life of the process."""

from __future__ import annotations

from functools import lru_cache

import dns.exception
import dns.resolver

TIMEOUT_S = 2.0


@lru_cache(maxsize=10_000)
def takes_mail(domain: str) -> bool:
    """True when the domain has an MX record that is not the null one (RFC 7505), or an address to fall back on (RFC 5321, 5.1).

    Raises dns.exception.DNSException when nobody answers in two seconds.
    """
    try:
        answers = dns.resolver.resolve(domain, "MX", lifetime=TIMEOUT_S)
        return any(str(answer.exchange) != "." for answer in answers)
    except dns.resolver.NXDOMAIN:
        return False
    except dns.resolver.NoAnswer:
        return _has_address(domain)


def _has_address(domain: str) -> bool:
    try:
        return len(dns.resolver.resolve(domain, "A", lifetime=TIMEOUT_S)) > 0
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return False
