"""manage.py backtest RULE: what a rule would have done with what came already."""

from __future__ import annotations

import json
import re
import sys
import time
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.accounts.models import Source
from console.backtests.history import Place, Window, history_chunk, history_count
from console.backtests.models import Backtest
from console.backtests.run import CHUNK, CHUNK_SCORED, judge_rows, scored_anew, share_for_model, with_past
from console.backtests.subjects import Asked, asked_model, asked_policy, asked_rule, live_now, subject_of
from console.backtests.told import told
from console.common.clock import db_now
from console.common.errors import DomainError, Invalid
from console.training.models import ModelVersion
from console.training.parts import Seen, seen_by
from scoring.backtest.subjects import reads_past
from scoring.backtest.summary import summarise
from scoring.backtest.tally import Tally

_DAYS = re.compile(r"(\d{1,5})d")


class Command(BaseCommand):
    help = (
        "What RULE (CEL; @FILE reads it from a file) would have done with the history of a kind: hits, how right they are, what would "
        "change, the queue. With --policy or --model a version is tried instead. Nothing is written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rule", nargs="?", default="", metavar="RULE")
        parser.add_argument("--kind", required=True, help="review, video, chat, order or contact")
        parser.add_argument("--then", default="review", choices=["allow", "review", "enforce"], help="what the rule does (default: review)")
        parser.add_argument("--policy", type=int, metavar="NUMBER", help="try this version of the policy instead of a rule")
        parser.add_argument("--model", metavar="VERSION", help="try this model version instead of a rule, on a sample")
        parser.add_argument("--since", default="30d", help="a date, such as 2026-01-31, or days back, such as 90d, or all (default: 30d)")
        parser.add_argument("--share", type=_share, default=1.0, help="chance of each item to be looked at (default: 1)")
        parser.add_argument("--source", default="", help="only items of this source")
        parser.add_argument("--json", action="store_true", help="the whole result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asked = _asked(options)
        except Invalid as error:
            raise CommandError("; ".join(" ".join(found) for found in error.fields.values())) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        window = _window(options)
        version = ModelVersion.objects.get(kind=asked.kind, version=asked.subject["version"]) if options["model"] else None
        if version is not None and window.share >= 1:
            window = Window(
                kind=window.kind, until=window.until, since=window.since, source_id=window.source_id, share=share_for_model(window)
            )
        result = summarise(self._walk(asked, window, version).data, share=window.share)
        if options["json"]:
            self.stdout.write(json.dumps({"kind": asked.kind, "what": str(asked.what), "title": asked.title, **result}, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(told(result, acts=asked.what != Backtest.What.RULE)))

    def _walk(self, asked: Asked, window: Window, version: ModelVersion | None) -> Tally:
        subject, tally, names = subject_of(asked, live_now(asked)), Tally(), dict(Source.objects.values_list("pk", "slug"))
        total, seen = history_count(window), seen_by(version)
        place: Place | None = None
        started = last = time.monotonic()
        while True:
            rows, then = history_chunk(
                window, after=place, limit=CHUNK_SCORED if version else CHUNK, payload=bool(subject.rules), names=names
            )
            if then is None:
                break
            judge_rows(subject, _read(subject, rows, version, seen), tally, total=total)
            place = then
            if sys.stderr.isatty() and time.monotonic() - last > 0.5:
                last = time.monotonic()
                left = (last - started) * max(0, total - tally.data["seen"]) / max(1, tally.data["seen"])
                self.stderr.write(f"\r{tally.data['seen']:,} of {total:,}, about {left:,.0f} s left   ", ending="")
        self.stderr.write(f"{tally.data['seen']:,} of {total:,} items in {time.monotonic() - started:,.1f} s")
        return tally


def _read(subject: Any, rows: Any, version: ModelVersion | None, seen: Seen) -> Any:
    return scored_anew(rows, version, seen) if version else with_past(rows) if reads_past(subject) else rows


def _asked(options: dict[str, Any]) -> Asked:
    kind, rule = options["kind"], options["rule"]
    if sum(map(bool, (rule, options["policy"] is not None, options["model"]))) != 1:
        raise CommandError("give a rule, or --policy, or --model: one of them")
    if options["policy"] is not None:
        return asked_policy(kind=kind, number=options["policy"])
    if options["model"]:
        return asked_model(kind=kind, version=options["model"])
    if rule.startswith("@"):
        try:
            rule = Path(rule[1:]).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{rule[1:]} cannot be read: {error}") from error
    return asked_rule(kind=kind, when=rule, then=options["then"])


def _window(options: dict[str, Any]) -> Window:
    source = Source.objects.filter(slug=options["source"]).first() if options["source"] else None
    if options["source"] and source is None:
        raise CommandError(f"there is no source {options['source']!r}")
    return Window(
        kind=options["kind"],
        until=db_now(),
        since=_since(options["since"]),
        source_id=source.pk if source else None,
        share=options["share"],
    )


def _since(text: str) -> datetime | None:
    if text == "all":
        return None
    if days := _DAYS.fullmatch(text):
        return db_now() - timedelta(days=int(days[1]))
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--since {text!r} is neither a date, nor days such as 90d, nor all") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _share(text: str) -> float:
    if not 0.0 < (value := float(text)) <= 1.0:
        raise ArgumentTypeError("must lie above 0 and be at most 1")
    return value
