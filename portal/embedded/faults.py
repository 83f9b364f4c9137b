"""What ends a start: told as one sentence, in both languages, with nothing harmed."""

import sys
from pathlib import Path


class CannotStart(Exception):
    """The start ends here; the sentences say why and what to do."""

    def __init__(self, english: str, chinese: str, log: Path | None = None):
        super().__init__(english)
        self.english, self.chinese, self.log = english, chinese, log


def say(*lines: str) -> None:
    """Print for the person at the terminal; one that went away is no reason to stop."""
    try:
        print(*lines, sep="\n", flush=True)
    except OSError:
        pass


def explain(fault: CannotStart) -> None:
    """Print a fault to the error output, after the last lines of the log it stands in."""
    try:
        if fault.log:
            print(f"--- {fault.log}", tail(fault.log), "---", sep="\n", file=sys.stderr)
        print(fault.english, fault.chinese, sep="\n", file=sys.stderr, flush=True)
    except OSError:
        pass


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log file."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
