"""manage.py up, the heart of ./run: servers, database, web, worker, beat and relay as one tree that ends together.

It runs before Django's settings, which ask for the database that is started here, and stays apart from them:
the processes of the portal are its children.
"""

import argparse
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from portal.embedded import address, folders
from portal.embedded.children import Child, revive, send, start, stop, tied_to_us
from portal.embedded.faults import CannotStart, explain, say
from portal.embedded.postgres import APP, start_postgres
from portal.embedded.running import ROOT, data_folder, publish
from portal.embedded.valkey import start_valkey
from portal.env import LOCAL_KEYS, local_keys

PATIENCE = 60  # seconds until the first page must answer


class Command(BaseCommand):
    help = "Start the whole portal and stay until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        restore = ["--restore", str(options["restore"])] if options["restore"] else []
        sys.exit(main([*(["--empty"] if options["empty"] else []), *restore]))


class Asked(Exception):
    """Somebody asked the run to end."""


@dataclass
class Run:
    """What one start has in its hands."""

    var: Path
    empty: bool
    restore: Path | None
    host: str
    began: float
    env: dict[str, str] = field(default_factory=dict)
    owner_url: str = ""
    children: list[Child] = field(default_factory=list)
    locks: list[IO[str]] = field(default_factory=list)
    listener: socket.socket | None = None

    @property
    def keep(self) -> tuple[int, ...]:
        """The lock that every child inherits."""
        return (self.locks[-1].fileno(),)

    @property
    def production(self) -> bool:
        return os.environ.get("PORTAL_ENV") == "production"

    @cached_property
    def account(self) -> folders.Account | None:
        """Whom the built-in servers run as; None is ourselves."""
        return folders.server_account(self.var / "pg") if self.embeds_database or self.embeds_broker else None

    @property
    def embeds_database(self) -> bool:
        return not os.environ.get("DATABASE_URL")

    @property
    def embeds_broker(self) -> bool:
        return not os.environ.get("REDIS_URL")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--empty", action="store_true", help="start without demo data")
    parser.add_argument("--restore", type=Path, metavar="/FOLDER", help="first fill the empty database from a backup")


def main(arguments: Sequence[str]) -> int:
    """Run until asked to end (0), or until something fails (1)."""
    parser = argparse.ArgumentParser(prog="./run", description=Command.help)
    add_arguments(parser)
    options = parser.parse_args(arguments)
    began = float(os.environ.pop("RUN_BEGAN", "") or time.time())
    run = Run(data_folder(), options.empty, options.restore, os.environ.get("HOST") or "127.0.0.1", began)
    on_signals(ask_to_end)
    try:
        begin(run)
        watch(run)
    except Asked:
        say("Stopping. 正在停止……")
        code = 0
    except CannotStart as fault:
        explain(fault)
        code = 1
    finally:
        on_signals(hurry(run))
        end(run)
    return code


def on_signals(handler: Any) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def ask_to_end(number: int, frame: FrameType | None) -> None:
    raise Asked


def hurry(run: Run) -> Callable[[int, FrameType | None], None]:
    """A second Ctrl-C: what still runs is told to end at once."""

    def handler(number: int, frame: FrameType | None) -> None:
        for child in run.children:
            send(child, signal.SIGQUIT)

    return handler


def begin(run: Run) -> None:
    """Everything from the checks to the printed address."""
    check(run)
    start_servers(run)
    if run.restore:
        restore(run, run.restore)
    signins = prepare(run)
    start_portal(run)
    tell(run, signins)


def check(run: Run) -> None:
    """What can be known before anything is started; the locks and the port are ours afterwards."""
    if run.production and (run.embeds_database or run.embeds_broker):
        raise CannotStart(
            "PORTAL_ENV=production needs DATABASE_URL and REDIS_URL; the built-in servers are for trying and developing.",
            "PORTAL_ENV=production 时必须设置 DATABASE_URL 和 REDIS_URL；内置服务器仅用于试用和开发。",
        )
    folders.check_reach(run.var.parent, run.account)
    folders.open_data_folder(run.var)
    folders.check_reach(run.var, run.account)
    run.locks.append(folders.take_lock(run.var))
    folders.check_space(run.var)
    run.locks.append(folders.take_children_lock(run.var))
    run.listener = address.open_port(run.host, os.environ.get("PORT") or "8000")
    run.locks[0].write(address.url(run.listener, run.host))
    run.locks[0].flush()
    folders.rotate_logs(run.var / "log")
    folders.empty_folder(run.var / "tmp")
    if not run.production:
        check_keys(run)


