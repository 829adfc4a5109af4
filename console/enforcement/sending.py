"""One signed POST to a checked address: no redirect, no proxy, no cookie, little patience, a short memory."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
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
    line = _Line(until=started + timeout)
    try:
        target = target_of(url)
        status, text = line.exchange(target, addresses_of(target)[0], body.encode(), headers)
    except RefusedAddress as error:
        return Answered(status=None, error=f"refused: {error}"[:300], took_ms=_since(started))
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = line.cut or isinstance(error, TimeoutError)
        said = f"no answer within {timeout:g} seconds" if late else f"{type(error).__name__}: {error}"[:300].replace("\x00", "")
        return Answered(status=None, error=said, took_ms=_since(started))
    return Answered(status=status, body=text[:1000], took_ms=_since(started))


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


class _Line:
    """One connection with one deadline for everything: a timer cuts it, so that a peer who drips cannot hold a worker."""

    def __init__(self, *, until: float) -> None:
        self.until = until
        self.cut = False
        self._socket: socket.socket | None = None

    def exchange(self, target: Target, address: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        timer = threading.Timer(max(0.0, self.until - time.monotonic()), self._cut)
        timer.daemon = True
        timer.start()
        connection = http.client.HTTPConnection(target.host, target.port)
        try:
            connection.sock = self._connect(target, address)
            connection.request("POST", target.path, body=body, headers={"Host": target.host_header, "Connection": "close", **headers})
            response = connection.getresponse()
            text = response.read(BODY_BYTES)
            if self.cut:
                raise TimeoutError
            return response.status, text.decode("utf-8", "replace").replace("\x00", "")
        finally:
            timer.cancel()
            connection.close()
            if self._socket is not None:
                self._socket.close()

    def _connect(self, target: Target, address: str) -> socket.socket:
        left = max(0.01, self.until - time.monotonic())
        self._socket = socket.create_connection((address, target.port), timeout=left)
        if target.scheme == "https":
            context = ssl.create_default_context()
            secure = context.wrap_socket(self._socket, server_hostname=target.host, do_handshake_on_connect=False)
            self._socket = secure
            secure.do_handshake()
        return self._socket

    def _cut(self) -> None:
        self.cut = True
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # below TLS, whose own shutdown would wait
