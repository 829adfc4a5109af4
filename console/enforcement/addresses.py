"""Where webhooks may go. A name is looked up once, every answer is checked, and the connection is made to the checked
address: a name that changes between check and use (DNS rebinding) gains nothing."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

PORTS = frozenset({80, 443, 8000, 8080, 8443})
_NUMERIC_HOST = re.compile(r"^(0[xX][0-9a-fA-F]*|[0-9]+)(\.(0[xX][0-9a-fA-F]*|[0-9]+))*\.?$")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedAddress(Exception):
    """One sentence that says why; it may be shown to who set the webhook up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`path` holds the query too. `host` is the name for the Host header and the certificate."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == {"http": 80, "https": 443}[self.scheme] else f"{name}:{self.port}"


def target_of(url: str) -> Target:
    """Take a URL apart. Raises RefusedAddress for what is no plain http(s) address."""
    if not url.isascii() or any(c.isspace() or ord(c) < 33 or c == "\\" for c in url):
        raise RefusedAddress("Write the address in plain ASCII without spaces; international names in their xn-- form.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedAddress("This is not a web address.") from error
    if parts.scheme not in ("http", "https"):
        raise RefusedAddress("Only http and https addresses can be told.")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddress("An address must not hold a user name or password.")
    if parts.fragment:
        raise RefusedAddress("An address must not hold a fragment.")
    host = (parts.hostname or "").rstrip(".")
    if not host:
        raise RefusedAddress("The address names no host.")
    port = port or (443 if parts.scheme == "https" else 80)
    if not settings.WEBHOOK_ALLOW_PRIVATE and port not in PORTS:
        raise RefusedAddress(f"Port {port} is not used by web servers; use one of {', '.join(map(str, sorted(PORTS)))}.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme=parts.scheme, host=host, port=port, path=path)


def addresses_of(target: Target) -> list[str]:
    """Every IP address of the host, all of them public. Raises RefusedAddress; blocks for a name look-up."""
    if _NUMERIC_HOST.match(target.host) and not _is_plain_ipv4(target.host):
        raise RefusedAddress("Write an IP address in its usual form.")
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise RefusedAddress(f"The name {target.host} cannot be found.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]).split("%")[0] for entry in found))
    for address in addresses:
        if not settings.WEBHOOK_ALLOW_PRIVATE and not is_public(ipaddress.ip_address(address)):
            raise RefusedAddress(f"{target.host} leads to {address}, which is not a public address.")
    return addresses


def _is_plain_ipv4(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def is_public(address: IPAddress) -> bool:
    """Global unicast; an IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64) counts as that IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64 or address in _COMPATIBLE:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        embedded = [part for part in inner if part is not None]
        if embedded:
            return all(is_public(part) for part in embedded)
    return address.is_global and not address.is_multicast and not address.is_reserved


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def url_check(url: str) -> list[str]:
    """The addresses that `url` may be sent to. Raises RefusedAddress."""
    return addresses_of(target_of(url))
