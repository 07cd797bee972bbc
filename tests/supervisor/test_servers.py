"""The embedded servers: they start, continue, recover, refuse a second owner, and leave nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from app.supervisor import Servers, SupervisorFailed
from app.supervisor.children import descendants
from app.supervisor.identity import AS_NOBODY, identity_for
from app.supervisor.postgresql import Binaries, binaries_for, installed

PROJECT = Path(__file__).parents[2]
KINDS = sorted({binaries.kind for binaries in installed()})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


class Holder:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, *arguments: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.supervisor.holder", str(folder), *arguments],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.output = self.process.stdout
        line = self.output.readline()
        assert line, "the holder did not start"
        self.said: dict[str, Any] = json.loads(line)
        self.family = descendants(self.process.pid)

    def living(self) -> list[int]:
        """Those of all its processes that are still there."""
        return [pid for pid, started in self.family if _lives(pid, started)]

    def end_by(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.output.close()


@pytest.fixture
def holder(data: Path) -> Iterator[Holder]:
    held = Holder(data, "--child")
    yield held
    held.close()


def _lives(pid: int, started: str) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == started and fields[0] != "Z"


def _gone_within(seconds: float, holder: Holder) -> bool:
    deadline = time.monotonic() + seconds
    while holder.living() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not holder.living()


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_start_continues_with_the_data(data: Path, kind: str) -> None:
    with Servers(data, kind=kind) as servers:
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(servers.redis_url) as client:
            client.set("kept", "42")
    with Servers(data) as servers:
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.get("kept") == b"42"
        assert servers.postgresql.binaries.kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_durable_commit_survives_a_power_cut(data: Path, kind: str) -> None:
    with Servers(data, kind=kind) as servers:
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        servers.postgresql.kill()
        servers.postgresql.start()
        servers.postgresql.wait_until_ready()
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_the_product_is_an_ordinary_role_and_owns_its_database(data: Path) -> None:
    with (
        Servers(data, durable=False, valkey=False) as servers,
        psycopg.connect(servers.database_url) as connection,
    ):
        assert connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, datdba = pg_roles.oid"
            " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = 'holdfast'"
        ).fetchone() == (False, False, True, True)


def test_the_servers_answer_on_private_sockets_only(data: Path) -> None:
    with Servers(data, durable=False) as servers:
        sockets = servers.postgresql.sockets
        assert sockets.stat().st_mode & 0o777 == 0o700
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.config_get("port") == {"port": "0"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert not sockets.exists()


def test_a_durable_queue_is_written_down_and_a_fast_one_is_not(data: Path) -> None:
    for durable, answer in ((True, "yes"), (False, "no")):
        with (
            Servers(data, durable=durable, postgresql=False) as servers,
            redis.Redis.from_url(servers.redis_url) as client,
        ):
            assert client.config_get("appendonly") == {"appendonly": answer}


def test_a_second_supervisor_of_the_same_folder_is_refused(data: Path) -> None:
    with (
        Servers(data, durable=False, postgresql=False),
        pytest.raises(SupervisorFailed, match=f"in use by another Holdfast .process {os.getpid()}"),
    ):
        Servers(data, durable=False, postgresql=False).start()


def test_a_folder_of_a_missing_major_is_refused_and_left_alone(data: Path) -> None:
    folder = data / "postgres"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(SupervisorFailed, match="made by PostgreSQL 9"):
        Servers(data).start()
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]


def test_a_folder_gets_the_major_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = [Binaries(Path("/new"), 18, "system"), Binaries(Path("/old"), 15, "system")]
    monkeypatch.setattr("app.supervisor.postgresql.installed", lambda: here)
    assert binaries_for(tmp_path).major == 18
    (tmp_path / "PG_VERSION").write_text("15\n")
    assert binaries_for(tmp_path).major == 15


@pytest.mark.parametrize("pid", [1, 999_999_999])
def test_a_pid_file_of_nobodys_does_not_stop_the_start(data: Path, pid: int) -> None:
    with Servers(data, durable=False):
        pass
    (data / "postgres" / "postmaster.pid").write_text(f"{pid}\n{data / 'postgres'}\n")
    (data / "valkey" / "valkey.pid").write_text(f"{pid}\n")
    with Servers(data, durable=False) as servers:
        assert servers.postgresql.pid
        assert servers.valkey.pid


def test_a_start_cut_short_leaves_no_half_a_database(data: Path) -> None:
    half = data / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    with Servers(data, durable=False, valkey=False) as servers:
        assert servers.postgresql.pid
    assert not half.exists()


def test_a_deep_temporary_folder_does_not_make_the_sockets_too_long(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with Servers(data, durable=False, postgresql=False) as servers:
        assert servers.valkey.pid


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_in_order(holder: Holder, number: signal.Signals) -> None:
    assert len(holder.family) >= 5
    holder.end_by(number)
    assert holder.process.returncode == 0
    assert holder.living() == []


def test_kill_9_of_the_supervisor_leaves_no_server_behind(data: Path) -> None:
    holder = Holder(data)
    try:
        holder.end_by(signal.SIGKILL)
        assert _gone_within(5, holder)
    finally:
        holder.close()


def test_after_kill_9_the_next_start_waits_for_the_old_servers_and_continues(data: Path) -> None:
    holder = Holder(data)
    try:
        with psycopg.connect(holder.said["database_url"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        holder.end_by(signal.SIGKILL)
        with (
            Servers(data, durable=False) as servers,
            psycopg.connect(servers.database_url) as connection,
        ):
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        old_sockets = Path(holder.said["database_url"].partition("host=")[2])
        assert not old_sockets.exists()
    finally:
        holder.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
@pytest.mark.parametrize("kind", KINDS)
def test_root_without_user_namespaces_runs_the_servers_as_nobody(
    data: Path, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden = tmp_path / "bin" / "unshare"
    forbidden.parent.mkdir()
    forbidden.write_text("#!/bin/sh\nexit 1\n")
    forbidden.chmod(0o755)
    monkeypatch.setenv("PATH", f"{forbidden.parent}:{os.environ['PATH']}")
    with Servers(data, durable=False, kind=kind) as servers:
        for pid in (servers.postgresql.pid, servers.valkey.pid):
            assert Path(f"/proc/{pid}").stat().st_uid == 65534
        assert servers.postgresql.folder.stat().st_uid == 65534
    monkeypatch.undo()
    with Servers(data, durable=False, kind=kind) as servers:
        assert Path(f"/proc/{servers.postgresql.pid}").stat().st_uid == 65534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_nobody_finds_programs_below_a_folder_that_only_root_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "closed" / "program"
    program.parent.mkdir(mode=0o700)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    forbidden = tmp_path / "bin" / "unshare"
    forbidden.parent.mkdir()
    forbidden.write_text("#!/bin/sh\nexit 1\n")
    forbidden.chmod(0o755)
    monkeypatch.setenv("PATH", f"{forbidden.parent}:{os.environ['PATH']}")
    identity = identity_for(tmp_path, ["test", "-x", str(program)])
    assert identity.owner == (65534, 65534)
    assert "+dac_override" in identity.prefix


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run as somebody else")
@pytest.mark.parametrize("user", [65534, 12345], ids=["named", "without a name"])
def test_root_keeps_a_users_folder_the_users(user: int) -> None:
    if user != 65534 and subprocess.run([*AS_NOBODY, "true"], check=False).returncode:
        pytest.skip("a user without a name needs a user namespace, and they are forbidden here")
    with tempfile.TemporaryDirectory(prefix="holdfast-user-") as folder:
        data = Path(folder)
        os.chown(data, user, user)
        for _ in range(2):
            with Servers(data, durable=False) as servers:
                assert Path(f"/proc/{servers.postgresql.pid}").stat().st_uid == user
        assert {path.stat().st_uid for path in (data / "postgres").rglob("*")} == {user}
