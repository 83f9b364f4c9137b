"""The run in progress: how manage.py, called in another terminal, finds its database and its broker."""

import fcntl
import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OWNER_COMMANDS = {
    "migrate",
    "createcachetable",
    "rights",
    "prepare",
    "rotate_keys",
    "restore",
    "partition",
}  # only the tables' owner may


def data_folder() -> Path:
    return Path(os.environ.get("PORTAL_VAR") or ROOT / "var").absolute().resolve()


def publish(var: Path, env: dict[str, str]) -> None:
    """Note the environment of this run for commands that join it; readable by its owner only."""
    note = var / "run" / "environment"
    note.unlink(missing_ok=True)
    with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(env, file)


def enter(arguments: list[str]) -> None:
    """Give a command the run's environment where it has none, and the owner's role where it changes tables."""
    if not os.environ.get("DATABASE_URL"):
        for name, value in environment_of_run(data_folder()).items():
            os.environ.setdefault(name, value)
    owner = os.environ.get("DATABASE_OWNER_URL")
    if owner and arguments and arguments[0] in OWNER_COMMANDS:
        os.environ["DATABASE_URL"] = owner


def environment_of_run(var: Path) -> dict[str, str]:
    try:
        return json.loads((var / "run" / "environment").read_text()) if is_running(var) else {}
    except (OSError, ValueError):
        return {}


def is_running(var: Path) -> bool:
    """Whether a launcher holds the lock of this data folder."""
    with (var / "run" / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
