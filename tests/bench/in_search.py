"""Measurements of the search inside a throw-away console: whole pages as a moderator gets them, against ILIKE on the items.

The items are made: a year of them, words by Zipf's law, kinds, outcomes, labels and reviewers as uneven as in life.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from django.db import connection
from django.test import Client

from console.accounts.models import Source, User
from console.accounts.roles import Role, roles_of
from console.accounts.services import source_ensure, user_create
from console.insights.search.filters import Viewer, search_filter
from console.insights.search.find import search
from console.intake.models import Item
from tests.bench.result import Result, pairs

ITEMS = int(os.environ.get("SEARCH_ITEMS", "1000000"))
LIMIT_MS = 500
CHUNK = 50_000
ASKED: Sequence[tuple[str, dict[str, str]]] = (
    ("no filter", {}),
    ("a word of every fifth text", {"q": "word5"}),
    ("a word of one text in 500", {"q": "word800"}),
    ("a word of six texts, all old", {"q": "needle"}),
    ("a word of every 20th text, all old", {"q": "faded"}),
    ("that word and a common one", {"q": "faded word5"}),
    ("a word that is nowhere", {"q": "nowhere"}),
    ("the beginning of every word", {"q": "wor"}),
    ("a phrase of common words", {"q": '"word3 word7"'}),
    ("three common words", {"q": "word2 word6 word11"}),
    ("an external id", {"q": "fill-4711"}),
    ("kind and outcome", {"kind": "review", "outcome": "enforce"}),
    ("word, kind and outcome", {"q": "word30", "kind": "chat", "outcome": "enforce"}),
    ("common word, rare label", {"q": "word4", "label": "rare"}),
    ("reviewer and label", {"reviewer": "person-7", "label": "hate"}),
    ("rare label, other kind: nothing", {"label": "rare", "kind": "order"}),
    ("high chance, decided in a week", {"score": "high", "decided_since": "2026-03-01", "decided_until": "2026-03-08"}),
    ("by people, in German, severe", {"by": "person", "language": "de", "severity": "3"}),
    ("reported, in review", {"reports": "2", "status": "in_review"}),
    ("a day of last spring, word", {"since": "2026-03-01", "until": "2026-03-02", "q": "word9"}),
    ("word, machine, middle chance", {"q": "word15", "by": "machine", "score": "middle"}),
)  # fmt: skip

_ITEMS = """
INSERT INTO intake_item (id, source_id, kind, external_id, body_hash, payload, actor_id, actor, conversation, created_at, received_at,
                         status, severity_hint, reports, headline)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5('a' || n), 1, 3) || '8'
        || substr(md5('b' || n), 1, 15))::uuid,
       (%(sources)s::bigint[])[1 + (n %% 7) %% 4],
       CASE WHEN n %% 50 < 30 THEN 'review' WHEN n %% 50 < 40 THEN 'chat' WHEN n %% 50 < 45 THEN 'order' WHEN n %% 50 < 48 THEN 'contact'
            ELSE 'video' END,
       'fill-' || n, '',
       jsonb_build_object('text', s[1 + (random() * (m - 1))::int] || ' ' || s[1 + (random() * (m - 1))::int] || ' '
                                  || s[1 + (random() * (m - 1))::int]
                                  || CASE WHEN n %% 170000 = 7 AND n < 900000 THEN ' needle' ELSE '' END
                                  || CASE WHEN n < %(total)s / 20 THEN ' faded' ELSE '' END),
       'author-' || (n * 7919) %% 200000, '{}', '', at, at, CASE WHEN random() < .03 THEN 'in_review' ELSE 'decided' END, 0,
       CASE WHEN random() < .02 THEN 1 + (random() * 4)::int ELSE 0 END, 'x'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n,
     LATERAL (SELECT timestamptz '2025-11-20' + n * interval '1 year' / %(total)s AS at) t,
     (SELECT %(sentences)s::text[] AS s, cardinality(%(sentences)s::text[]) AS m) w
"""
_ROWS = """
INSERT INTO insights_searchrow (item_id, source_id, kind, received_at, language, status, reports, is_open, is_held, outcome, action, label,
                                severity, automated, reviewer_id, decided_at, risk, words)
SELECT i.id, i.source_id, i.kind, i.received_at, CASE WHEN r.a < .8 THEN 'en' WHEN r.a < .9 THEN 'de' WHEN r.a < .97 THEN 'fr' ELSE '' END,
       i.status, i.reports, i.status = 'in_review', false,
       CASE WHEN i.status = 'in_review' THEN 'review' WHEN bad THEN 'enforce' ELSE 'allow' END, CASE WHEN bad THEN 'remove' ELSE '' END,
       CASE WHEN NOT bad THEN '' WHEN r.c < .0005 AND i.kind = 'review' THEN 'rare' WHEN r.c < .4 THEN 'hate' ELSE 'spam' END,
       CASE WHEN bad THEN 1 + (r.c * 2.4)::int ELSE 0 END, NOT manual,
       CASE WHEN manual THEN (%(people)s::bigint[])[1 + floor(r.a * 20)::int] END, i.received_at + interval '1 hour', r.d,
       to_tsvector('simple', i.payload->>'text' || ' ' || i.external_id || ' ' || i.actor_id)
       || array_to_tsvector(ARRAY['=' || i.external_id, '=' || i.actor_id])