def check_keys(run: Run) -> None:
    """A database without its keys is half lost; new keys would hide that until somebody's number is needed."""
    if (run.var / "pg").exists() and run.embeds_database:
        if missing := [name for name in LOCAL_KEYS if not (run.var / "keys" / name).exists()]:
            raise CannotStart(
                f"The data folder {run.var} is damaged: keys/{missing[0]} is missing, without which encrypted numbers "
                "cannot be read. Nothing was changed. Restore it from a backup.",
                f"数据目录 {run.var} 已损坏：缺少 keys/{missing[0]}，加密信息将无法读取。未做任何改动，请从备份恢复。",
            )
    local_keys(run.var / "keys")


def start_servers(run: Run) -> None:
    """PostgreSQL and Valkey, where the environment does not name others."""
    assert run.listener
    run.env = {**os.environ, "PORTAL_VAR": str(run.var), "HOST": run.host, "PORT": str(run.listener.getsockname()[1])}
    if not run.production:  # which must say all this itself
        run.env.setdefault("ALLOWED_HOSTS", ",".join(address.own_names(run.listener, run.host)))
        run.env.setdefault("PUBLIC_URL", address.url(run.listener, run.host).rstrip("/"))
        if not address.is_loopback(run.listener):
            run.env.setdefault("TRAY_KEY", secrets.token_urlsafe(12))
    run.owner_url = run.env.pop("DATABASE_OWNER_URL", "")  # the web must not have it
    if run.embeds_database or run.embeds_broker:
        start_embedded(run)
    noted = {name: run.env[name] for name in ("DATABASE_URL", "REDIS_URL", "HOST", "PORT")}
    noted |= {name: run.env[name] for name in ("PUBLIC_URL", "ALLOWED_HOSTS") if name in run.env}
    if run.owner_url:
        noted |= {"DATABASE_OWNER_URL": run.owner_url, "DATABASE_APP_ROLE": run.env.get("DATABASE_APP_ROLE", APP)}
    publish(run.var, noted)


def start_embedded(run: Run) -> None:
    account = run.account
    sockets = folders.open_socket_folder(run.var, account)
    if run.embeds_database:
        say("Starting the database. 正在启动数据库……")
        child, addresses = start_postgres(run.var, sockets, account, run.keep)
        run.children.append(child)
        run.env |= {"DATABASE_URL": addresses.app, "DATABASE_APP_ROLE": APP}
        run.owner_url = addresses.owner
    if run.embeds_broker:
        child, run.env["REDIS_URL"] = start_valkey(run.var, sockets, account, run.keep)
        run.children.insert(0, child)


def restore(run: Run, folder: Path) -> None:
    """Fill the database and the storage before anything else looks at them."""
    say("Restoring the backup. 正在恢复备份……")
    env = {**run.env, "DATABASE_OWNER_URL": run.owner_url} if run.owner_url else run.env
    args = [sys.executable, "manage.py", "restore", str(folder)]
    if subprocess.run(args, cwd=ROOT, env=env, preexec_fn=tied_to_us(signal.SIGTERM)).returncode:
        raise CannotStart("The backup was not restored; the reason stands above.", "备份没有恢复，原因见上。")


def prepare(run: Run) -> str:
    """Bring database and static files up to date, load the demo where it belongs; returns the demo's sign-ins."""
    say("Preparing the database. 正在准备数据……")
    note, log = run.var / "run" / "signins", run.var / "log" / "prepare.log"
    note.unlink(missing_ok=True)
    args = [sys.executable, "manage.py", "prepare", "--signins", str(note)]
    if run.embeds_database and not run.empty:
        args.append("--demo")
    env = {**run.env, "DATABASE_OWNER_URL": run.owner_url} if run.owner_url else run.env
    with log.open("ab") as errors:
        done = subprocess.run(args, cwd=ROOT, env=env, stderr=errors, preexec_fn=tied_to_us(signal.SIGTERM))
    if done.returncode:
        raise CannotStart(
            "The database or the static files could not be brought up to date; the reason stands above.",
            "数据库或静态文件更新失败，原因见上方日志。",
            log,
        )
    return note.read_text() if note.exists() else ""


