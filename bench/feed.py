"""How fast a feed comes in, beside plain COPY of the same rows: python -m bench.feed [--rows 100000]

A reference server of its own is started in another process and read over HTTP, page by page, as in production: each
page parsed, checked, compared, written and committed with its cursor. Then the same rows go once more (nothing
changed), and once through COPY alone into an empty table with the same indexes. Needs DATABASE_URL; it works in a
database of its own, `bench_feed`, which it makes and drops.
"""

import argparse
import io
import json
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import date
from urllib.request import urlopen

PAGE = 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--port", type=int, default=8097)
    parser.add_argument("--follow", action="store_true", help="also bring them into 联合报监")
    options = parser.parse_args()
    os.environ["PERMIT_FEED_URL"] = f"http://127.0.0.1:{options.port}/permits"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    command = [sys.executable, "-m", "projects.feeds.reference_server"]
    server = subprocess.Popen([*command, "--rows", str(options.rows), "--port", str(options.port)])
    try:
        wait_for(options.port)
        measure(options)
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    for _attempt in range(3000):
        try:
            urlopen(f"http://127.0.0.1:{port}/permits?cursor=0&limit=1", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The reference server does not answer.")


def measure(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    settings.DATABASES["default"]["TEST"]["NAME"] = "bench_feed"
    made = setup_databases(verbosity=0, interactive=False)
    try:
        report(options)
    finally:
        teardown_databases(made, verbosity=0)


def report(options: argparse.Namespace) -> None:
    from portal.management.commands.reference import load_reference
    from projects.models import ConstructionPermit, FeedState
    from supervision.tasks import follow_the_permits

    load_reference()
    before = memory()
    first, peak_early = timed_run(options.rows)
    after_first = memory()
    FeedState.objects.update(cursor="", etag="", last_page="", due_at=date(2026, 1, 1).isoformat() + "T00:00:00Z")
    again, _peak = timed_run(options.rows)
    floor = timed_copy()
    lines = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "date": date.today().isoformat(),
        "rows": ConstructionPermit.objects.count(),
        "feed, first time, rows/s": round(options.rows / first),
        "feed, same rows again, rows/s": round(options.rows / again),
        "plain COPY into the indexed table, rows/s": round(options.rows / floor),
        "feed : COPY": round(floor / first, 2),
        "seconds of the first run": round(first, 1),
        "RSS before, after 10 %, at the peak, MB": [before, peak_early, after_first],
    }
    if options.follow:
        begun = time.monotonic()
        while follow_the_permits():
            pass
        lines["into 联合报监, rows/s"] = round(options.rows / (time.monotonic() - begun))
        lines["RSS at the end, MB"] = memory()
    print(json.dumps(lines, ensure_ascii=False, indent=1))


def timed_run(rows: int) -> tuple[float, int]:
    """Seconds for one run, and the peak of memory after its first tenth."""
    from projects.feeds import runs
    from projects.models import FeedRun

    early = []
    real = runs.take_page

    def noted(run, *given, **facts):
        real(run, *given, **facts)
        if not early and run.rows_read >= rows // 10:
            early.append(memory())

    runs.take_page = noted
    begun = time.monotonic()
    try:
        while runs.work_on("permits") and not FeedRun.objects.filter(status="retrying").exists():
            pass
    finally:
        runs.take_page = real
    seconds = time.monotonic() - begun
    run = FeedRun.objects.order_by("-created_at").first()
    if run is None or (run.status, run.rows_read) != ("done", rows):
        raise SystemExit(f"The run did not end well: {run and (run.status, run.rows_read, run.problems)}")
    return seconds, early[0]


def timed_copy() -> float:
    """Seconds that COPY takes for the same rows, ready as text, into an empty table with the same indexes."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE feed_floor (LIKE projects_constructionpermit INCLUDING ALL)")
        pages = []
        cursor.execute("SELECT count(*) FROM projects_constructionpermit")
        count = cursor.fetchone()[0]
        for start in range(0, count, PAGE):
            page = io.StringIO()
            source = f"SELECT * FROM projects_constructionpermit ORDER BY permit_no LIMIT {PAGE} OFFSET {start}"
            cursor.copy_expert(f"COPY ({source}) TO STDOUT", page)
            pages.append(page)
        begun = time.monotonic()
        for page in pages:
            page.seek(0)
            with transaction.atomic():
                cursor.copy_expert("COPY feed_floor FROM STDIN", page)
        seconds = time.monotonic() - begun
        cursor.execute("DROP TABLE feed_floor")
    return seconds


def memory() -> int:
    """The largest resident set so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
