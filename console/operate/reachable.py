"""Let a server that runs as another user reach its files below a folder that this user cannot enter.

`git clone` in /root and `make run` is the usual case: /root is closed to everybody else, and must stay so. The data
folder is then handed over as an open descriptor (/proc/self/fd/N needs no right on the parents), and the programs are
copied beside the socket, because PostgreSQL looks for its own files by their real path.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """A path that the child can use, and the descriptors it must inherit for that."""

    path: str
    pass_fds: tuple[int, ...] = ()

    def close(self) -> None:
        for descriptor in self.pass_fds:
            os.close(descriptor)


def can_enter(folder: Path, user: tuple[int, int]) -> bool:
    """Whether `user` (without further groups) may pass every folder on the way to `folder`."""
    for step in [folder, *folder.parents]:
        info = step.stat()
        needed = 0o100 if info.st_uid == user[0] else 0o010 if info.st_gid == user[1] else 0o001
        if not info.st_mode & needed:
            return False
    return True


def place_for(data: Path, user: tuple[int, int] | None) -> Place:
    """Make the data folder, private to `user`, and say how the server names it."""
    data.parent.mkdir(parents=True, exist_ok=True)
    data.mkdir(mode=0o700, exist_ok=True)
    if user is None:
        return Place(str(data))
    if data.stat().st_uid != user[0]:
        os.chown(data, *user)
    if can_enter(data.parent, user):
        return Place(str(data))
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    return Place(f"/proc/self/fd/{descriptor}", (descriptor,))


def install_for(install: Path, folder: Path, user: tuple[int, int] | None) -> Path:
    """The programs where they are, or a copy of them in `folder` when `user` cannot get there."""
    if user is None or can_enter(install / "bin", user):
        return install
    copy = folder / install.name
    if not (copy / "complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(install, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        (copy / "complete").touch()
    return copy
