"""What each page costs, beside floors measured in the same loop: python -m bench.run [--rounds 30]

Against a database that bench.city filled (DATABASE_URL); it leaves some filings of its own there. Every request goes through
the whole of Django as a server would call it (WSGI), in this process: what is counted is the CPU that the process and
its backend of PostgreSQL spend, which other work on the machine hardly changes. Each request is followed at once by
that of its floor (bench/floor.py), and the pages take turns, so that a busy moment strikes all alike.
"""

import argparse
import gc
import gzip
import io
import itertools
import os
import platform
import random
import re
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.models import User  # noqa: E402
from bench import floor  # noqa: E402
from bench.city import APPLICANT, OFFICER  # noqa: E402
from supervision.actions import accept_review  # noqa: E402
from supervision.models import Filing, Review  # noqa: E402
from tests import make  # noqa: E402

KEYWORDS = {"2": "宏松", "2, broad": "桥梁", "3": "宏松府", "6": "给水工程 宏松"}
MB = 1024 * 1024
FILE = b"%PDF-1.7\n"
PART = "between-the-parts-there-is-this"


@dataclass
class Cost:
    """What one request took: CPU of the web process, of PostgreSQL, and by the clock, in milliseconds."""

    web: float
    database: float
    wall: float

    @property
    def cpu(self) -> float:
        return self.web + self.database


@dataclass
class Page:
    """A page and its floor: what makes the next request of each, and what they took."""

    name: str
    ask: Callable[[], "Request"]
    floor: Callable[[], "Request"]
    floor_name: str
    times: int | None = None  # fewer than the other pages, where each needs something of its own
    costs: list[Cost] = field(default_factory=list)
    floors: list[Cost] = field(default_factory=list)
    queries: int = 0
    size: int = 0
    squeezed: int = 0


@dataclass
class Request:
    server: WSGIHandler
    url: str
    cookies: str = ""
    body: bytes = b""
    kind: str = ""
    good: tuple[int, ...] = (200,)
    accept: str = "text/html"

    def environ(self) -> dict[str, Any]:
        parts = urlsplit(self.url)
        return {
            "REQUEST_METHOD": "POST" if self.kind else "GET", "PATH_INFO": parts.path, "QUERY_STRING": parts.query,
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "HTTP_HOST": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "SCRIPT_NAME": "", "HTTP_COOKIE": self.cookies, "CONTENT_TYPE": self.kind,
            "CONTENT_LENGTH": str(len(self.body)), "wsgi.input": io.BytesIO(self.body), "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0), "wsgi.multithread": False, "wsgi.multiprocess": True,
            "wsgi.run_once": False, "HTTP_ACCEPT": self.accept, "HTTP_USER_AGENT": "bench",
        }  # fmt: skip

    def send(self) -> bytes:
        said: list[str] = []
        answer = self.server(self.environ(), lambda status, headers, trouble=None: said.append(status))
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        if int(said[0].split()[0]) not in self.good:
            raise SystemExit(f"{self.url} answered {said[0]}: {body.decode(errors='replace')[-1500:]}")
        return body


def measured(request: Request) -> Cost:
    backend = f"/proc/{connection.connection.info.backend_pid}/schedstat" if connection.connection else ""
    before, began, worked = busy(backend), time.perf_counter(), time.process_time()
    request.send()
    worked, began = time.process_time() - worked, time.perf_counter() - began
    return Cost(worked * 1000, busy(backend) - before, began * 1000)


def busy(backend: str) -> float:
    """Milliseconds of CPU that a process has had; 0 where another machine or another user keeps it."""
    try:
        with open(backend) as file:
            return int(file.read().split()[0]) / 1e6
    except OSError:
        return 0.0


