"""The embedded PostgreSQL and Valkey for the tests, started by the product's own runner when a test first needs them.

`tests/scoring` needs none and starts none. DATABASE_URL and REDIS_URL, when given, are used instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from console.operate.postgres import Postgres
from console.operate.valkey import Valkey


@pytest.fixture(scope="session")
def home() -> Path:
    """The home folder of this run of the tests."""
    return Path(settings.HOME)


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[None]:
    """A real PostgreSQL without fsync: it is thrown away afterwards."""
    if not settings.EMBEDDED_DATABASE:
        yield
        return
    server = Postgres(home, for_tests=True)
    server.start()
    yield
    server.stop()


@pytest.fixture(scope="session")
def valkey(home: Path) -> Iterator[None]:
    if not settings.EMBEDDED_REDIS:
        yield
        return
    server = Valkey(home)
    server.start()
    yield
    server.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: None, valkey: None) -> None:
    """pytest-django asks for this before it makes the test database."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database of the tests can be dropped only when nobody uses it, and a thread of the server of the pages, or the event loop of
    the browser, may keep a session longer than its test: it is ended here."""
    yield
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.close_pool()
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
