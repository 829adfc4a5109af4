"""Probes, figures and the OpenAPI document."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from console.accounts.models import Source
from console.api.urls import v1
from console.common.models import Heartbeat
from tests.console.calls import of, review


def test_it_is_alive_and_ready(db: None, client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "database": "ok", "broker": "ok"}


def test_it_is_ready_without_the_broker(db: None, client: Client, settings: Any) -> None:
    settings.REDIS_URL = "unix:///tmp/nobody-here.sock"
    assert client.get("/readyz").json()["broker"] == "down"


def test_it_tells_figures_to_prometheus(shop: Source, waiting: Any, client: Client) -> None:
    waiting()
    of(shop).post("items", review("unscored"))
    Heartbeat.objects.create(name="worker:light")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }
    assert found["second_look_cases", "reviews", "waiting"] == 1
    assert found["second_look_items_unscored", "review"] == 1
    assert found["second_look_jobs", "light", "ready", "score_item"] == 2
    assert ("second_look_heartbeat_age_seconds", "worker:light") in found
    assert found["process_resident_memory_bytes",] > 0


def test_figures_can_be_kept_behind_a_token(db: None, client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "tell-me"
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer tell-me"}).status_code == 200


@pytest.mark.parametrize("probe", ["healthz", "readyz", "metrics"])
def test_probes_are_read_only(db: None, client: Client, probe: str) -> None:
    assert client.post(f"/{probe}").status_code == 405


@pytest.fixture(scope="module")
def document() -> Any:
    out = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", "--validate", "--fail-on-warn", stdout=out)
    return json.loads(out.getvalue())


def test_the_openapi_document_has_no_warnings_and_every_address(document: Any) -> None:
    described = {path.removeprefix("/api/v1/") for path in document["paths"]}
    import re

    expected = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern)) for pattern in v1} - {"schema/", "docs/"}
    assert described == expected


def test_the_document_says_how_errors_keys_and_tokens_look(document: Any) -> None:
    post = document["paths"]["/api/v1/items"]["post"]
    assert {"200", "202", "400", "401", "403", "409", "413", "415", "422", "503"} <= set(post["responses"])
    assert post["responses"]["400"]["content"]["application/problem+json"]["schema"]["$ref"].endswith("/ProblemOut")
    assert {"wait", "Idempotency-Key"} <= {parameter["name"] for parameter in post["parameters"]}
    assert {"token", "session"} <= set(document["components"]["securitySchemes"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            named = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert method != "post" or "Idempotency-Key" in named, path


def test_the_document_and_its_page_are_served(db: None, client: Client) -> None:
    schema = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert schema.json()["info"]["title"] == "Second Look"
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    body = page.content.decode()
    assert "<style" not in body
    assert body.count("<script") == body.count("<script src=")
    policy = page["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    script = client.get("/api/v1/docs/?script=")
    assert "SwaggerUIBundle" in script.content.decode()
    assert script["Content-Type"].startswith("application/javascript")
