"""Lists and exports read from a replica that really streams, and never from one that is behind what their reader wrote."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from portal.embedded.folders import Account, server_account
from portal.embedded.postgres import UNSAFE_BUT_QUICK, binaries

ROOT = Path(__file__).resolve().parents[2]
TRUST = "local all all trust\nlocal replication all trust\n"


class Cluster:
    """A PostgreSQL on a socket of its own."""

    def __init__(self, folder: Path, tools: Path, account: Account | None) -> None:
        self.folder, self.tools, self.account, self.process = folder, tools, account, None
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.uid, account.gid)

    def run(self, name: str, *args: object) -> None:
        done = subprocess.run(
            [self.tools / name, *map(str, args)], cwd="/", capture_output=True, text=True, **self.as_account()
        )
        assert done.returncode == 0, done.stderr

    def as_account(self) -> dict:
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": []} if self.account else {}

    def start(self) -> None:
        options = UNSAFE_BUT_QUICK | {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "shared_buffers": "32MB",
        }
        options |= {"wal_level": "replica", "synchronous_commit": "on", "full_page_writes": "on"}
        args = [self.tools / "postgres", "-D", self.folder / "data"]
        for name, value in options.items():
            args += ["-c", f"{name}={value}"]
        with (self.folder.parent / f"{self.folder.name}.log").open("wb") as log:
            self.process = subprocess.Popen(args, stdout=log, stderr=log, cwd="/", **self.as_account())
        for _attempt in range(600):
            try:
                psycopg2.connect(self.url("postgres", "postgres")).close()
                return
            except psycopg2.OperationalError:
                time.sleep(0.05)
        raise AssertionError((self.folder.parent / f"{self.folder.name}.log").read_text())

    def url(self, role: str, database: str = "portal") -> str:
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(20)


@pytest.fixture
def clusters(django_db_setup) -> Iterator[tuple[Cluster, Cluster]]:
    """The tables of the tests' database in a cluster of their own, and a second that follows it."""
    place = Path(tempfile.mkdtemp(prefix="portal-replica-"))
    place.chmod(0o755)
    (place / "var").mkdir()
    account = server_account(place / "none")
    tools = binaries(place / "var", account)
    first, second = Cluster(place / "a", tools, account), Cluster(place / "b", tools, account)
    try:
        first.run("initdb", "-D", first.folder / "data", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-A", "trust",
                  "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions")  # fmt: skip
        (first.folder / "data" / "pg_hba.conf").write_text(TRUST)
        first.start()
        fill(first)
        second.run("pg_basebackup", "-D", second.folder / "data", "-R", "-X", "stream", "-c", "fast", "--no-sync",
                   "-d", f"host={first.folder} user=postgres")  # fmt: skip
        second.start()
        yield first, second
    finally:
        second.end()
        first.end()
        shutil.rmtree(place, ignore_errors=True)


def fill(cluster: Cluster) -> None:
    """The role of the web, and the tables as this run's tests have them."""
    source = connection.settings_dict
    where = [
        "-h",
        source["HOST"],
        "-U",
        source["USER"],
        *(["-p", source["PORT"]] if source["PORT"] else []),
        source["NAME"],
    ]
    environment = os.environ | {"PGPASSWORD": source["PASSWORD"]}
    dump = [cluster.tools / "pg_dump", "--schema-only", "--no-owner", "--no-privileges", *where]
    tables = subprocess.run(dump, capture_output=True, env=environment)
    if tables.returncode:
        pytest.skip(f"No copy of the tables could be made: {tables.stderr.decode()[-200:]}")
    script = b"CREATE ROLE portal_app LOGIN;\nCREATE DATABASE portal;\n\\connect portal\n" + tables.stdout
    script += b"\nGRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal_app;"
    script += b"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO portal_app;"
    loaded = subprocess.run(
        [cluster.tools / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", cluster.folder, "-U", "postgres", "postgres"],
        input=script, capture_output=True, cwd="/",
    )  # fmt: skip
    assert loaded.returncode == 0, loaded.stderr.decode()


@pytest.mark.django_db
def test_lists_and_exports_come_from_a_replica_that_has_what_their_reader_wrote(clusters):
    first, second = clusters
    env = os.environ | {
        "DATABASE_URL": first.url("portal_app"),
        "REPLICA_URL": second.url("portal_app"),
        "ADMIN_URL": second.url("postgres"),
        "PORTAL_VAR": str(first.folder.parent / "var"),
        "PYTHONPATH": str(ROOT),
        "REPLICA_LAG": "300",  # the machine may be busy
    }
    (first.folder.parent / "var" / "tmp").mkdir()
    walk = subprocess.Popen(
        [sys.executable, "-m", "tests.embedded.followed"],
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    asked = walk.stdout.readline()
    if not asked:
        pytest.fail(walk.communicate()[1][-3000:])
    second.end()
    told, errors = walk.communicate("stopped\n", timeout=120)
    assert walk.returncode == 0, errors[-3000:]
    assert json.loads(told) == {
        "a reader": [200, "replica"],
        "wrote": [302, 2, True],
        "the writer, before the replica has it": [True, "primary"],
        "a colleague, meanwhile": [False, "replica"],
        "an export, meanwhile": [2, "primary"],
        "the writer, once it has": [True, "replica"],
        "an export": [2, "replica"],
        "a replica that lags": [200, "primary"],
        "one that came back": [200, "replica"],
        "after a write in the same view": ["replica", "default"],
        "a write to the replica": "ReadOnlySqlTransaction",
        "away": [[200, 200, 200], True, True],
        "an export, away": [2, "primary"],
    }