def start_portal(run: Run) -> None:
    """The web first, for people wait for it, then what works behind it."""
    assert run.listener
    python, listener = sys.executable, run.listener.fileno()
    celery = [python, "-m", "celery", "-A", "portal"]
    schedule = run.var / "run" / "beat-schedule"
    web = child(run, "web", [python, "-m", "gunicorn", "portal.wsgi:application", *web_options(listener)])
    web.env = {**run.env, "PORTAL_PROCESS": "web"}
    web.keep, web.dies_by, web.seconds = (*run.keep, listener), signal.SIGQUIT, 20
    worker = child(
        run, "worker", [*celery, "worker", "-c", "2", "-l", "WARNING", "--without-gossip", "--without-mingle"]
    )
    # With the broker gone a cold shutdown may hang; its pool dies with it, and every task may run again.
    worker.dies_by, worker.seconds = signal.SIGKILL, 20
    beat = child(run, "beat", [*celery, "beat", "-s", str(schedule), "-l", "WARNING", "--pidfile="])
    relay = child(run, "relay", [python, "manage.py", "relay"])
    run.children.append(start(web))
    wait_for_first_page(run, web)
    run.children += [start(process) for process in (worker, beat, relay)]


def child(run: Run, name: str, args: list[str]) -> Child:
    return Child(name, args, run.var / "log" / f"{name}.log", env=run.env, folder=ROOT, keep=run.keep)


def web_options(listener: int) -> list[str]:
    options = {
        "bind": f"fd://{listener}",
        "worker-class": "gthread",
        "workers": "2",
        "threads": "4",
        "timeout": "60",
        "graceful-timeout": "15",
        "max-requests": "2000",
        "max-requests-jitter": "500",
    }
    if os.path.isdir("/dev/shm"):
        options["worker-tmp-dir"] = "/dev/shm"
    # No access log: addresses of pages may say more than a log should keep.
    return [*[f"--{name}={value}" for name, value in options.items()], "--preload", "--no-control-socket"]


def wait_for_first_page(run: Run, web: Child) -> None:
    """Until the portal answers; an answer of 500 or more is none."""
    status: int | None = None
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and web.is_running():
        status = status_of_health(run)
        if status is not None and status < 500:
            return
        time.sleep(0.1)
    raise CannotStart(
        f"The portal does not answer ({status or 'no answer'}); the last lines of its log stand above.",
        f"平台没有响应（{status or '无应答'}），日志最后几行见上方。",
        web.log,
    )


def status_of_health(run: Run) -> int | None:
    assert run.listener
    connection = http.client.HTTPConnection(*address.near_end(run.listener), timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def tell(run: Run, signins: str) -> None:
    """Print where the portal is, who may sign in, and how to stop it."""
    assert run.listener
    lines = ["", f"The portal is ready after {time.time() - run.began:.0f} s. 平台已就绪："]
    lines += ["", f"    {address.url(run.listener, run.host)}", ""]
    if signins.strip():
        lines += [signins.rstrip(), ""]
    if run.empty:
        where = "" if run.var == ROOT / "var" else f"PORTAL_VAR={run.var} "
        lines.append("Make the first operator in a second terminal. 请在另一终端创建首个运营人员：")
        lines += ["", f"    {where}.venv/bin/python manage.py operator NAME", ""]
    if key := run.env.get("TRAY_KEY"):
        lines.append(f"Key of the message tray 消息托盘密钥 (/dev/outbox/): {key}")
    lines.append(f"Data folder 数据目录: {run.var}")
    lines.append("Ctrl-C stops everything. 按 Ctrl-C 停止。")
    say(*lines)


def watch(run: Run) -> NoReturn:
    """Stay, and start again what falls."""
    while True:
        revive(run.children)
        time.sleep(0.3)


def end(run: Run) -> None:
    """First what works for people, then the servers it needs; locks and port are freed by our own end."""
    servers = [child for child in run.children if child.name in {"postgres", "valkey"}]
    if run.listener:
        run.listener.close()
    stop([child for child in run.children if child not in servers])
    stop(servers)
    if len(run.locks) > 1:
        folders.remove_socket_folder(run.var)
        (run.var / "run" / "environment").unlink(missing_ok=True)
    if run.children:
        say("Stopped. 已停止。")
