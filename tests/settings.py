"""The product's settings for the tests: a fresh home folder unless the environment names real services.

Set before `console.settings` reads the environment. The folder is removed when the tests end.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Each worker of pytest-xdist has a home of its own; the programs that a test starts share that of the test.
if "DATABASE_URL" not in os.environ and os.environ.get("SECOND_LOOK_TEST_OF") != os.environ.get("PYTEST_XDIST_WORKER", ""):
    os.environ["SECOND_LOOK_TEST_OF"] = os.environ.get("PYTEST_XDIST_WORKER", "")
    os.environ["SECOND_LOOK_TEST_HOME"] = os.environ["SECOND_LOOK_HOME"] = tempfile.mkdtemp(prefix="second-look-test-")
    # A server that runs as another user must be able to reach its data.
    Path(os.environ["SECOND_LOOK_HOME"]).chmod(0o755)
    _MAKER = os.getpid()

    @atexit.register
    def _remove_home() -> None:
        from console.common import embedded

        home = Path(os.environ["SECOND_LOOK_TEST_HOME"])
        if os.getpid() == _MAKER:
            for folder in (home, embedded.socket_folder(home), embedded.database_folder(home)):
                shutil.rmtree(folder, ignore_errors=True)

os.environ.setdefault("DISPATCH_BACKEND", "memory")

from console.settings import *  # noqa: F403

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405 - whitenoise warns of a folder that is not there

LOGGING_CONFIG = None  # pytest captures logs itself; our handler would hold a stream that pytest closes

# Tests that commit leave rows to be emptied afterwards; only here may the audit trail be truncated.
DATABASES["default"]["OPTIONS"]["options"] += " -c second_look.audit_reset=on"  # noqa: F405

# A million rounds for every password of every test would be a good part of their time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
