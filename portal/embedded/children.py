"""Child processes that never outlive the launcher, are started again when they fall, and are stopped in order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.embedded.faults import CannotStart, say
from portal.embedded.folders import Account

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
MOST_FAILURES = 5
LONG_ENOUGH = 60  # seconds a child must live for its earlier failures to be forgotten


@dataclass
class Child:
    """One process of the run and how it is to be ended."""

    name: str
    args: Sequence[str | Path]
    log: Path
    stop_by: signal.Signals = signal.SIGTERM  # asks it to finish what it does
    dies_by: signal.Signals = signal.SIGTERM  # sent by the kernel when the launcher is gone
    seconds: float = 15  # that it may take to finish
    vital: bool = False  # its end is the end of the run
    account: Account | None = None
    env: Mapping[str, str] | None = None
    folder: Path = Path("/")
    keep: Sequence[int] = ()  # open files it inherits
    process: subprocess.Popen | None = field(default=None, repr=False)
    began: float = 0
    failures: int = 0
    due: float = 0  # when it is started again

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


def start(child: Child) -> Child:
    """Start the process in a session of its own."""
    with child.log.open("ab") as log:
        child.process = subprocess.Popen(
            [str(arg) for arg in child.args],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=child.folder,
            env=None if child.env is None else dict(child.env),
            start_new_session=True,
            pass_fds=child.keep,
            preexec_fn=tied_to_us(child.dies_by),
            **as_account(child.account),
        )
    child.began = time.monotonic()
    return child


def as_account(account: Account | None) -> dict[str, Any]:
    """The arguments that make subprocess run something as another account."""
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def tied_to_us(dies_by: signal.Signals) -> Callable[[], None]:
    """What a new child does first: ask the kernel for a signal at the launcher's death, and notice one already past."""
    launcher = os.getpid()

    def tie() -> None:
        if LIBC:
            LIBC.prctl(PR_SET_PDEATHSIG, int(dies_by))
        if os.getppid() != launcher:
            os._exit(1)

    return tie


def revive(children: Iterable[Child]) -> None:
    """Start fallen children again, later each time; CannotStart when one falls too often or is vital."""
    now = time.monotonic()
    for child in children:
        if child.process is None:
            if now >= child.due:
                start(child)
        elif child.process.poll() is not None:
            note_fall(child, now)


def note_fall(child: Child, now: float) -> None:
    """Count a fall and set the time of the next start."""
    code = child.process.returncode if child.process else None
    end_group(child)
    child.failures = 1 if now - child.began > LONG_ENOUGH else child.failures + 1
    if child.vital or child.failures > MOST_FAILURES:
        raise CannotStart(
            f"{child.name} has ended (code {code}) and the portal stops. See {child.log}.",
            f"{child.name} 进程已退出（代码 {code}），平台停止运行。详见 {child.log}。",
            child.log,
        )
    pause = 2 ** (child.failures - 1)
    child.process, child.due = None, now + pause
    say(f"{child.name} has ended (code {code}) and is started again in {pause} s. {child.name} 将在 {pause} 秒后重启。")


def stop(children: Sequence[Child]) -> None:
    """End the children together: ask, wait as long as the most patient needs, then insist."""
    running = [child for child in children if child.is_running()]
    for child in running:
        send(child, child.stop_by)
    wait_for(running)
    for child in running:
        if child.is_running():
            send(child, signal.SIGQUIT)  # PostgreSQL and Celery: at once, but tidily
    wait_for(running, seconds=3)
    for child in running:
        end_group(child)


def wait_for(children: Sequence[Child], seconds: float | None = None) -> None:
    """Wait until all have ended, or for the seconds given, or as long as the most patient may take."""
    until = time.monotonic() + (max((child.seconds for child in children), default=0) if seconds is None else seconds)
    while time.monotonic() < until and any(child.is_running() for child in children):
        time.sleep(0.05)


def send(child: Child, number: signal.Signals) -> None:
    if child.process:
        try:
            child.process.send_signal(number)
        except ProcessLookupError:
            pass


def end_group(child: Child) -> None:
    """Kill what is left of the child and of the processes it made."""
    if child.process:
        try:
            os.killpg(child.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        child.process.wait()
