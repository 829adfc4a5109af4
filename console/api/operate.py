"""Liveness, readiness and Prometheus figures; outside /api, for probes."""

from __future__ import annotations

from collections.abc import Iterator
from hmac import compare_digest

import orjson
import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from console.api.problems import Problem


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Nothing else is asked, so that a dead database does not get the web killed."""
    return _json({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready means that the database answers; without the broker items are still accepted, only scored later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return _json({"status": "ready", "database": "ok", "broker": "ok" if _broker_answers() else "down"})


def _broker_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError, ValueError):
        return False


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    wanted = settings.METRICS_TOKEN
    if wanted and not compare_digest(request.headers.get("Authorization", ""), f"Bearer {wanted}"):
        return Problem(
            status=401, code="not_authenticated", detail="This needs the token of METRICS_TOKEN.", headers={"WWW-Authenticate": "Bearer"}
        ).response()
    return HttpResponse(generate_latest(_REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _json(data: dict[str, str]) -> HttpResponse:
    return HttpResponse(orjson.dumps(data), content_type="application/json", headers={"Cache-Control": "no-store"})


# name, help, labels, SQL whose last column is the value. Each reads partial indexes or small tables only.
_GAUGES: tuple[tuple[str, str, list[str], str], ...] = (
    (
        "second_look_cases", "Open cases by queue and state.", ["queue", "state"],
        "SELECT q.slug, n.state, sum(n.cases) FROM cases_tally t JOIN cases_queue q ON q.id = t.queue_id"
        " CROSS JOIN LATERAL (VALUES ('waiting', t.waiting), ('claimed', t.claimed)) AS n (state, cases)"
        " GROUP BY 1, 2 HAVING sum(n.cases) <> 0",
    ),
    (
        "second_look_case_oldest_seconds", "Age of the oldest waiting case of a queue.", ["queue"],
        "SELECT q.slug, extract(epoch FROM clock_timestamp() - min(o.created_at))::float FROM cases_queue q, generate_series(0, 3) s,"
        " LATERAL (SELECT c.created_at FROM cases_case c WHERE c.queue_id = q.id AND c.severity = s AND c.state = 'waiting'"
        " ORDER BY c.created_at LIMIT 1) o GROUP BY 1",
    ),
    (
        "second_look_items_unscored", "Accepted items that wait for a score.", ["kind"],
        "SELECT kind, count(*) FROM intake_item WHERE status = 'received' GROUP BY 1",
    ),
    (
        "second_look_items", "All items, as the query planner estimates them.", [],
        "SELECT greatest(reltuples, 0)::float FROM pg_class WHERE oid = 'intake_item'::regclass",
    ),
    (
        "second_look_jobs", "Jobs that are not finished, by lane, task and state.", ["lane", "task", "state"],
        "SELECT lane, task, state, count(*) FROM common_job WHERE state IN ('ready', 'running') GROUP BY 1, 2, 3",
    ),
    (
        "second_look_heartbeat_age_seconds", "Time since a process last showed that it works.", ["name"],
        "SELECT name, extract(epoch FROM clock_timestamp() - at)::float FROM common_heartbeat",
    ),
    ("second_look_outbox_pending", "Events that have not left.", [], "SELECT count(*) FROM common_outboxevent WHERE state = 'pending'"),
    (
        "second_look_deliveries", "Webhook deliveries that are pending or were given up.", ["state"],
        "SELECT state, count(*) FROM enforcement_delivery WHERE state IN ('pending', 'dead') GROUP BY 1",
    ),
    (
        "second_look_decisions_hour", "Decisions of the last hour.", ["outcome", "automated"],
        "SELECT outcome, CASE WHEN automated THEN 'yes' ELSE 'no' END, count(*) FROM scores_decision"
        " WHERE created_at > clock_timestamp() - interval '1 hour' GROUP BY 1, 2",
    ),
    (
        "second_look_verdicts_hour", "Verdicts of the last hour.", ["outcome"],
        "SELECT outcome, count(*) FROM verdicts_verdict WHERE created_at > clock_timestamp() - interval '1 hour' GROUP BY 1",
    ),
)  # fmt: skip


class _Figures(Collector):
    """Read from the database at each scrape: every web process answers the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with connection.cursor() as cursor:
            for name, help_text, labels, sql in _GAUGES:
                family = GaugeMetricFamily(name, help_text, labels=labels)
                cursor.execute(sql)
                for *values, figure in cursor.fetchall():
                    family.add_metric([str(value) for value in values], float(figure))
                yield family

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked of the database when this is registered."""
        return iter(())


_REGISTRY = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=_REGISTRY)
PlatformCollector(registry=_REGISTRY)
_REGISTRY.register(_Figures())
