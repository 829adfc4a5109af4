"""Where the embedded PostgreSQL and Valkey of a home folder listen.

A Unix socket path stops at 107 bytes, so the sockets lie in a short folder of their own, named after the home
folder and the user, that only this user can enter.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote


class UnsafeFolder(Exception):
    """The socket folder belongs to somebody else or others may enter it."""


def socket_folder(home: Path) -> Path:
    digest = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:10]
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if len(str(base)) > 60 or not base.is_dir():
        base = Path("/tmp")
    return base / f"second-look-{os.getuid()}-{digest}"


def make_socket_folder(home: Path) -> Path:
    """Create it with mode 0700, or check that it is ours. Raises UnsafeFolder."""
    folder = socket_folder(home)
    folder.mkdir(mode=0o700, exist_ok=True)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or stat.S_IMODE(info.st_mode) != 0o700:
        raise UnsafeFolder(f"{folder} is not a private folder of this user; remove it and start again")
    return folder


def database_url(home: Path) -> str:
    return f"postgresql://second_look@/second_look?host={quote(str(socket_folder(home)), safe='')}"


def redis_url(home: Path) -> str:
    return f"unix://{socket_folder(home)}/valkey.sock?db=0"


def broker_url(home: Path) -> str:
    """The same Valkey, as Celery spells a socket."""
    return f"redis+socket://{socket_folder(home)}/valkey.sock?virtual_host=0"
