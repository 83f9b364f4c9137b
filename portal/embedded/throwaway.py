"""Run a command against a database and a broker that exist only for it: python -m portal.embedded.throwaway -- COMMAND."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from portal.embedded.children import Child, stop, tied_to_us
from portal.embedded.faults import CannotStart, explain
from portal.embedded.folders import open_data_folder, open_socket_folder, remove_socket_folder, server_account
from portal.embedded.postgres import start_postgres
from portal.embedded.valkey import start_valkey


def start_servers(var: Path, children: list[Child]) -> dict[str, str]:
    """Start what the environment does not name already, noting each process; returns the environment's additions."""
    added = {"PORTAL_VAR": str(var)}
    account = server_account(var / "pg")
    sockets = open_socket_folder(var, account)
    if not os.environ.get("DATABASE_URL"):
        child, addresses = start_postgres(var, sockets, account, throwaway=True)
        children.append(child)
        added |= {"DATABASE_URL": addresses.owner, "TEST_DATABASE": "test_portal"}
    if not os.environ.get("REDIS_URL"):
        child, added["REDIS_URL"] = start_valkey(var, sockets, account)
        children.append(child)
    return added


def run(command: list[str], env: dict[str, str]) -> int:
    """Run the command to its end; what asks us to stop asks it."""
    process = subprocess.Popen(command, env=env, preexec_fn=tied_to_us(signal.SIGTERM))
    signal.signal(signal.SIGINT, lambda number, frame: None)  # the terminal has told it already
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: process.terminate())
    return process.wait()


def main(command: list[str]) -> int:
    var = Path(tempfile.mkdtemp(prefix="portal-test-"))
    children: list[Child] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        open_data_folder(var)
        return run(command, {**os.environ, **start_servers(var, children)})
    except CannotStart as fault:
        explain(fault)
        return 1
    finally:
        stop(children)
        remove_socket_folder(var)
        shutil.rmtree(var, ignore_errors=True)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(arguments[1:] if arguments[:1] == ["--"] else arguments))
