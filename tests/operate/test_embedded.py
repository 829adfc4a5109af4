"""The embedded servers: anywhere on disk, as root and not, after a kill, and private."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from console.common import embedded
from console.operate.binaries import MissingServer, postgres_install, valkey_server
from console.operate.postgres import Postgres
from console.operate.processes import is_alive
from console.operate.reachable import can_enter, install_for
from console.operate.valkey import Valkey


@pytest.fixture
def closed_home(tmp_path: Path) -> Iterator[Path]:
    """A home below a folder that nobody else may enter, as /root is."""
    tmp_path.chmod(0o700)
    home = tmp_path / "a home with blanks"
    home.mkdir()
    yield home
    for folder in (embedded.socket_folder(home), embedded.database_folder(home)):
        shutil.rmtree(folder, ignore_errors=True)


def test_it_starts_postgres_in_a_folder_that_others_cannot_enter(closed_home: Path) -> None:
    server = Postgres(closed_home, for_tests=True)
    server.start()
    try:
        assert server.is_up()
        with psycopg.connect(embedded.database_url(closed_home)) as connection:
            answer = connection.execute("SELECT current_user, '[1,2]'::vector::text, current_setting('server_encoding')").fetchone()
            assert answer == ("second_look", "[1,2]", "UTF8")
            assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    finally:
        server.stop()
    assert stat.S_IMODE(closed_home.parent.stat().st_mode) == 0o700
    assert not server.is_up()


def test_it_starts_postgres_again_after_a_kill_and_has_what_was_committed(closed_home: Path) -> None:
    server = Postgres(closed_home)
    server.start()
    try:
        assert server.process is not None
        with psycopg.connect(embedded.database_url(closed_home), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        assert (closed_home / "db" / "postmaster.pid").exists()
        server.start()
        with psycopg.connect(embedded.database_url(closed_home)) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    finally:
        server.stop()


def test_it_makes_the_database_anew_when_the_first_start_was_cut_off(closed_home: Path) -> None:
    (closed_home / "db.new" / "base").mkdir(parents=True)
    (closed_home / "db.new" / "PG_VERSION").write_text("18\n")
    server = Postgres(closed_home, for_tests=True)
    server.start()
    assert server.is_up()
    server.stop()
    assert not (closed_home / "db.new").exists()


def test_it_starts_postgres_when_the_number_in_a_stale_pid_file_is_somebody_else_s(closed_home: Path) -> None:
    server = Postgres(closed_home, for_tests=True)
    server.start()
    server.stop()
    (closed_home / "db" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    server.start()
    assert server.is_up()
    server.stop()
    assert is_alive(os.getpid())


def test_valkey_keeps_what_it_was_told_and_refuses_to_forget(closed_home: Path) -> None:
    server = Valkey(closed_home)
    server.start()
    with redis.Redis.from_url(embedded.redis_url(closed_home)) as client:
        client.rpush("light", "1")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("port") == {"port": "0"}
    server.stop()
    server.start()
    with redis.Redis.from_url(embedded.redis_url(closed_home)) as client:
        assert client.lrange("light", 0, -1) == [b"1"]
    server.stop()


def test_its_socket_folders_are_private_and_short(closed_home: Path) -> None:
    folder = embedded.make_socket_folder(closed_home)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(f"{embedded.database_folder(Path('/x' * 500))}/.s.PGSQL.5432") < 107
    folder.chmod(0o755)
    with pytest.raises(embedded.UnsafeFolder, match="not a private folder"):
        embedded.make_socket_folder(closed_home)


def test_it_refuses_a_socket_folder_that_is_a_link(closed_home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    embedded.socket_folder(closed_home).symlink_to(tmp_path / "elsewhere")
    try:
        with pytest.raises(embedded.UnsafeFolder):
            embedded.make_socket_folder(closed_home)
    finally:
        embedded.socket_folder(closed_home).unlink()


def test_it_knows_who_can_enter_a_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    owner = (os.getuid(), os.getgid())
    stranger = (54321, 54321)
    assert can_enter(Path("/"), stranger)
    assert can_enter(tmp_path, owner) or os.getuid() == 0
    assert not can_enter(tmp_path, stranger)


def test_it_copies_the_programs_for_a_user_who_cannot_reach_them(tmp_path: Path) -> None:
    install, folder = tmp_path / "pginstall18", tmp_path / "beside the socket"
    (install / "bin").mkdir(parents=True)
    (install / "bin" / "postgres").write_text("#!/bin/sh\n")
    tmp_path.chmod(0o700)
    copy = install_for(install, folder, (54321, 54321))
    assert (copy / "bin" / "postgres").exists()
    assert install_for(install, folder, (54321, 54321)) == copy
    assert install_for(install, folder, None) == install


def test_it_finds_the_newest_postgres_and_says_when_there_is_none() -> None:
    assert (postgres_install() / "bin" / "postgres").exists()
    assert valkey_server().name == "valkey-server"
    with pytest.raises(MissingServer, match="no PostgreSQL 9 in"):
        postgres_install(major=9)
