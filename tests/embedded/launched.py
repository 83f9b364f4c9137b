"""A whole portal as ./run starts it, in a folder of its own: for tests that end it in unkind ways."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from portal.embedded.children import tied_to_us
from portal.embedded.running import ROOT

GIVEN_BY_RUN = {
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "PORTAL_VAR",
    "PORT",
    "HOST",
    "TRAY_KEY",
    "PUBLIC_URL",
}


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that the database's account can reach, unlike pytest's own when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="portal-up-"))
    folder.chmod(0o755)
    try:
        yield folder / "var"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Launched:
    """The process of `manage.py up`, what it printed, and the processes below it."""

    def __init__(self, var: Path, port: int, **env: str) -> None:
        self.var, self.port = var, port
        clean = {name: value for name, value in os.environ.items() if name not in GIVEN_BY_RUN}
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--empty"],
            cwd=ROOT,
            env={**clean, "PORTAL_VAR": str(var), "PORT": str(port), **env},
            stdout=self.output,
            stderr=subprocess.STDOUT,
            preexec_fn=tied_to_us(signal.SIGTERM),
        )

    def printed(self) -> str:
        self.output.seek(0)
        return self.output.read()

    def wait_until_ready(self, seconds: float = 300) -> "Launched":
        """On a busy machine the migrations alone may take a minute and more."""
        until(lambda: "is ready after" in self.printed() or self.process.poll() is not None, seconds)
        assert self.process.poll() is None and "is ready after" in self.printed(), self.printed()
        return self

    def ended(self, seconds: float = 30) -> tuple[int, str]:
        """The exit code and everything printed."""
        return self.process.wait(seconds), self.printed()

    def asked_to_end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        self.process.send_signal(number)
        return self.ended()

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process:
        """The direct child whose command line has the word."""
        return next(p for p in psutil.Process(self.process.pid).children() if any(word in part for part in p.cmdline()))

    def environment(self) -> dict[str, str]:
        return json.loads((self.var / "run" / "environment").read_text())


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait for something to hold; False when it did not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


def all_gone(processes: list[psutil.Process], seconds: float = 20) -> bool:
    return until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes), seconds)


def picture(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file's size and time of change: equal pictures mean that nothing was touched."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}
