"""What a fault costs: python -m bench.faults [--uploads 500] [--submissions 500] [--faults web,worker,…]

Starts a whole portal of its own in a throw-away folder, with a mail server that counts what really goes out. For each fault
people upload files and hand filings in, all at once; when a third is answered the fault strikes. Whoever gets no answer tries
again with the very same form, as browsers do. Afterwards everything that was answered is looked for, one by one:

* lost: answered but not there: a filing not handed in, a file without its bytes, a message that nobody was told, an
  e-mail noted as sent that the mail server never saw
* twice: a filing with two first versions, the same message told or mailed again, one upload kept as two files
* unclear: an e-mail whose worker was killed between sending and noting it. It is shown to operators and not repeated
* answers after: the longest wait, from the fault, for the next answer of either sort
* all done after: from the fault until every file and e-mail from before it was checked and sent

With a full disk there is also looked for what was half stored: temporary files, and bytes that no document knows; that is lost too.
"""

import argparse
import hashlib
import io
import itertools
import json
import os
import platform
import re
import signal
import socketserver
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import pikepdf
import psutil
import psycopg2

from portal.embedded.running import ROOT
from tests.embedded.clients import LOST, Client, csrf, values_of
from tests.embedded.launched import GIVEN_BY_RUN, Launched, data_folder, free_port, until

FILES_A_DRAFT = 25  # a material takes 30
PATIENCE = 180  # seconds in which everything must have been answered, and then done; as many more as there are acts
PAUSE = 0.2  # seconds before somebody without an answer tries again
STOPPED = 4.0  # seconds that a stopped thing stays away


def blank_pdf() -> bytes:
    pdf, data = pikepdf.new(), io.BytesIO()
    pdf.add_blank_page()
    pdf.save(data)
    return data.getvalue()


BLANK = blank_pdf()


# The mail server


class MailSink(socketserver.StreamRequestHandler):
    """Takes every mail and remembers its Message-ID."""

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        for raw in self.rfile:
            line = raw.strip().upper()
            if line == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                mail = b"".join(iter(self.rfile.readline, b".\r\n")).decode(errors="replace")
                self.server.seen[re.findall(r"(?mi)^Message-ID: <(.+?)@", mail)[0]] += 1  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if line == b"QUIT" else b"" if line == b"" else b"250 fine\r\n")
            if line == b"QUIT":
                return


def mail_sink() -> Any:
    server: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailSink)
    server.daemon_threads, server.seen = True, Counter()
    Thread(target=server.serve_forever, daemon=True).start()
    return server


# People


@dataclass
class Ledger:
    """What was answered, and when."""

    filed: dict[str, float] = field(default_factory=dict)  # filing -> moment
    uploaded: dict[str, tuple[float, str, str]] = field(default_factory=dict)  # document -> moment, digest, draft
    refused: list[str] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)  # the reasons why an upload could not be taken just then
    retried: int = 0
    lock: Any = field(default_factory=Lock)

    def count(self) -> int:
        return len(self.filed) + len(self.uploaded)

    def moments(self) -> tuple[list[float], list[float]]:
        return sorted(self.filed.values()), sorted(moment for moment, _digest, _draft in self.uploaded.values())


