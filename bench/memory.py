"""What a web process holds and how long it takes to its first page, beside plain Django: python -m bench.memory [--rounds 5]

Against a database that bench.city filled (DATABASE_URL). Servers are gunicorn with portal/gunicorn.py and one process. Portal and
floor (bench/bare.py) take turns. Cold start: from nothing until the sign-in page has arrived whole, as CPU of the server and
by the clock. Memory: of the worker alone, after each page was asked for so many times (RSS, and PSS: shared pages once for all).
"""

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.city import APPLICANT, OFFICER  # noqa: E402
from supervision.models import Filing, Review  # noqa: E402

SERVERS = {"portal": "portal.wsgi:application", "floor": "bench.bare:application"}


class Server:
    """One gunicorn with one worker, on a port of its own."""

    def __init__(self, application: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        env = os.environ | {"WEB_BIND": f"127.0.0.1:{self.port}", "WEB_PROCESSES": "1"}
        env.pop("PORTAL_PROCESS", None)
        args = [sys.executable, "-m", "gunicorn", "-c", "portal/gunicorn.py", "--log-level", "error", application]
        self.began = time.perf_counter()
        self.process = subprocess.Popen(args, env=env)

    def ask(self, path: str, cookie: str = "") -> int:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        link.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = link.getresponse()
        answer.read()
        link.close()
        return answer.status

    def wait(self) -> float:
        """Seconds until the first page is there."""
        while self.process.poll() is None:
            try:
                status = self.ask("/")
            except OSError:
                time.sleep(0.005)
                continue
            if status == 200:
                return time.perf_counter() - self.began
            break
        self.process.kill()
        raise SystemExit("The server does not answer its first page (manage.py prepare?).")

    @property
    def worker(self) -> int:
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])

    def worked(self) -> float:
        """Seconds of CPU of the server's processes."""
        ticks = 0
        for pid in (self.process.pid, self.worker):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def held(self) -> tuple[float, float]:
        """RSS and PSS of the worker in MB."""
        rows = [line.split() for line in Path(f"/proc/{self.worker}/smaps_rollup").read_text().splitlines()]
        found = {row[0]: int(row[1]) / 1024 for row in rows if row[0] in {"Rss:", "Pss:"}}
        return found["Rss:"], found["Pss:"]

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(40)


def signed_in(name: str) -> str:
    """The cookie of a session."""
    user = User.objects.get(username=name)
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session.save()
    return f"sessionid={session.session_key}"


def pages() -> dict[str, tuple[str, str]]:
    """Name, address and cookie of the pages that people ask for most."""
    applicant, officer = signed_in(APPLICANT), signed_in(OFFICER)
    seen = Filing.objects.visible_to(User.objects.get(username=APPLICANT))
    filed = seen.filter(status="filed").first()
    draft = seen.filter(status="draft").first()
    review = Review.objects.filter(station__posts__user__username=OFFICER, status="accepted", role="safety").first()
    asked = {
        "sign-in": ("/", ""), "首页": ("/home/", applicant), "list": ("/filing/joint/", applicant),
        "keyword": ("/filing/joint/?q=%E5%AE%8F%E6%9D%BE", applicant), "queue": ("/review/", officer),
    }  # fmt: skip
    for name, row, address in (("detail", filed, "/filing/{}/"), ("edit", draft, "/filing/{}/edit/basics/")):
        if row:
            asked[name] = (address.format(row.pk), applicant)
    if review:
        asked["review"] = (f"/review/{review.pk}/", officer)
    return asked


def cold(rounds: int) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in SERVERS}
    for turn in range(rounds + 1):
        for name, application in SERVERS.items():
            server = Server(application)
            wall = server.wait()
            if turn:  # the first one fills the disk's cache
                found[name].append((server.worked(), wall))
            server.end()
    return found


def memory(times: int) -> dict[str, tuple[float, float]]:
    found = {}
    for name, application in SERVERS.items():
        server = Server(application)
        server.wait()
        asked = pages() if name == "portal" else {"page": ("/", "")}
        for title, (path, cookie) in asked.items():
            if (status := server.ask(path, cookie)) != 200:
                raise SystemExit(f"{title} answered {status}.")
            for _ in range(times - 1):
                server.ask(path, cookie)
        found[name] = server.held()
        server.end()
        print(f"{name}: {', '.join(asked)}", flush=True)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--times", type=int, default=200)
    given = arguments.parse_args()
    starts = cold(given.rounds)
    held = memory(given.times)
    print("\n| | portal | floor | ratio |\n|---|---|---|---|")
    for place, title in enumerate(("cold start, CPU s", "cold start, by the clock, s")):
        one, two = (statistics.median(each[place] for each in starts[name]) for name in SERVERS)
        print(f"| {title} | {one:.2f} | {two:.2f} | {one / two:.1f} |")
    for place, title in enumerate(("worker, RSS MB", "worker, PSS MB")):
        one, two = (held[name][place] for name in SERVERS)
        print(f"| {title} | {one:.0f} | {two:.0f} | {one / two:.2f} |")


if __name__ == "__main__":
    main()
