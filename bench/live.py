"""What open pages cost while nothing happens: python -m bench.live [--pages 1000] [--looks 400]

Asks /live/ through all of Django, as many times as said, with the ETag of the page and without, for accounts with a thousand messages
each; prints CPU and wall milliseconds of one look, the questions it asks, and what that makes for so many pages that are seen.
Works in a database of its own, `bench_live`, which it makes and drops; needs DATABASE_URL.
"""

import argparse
import os
import platform
import statistics
import time
from datetime import timedelta
from typing import Any

PEOPLE, MESSAGES = 20, 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.live")
    parser.add_argument("--pages", type=int, default=1000, help="that are open and seen")
    parser.add_argument("--looks", type=int, default=400)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    settings.DATABASES["default"]["TEST"]["NAME"] = "bench_live"
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    made = setup_databases(verbosity=0, interactive=False)
    try:
        report(options, browsers())
    finally:
        teardown_databases(made, verbosity=0)


def browsers() -> list[Any]:
    """People with a thousand messages each, half of them handled, signed in."""
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from portal.notifications.models import Message
    from tests import make

    signed_in = []
    for _person in range(PEOPLE):
        user, now = make.person(), timezone.now()
        rows = [
            Message(user=user, event="filing.received", subject="报监已提交", created_at=now - timedelta(hours=n))
            for n in range(MESSAGES)
        ]
        for row in rows[::2]:
            row.handled_at = now
        Message.objects.bulk_create(rows)
        browser = Client()
        browser.force_login(user)
        signed_in.append(browser)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return signed_in


def report(options: argparse.Namespace, people: list[Any]) -> None:
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    tags = [browser.get("/live/")["ETag"] for browser in people]
    with CaptureQueriesContext(connection) as asked:
        people[0].get("/live/", headers={"If-None-Match": tags[0], "X-Live": "1"})
    questions = len(asked.captured_queries)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| look | CPU, ms | wall p50, ms | wall p95, ms | bytes | SQL |\n|---|---|---|---|---|---|")
    for name, with_tag in (("nothing new (304)", True), ("news (200)", False)):
        walls, cpu, size = [], time.process_time(), 0
        for n in range(options.looks):
            tag = {"If-None-Match": tags[n % PEOPLE]} if with_tag else {}
            began = time.perf_counter()
            size = len(people[n % PEOPLE].get("/live/", headers={"X-Live": "1", **tag}).content)
            walls.append((time.perf_counter() - began) * 1000)
        cost = (time.process_time() - cpu) * 1000 / options.looks
        p50, p95 = statistics.median(walls), statistics.quantiles(walls, n=20)[-1]
        print(f"| {name} | {cost:.2f} | {p50:.1f} | {p95:.1f} | {size} | {questions} |")
        if with_tag:
            rate = options.pages / settings.LIVE_SECONDS
            share = rate * cost / 10
    print(
        f"\n{options.pages} pages that are seen, one look in {settings.LIVE_SECONDS} s each: {rate:.0f} a second, {share:.0f} % of a core."
    )


if __name__ == "__main__":
    main()
