"""One signed POST to a checked address: no redirect, no proxy, no cookie, little patience, a short memory."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook

from console.enforcement.addresses import RefusedAddress, Target, addresses_of, target_of

TIMEOUT_SECONDS = 15.0
BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """`status` None: nothing came back, and `error` says why."""

    status: int | None
    error: str = ""
    body: str = ""
    took_ms: int = 0

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def signed_headers(*, secret: str, message_id: str, at: datetime, body: str) -> dict[str, str]:
    """Standard Webhooks: id, timestamp (seconds) and signature over "id.timestamp.body"."""
    signature = Webhook(secret).sign(message_id, at, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
        "Content-Type": "application/json",
        "User-Agent": "SecondLook/1",
    }


def post(url: str, body: str, headers: Mapping[str, str], *, timeout: float = TIMEOUT_SECONDS) -> Answered:
    """Check the address now, connect to what was checked, send, read a little. Never raises for what the network does."""
    started = time.monotonic()
    try:
        target = target_of(url)
        status, text = _exchange(target, addresses_of(target)[0], body.encode(), headers, started + timeout)
    except RefusedAddress as error:
        return Answered(status=None, error=f"refused: {error}"[:300], took_ms=_since(started))
    except TimeoutError:
        return Answered(status=None, error=f"no answer within {timeout:g} seconds", took_ms=_since(started))
    except (OSError, http.client.HTTPException) as error:
        return Answered(status=None, error=f"{type(error).__name__}: {error}"[:300], took_ms=_since(started))
    return Answered(status=status, body=text[:1000], took_ms=_since(started))


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _exchange(target: Target, address: str, body: bytes, headers: Mapping[str, str], until: float) -> tuple[int, str]:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = _connect(target, address, until)
    try:
        connection.request("POST", target.path, body=body, headers={"Host": target.host_header, "Connection": "close", **headers})
        response = connection.getresponse()
        return response.status, _read_little(response, connection.sock, until).decode("utf-8", "replace").replace("\x00", "")
    finally:
        connection.close()


def _connect(target: Target, address: str, until: float) -> socket.socket:
    plain = socket.create_connection((address, target.port), timeout=_left(until))
    if target.scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise


def _read_little(response: http.client.HTTPResponse, sock: socket.socket | None, until: float) -> bytes:
    """At most 64 kB, and not a drip at a time past the deadline."""
    parts: list[bytes] = []
    size = 0
    while size < BODY_BYTES:
        left = _left(until)
        if sock is not None:
            sock.settimeout(left)
        part = response.read1(min(8192, BODY_BYTES - size))
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
