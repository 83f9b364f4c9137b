"""Walks through lists and exports of a portal whose database has a replica, and prints what happened as JSON.

Run by tests/embedded/test_replica.py in a process of its own, with DATABASE_URL, REPLICA_URL and PORTAL_VAR.
"""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

import psycopg2  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import DatabaseError, connection, connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from portal import replica  # noqa: E402
from portal.exports.actions import ask_for_export, claim, make_export  # noqa: E402
from portal.exports.models import Export  # noqa: E402
from portal.lists.kinds import list_kind  # noqa: E402
from portal.relay import ALIVE  # noqa: E402
from supervision.models import Filing  # noqa: E402
from tests import make  # noqa: E402

settings.STORAGES |= {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
settings.ALLOWED_HOSTS = ["testserver"]
LIST = "/filing/advance/"
found: dict[str, object] = {}


def alive(age: int = 0) -> None:
    """The relay's heartbeat."""
    with connection.cursor() as cursor:
        cursor.execute(ALIVE.replace("now()", f"now() - interval '{age} s'"))


def follow(seconds: float = 10) -> None:
    """Wait until the replica has everything."""
    assert replica.caught_up(seconds), "The replica does not follow."


def replay(what: str) -> None:
    """pause or resume."""
    session = psycopg2.connect(os.environ["ADMIN_URL"])
    session.autocommit = True
    session.cursor().execute(f"SELECT pg_wal_replay_{what}()")
    session.close()


def look(browser: Client) -> tuple[int, int, bool]:
    """Status of the list, how many filings it shows, and whether the replica gave them."""
    with CaptureQueriesContext(connections["replica"]) as asked:
        answer = browser.get(LIST)
    return answer.status_code, answer.content.decode().count("/filing/0"), len(asked) > 1


def exported(away: bool = False) -> list:
    """How many rows the export of the list holds, and who gave them."""
    ask_for_export(list_kind("filing-advance"), "", by=author)
    replica.CATCH_UP = 0.3
    export = claim()
    if away:
        make_export(export)
        return [Export.objects.get(pk=export.pk).rows, "primary"]
    with CaptureQueriesContext(connections["replica"]) as asked:
        make_export(export)
    given = any("supervision_filing" in query["sql"] for query in asked)
    return [Export.objects.get(pk=export.pk).rows, "replica" if given else "primary"]


author = make.site_officer()
firm = make.employer_of(author)
make.draft_filing(by=author)
browser, colleague = Client(), Client()
browser.force_login(author)
colleague.force_login(make.member(firm, make.person()).user)
alive()
follow()
first = look(browser)
alone = first[1]  # links of one row
found["a reader"] = [first[0], "replica" if first[2] else "primary"]

replay("pause")
began = browser.post("/filing/advance/new/", {"enterprise": str(firm.pk)})
found["wrote"] = [began.status_code, Filing.objects.filter(enterprise=firm).count(), "wrote" in browser.cookies]
shown = look(browser)
found["the writer, before the replica has it"] = [shown[1] > alone, "replica" if shown[2] else "primary"]
shown = look(colleague)
found["a colleague, meanwhile"] = [shown[1] > alone, "replica" if shown[2] else "primary"]
found["an export, meanwhile"] = exported()
replay("resume")
follow()
shown = look(browser)
found["the writer, once it has"] = [shown[1] > alone, "replica" if shown[2] else "primary"]
found["an export"] = exported()

alive(age=900)
time.sleep(0.3)
shown = look(colleague)
found["a replica that lags"] = [shown[0], "replica" if shown[2] else "primary"]
alive()
follow()
shown = look(colleague)
found["one that came back"] = [shown[0], "replica" if shown[2] else "primary"]

with replica.reading():
    row = Filing.objects.filter(enterprise=firm).first()
    first_db = row._state.db
    row.save(update_fields=["changed_at"])
    found["after a write in the same view"] = [first_db, Filing.objects.first()._state.db]
try:
    with connections["replica"].cursor() as cursor:
        cursor.execute("DELETE FROM portal_heartbeat")
    found["a write to the replica"] = "done"
except DatabaseError as fault:
    found["a write to the replica"] = fault.__cause__.__class__.__name__

follow()
print(json.dumps({"now": "stop the replica"}), flush=True)
sys.stdin.readline()
began_at = time.monotonic()
away = [one.get(LIST).status_code for one in (colleague, colleague, browser)]
found["away"] = [away, time.monotonic() - began_at < 5, replica._rests_until > time.monotonic()]
found["an export, away"] = exported(away=True)
print(json.dumps(found), flush=True)
