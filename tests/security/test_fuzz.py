"""Whatever the OpenAPI document allows may be sent: the answer is never a fault, and is what the document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from console.accounts.models import Source
from console.accounts.roles import Role
from console.api.urls import v1
from console.wsgi import application
from tests.console.calls import PROBLEM, of

pytestmark = pytest.mark.usefixtures("ready")
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6


@pytest.fixture
def one_connection() -> Iterator[None]:
    """As Django's own test client does: a call does not close the connection that holds the transaction of the test."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
def test_it_answers_anything_as_the_document_says(shop: Source) -> None:
    token = of(shop, Role.ADMIN).headers
    document = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    operations = [result.ok() for result in document.get_all_operations()]
    assert len(operations) >= len(v1)
    for operation in operations:
        _send_anything(operation, token)


def _send_anything(operation: Any, token: dict[str, str]) -> None:
    @seed(20261121)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        case.headers = {**(case.headers or {}), **token}
        answer = case.call()
        sent = f"{operation.method} {operation.path} {case.query} {case.body!r:.300} -> {answer.status_code} {answer.text:.300}"
        assert answer.status_code < 500, sent
        assert answer.status_code < 400 or PROBLEM in str(answer.headers.get("content-type")), sent
        case.validate_response(answer, checks=CHECKS)

    send()