class Fields(HTMLParser):
    """What a browser would send of the largest form of a page: as it stands, every box 已核实 ticked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self.select = self.area = ""
        self.feed(html)

    @property
    def sent(self) -> list[tuple[str, str]]:
        return max(self.forms, key=len)

    def handle_starttag(self, tag: str, pairs: list) -> None:
        facts = dict(pairs)
        name, value = facts.get("name") or "", facts.get("value") or ""
        if tag == "form":
            self.forms.append([])
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in facts and self.select:
            self.forms[-1].append((self.select, value))
        elif tag == "textarea":
            self.area = name
            self.forms[-1].append((name, ""))
        elif tag == "input" and name and self.forms:
            kind = facts.get("type")
            chosen = kind not in ("radio", "checkbox") or "checked" in facts or name == "acknowledged"
            if chosen and kind not in ("submit", "file", "button"):
                self.forms[-1].append((name, value))

    def handle_endtag(self, tag: str) -> None:
        self.select = "" if tag == "select" else self.select
        self.area = "" if tag == "textarea" else self.area

    def handle_data(self, data: str) -> None:
        if self.area:
            name, value = self.forms[-1][-1]
            self.forms[-1][-1] = name, value + data.removeprefix("\n")


class Person:
    """Somebody who is signed in, with the portal and with the floor under it."""

    def __init__(self, username: str, portal: WSGIHandler, ground: WSGIHandler) -> None:
        self.user = User.objects.get(username=username)
        browser = Client()
        browser.force_login(self.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        jar = {name: morsel.value for name, morsel in browser.cookies.items()}
        self.token = jar.setdefault(settings.CSRF_COOKIE_NAME, "a" * 32)
        self.cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
        self.portal, self.ground = portal, ground

    def opens(self, url: str) -> Callable[[], Request]:
        return lambda: Request(self.portal, url, self.cookies)

    def floor(self, url: str) -> Callable[[], Request]:
        return lambda: Request(self.ground, url, self.cookies)

    def fills(self, url: str, action: str = "", **values: Any) -> Request:
        """Open the page of a form; what sending it with these values would be."""
        return self.sends(action or url, fields_of(self.opens(url)(), values))

    def sends(self, url: str, pairs: Iterable[tuple[str, str]], server: WSGIHandler | None = None) -> Request:
        pairs = [(name, value) for name, value in pairs if name != "csrfmiddlewaretoken"]
        body = urlencode([*pairs, ("csrfmiddlewaretoken", self.token)]).encode()
        return Request(server or self.portal, url, self.cookies, body, "application/x-www-form-urlencoded", (302, 303))

    def uploads(self, url: str, server: WSGIHandler) -> Request:
        """Five megabytes that nobody has sent before."""
        data = FILE + random.randbytes(5 * MB - 15) + b"\n%%EOF"
        head = f'--{PART}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{self.token}\r\n--{PART}\r\n'
        head += 'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
        body = head.encode() + data + f"\r\n--{PART}--\r\n".encode()
        kind = f"multipart/form-data; boundary={PART}"
        return Request(server, url, self.cookies, body, kind, (200, 201), accept="application/json")


def fields_of(request: Request, values: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = [pair for pair in Fields(request.send().decode()).sent if pair[0] not in values]
    for name, value in values.items():
        pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
    return pairs


# The pages


def pages(rounds: int) -> list[Page]:
    portal = WSGIHandler()
    with override_settings(MIDDLEWARE=floor.MIDDLEWARE):
        ground = WSGIHandler()
    applicant, officer = (Person(name, portal, ground) for name in (APPLICANT, OFFICER))
    visitor = lambda url: lambda: Request(portal, url)  # noqa: E731
    hello = lambda: Request(ground, "/hello/")  # noqa: E731
    listing = applicant.floor(f"/list/?q={quote(KEYWORDS['2'])}")
    found = [
        Page("sign-in page", visitor("/"), hello, "hello"),
        Page("首页", applicant.opens("/home/"), listing, "list"),
        Page("list, page 1", applicant.opens("/filing/joint/"), listing, "list"),
        Page("list, page 100", applicant.opens("/filing/joint/?page=100"), listing, "list"),
    ]
    for size, word in KEYWORDS.items():
        url = f"?q={quote(word)}"
        found.append(
            Page(f"list, keyword of {size}", applicant.opens(f"/filing/joint/{url}"), applicant.floor(f"/list/{url}"), "list")
        )  # fmt: skip
    found += [
        Page("review queue", officer.opens("/review/"), listing, "list"),
        Page("review queue, keyword of 2", officer.opens(f"/review/?state=closed&q={quote('桥梁')}"), listing, "list"),
    ]
    return found + one_filing(applicant, officer) + acts(applicant, officer, max(5, rounds // 3))


def one_filing(applicant: Person, officer: Person) -> list[Page]:
    """Its detail, its editor and its desk, all of the filings made by the real actions."""
    mine = make.submitted_filing(by=applicant.user)
    review = mine.reviews.get(role="safety")
    draft = make.ready_filing(by=applicant.user)
    under = applicant.floor(f"/detail/{mine.pk}/")
    return [
        Page("filing detail", applicant.opens(f"/filing/{mine.pk}/"), under, "detail"),
        Page("review detail", officer.opens(f"/review/{review.pk}/"), under, "detail"),
        Page("edit 基本信息", applicant.opens(f"/filing/{draft.pk}/edit/basics/"), applicant.floor(f"/edit/{draft.pk}/"), "edit"),
        Page("edit 责任主体信息", applicant.opens(f"/filing/{draft.pk}/edit/parties/"), applicant.floor(f"/edit/{draft.pk}/"), "edit"),
    ]  # fmt: skip


def acts(applicant: Person, officer: Person, times: int) -> list[Page]:
    scratch, mine = make.ready_filing(by=applicant.user), make.ready_filing(by=applicant.user)
    papers = make.draft_filing("early_intervention", by=applicant.user)
    ready = iter([make.ready_filing(by=applicant.user) for _ in range(times + 2)])
    given = iter([make.submitted_filing(by=applicant.user) for _ in range(times + 2)])
    counter = itertools.count()

    def floor_save() -> Request:
        pairs = fields_of(applicant.floor(f"/edit/{scratch.pk}/")(), {"remarks": str(next(counter))})
        return applicant.sends(f"/edit/{scratch.pk}/", pairs, applicant.ground)

    def decision() -> Request:
        review = Review.objects.get(filing=next(given), role="safety")
        accept_review(review, by=officer.user)
        url = f"/review/{review.pk}/decide/"
        return officer.fills(f"{url}?move=approve", url, move="approve", opinion="资料齐全，同意。")

    submit = lambda: applicant.fills(  # noqa: E731
        f"/filing/{next(ready).pk}/submit/", prior_exists="no", targets=["safety", "quality"]
    )
    save = lambda: applicant.fills(f"/filing/{mine.pk}/edit/basics/", remarks=f"第{next(counter)}次修改")  # noqa: E731
    file = lambda: applicant.uploads(f"/filing/{papers.pk}/edit/attachments/?material=M29", applicant.portal)  # noqa: E731
    into = quote(f"{settings.PORTAL_VAR}/tmp")
    floor_file = lambda: applicant.uploads(f"/upload/?into={into}", applicant.ground)  # noqa: E731
    return [
        Page("save 基本信息", save, floor_save, "post", times),
        Page("submit", submit, floor_save, "post", times),
        Page("decision", decision, floor_save, "post", times),
        Page("upload of 5 MB", file, floor_file, "upload", times),
    ]


# Measuring


def measure(found: list[Page], rounds: int) -> None:
    for page in found:  # the first time fills caches and does not count
        page.floor().send()
        look(page)
    gc.collect()
    for turn in range(rounds):
        for page in found:
            if page.times is None or turn < page.times:
                request, under = page.ask(), page.floor()
                page.costs.append(measured(request))
                page.floors.append(measured(under))


def look(page: Page) -> None:
    """How many questions it asks, and how large it is."""
    if page.times is None:
        page.ask().send()
    request = page.ask()
    with CaptureQueriesContext(connection) as asked:
        answer = request.send()
    page.queries, page.size, page.squeezed = len(asked), len(answer), len(gzip.compress(answer, 6))


def row_of(page: Page) -> str:
    wall = sorted(cost.wall for cost in page.costs)
    cost, under = (statistics.median(one.cpu for one in costs) for costs in (page.costs, page.floors))
    web, database = (statistics.median(getattr(one, part) for one in page.costs) for part in ("web", "database"))
    at = [wall[min(len(wall) - 1, int(len(wall) * share))] for share in (0.5, 0.95, 0.99)]
    rate = 1000 / statistics.mean(wall)
    return (
        f"| {page.name} | {web:.1f} + {database:.1f} | {under:.1f} ({page.floor_name}) | **{cost / under:.2f}** | {rate:.1f} "
        f"| {at[0]:.0f} | {at[1]:.0f} | {at[2]:.0f} | {page.queries} | {page.size / 1024:.1f} | {page.squeezed / 1024:.1f} |"
    )


STATIC = re.compile(r"""["'(](?:/static/|\./|\.\./|)([\w./-]+\.[0-9a-f]{12}\.(?:js|css|svg|png|woff2))["')]""")


def first_view(answer: bytes) -> int:
    """Bytes of the page with every file that it, or one of these files, names: more than a browser fetches."""
    folder, names, size = Path(settings.STATIC_ROOT), {*STATIC.findall(answer.decode())}, len(gzip.compress(answer, 6))
    seen: set[str] = set()
    while left := names - seen:
        for name in left:
            seen.add(name)
            found = next(folder.rglob(Path(name).name))
            packed = found.with_name(found.name + ".gz")
            size += (packed if packed.exists() else found).stat().st_size
            names |= {*STATIC.findall(found.read_text())} if found.suffix in (".js", ".css") else set()
    return size


HEAD = """| page | CPU ms, web + database | floor | times the floor | requests/s, one at a time | p50 | p95 | p99 ms | SQL | KB | KB gzip |
|---|---|---|---|---|---|---|---|---|---|---|"""


def report(found: list[Page], rounds: int) -> None:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    people = User.objects.filter(kind=User.Kind.PERSONAL).count()
    print(
        f"{Filing.objects.count():,} filings, {Review.objects.count():,} reviews, {people:,} people; commit {commit}; ",
        end="",
    )
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL {connection.pg_version // 10000}; "
        f"{rounds} rounds; load {os.getloadavg()[0]:.1f}; {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most"
    )  # fmt: skip
    print(HEAD)
    for page in found:
        print(row_of(page))
    page = next(page for page in found if page.name == "list, page 1")
    first, again = first_view(page.ask().send()) / 1024, page.squeezed / 1024
    print(f"First view of a list with all files that may belong to it: {first:.0f} KB, packed; again: {again:.1f} KB.")


def run(rounds: int) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)
    make._running = itertools.count(int(time.time() * 200) % 900_000)  # numbers that no earlier run gave out
    found = pages(rounds)
    measure(found, rounds)
    report(found, rounds)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=30)
    run(arguments.parse_args().rounds)
