"""A small client of the REST API, as an integrator would write it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx


class Api:
    """Calls with one token. A refused call raises RuntimeError with the problem document."""

    def __init__(self, url: str, token: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/api/v1/", headers={"Authorization": f"Token {token}"}, timeout=120)

    def call(self, method: str, path: str, *, ok: Sequence[int] = (200, 201, 202, 204, 207), **rest: Any) -> Any:
        answer = self.http.request(method, path, **rest)
        if answer.status_code not in ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def upload(self, path: Path) -> dict[str, Any]:
        with path.open("rb") as handle:
            stored: dict[str, Any] = self.call("POST", "media", files={"file": (path.name, handle)})
        return stored

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self.call("GET", path, params={**params, **({"cursor": cursor} if cursor else {})})
            yield from page["results"]
            cursor = page.get("next_cursor") or ""
            if not cursor:
                return


def progress(text: str, share: float) -> None:
    bar = "#" * int(30 * share)
    sys.stderr.write(f"\r{text:<44} [{bar:<30}] {share:>4.0%}" + ("\n" if share >= 1 else ""))
    sys.stderr.flush()


def until(condition: Callable[[], float], text: str, *, seconds: float = 1800, every: float = 1.0) -> float:
    """Call `condition` (a share, 1 = done) until it is done; returns the seconds it took."""
    started = time.monotonic()
    while (share := condition()) < 1:
        progress(text, share)
        if time.monotonic() - started > seconds:
            raise TimeoutError(f"{text}: not done after {seconds:.0f} s")
        time.sleep(every)
    progress(text, 1.0)
    return time.monotonic() - started
