"""How long the lists take: python -m bench.lists, against a database that bench.city filled.

Pages go through all of Django with its test client, in turn, so that a busy moment of the machine strikes all of them;
the times of the database alone are those of the same two questions that a page asks, timed around the cursor.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.city import APPLICANT, OFFICER  # noqa: E402
from portal.search import capped_count, find  # noqa: E402
from supervision.forms.review import InboxFilter  # noqa: E402
from supervision.models import Filing, Review  # noqa: E402
from supervision.views.review.inbox import reviews_found  # noqa: E402

RARE, MIDDLE, COMMON = "宏松", "桥梁", "住宅"  # two characters each
PAGES: dict[str, tuple[str, str]] = {
    "list, page 1": (APPLICANT, "/filing/joint/"),
    "list, page 100": (APPLICANT, "/filing/joint/?page=100"),
    "list, 2-character keyword, rare": (APPLICANT, f"/filing/joint/?q={RARE}"),
    "list, 2-character keyword": (APPLICANT, f"/filing/joint/?q={MIDDLE}"),
    "list, 2-character keyword, common": (APPLICANT, f"/filing/joint/?q={COMMON}"),
    "list, by deadline": (APPLICANT, "/filing/joint/?sort=due"),
    "list, status and district": (APPLICANT, "/filing/joint/?status=filed&district=420102"),
    "queue, page 1": (OFFICER, "/review/"),
    "queue, 本站全部 办结, page 1": (OFFICER, "/review/?state=closed"),
    "queue, 本站全部 办结, page 100": (OFFICER, "/review/?state=closed&page=100"),
    "queue, 2-character keyword": (OFFICER, f"/review/?state=closed&q={MIDDLE}"),
    "queue, 2-character keyword, common": (OFFICER, f"/review/?state=closed&q={COMMON}"),
    "首页 of the applicant": (APPLICANT, "/home/"),
    "首页 of the officer": (OFFICER, "/home/"),
}


class Result(NamedTuple):
    name: str
    p50: float
    p95: float
    cpu: float | None  # of the web process alone, which other load does not lengthen
    queries: int | None
    rows: str


def clients() -> dict[str, Client]:
    made = {}
    for username in (APPLICANT, OFFICER):
        made[username] = Client(HTTP_HOST="127.0.0.1", raise_request_exception=True)
        made[username].force_login(User.objects.get(username=username), backend=settings.AUTHENTICATION_BACKENDS[0])
    return made


def pages(rounds: int) -> list[Result]:
    """Each page `rounds` times, in turn; the first visit of each, which fills caches, does not count."""
    browsers = clients()
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    busy: dict[str, list[float]] = {name: [] for name in PAGES}
    facts = {name: looked_at(browsers[who], url) for name, (who, url) in PAGES.items()}
    for _round in range(rounds):
        for name, (who, url) in PAGES.items():
            began, worked = time.perf_counter(), time.process_time()
            browsers[who].get(url)
            busy[name].append((time.process_time() - worked) * 1000)
            times[name].append((time.perf_counter() - began) * 1000)
    return [Result(name, *of_times(times[name]), statistics.median(busy[name]), *facts[name]) for name in PAGES]


def looked_at(browser: Client, url: str) -> tuple[int, str]:
    """How many questions the page asks, and what it says of its rows."""
    browser.get(url)
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(url)
    if answer.status_code != 200:
        raise SystemExit(f"{url} answered {answer.status_code}.")
    html = answer.content.decode()
    total = html.split("<span>共 ", 1)[1].split("<", 1)[0] if "<span>共 " in html else ""
    return len(asked), total.removesuffix(" 条")


def of_times(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=20)[18]


def in_the_database(rounds: int) -> list[Result]:
    """The capped count and the keys of the first page, for a keyword of two characters."""
    applicant, officer = (User.objects.get(username=name) for name in (APPLICANT, OFFICER))
    results = []
    for keyword in (RARE, MIDDLE, COMMON):
        asked: dict[str, Callable[[], Any]] = {
            "all filings": lambda word=keyword: find(Filing.objects.all(), word).order_by("-changed_at", "-id"),
            "applicant's": lambda word=keyword: find(
                Filing.objects.visible_to(applicant).filter(module="joint"), word, module="joint"
            ).order_by("-changed_at", "-id"),
            "station's": lambda word=keyword: reviews_found(officer, InboxFilter(QueryDict(f"q={word}"))).order_by(
                "due_on", "pk"
            ),
        }
        for whose, rows in asked.items():
            times = [timed(rows()) for _round in range(rounds + 1)][1:]
            name = f"database: {keyword}, {whose}"
            results.append(Result(name, *of_times(times), None, 2, str(capped_count(rows()))))
    return results


def timed(rows: Any) -> float:
    """Milliseconds that PostgreSQL takes for what a page asks about these rows."""
    spent = 0.0

    def stopwatch(execute, sql, params, many, context):
        nonlocal spent
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent += (time.perf_counter() - began) * 1000

    with connection.execute_wrapper(stopwatch):
        capped_count(rows)
        list(rows.values_list("pk", flat=True)[:10])
    return spent


def report(rounds: int) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)
    print(f"{Filing.objects.count():,} filings, {Review.objects.count():,} reviews; {platform.machine()}, ", end="")
    print(
        f"Python {platform.python_version()}, PostgreSQL {connection.pg_version // 10000}; {rounds} rounds; load {os.getloadavg()[0]:.1f}; ms"
    )
    print(f"| {'what':44} | p50 | p95 | CPU web | SQL | rows |\n|{'-' * 46}|---|---|---|---|---|")
    results = [*pages(rounds), *in_the_database(rounds)]
    for each in results:
        print(
            f"| {each.name:44} | {each.p50:.1f} | {each.p95:.1f} | {f'{each.cpu:.1f}' if each.cpu else ''} | {each.queries} | {each.rows} |"
        )
    p50 = {each.name: each.p50 for each in results}
    for first, deep in [
        ("list, page 1", "list, page 100"),
        ("queue, 本站全部 办结, page 1", "queue, 本站全部 办结, page 100"),
    ]:
        print(f"{deep}: {p50[deep] / p50[first]:.2f} × page 1")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=30)
    report(arguments.parse_args().rounds)
