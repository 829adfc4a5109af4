"""Where the embedded PostgreSQL and Valkey of a home folder listen.

A Unix socket path stops at 107 bytes, so the sockets lie in short folders of their own under /tmp, named after the
home folder and the user. Not under XDG_RUNTIME_DIR or TMPDIR: every shell of this user must come to the same answer.
PostgreSQL has a folder to itself, because it will not run as root and then belongs to another user.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from urllib.parse import quote

BASE = Path("/tmp")


class UnsafeFolder(Exception):
    """The socket folder belongs to somebody else or others may enter it."""


def socket_folder(home: Path) -> Path:
    digest = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:10]
    return BASE / f"second-look-{os.getuid()}-{digest}"


def database_folder(home: Path) -> Path:
    folder = socket_folder(home)
    return folder.with_name(folder.name + "-db")


def make_private_folder(folder: Path, uid: int) -> Path:
    """Create it for this user alone (mode 0700), or check that it is so. Raises UnsafeFolder."""
    try:
        folder.mkdir(mode=0o700)
        if uid != os.getuid():
            os.chown(folder, uid, -1)
    except FileExistsError:
        pass
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != uid or stat.S_IMODE(info.st_mode) != 0o700:
        raise UnsafeFolder(f"{folder} is not a private folder of user {uid}; remove it and start again")
    return folder


def make_socket_folder(home: Path) -> Path:
    """Raises UnsafeFolder."""
    return make_private_folder(socket_folder(home), os.getuid())


def database_url(home: Path) -> str:
    return f"postgresql://second_look@/second_look?host={quote(str(database_folder(home)), safe='')}"


def redis_url(home: Path) -> str:
    return f"unix://{socket_folder(home)}/valkey.sock?db=0"


def broker_url(home: Path) -> str:
    """The same Valkey, as Celery spells a socket."""
    return f"redis+socket://{socket_folder(home)}/valkey.sock?virtual_host=0"
