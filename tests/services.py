"""The embedded PostgreSQL and Valkey for the tests, started by the product's own runner when a test first needs them.

`tests/scoring` needs none and starts none. DATABASE_URL and REDIS_URL, when given, are used instead.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from console.operate.postgres import Postgres
from console.operate.valkey import Valkey

PATIENCE = 20.0  # seconds


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
    """Tests must leave no session behind: this names what it last asked, where dropping the database only says that it is in use."""
    yield
    name = connection.settings_dict["NAME"]
    gc.collect()  # a thread that has ended may keep its connection until then
    connection.close()
    connection.close_pool()
    end = time.monotonic() + PATIENCE
    with django_db_blocker.unblock():
        while left := _sessions(name):
            if time.monotonic() > end:
                raise AssertionError(f"a test left a session in the database open: {left}")
            time.sleep(0.1)


def _sessions(name: str) -> list[tuple[object, ...]]:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pid, state, backend_start, query_start, query FROM pg_stat_activity WHERE datname = %s", [name])
        return list(cursor.fetchall())
