"""kill -9 of the whole portal amid uploads and submissions: what was answered is there, every text goes out once."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import psutil
import psycopg2
import pytest

from portal.embedded.running import ROOT
from tests import make
from tests.embedded.clients import LOST, Client, csrf, values_of
from tests.embedded.launched import GIVEN_BY_RUN, Launched, all_gone, data_folder, free_port, until

PEOPLE, FILINGS = 3, 8  # filings to hand in, of each person
AMID = 5  # so many of each sort were answered when it happens


# of the filings that were handed in: how many versions, reviews, and messages to the applicant each has
WHOLE = """
    SELECT DISTINCT (SELECT count(*) FROM supervision_filingversion v WHERE v.filing_id = f.id),
                    (SELECT count(*) FROM supervision_review r WHERE r.filing_id = f.id),
                    (SELECT count(*) FROM portal_message m WHERE m.about_id = f.id::text AND m.event = 'filing.received')
    FROM supervision_filing f WHERE f.status = 'submitted'
"""


class Worker(Client):
    """Somebody who uploads, or hands in one filing after the other, and remembers what was answered."""

    def __init__(self, port: int, papers: dict) -> None:
        super().__init__(port)
        self.papers = papers
        self.uploaded: dict[str, bytes] = {}
        self.filed: list[str] = []
        self.forms: dict[str, list[tuple[str, str]]] = {}
        self.sign_in(papers["phone"], make.PASSWORD)

    def file(self, pk: str) -> bool:
        """Hand one filing in, with the very form of an earlier attempt if there was one."""
        fields = self.forms.get(pk) or self.form_of(pk)
        self.forms[pk] = fields
        reply = self.post(f"/filing/{pk}/submit/", fields)
        if reply.status != 200 or not reply.url.endswith("/done/") or "报监成功" not in reply.text:
            return False
        self.filed.append(pk)
        return True

    def form_of(self, pk: str) -> list[tuple[str, str]]:
        page = self.get(f"/filing/{pk}/submit/")
        fields = [("csrfmiddlewaretoken", csrf(page)), ("once", values_of(page, "once")[0]), ("prior_exists", "no")]
        fields += [("targets", "safety"), ("targets", "quality")]
        fields += [("acknowledged", code) for code in values_of(page, "acknowledged")]
        return fields + [("reason", "同一地块的另一个标段。") for _field in values_of(page, "reason")]

    def upload(self, address: str, token: str) -> bool:
        """Send one file of its own content as the page's script does."""
        content = make.pdf().read() + f"%{os.urandom(16).hex()}\n".encode()
        reply = self.post(address, [("csrfmiddlewaretoken", token)], ("材料.pdf", content))
        if reply.status != 201:
            return False
        self.uploaded[json.loads(reply.text)["id"]] = content
        return True

    def file_all(self, over: Event) -> None:
        for pk in self.papers["ready"]:
            if over.is_set() or not attempted(self.file, pk):
                return

    def upload_on(self, over: Event) -> None:
        page = self.get(f"/filing/{self.papers['draft']}/edit/attachments/")
        address = re.findall(r'data-url="([^"]+)"', page.text)[0]
        while not over.is_set() and attempted(self.upload, address, csrf(page)):
            pass


def attempted(act, *args) -> bool:
    """Whether it was answered; False as well when the server went away."""
    try:
        return act(*args)
    except LOST:
        return False


def beside(var: Path, *arguments: str) -> subprocess.Popen:
    """A command of tests.embedded.prepared that works in the run's database."""
    env = {name: value for name, value in os.environ.items() if name not in GIVEN_BY_RUN} | {"PORTAL_VAR": str(var)}
    command = [sys.executable, "-m", "tests.embedded.prepared", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def prepared(var: Path) -> list[dict]:
    printed, _nothing = beside(var, "people", str(PEOPLE), str(FILINGS)).communicate(timeout=60)
    return json.loads(printed.splitlines()[-1])


def kill_all(portal: Launched) -> None:
    """Nobody gets a moment to put things in order."""
    processes = [psutil.Process(portal.process.pid), *portal.tree()]
    for process in processes:
        process.kill()
    portal.process.wait()
    assert all_gone(processes)


@pytest.fixture
def var() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def ask(portal: Launched, statement: str) -> list[tuple]:
    connection = psycopg2.connect(portal.environment()["DATABASE_OWNER_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def all_sent(portal: Launched) -> bool:
    return ask(portal, "SELECT count(*) FROM portal_delivery WHERE state <> 'sent'") == [(0,)]


def test_what_was_answered_is_there_and_every_text_goes_out_once(var):
    portal = Launched(var, free_port()).wait_until_ready()
    workers = [Worker(portal.port, papers) for papers in prepared(var)]
    filing, uploading = workers[:-1], workers[-1:]
    telling = beside(var, "telling", workers[0].papers["phone"])
    assert until(lambda: all_told(portal) > AMID, 20)
    over = Event()
    acts = [Thread(target=one.file_all, args=[over]) for one in filing]
    acts += [Thread(target=one.upload_on, args=[over]) for one in uploading]
    for act in acts:
        act.start()
    amid = until(lambda: all(sum(map(len, part)) >= AMID for part in answered(filing, uploading)), 30)
    at_work = [act.is_alive() for act in acts] + [telling.poll() is None]
    kill_all(portal)
    over.set()
    for act in acts:
        act.join()
    told = telling.communicate(timeout=20)[0].split()
    assert amid and all(at_work), "it was to fall while everybody was at work"

    portal = Launched(var, portal.port).wait_until_ready()
    try:
        look_after(portal, filing, uploading, told)
    finally:
        portal.asked_to_end()


def all_told(portal: Launched) -> int:
    return ask(portal, "SELECT count(*) FROM portal_message WHERE event = 'account.password_changed'")[0][0]


def answered(filing: list[Worker], uploading: list[Worker]) -> list[list]:
    return [[one.filed for one in filing], [one.uploaded for one in uploading]]


def look_after(portal: Launched, filing: list[Worker], uploading: list[Worker], told: list[str]) -> None:
    """Everything answered is there; the rest is there whole or not at all, and may be sent again."""
    for one in uploading:  # the sessions are still good
        for pk, content in one.uploaded.items():
            assert one.get(f"/documents/{pk}/").content == content
    for one in filing:
        for pk in one.filed:
            assert "待安监审核" in one.get(f"/filing/{pk}/").text
        for pk in one.papers["ready"]:
            assert pk in one.filed or one.file(pk)  # with the form that went unanswered
    assert ask(portal, WHOLE) == [(1, 2, 1)]
    assert ask(portal, "SELECT count(*) FROM supervision_filing WHERE status = 'submitted'") == [
        (sum(len(one.papers["ready"]) for one in filing),)
    ]
    # a worker's claim on what it was sending runs out after a minute; we do not wait for it
    ask(portal, "UPDATE portal_delivery SET lease_until = now() WHERE state = 'sending'")
    assert until(lambda: all_sent(portal), 30)
    sent = [message for (message,) in ask(portal, "SELECT message_id::text FROM portal_delivery")]
    assert set(told) <= set(sent) and all_told(portal) - len(told) in (0, 1)  # one may not have been printed any more
    assert ask(portal, "SELECT key FROM portal_delivery ORDER BY key") == ask(
        portal, "SELECT key FROM portal_trayentry ORDER BY key"
    )