FROM (SELECT * FROM intake_item WHERE id > %(after)s ORDER BY id LIMIT %(chunk)s) i
CROSS JOIN LATERAL (SELECT random() a, random() b, random() c, random() d WHERE i.id IS NOT NULL) r
CROSS JOIN LATERAL (SELECT i.status <> 'in_review' AND r.d > .93 AS bad, i.status <> 'in_review' AND r.b < .15 AS manual) k
"""


def measure(rounds: int) -> list[Result]:
    rita = fill(ITEMS)
    results = [_page(rita, what, asked, rounds) for what, asked in ASKED]
    return [*results, _deep(rita, rounds)]


def fill(total: int) -> User:
    rng = random.Random(20261126)
    weights = [1 / (rank + 2) for rank in range(5000)]
    words = rng.choices(range(5000), weights, k=3000 * 12)
    sentences = [" ".join(f"word{w}" for w in words[at : at + 12]) for at in range(0, len(words), 12)]
    sources = [source_ensure(name=f"platform {n}").pk for n in range(4)]
    people = [user_create(username=f"person-{n}", role=Role.MODERATOR).pk for n in range(20)]
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for first in range(1, total + 1, CHUNK):
            last = min(first + CHUNK - 1, total)
            cursor.execute(_ITEMS, {"first": first, "last": last, "total": total, "sentences": sentences, "sources": sources})
            sys.stderr.write(f"\r  {last:,} of {total:,} items")
        after = "00000000-0000-0000-0000-000000000000"
        for done in range(0, total, CHUNK):
            cursor.execute(_ROWS, {"after": after, "chunk": CHUNK, "people": people})
            cursor.execute("SELECT id FROM intake_item WHERE id > %s ORDER BY id OFFSET %s LIMIT 1", [after, CHUNK - 1])
            if (row := cursor.fetchone()) is None:
                break
            after = row[0]
            sys.stderr.write(f"\r  {done + CHUNK:,} of {total:,} search rows")
        sys.stderr.write("\n")
        cursor.execute("VACUUM ANALYZE insights_searchrow, intake_item")
        cursor.execute("SET statement_timeout = 60000")
    return User.objects.get(username="person-7")


def _page(user: User, what: str, asked: dict[str, str], rounds: int) -> Result:
    client = Client()
    client.force_login(user)

    def ours() -> None:
        answer = client.get("/items/", asked)
        if answer.status_code != 200:
            raise RuntimeError(f"{asked}: {answer.status_code}")

    ours_s, naive_s = pairs(ours, _naive(user, asked), rounds)
    slowest = max(ours_s) * 1000
    note = f"page in {median(ours_s) * 1000:.0f} ms, slowest {slowest:.0f} ms" + (f", over {LIMIT_MS}" if slowest > LIMIT_MS else "")
    return Result(what=f"{what}, {ITEMS:,} items", naive_name="ILIKE, nothing drawn", units=1, ours=ours_s, naive=naive_s, note=note)


def _naive(user: User, asked: dict[str, str]) -> Callable[[], None]:
    """Words by ILIKE over the payload, newest first, and a count of all: what an admin list does."""

    def run() -> None:
        items: Any = Item.objects.order_by("-received_at")
        for word in asked.get("q", "").replace('"', "").split():
            items = items.filter(payload__text__icontains=word)
        if kind := asked.get("kind"):
            items = items.filter(kind=kind)
        list(items[:50])
        items.count()

    return run


def _deep(user: User, rounds: int) -> Result:
    """The page after 500,000 others: the key costs what the first page costs, an offset reads all before it."""
    viewer = Viewer(user=user, roles=roles_of(user))
    asked = search_filter({}, viewer)
    half = Item.objects.order_by("-pk").values_list("pk", flat=True)[ITEMS // 2]

    def ours() -> None:
        search(asked, viewer, after=half)

    def naive() -> None:
        list(Item.objects.select_related("source").order_by("-pk")[ITEMS // 2 : ITEMS // 2 + 50])

    ours_s, naive_s = pairs(ours, naive, rounds)
    return Result(what=f"the page after {ITEMS // 2:,} others", naive_name="offset", units=1, ours=ours_s, naive=naive_s,
                  note=f"{median(ours_s) * 1000:.1f} ms; {Source.objects.count()} sources")  # fmt: skip
