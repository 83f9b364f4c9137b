"""./run in the hands of real life: a second start, a busy port, kill -9, a damaged folder."""

import os
import signal
import socket
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.embedded.launched import Launched, all_gone, data_folder, free_port, picture, until


class Portal:
    """The portal of this module: started when a test finds none, and left running for the next one."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.now: Launched | None = None

    def running(self, port: int | None = None) -> Launched:
        if self.now is None or self.now.process.poll() is not None:
            self.now = Launched(self.var, port or free_port()).wait_until_ready()
        return self.now

    def at_rest(self) -> Path:
        """The data folder with a database in it and nobody at work."""
        if not (self.var / "pg").exists():
            self.running()
        self.end()
        return self.var

    def end(self) -> None:
        if self.now and self.now.process.poll() is None:
            self.now.asked_to_end()


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with data_folder() as folder:
        portal = Portal(folder)
        yield portal
        portal.end()


@pytest.fixture
def running(portal: Portal) -> Launched:
    return portal.running()


def status_of(portal: Launched) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{portal.port}/healthz", timeout=10) as reply:
        return reply.status


def ask(url: str, statement: str) -> list[tuple]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_it_answers_from_a_fresh_folder(running):
    assert status_of(running) == 200
    assert f"http://127.0.0.1:{running.port}/" in running.printed()
    assert "manage.py operator" in running.printed()


def test_the_web_works_under_a_role_that_cannot_change_the_audit_trail(running):
    app = running.environment()["DATABASE_URL"]
    assert ask(app, "SELECT current_user") == [("portal_app",)]
    assert ask(app, "SELECT count(*) FROM portal_auditentry WHERE false") == [(0,)]
    for forbidden in ("UPDATE portal_auditentry SET event = ''", "DELETE FROM portal_auditseal", "CREATE TABLE x ()"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(app, forbidden)


def test_keys_and_database_are_closed_to_other_accounts(running):
    for name in ("keys", "documents", "log", "pg", "valkey"):
        assert stat.S_IMODE((running.var / name).stat().st_mode) == 0o700
    assert stat.S_IMODE((running.var / "run" / "environment").stat().st_mode) == 0o600
    assert stat.S_IMODE((running.var / "keys" / "secret_key").stat().st_mode) == 0o600


def test_a_second_start_is_refused_with_the_address_of_the_first(running):
    code, printed = Launched(running.var, free_port()).ended()

    assert code == 1
    assert f"already running on {running.var} at http://127.0.0.1:{running.port}/" in printed
    assert "平台已在使用数据目录" in printed and "Traceback" not in printed
    assert status_of(running) == 200


def test_a_fallen_process_is_started_again(running):
    assert until(lambda: any("relay" in process.cmdline() for process in running.tree()), 5)
    relay = running.child("relay")
    relay.kill()
    assert until(lambda: any(p.pid != relay.pid and "relay" in p.cmdline() for p in running.tree()), 10)
    assert "relay has ended (code -9) and is started again in 1 s." in running.printed()
    assert status_of(running) == 200


def test_ctrl_c_leaves_nothing(running):
    processes, sockets = running.tree(), Path((running.var / "run" / "sockets").read_text())

    code, printed = running.asked_to_end()

    assert code == 0 and "Stopped. 已停止。" in printed
    assert all_gone(processes, 1)
    assert not sockets.exists() and not (running.var / "run" / "environment").exists()


def test_kill_9_leaves_no_process_and_loses_no_committed_row(portal, running):
    owner = running.environment()["DATABASE_OWNER_URL"]
    ask(owner, "CREATE TABLE IF NOT EXISTS kept (n int)")
    ask(owner, "INSERT INTO kept VALUES (42)")
    processes = running.tree()

    running.process.kill()

    running.process.wait()
    again = portal.running(running.port)  # at once: it waits for the others to end
    assert all_gone(processes, 10)
    assert ask(again.environment()["DATABASE_OWNER_URL"], "SELECT n FROM kept") == [(42,)]
    assert status_of(again) == 200


def test_even_when_the_database_is_killed_with_it(portal, running):
    processes, postmaster = running.tree(), running.child("bin/postgres")
    running.process.send_signal(signal.SIGSTOP)  # so that it cannot notice, nor the kernel tell the database first
    postmaster.kill()
    running.process.kill()
    running.process.wait()
    assert all_gone(processes)
    assert (running.var / "pg" / "postmaster.pid").exists()

    assert status_of(portal.running(running.port)) == 200


def test_without_its_database_the_portal_stops_as_a_whole(running):
    processes = running.tree()
    running.child("bin/postgres").kill()

    code, printed = running.ended()

    assert code == 1 and "postgres has ended (code -9) and the portal stops." in printed
    assert all_gone(processes, 1)


def test_a_busy_port_is_said_before_anything_starts():
    with data_folder() as var, socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, printed = Launched(var, port).ended()
        assert (
            code == 1 and f"Port {port} on 127.0.0.1 cannot be used" in printed and f"端口 127.0.0.1:{port}" in printed
        )
        assert not (var / "pg").exists() and "Traceback" not in printed


def test_a_folder_that_cannot_be_written_is_named():
    code, printed = Launched(Path("/proc/portal"), free_port()).ended()  # /proc takes no folder, not even from root
    assert code == 1 and "/proc/portal cannot be written" in printed and "无法写入" in printed
    assert "PORTAL_VAR=" in printed and "Traceback" not in printed


@pytest.mark.parametrize(
    "harm, words",
    [
        (lambda pg: (pg / "global" / "pg_control").unlink(), "global/pg_control is missing"),
        (lambda pg: (pg / "global" / "pg_control").write_bytes(b"x" * 8192), "global/pg_control cannot be read"),
        (lambda pg: (pg / "PG_VERSION").write_text("16\n"), "made by PostgreSQL 16"),
        (lambda pg: (pg.parent / "keys" / "index_key").unlink(), "keys/index_key is missing"),
    ],
    ids=["no pg_control", "overwritten pg_control", "another version", "a lost key"],
)
def test_a_damaged_folder_is_refused_and_left_as_it_is(portal, harm, words):
    var = portal.at_rest()
    harmed = [var / "pg" / "global" / "pg_control", var / "pg" / "PG_VERSION", var / "keys" / "index_key"]
    sound = {path: (path.read_bytes(), path.stat()) for path in harmed}
    harm(var / "pg")
    before = picture(var / "pg")
    try:
        code, printed = Launched(var, free_port()).ended()
        assert code == 1 and words in printed and "damaged" in printed and "已损坏" in printed
        assert "Nothing was changed." in printed and "Traceback" not in printed
        assert picture(var / "pg") == before
    finally:
        for path, (content, facts) in sound.items():
            path.write_bytes(content)
            os.chown(path, facts.st_uid, facts.st_gid)
            path.chmod(stat.S_IMODE(facts.st_mode))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the database as somebody else")
def test_root_is_told_of_a_folder_that_the_database_cannot_enter():
    with data_folder() as var:
        closed = var.parent / "closed"
        closed.mkdir(mode=0o700)

        code, printed = Launched(closed / "deep" / "var", free_port()).ended()

        assert code == 1 and f"cannot enter {closed}." in printed and "PORTAL_VAR=" in printed
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert not (closed / "deep").exists()


def test_production_takes_no_built_in_server():
    with data_folder() as var:
        code, printed = Launched(var, free_port(), PORTAL_ENV="production").ended()
        assert code == 1 and "PORTAL_ENV=production needs DATABASE_URL and REDIS_URL" in printed
        assert not var.exists()
