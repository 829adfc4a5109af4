"""Verdicts to the web server as the product runs it. Ours is how the page gives them: the next case is in memory already, so that the
answer only says that its turn has come. The naive way waits for the next case in the answer."""

from __future__ import annotations

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter, sleep
from urllib.parse import urlencode
from uuid import uuid4

from django.db import connection

from console.accounts.roles import Role
from console.accounts.services import user_create
from console.cases.models import Case
from console.verdicts.models import Verdict
from tests.bench.in_claim import web
from tests.bench.in_console import fill
from tests.bench.people import CSRF, Person, Shift
from tests.bench.result import Result

WAITING, PEOPLE, EACH = 100_000, (1, 8), 15
LOOKS = 1.0  # seconds that a person looks at a case: a fast one
_CASE = re.compile(rb'data-case="([0-9a-f-]{36})" data-token="(\d+)"')


class Reviewer(Person):
    """Decides one case after the other, as the page does."""

    name = ""  # of the case on the screen: id and token

    def begin(self) -> None:
        found = _CASE.search(self._post("/queues/reviews/start", {}, page=True))
        if found is None:
            raise RuntimeError("no case came")
        self.name = ":".join(part.decode() for part in found.groups())

    def decide_one(self, *, ahead: bool) -> float:
        """Seconds from the verdict to its answer."""
        body = {"token": self.name.partition(":")[2], "key": str(uuid4()), "outcome": "allow"}
        if ahead:
            body["next"] = json.loads(self._post("/queues/reviews/ahead", {}))["ahead"][0]["name"]
        began = perf_counter()
        answer = json.loads(self._post(f"/cases/{self.name.partition(':')[0]}/verdict", body))
        took = perf_counter() - began
        if ahead and "begun" in answer:
            self.name = body["next"]
        else:
            found = _CASE.search(answer["screen"].encode())
            if ahead or found is None:
                raise RuntimeError(f"the case in memory was lost: {answer.get('lost')}")
            self.name = ":".join(part.decode() for part in found.groups())
        return took

    def _post(self, path: str, fields: dict[str, str], *, page: bool = False) -> bytes:
        headers = {
            "Cookie": self.cookie, "X-CSRFToken": CSRF, "Host": "localhost", "Content-Type": "application/x-www-form-urlencoded",
            **({"HX-Request": "true"} if page else {"Accept": "application/json"}),
        }  # fmt: skip
        self.line.request("POST", path, urlencode(fields), headers)
        answer = self.line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        return body


def measure(rounds: int) -> list[Result]:
    fill(WAITING)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE cases_case")
    users = [user_create(username=f"v{n}", role=Role.MODERATOR) for n in range(max(PEOPLE))]
    with web() as port:
        return [_with(count, [Reviewer(user, port) for user in users[:count]], rounds) for count in PEOPLE]


def _with(count: int, people: list[Reviewer], rounds: int) -> Result:
    shifts: dict[bool, list[Shift]] = {True: [], False: []}
    before = Verdict.objects.count()
    for number in range(rounds + 1):  # the first is not counted
        for ahead in (True, False):
            done = _shift(people, ahead=ahead)
            if number:
                shifts[ahead].append(done)
    given = Verdict.objects.count() - before
    if given != 2 * (rounds + 1) * count * EACH or Case.objects.filter(verdicts__isnull=False).count() < given:
        raise RuntimeError(f"{given} verdicts were stored")
    ours, naive = (Shift(seconds=[t for s in shifts[ahead] for t in s.seconds], cases=()) for ahead in (True, False))
    note = (
        f"p50 {ours.at(0.5):.1f} ms, p95 {ours.at(0.95):.1f} ms, p99 {ours.at(0.99):.1f} ms of {len(ours.seconds)}; "
        f"with the next case in the answer p50 {naive.at(0.5):.1f}, p95 {naive.at(0.95):.1f}"
    )
    sys.stderr.write(f"verdict, {count} people: {note}\n")
    return Result(
        what=f"verdict over HTTP, {WAITING:,} waiting, {count} {'person' if count == 1 else 'people'}, each looking {LOOKS:.0f} s",
        naive_name="next case in the answer", units=1, note=note,
        ours=[median(s.seconds) for s in shifts[True]], naive=[median(s.seconds) for s in shifts[False]],
    )  # fmt: skip


def _shift(people: list[Reviewer], *, ahead: bool) -> Shift:
    def work(place: int) -> list[float]:
        person = people[place]
        person.begin()
        sleep(LOOKS * place / len(people))  # nobody begins with everybody else
        seconds = []
        for _ in range(EACH):
            sleep(LOOKS)
            seconds.append(person.decide_one(ahead=ahead))
        return seconds

    with ThreadPoolExecutor(len(people)) as pool:
        return Shift(seconds=[s for seconds in pool.map(work, range(len(people))) for s in seconds], cases=())
