"""Fixtures for every test."""

from __future__ import annotations

import pytest

from tests.services import django_db_modify_db_settings, django_db_setup, home, postgres, valkey

__all__ = ["django_db_modify_db_settings", "django_db_setup", "home", "postgres", "valkey"]


@pytest.fixture(autouse=True)
def quiet_bell() -> None:
    """What one test rings, the next does not hear."""
    from console import dispatch

    dispatch.memory.clear()