class Somebody(Client):
    """Hands filings in or uploads, and does not give up."""

    def __init__(self, port: int, papers: dict[str, Any], ledger: Ledger) -> None:
        super().__init__(port)
        self.papers, self.ledger = papers, ledger
        self.sign_in(papers["phone"], papers["password"])

    def persistently(self, act: Callable[[], bool], over: Event) -> None:
        while not over.is_set():
            try:
                if act():
                    return
            except (*LOST, IndexError, ValueError):  # no answer, or an error page instead of the form
                pass
            with self.ledger.lock:
                self.ledger.retried += 1
            time.sleep(PAUSE)

    def file_all(self, over: Event) -> None:
        for pk in self.papers["ready"]:
            form: list[tuple[str, str]] = []
            self.persistently(lambda pk=pk, form=form: self.file(pk, form), over)  # type: ignore[misc]

    def file(self, pk: str, form: list[tuple[str, str]]) -> bool:
        """Hand one filing in, with the very form of an earlier attempt if there was one."""
        form.extend([] if form else self.form_of(pk))
        reply = self.post(f"/filing/{pk}/submit/", form)
        if reply.status == 200 and reply.url.endswith("/done/"):
            self.ledger.filed[pk] = time.time()
            return True
        if reply.status < 500:
            self.ledger.refused.append(f"submit {reply.status} {reply.url}")
        return False

    def form_of(self, pk: str) -> list[tuple[str, str]]:
        page = self.get(f"/filing/{pk}/submit/")
        fields = [("csrfmiddlewaretoken", csrf(page)), ("once", values_of(page, "once")[0]), ("prior_exists", "no")]
        fields += [("targets", "safety"), ("targets", "quality")]
        fields += [("acknowledged", code) for code in values_of(page, "acknowledged")]
        return fields + [("reason", "同一地块的另一个标段。") for _field in values_of(page, "reason")]

    def upload_all(self, over: Event) -> None:
        for number in range(self.papers["files"]):
            draft = self.papers["drafts"][number // FILES_A_DRAFT]
            content = BLANK + f"%{os.urandom(16).hex()}\n".encode()  # the same bytes never twice
            self.persistently(lambda draft=draft, content=content: self.upload(draft, content), over)  # type: ignore[misc]

    def upload(self, draft: str, content: bytes) -> bool:
        page = self.get(f"/filing/{draft}/edit/attachments/")
        address = re.findall(r'data-url="([^"]+)"', page.text)[0]
        reply = self.post(address, [("csrfmiddlewaretoken", csrf(page))], ("材料.pdf", content))
        if reply.status in {200, 201}:
            digest = hashlib.sha256(content).hexdigest()
            self.ledger.uploaded[json.loads(reply.text)["id"]] = (time.time(), digest, draft)
            return True
        if reply.status == 507:
            self.ledger.said.update(json.loads(reply.text)["reasons"])
        if reply.status < 500:
            self.ledger.refused.append(f"upload {reply.status} {reply.text[:200]}")
        return False


# Faults


def kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass


def with_children(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def web(portal: Launched) -> None:
    """Three times one of the web workers, a second apart."""
    for _time in range(3):
        kill(portal.child("gunicorn").children()[:1])
        time.sleep(1)


def celery(portal: Launched, word: str) -> list[psutil.Process]:
    """The processes of Celery's worker or beat, the parent first."""
    return [process for process in portal.tree() if {"celery", word} <= set(title_of(process).split())]


def worker(portal: Launched) -> None:
    kill(with_children(celery(portal, "worker")[0]))


def beat(portal: Launched) -> None:
    kill(with_children(celery(portal, "beat")[0]))


def relay(portal: Launched) -> None:
    kill(with_children(portal.child("relay")))


def valkey(portal: Launched) -> None:
    kill([portal.child("valkey")])


def postgres(portal: Launched) -> None:
    """A backend dies in the middle: PostgreSQL ends all others and recovers from its log."""
    backends = portal.child("postgres").children()
    kill([process for process in backends if "portal_app" in title_of(process)][:1])


def title_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it ended meanwhile
        return ""


def postgres_stopped(portal: Launched) -> None:
    stopped = with_children(portal.child("postgres"))
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    time.sleep(STOPPED)
    for process in stopped:
        if process.is_running():
            process.send_signal(signal.SIGCONT)


def storage(portal: Launched) -> None:
    """The folder of the documents is gone, as a lost mount would be, and comes back."""
    folder, away = portal.var / "documents", portal.var / "documents-away"
    folder.rename(away)
    folder.write_text("")
    time.sleep(STOPPED)
    folder.unlink()
    away.rename(folder)


def disk_full(portal: Launched) -> None:
    """No file of a web process or a worker can grow beyond 16 bytes: what it writes ends as on a full disk."""
    writing = with_children(portal.child("gunicorn"))
    writing += celery(portal, "worker")
    usual = {process: process.rlimit(psutil.RLIMIT_FSIZE) for process in writing}
    for process, (_soft, hard) in usual.items():
        process.rlimit(psutil.RLIMIT_FSIZE, (16, hard))
    time.sleep(STOPPED)
    for process, limits in usual.items():
        if process.is_running():
            process.rlimit(psutil.RLIMIT_FSIZE, limits)


FAULTS: dict[str, Callable[[Launched], None]] = {
    "web": web,
    "worker": worker,
    "relay": relay,
    "beat": beat,
    "valkey": valkey,
    "postgres": postgres,
    "postgres-stopped": postgres_stopped,
    "storage": storage,
    "disk-full": disk_full,
}


# One run


@dataclass
class Outcome:
    """A line of the table."""

    fault: str
    answered: int
    retried: int
    lost: list[str]
    twice: list[str]
    unclear: int
    answers_after: float
    done_after: float
    unanswered: int = 0
    said: tuple[str, ...] = ()


def prepared(var: Path, people: int, filings: int, files: int) -> list[dict[str, Any]]:
    env = {name: value for name, value in os.environ.items() if name not in GIVEN_BY_RUN} | {"PORTAL_VAR": str(var)}
    command = [sys.executable, "-m", "bench.faults", "--prepare", str(people), str(filings), str(files)]
    done = subprocess.run(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def run(portal: Launched, sink: Any, fault: str, *, submissions: int, uploads: int, people: int = 4) -> Outcome:
    """Strike once amid the work, wait until all is answered and done, and look."""
    half = max(1, people // 2)
    ledger, over, patience = Ledger(), Event(), PATIENCE + submissions + uploads
    shares = prepared(portal.var, people, -(-submissions // half), -(-uploads // half))
    crowd = [Somebody(portal.port, papers, ledger) for papers in shares]
    acts = [Thread(target=one.file_all, args=[over], daemon=True) for one in crowd[:half]]
    acts += [Thread(target=one.upload_all, args=[over], daemon=True) for one in crowd[half:]]
    for act in acts:
        act.start()
    aim = sum(len(one.papers["ready"]) for one in crowd[:half]) + sum(one.papers["files"] for one in crowd[half:])
    until(lambda: ledger.count() >= aim / 3, patience)
    struck = time.time()
    FAULTS[fault](portal)
    until(lambda: not any(act.is_alive() for act in acts), patience)
    over.set()
    for act in acts:
        act.join()
    until(lambda: all_done(portal), patience)
    look = Look(portal, sink, ledger, [draft for papers in shares for draft in papers["drafts"]])
    after = max(first_after(moments, struck) for moments in ledger.moments())
    return Outcome(
        fault,
        ledger.count(),
        ledger.retried,
        look.lost() + (look.half_stored() if fault == "disk-full" else []),
        look.twice(),
        look.unclear(),
        after,
        look.done_after(struck),
        aim - ledger.count(),
        tuple(ledger.said),
    )


def first_after(moments: list[float], struck: float) -> float:
    return next((moment - struck for moment in moments if moment > struck), float("nan"))


def ask(portal: Launched, statement: str, values: Iterable[Any] = ()) -> list[tuple]:
    connection = psycopg2.connect(portal.environment()["DATABASE_OWNER_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, list(values))
            return cursor.fetchall()
    finally:
        connection.close()


OPEN = """
    SELECT (SELECT count(*) FROM portal_delivery WHERE state IN ('queued', 'sending', 'failed'))
         + (SELECT count(*) FROM portal_document WHERE state = 'checking')
"""


def all_done(portal: Launched) -> bool:
    try:
        return ask(portal, OPEN) == [(0,)]
    except psycopg2.Error:
        return False


@dataclass
class Look:
    """What is there afterwards."""

    portal: Launched
    sink: Any
    ledger: Ledger
    drafts: list[str]

    def mails(self) -> list[tuple[str, str]]:
        return ask(self.portal, "SELECT key, state FROM portal_delivery WHERE channel = 'email'")

    def lost(self) -> list[str]:
        whole = """
            SELECT f.id::text FROM supervision_filing f WHERE f.status = 'submitted'
            AND (SELECT count(*) FROM supervision_review r WHERE r.filing_id = f.id) = 2
            AND EXISTS (SELECT FROM portal_message m JOIN portal_delivery d ON d.message_id = m.id
                        WHERE m.about_id = f.id::text AND m.event = 'filing.received')
        """
        there = {pk for (pk,) in ask(self.portal, whole)}
        lost = [f"filing {pk}" for pk in self.ledger.filed if pk not in there]
        kept = dict(ask(self.portal, "SELECT id::text, key || ' ' || sha256 || ' ' || state FROM portal_document"))
        for pk, (_moment, digest, _draft) in self.ledger.uploaded.items():
            key, sha256, state = kept.get(pk, "- - -").split()
            path = self.portal.var / "documents" / key
            if sha256 != digest or state != "ready" or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                lost.append(f"file {pk} {state}")
        return lost + [
            f"mail {key}" for key, state in self.mails() if state == "sent" and not self.sink.seen[dotted(key)]
        ]

    def half_stored(self) -> list[str]:
        """What is left of uploads that found no room; parts that a check made (with a dot) belong to their document."""
        documents = self.portal.var / "documents"
        known = {key.partition(".")[0] for (key,) in ask(self.portal, "SELECT key FROM portal_document")}
        lying = [str(path.relative_to(documents)) for path in documents.rglob("*") if path.is_file()]
        orphans = [name for name in lying if name.partition(".")[0] not in known]
        return [f"half {name}" for name in [*orphans, *map(str, (self.portal.var / "tmp").glob("*.part"))]]

    def twice(self) -> list[str]:
        versions = "SELECT filing_id::text FROM supervision_filingversion GROUP BY filing_id HAVING count(*) > 1"
        told = """SELECT about_id FROM portal_message WHERE event IN ('filing.received', 'filing.submitted')
                  GROUP BY user_id, event, about_id HAVING count(*) > 1"""
        again = """SELECT sha256 FROM portal_document WHERE state <> 'removed' GROUP BY sha256, holder_id HAVING count(*) > 1"""
        rows = [
            (name, row)
            for name, sql in (("version", versions), ("message", told), ("file", again))
            for row in ask(self.portal, sql)
        ]
        return [f"{name} {row[0]}" for name, row in rows] + [
            f"mail {key}" for key, n in self.sink.seen.items() if n > 1
        ]

    def unclear(self) -> int:
        return sum(state in {"unknown", "dead"} for _key, state in self.mails())

    def done_after(self, struck: float) -> float:
        """Seconds from the fault until all work from before it was done."""
        latest = """
            SELECT max(at) FROM (
                SELECT extract(epoch FROM coalesce(sent_at, now())) AS at FROM portal_delivery
                 WHERE channel = 'email' AND created_at < to_timestamp(%s) AND state = 'sent'
                UNION ALL
                SELECT extract(epoch FROM coalesce(checked_at, now())) FROM portal_document WHERE uploaded_at < to_timestamp(%s)
            ) AS done
        """
        at = ask(self.portal, latest, [struck, struck])[0][0]
        return max(0.0, float(at) - struck) if at else 0.0


def dotted(key: str) -> str:
    return key.replace(":", ".")


# The table


HEADS = ("fault", "answered", "retried", "lost", "twice", "unclear", "answers after, s", "all done after, s")


def table(outcomes: Iterable[Outcome]) -> str:
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    for row in outcomes:
        cells = [row.fault, row.answered, row.retried, len(row.lost), len(row.twice), row.unclear]
        lines.append(f"| {' | '.join(map(str, cells))} | {row.answers_after:.1f} | {row.done_after:.1f} |")
    return "\n".join(lines)


def prepare(people: int, filings: int, files: int) -> None:
    """In the run's database: the first half of the people file, the other half uploads; all want e-mail. Prints JSON."""
    from accounts.models import User
    from portal.notifications.models import MessageSettings
    from tests import make

    make._running = itertools.count(1 + 100 * User.objects.count())  # the run before has made its own people here
    made = []
    for number in range(people):
        user = make.site_officer()
        MessageSettings.objects.create(user=user, email=f"{user.pk}@example.com")
        files_here = number >= people // 2
        ready = [] if files_here else [str(make.ready_filing(by=user).pk) for _filing in range(filings)]
        count = -(-files // FILES_A_DRAFT) if files_here else 0
        drafts = [str(make.draft_filing(by=user).pk) for _draft in range(count)]
        made.append(
            {
                "phone": user.phone,
                "password": make.PASSWORD,
                "ready": ready,
                "drafts": drafts,
                "files": files if files_here else 0,
            }
        )
    print(json.dumps(made))


def launched(var: Path, sink: Any) -> Launched:
    mail = {"EMAIL_PROVIDER": "portal.notifications.providers.Smtp", "EMAIL_HOST": "127.0.0.1"}
    mail["EMAIL_PORT"] = str(sink.server_address[1])
    return Launched(var, free_port(), **mail).wait_until_ready()


def measure(names: list[str], *, together: bool, **sizes: int) -> list[Outcome]:
    """A portal of its own for each fault, so that none inherits another's; or `together` one for all, which is quicker."""
    outcomes = []
    for shared in [names] if together else [[name] for name in names]:
        with data_folder() as var:
            sink = mail_sink()
            portal = launched(var, sink)
            try:
                for name in shared:
                    outcomes.append(run(portal, sink, name, **sizes))
                    say(outcomes[-1])
            finally:
                portal.asked_to_end()
                sink.shutdown()
    return outcomes


def say(row: Outcome) -> None:
    print(table([row]).splitlines()[-1], file=sys.stderr, flush=True)
    for what in [*row.lost[:5], *row.twice[:5], *row.said]:
        print(f"  {what}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.faults")
    parser.add_argument("--uploads", type=int, default=500)
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--people", type=int, default=4, help="half of them file, half upload")
    parser.add_argument("--together", action="store_true", help="one portal for all faults")
    parser.add_argument("--faults", default=",".join(FAULTS))
    parser.add_argument("--prepare", nargs=3, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare(*options.prepare)
        return
    sizes = {"submissions": options.submissions, "uploads": options.uploads, "people": options.people}
    outcomes = measure(options.faults.split(","), together=options.together, **sizes)
    print(
        f"{options.uploads} uploads and {options.submissions} submissions a fault, {options.people} people at once; ",
        end="",
    )
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}\n")
    print(table(outcomes))
    sys.exit(1 if any(row.lost or row.twice or row.unanswered for row in outcomes) else 0)


if __name__ == "__main__":
    if "--prepare" in sys.argv:
        import django

        from portal.embedded.running import enter

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        enter([])
        django.setup()
    main()
