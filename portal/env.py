"""Read the environment. Every deployment difference passes through here, once, at start."""

import json
import os
import secrets
import tempfile
from datetime import time
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


def env(name: str, default: str | None = None) -> str:
    """The value of NAME, or the default; without either the start ends with one sentence."""
    value = os.environ.get(name, default)
    if value is None:
        raise SystemExit(f"Set {name} (see .env.example).")
    return value


def need(*names: str) -> None:
    """End the start with one sentence that names all of these that are not set."""
    if missing := [name for name in names if not os.environ.get(name)]:
        raise SystemExit(f"Set {', '.join(missing)} (see .env.example).")


def env_bool(name: str, default: bool = False) -> bool:
    return env(name, "yes" if default else "no").lower() in {"1", "yes", "true", "on"}


def env_int(name: str, default: int) -> int:
    return int(env(name, str(default)))


def env_list(name: str, default: str | None = "") -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def clock_times(text: str) -> list[time]:
    """Times of the day from 08:30,13:30, in order."""
    try:
        return sorted(time.fromisoformat(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise SystemExit(f"{text} is not a list of times like 08:30,13:30.")


def clock_span(text: str) -> tuple[time, time] | None:
    """Beginning and end from 22:00-07:30, over midnight or not; None for an empty text."""
    if not text:
        return None
    begin, _dash, end = text.partition("-")
    try:
        return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
    except ValueError:
        raise SystemExit(f"QUIET_HOURS must be like 22:00-07:30, not {text}.")


def json_object(text: str) -> dict:
    """A JSON object; anything else ends the start."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise SystemExit("SMS_TEMPLATES must be a JSON object (see .env.example).")
    return value


def database(url: str) -> dict:
    """Django's settings for postgresql://user:password@host:port/name?host=/socket/folder."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SystemExit("DATABASE_URL must be a postgresql:// address; no other database is supported.")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


# A copy that is gone must not make anybody wait: milliseconds and seconds of libpq.
IMPATIENT = {"connect_timeout": 2, "tcp_user_timeout": 3000, "keepalives_idle": 5}
IMPATIENT |= {"keepalives_interval": 2, "keepalives_count": 2}


def follower(url: str, first: dict, session: str) -> dict:
    """Django's settings for a copy of the database that follows the first and is only read."""
    found = database(url)
    options = {"options": f"{session} -c default_transaction_read_only=on"}
    found["OPTIONS"] = IMPATIENT | options | found["OPTIONS"]
    kept = {name: first[name] for name in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS")}
    return found | kept | {"TEST": {"MIRROR": "default"}}


def map_tiles(url: str) -> str:
    """An address of map tiles that the content policy can name; "" for none. Ends the start if it is neither."""
    if not url:
        return ""
    parts = urlsplit(url)
    named = all(mark in url for mark in ("{z}", "{x}", "{y}")) and not set(url) & set(" ;,'\"<>\\")
    ours = not parts.scheme and not parts.netloc and url.startswith("/")
    plain = parts.scheme == "https" and parts.hostname and "{" not in parts.netloc and "@" not in parts.netloc
    if not named or not (ours or plain):
        raise SystemExit("MAP_TILES_URL must be /path/{z}/{x}/{y} of this host or https://host/…{z}…{x}…{y}.")
    return url


def origin_of(url: str) -> str:
    """The origin of an address of another host, as the content policy adds it; "" for our own."""
    parts = urlsplit(url)
    return f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""


LOCAL_KEYS = {"secret_key": 32, "field_key_k1": 16, "index_key": 32}  # name and size in bytes


def local_keys(folder: Path) -> dict[str, bytes]:
    """The keys of a portal that is given none: made once in the data folder."""
    return {name: local_secret(folder, name, size) for name, size in LOCAL_KEYS.items()}


def local_field_keys(folder: Path) -> dict[str, str]:
    """Every key of the encrypted columns in the data folder, the newest first: {id: hex}."""
    numbers = sorted(field_key_numbers(folder), reverse=True)
    size = LOCAL_KEYS["field_key_k1"]
    return {f"k{number}": local_secret(folder, f"field_key_k{number}", size).hex() for number in numbers}


def field_key_numbers(folder: Path) -> list[int]:
    names = (path.name.removeprefix("field_key_k") for path in folder.glob("field_key_k*"))
    return [int(name) for name in names if name.isdecimal()]


def make_field_key(folder: Path) -> str:
    """Make the next key of the encrypted columns; its name. The processes that start from now on seal with it."""
    name = f"field_key_k{max(field_key_numbers(folder), default=0) + 1}"
    make_secret(folder / name, LOCAL_KEYS["field_key_k1"])
    return name


def retention_days(given: list[str], defaults: dict[str, int]) -> dict[str, int]:
    """The defaults with what RETENTION_DAYS says of them ("messages:365", "messages:never"). Ends the start if unclear."""
    days: dict[str, int] = dict(defaults)
    for part in given:
        code, _, value = part.partition(":")
        if code not in defaults or not (value.isdecimal() or value == "never"):
            raise SystemExit(f"RETENTION_DAYS: {part!r} is no rule:days; rules are {', '.join(sorted(defaults))}.")
        if value == "never":
            days.pop(code, None)
        else:
            days[code] = int(value)
    return days


def local_secret(folder: Path, name: str, size: int) -> bytes:
    """A random key of `size` bytes, made once in the folder and readable by its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        make_secret(path, size)
    try:
        secret = bytes.fromhex(path.read_text().strip())
    except ValueError:
        secret = b""
    if len(secret) != size:
        raise SystemExit(
            f"The key {path} is damaged. Restore it from a backup; what it encrypted is unreadable without."
        )
    return secret


def make_secret(path: Path, size: int) -> None:
    """Write a new key beside its place and put it there whole; where another process was first, its key stands."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(size))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        os.rename(draft, path)
    Path(draft).unlink(missing_ok=True)
