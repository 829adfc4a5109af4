"""Fixtures for every test."""

from __future__ import annotations

import os

import pytest

# Processes that test at once have a core each: the libraries would all start threads for every core, and wait for one another.
if "PYTEST_XDIST_WORKER" in os.environ:
    for _library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from tests.services import django_db_modify_db_settings, django_db_setup, home, postgres, valkey

__all__ = ["django_db_modify_db_settings", "django_db_setup", "home", "postgres", "valkey"]


@pytest.fixture(autouse=True)
def quiet_bell() -> None:
    """What one test rings, the next does not hear."""
    from console import dispatch

    dispatch.memory.clear()
