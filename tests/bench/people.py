"""Reviewers over HTTP: each signed in, with a connection of their own, one case after the other."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connection
from django.test import Client

from console.accounts.models import User

CSRF = "b" * 32
_DECIDED = """
WITH mine AS (UPDATE cases_claim SET state = 'decided', ended_at = now() WHERE reviewer_id = %s AND state = 'open' RETURNING case_id)
UPDATE cases_case SET state = 'closed', closed_at = now() FROM mine WHERE id = mine.case_id RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Seconds of every call, and the cases that were had, by everybody."""

    seconds: Sequence[float]
    cases: Sequence[object]

    def at(self, share: float) -> float:
        """The call at this share of all, in ms."""
        return 1000 * sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))]

    @property
    def doubles(self) -> int:
        return len(self.cases) - len(set(self.cases))


class Person:
    def __init__(self, user: User, port: int) -> None:
        browser = Client()
        browser.force_login(user)
        self.user = user
        self.cookie = f"sessionid={browser.cookies['sessionid'].value}; csrftoken={CSRF}"
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def next_case(self, path: str) -> float:
        """Claim and draw, from the request to the last byte of the screen."""
        headers = {"Cookie": self.cookie, "X-CSRFToken": CSRF, "HX-Request": "true", "Host": "localhost"}
        began = time.perf_counter()
        self.line.request("POST", path, headers=headers)
        answer = self.line.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200 or b'id="verdict"' not in body:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        return took

    def decide(self) -> list[object]:
        """Not part of what is measured: the case leaves by one statement."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(_DECIDED, [self.user.pk])
                return [row[0] for row in cursor.fetchall()]
        finally:
            connection.close()  # to the pool, for the others


def shift(people: Sequence[Person], path: str, *, each: int, pause: float = 0.0) -> Shift:
    """Everybody takes `each` cases; `pause` is the mean time that they look at one."""

    def work(person: Person) -> tuple[list[float], list[object]]:
        dice, seconds, cases = random.Random(person.user.pk), [], list[object]()
        for _ in range(each):
            if pause:
                time.sleep(dice.uniform(0, 2 * pause))
            seconds.append(person.next_case(path))
            cases += person.decide()
        return seconds, cases

    with ThreadPoolExecutor(len(people)) as pool:
        done = list(pool.map(work, people))
    return Shift(seconds=[s for seconds, _ in done for s in seconds], cases=[c for _, cases in done for c in cases])
