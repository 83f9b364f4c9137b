"""What every test stands on: loud templates, quick passwords, and a word about browser tests that cannot run."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import django.template
import pytest
from django.conf import settings
from django.db import connection
from django.template import engines
from playwright.sync_api import sync_playwright

from tests.e2e.launch import ARGUMENTS

ROOT = Path(__file__).resolve().parent.parent
# The shell is the same Chromium without windows: it opens a page in half the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOT_RUN = pytest.StashKey[int]()


class Undefined(str):
    """Stands for a template variable that nobody set: in our own templates a mistake, so the test fails."""

    def __new__(cls) -> "Undefined":
        return super().__new__(cls, "%s")

    def __mod__(self, variable: object) -> str:  # type: ignore[override]
        name = template_being_rendered()
        if not name.startswith(str(ROOT)) or ".venv" in name:
            return ""
        pytest.fail(f"Undefined variable “{variable}” in {Path(name).relative_to(ROOT)}")


def template_being_rendered() -> str:
    """Where the template whose variable is being looked up stands; empty for one made from a string."""
    frame = sys._getframe(2)
    context = frame.f_locals.get("context")
    rendering = getattr(getattr(context, "render_context", None), "template", None)
    origin = getattr(rendering, "origin", None)
    return getattr(origin, "name", None) or ""


def browser() -> str | None:
    """The Chromium that browser tests drive: CHROMIUM, or one of the usual names on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_configure(config: pytest.Config) -> None:
    """The things in which tests differ from a start: quick hashes, plain static files, loud templates."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.WHITENOISE_AUTOREFRESH = True  # or each test's client would read the whole static folder again
    config.stash[NOT_RUN] = 0


@pytest.fixture(scope="session", autouse=True)
def folders() -> None:
    """The folders that ./run would have made."""
    for name in ("tmp", "documents", "static"):
        (settings.PORTAL_VAR / name).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def chromium():
    """The one browser of the run; a test opens contexts of its own in it."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright's sync API runs a loop in this thread
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser(), args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session", autouse=True)
def nobody_else(django_db_setup, django_db_blocker) -> Iterator[None]:
    """At the end no thread of a test still holds the database, which is then dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user"
        )
    connection.close()


@pytest.fixture(autouse=True)
def loud_templates() -> None:
    """An undefined variable fails the test; set before each one, for override_settings makes new engines."""
    engine = engines["django"].engine  # type: ignore[attr-defined]
    assert isinstance(engine, django.template.Engine)
    engine.string_if_invalid = Undefined()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped, and counted."""
    if browser():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no Chromium found"))
            config.stash[NOT_RUN] += 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """The very last line says what was not run; ./test repeats it at its own end."""
    count = config.stash.get(NOT_RUN, 0)
    if not count or config.option.collectonly:
        return
    print(f"\n未完整 / INCOMPLETE: {count} browser tests not run (no Chromium; set CHROMIUM=/path or install it)")
    if note := os.environ.get("BROWSER_TESTS_NOT_RUN"):
        Path(note).write_text(str(count))
