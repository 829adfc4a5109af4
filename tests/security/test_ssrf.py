"""S15-S19: a webhook cannot be used to reach into our own network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from console.accounts.models import Source
from console.enforcement import addresses, sending
from console.enforcement.addresses import RefusedAddress, target_of, url_check
from console.enforcement.models import WebhookEndpoint
from tests.console.calls import fields, of, problem

PUBLIC = "93.184.216.34"
REFUSED = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://017700000001/",
    "http://0/", "http://0.0.0.0/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1]/", "http://[fe80::1%25lo]/", "http://[fd00::1]/", "http://[fc00::1]/",
    "http://[ff02::1]/", "http://10.1.2.3/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://169.254.169.254/latest/meta-data",
    "http://198.18.0.1/", "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/", "http://localhost/", "http://localhost./",
    "http://LOCALHOST/",
    "http://user@example.org/", "http://user:pw@example.org/", "http://example.org@127.0.0.1/", "http://127.0.0.1#@example.org/",
    "http://127.0.0.1\\@example.org/",
    "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "data:text/plain,x",
    "//example.org/", "example.org", "",
    "http://", "http:///path", "http://\u0435xample.org/", "http://example.org/\u00e9", "http://exa mple.org/",
    "http://example.org/\r\nX-Evil: 1",
    "http://example.org:22/", "http://example.org:6379/", "http://example.org:99999/", "http://example.org:0x50/", "http://[::1/", "http://example.org/#part",
]  # fmt: skip


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names and their addresses; literal addresses and localhost are looked up as they really are."""
    table = {"example.org": [PUBLIC]}
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        if host in table:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in table[host]]
        if host.endswith(".test"):
            raise socket.gaierror("unknown")
        return real(host, port, *args, **more)

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)
    return table


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_inside_or_of_another_kind_is_refused(names: dict[str, list[str]], url: str) -> None:
    with pytest.raises(RefusedAddress):
        url_check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/hook?a=1",
        "http://example.org:8080/",
        "https://EXAMPLE.org./x",
        "http://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    ],
)
def test_a_public_address_is_fine(names: dict[str, list[str]], url: str) -> None:
    names["example.org"] = [PUBLIC]
    assert url_check(url)


def test_one_private_answer_among_public_ones_refuses_the_name(names: dict[str, list[str]]) -> None:
    names["example.org"] = [PUBLIC, "10.0.0.7"]
    with pytest.raises(RefusedAddress, match="not a public address"):
        url_check("https://example.org/")


def test_a_name_that_is_not_known_is_refused(names: dict[str, list[str]]) -> None:
    with pytest.raises(RefusedAddress, match="cannot be found"):
        url_check("https://nobody.test/")


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "http://localhost:6379/", "http://[::ffff:127.0.0.1]/", "http://user@example.org/"]
)
def test_it_is_refused_at_save(names: dict[str, list[str]], shop: Source, url: str) -> None:
    calls = of(shop)
    assert fields(problem(calls.post("webhooks", {"url": url}), 400)) == {"url"}
    made = calls.post("webhooks", {"url": "https://example.org/hook"})
    assert made.status_code == 201
    assert fields(problem(calls.send("PATCH", f"webhooks/{made.json()['id']}", {"url": url}), 400)) == {"url"}
    assert WebhookEndpoint.objects.get().url == "https://example.org/hook"


def test_it_is_refused_at_send_when_the_name_moved_inside(names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    names["example.org"] = ["127.0.0.1"]
    monkeypatch.setattr(sending.socket, "create_connection", lambda *a, **k: pytest.fail("a connection was made"))
    answered = sending.post("http://example.org/", "{}", {})
    assert answered.status is None
    assert "refused" in answered.error


def test_the_connection_goes_to_the_address_that_was_checked(names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the name turns private right after the check, and nobody asks it again."""
    asked: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], **more: Any) -> socket.socket:
        asked.append(address)
        names["example.org"] = ["127.0.0.1"]
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(sending.socket, "create_connection", connect)
    sending.post("http://example.org/", "{}", {})
    assert asked == [(PUBLIC, 80)]


class Drip:
    """A server that accepts, and then says what it is told to, or nothing."""

    def __init__(self, parts: list[bytes], pause: float) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.parts, self.pause, self.over = parts, pause, threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/"

    def serve(self) -> None:
        client, _ = self.listener.accept()
        with client:
            for part in self.parts:
                if self.over.wait(self.pause):
                    return
                try:
                    client.sendall(part)
                except OSError:
                    return
            self.over.wait(20)

    def stop(self) -> None:
        self.over.set()
        self.thread.join()
        self.listener.close()


@pytest.fixture
def private_allowed(settings: Any) -> Iterator[None]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    return


@pytest.mark.usefixtures("private_allowed")
@pytest.mark.parametrize(
    "parts", [[], [b"HTTP/1.1 200 OK\r\n"], [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"] + [b"x"] * 1000, [b"H"] * 1000],
    ids=["silence", "half a header", "a dripping body", "a dripping header"],
)  # fmt: skip
def test_a_receiver_that_drips_is_left_at_the_deadline(parts: list[bytes]) -> None:
    drip = Drip(parts, 0.02)
    answered = sending.post(drip.url, "{}", {}, timeout=0.3)
    drip.stop()
    assert answered.status is None
    assert "no answer" in answered.error


@pytest.mark.usefixtures("private_allowed")
def test_a_reply_that_is_no_http_is_an_error_in_words() -> None:
    drip = Drip([b"\x00\x01\x02 hello\r\n\r\n"], 0)
    answered = sending.post(drip.url, "{}", {}, timeout=5)
    drip.stop()
    assert answered.status is None
    assert answered.error


def test_the_path_cannot_carry_a_header(names: dict[str, list[str]]) -> None:
    with pytest.raises(RefusedAddress):
        target_of("http://example.org/a\r\nHost: inside")
    assert target_of("http://example.org/a%0d%0aHost:%20inside").path == "/a%0d%0aHost:%20inside"


def test_the_certificate_is_checked_for_the_name(private_allowed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    seen: dict[str, Any] = {}

    real = ssl.create_default_context()

    class Context:
        def wrap_socket(self, plain: socket.socket, *, server_hostname: str, **more: Any) -> socket.socket:
            seen["name"] = server_hostname
            raise ssl.SSLCertVerificationError("not yours")

    monkeypatch.setattr(sending.ssl, "create_default_context", Context)
    drip = Drip([], 0)
    answered = sending.post(drip.url.replace("http:", "https:").replace("127.0.0.1", "localhost"), "{}", {}, timeout=5)
    drip.stop()
    assert seen == {"name": "localhost"}
    assert "SSLCertVerificationError" in answered.error
    assert real.verify_mode == ssl.CERT_REQUIRED
    assert real.check_hostname
