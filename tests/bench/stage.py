"""A throw-away console for measurements: its own home, a durable PostgreSQL, migrated, with the defaults."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def console() -> Iterator[None]:
    """Django on a fresh embedded PostgreSQL with fsync on. One for each process: settings are read once."""
    home = Path(tempfile.mkdtemp(prefix="second-look-bench-"))
    home.chmod(0o755)  # the server may run as another user
    os.environ.update(SECOND_LOOK_HOME=str(home), DJANGO_SETTINGS_MODULE="console.settings", DISPATCH_BACKEND="memory")
    import django
    from django.conf import settings

    from console.operate.postgres import Postgres

    server = Postgres(Path(settings.HOME))
    server.start()
    try:
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from console.cases.services import queue_ensure_defaults
        from console.policies.services import policy_ensure_defaults

        policy_ensure_defaults()
        queue_ensure_defaults()
        yield
    finally:
        from django.db import connections

        connections.close_all()
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
