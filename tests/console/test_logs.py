"""Logs carry no content: neither in tracebacks nor as raw lines."""

from __future__ import annotations

import json
import logging
import logging.config
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from django.conf import settings


@pytest.fixture
def stream() -> Iterator[StringIO]:
    """What the configured handler writes."""
    before, into = logging.root.handlers[:], StringIO()
    handler = {**settings.LOGGING["handlers"]["stderr"], "stream": into}
    logging.config.dictConfig({**settings.LOGGING, "handlers": {"stderr": handler}})
    yield into
    logging.root.handlers = before


def test_it_writes_one_json_object_a_line_and_escapes_newlines(stream: StringIO) -> None:
    structlog.get_logger("test").warning("refused", path="/a\nFAKE LINE \x1b[31m")
    [line] = stream.getvalue().splitlines()
    assert json.loads(line)["path"] == "/a\nFAKE LINE \x1b[31m"
    assert "\x1b" not in line


def test_it_keeps_local_variables_out_of_tracebacks(stream: StringIO) -> None:
    secret = "the text under " + "review"
    try:
        raise ValueError("no")
    except ValueError:
        structlog.get_logger("test").exception("failed")
        logging.getLogger("plain").exception("failed")
    assert stream.getvalue().count("Traceback") == 2
    assert secret not in stream.getvalue()


def test_it_is_silent_about_probes(stream: StringIO) -> None:
    structlog.get_logger("test").info("request_finished", request="GET /healthz")
    structlog.get_logger("test").info("request_finished", request="GET /items/")
    assert [json.loads(line)["request"] for line in stream.getvalue().splitlines()] == ["GET /items/"]
