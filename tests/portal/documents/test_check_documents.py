"""The check in the background: how it ends, and that nothing is lost or stuck on the way."""

import errno
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone
from PIL import Image

from portal.documents import checks, clamav, storage, tasks
from portal.documents.actions import purge, remove
from portal.documents.models import Document
from portal.documents.tasks import ATTEMPTS, UNFINISHED, check_documents, claim, examine
from portal.relay import SWEEP
from tests.portal.documents import files

pytestmark = pytest.mark.django_db


def later(document):
    """As if the lease, or the pause before the next try, were over."""
    Document.objects.filter(pk=document.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("kind", ["test_papers", "test_photo"])
def test_a_sound_photo_is_ready_written_anew_and_sealed_where_it_was(kept, folder, lying, kind):
    document = kept(files.phone_photo() + files.MARK, "照片.Jpg", kind=kind)

    assert (document.state, document.problem, document.scan) == ("ready", "", "unscanned")
    assert (document.width, document.height, document.media_type) == (400, 640, "image/jpeg")
    clean = storage.read(document)
    assert (document.size, document.sha256) == (len(clean), hashlib.sha256(clean).hexdigest())
    assert len(Image.open(io.BytesIO(clean)).getexif()) == 0 and files.MARK not in clean
    assert Image.open(io.BytesIO(storage.read(document, "thumb"))).size == (200, 320)
    assert lying() == [document.key, storage.key_of(document, "thumb")]
    for path in folder.rglob("*.*"):
        assert path.read_bytes().startswith(b"\xff\xd8\xff") is (kind == "test_papers")


def test_a_sound_pdf_is_ready_as_it_was_with_pictures_of_its_pages(kept):
    data = files.pdf(pages=22)
    document = kept(data, "合同.pdf")
    assert (document.state, document.pages, document.previews, document.thumbnail) == ("ready", 22, 20, True)
    assert storage.read(document) == data
    assert Image.open(io.BytesIO(storage.read(document, "20"))).format == "JPEG"


@pytest.mark.parametrize(("data", "name"), [(files.docx(), "a.docx"), (files.xlsx(), "b.xlsx"), (files.ofd(), "c.ofd")])
def test_a_sound_office_document_is_ready_without_pictures(kept, data, name):
    document = kept(data, name)
    assert (document.state, document.has_preview, document.thumbnail) == ("ready", False, False)


@pytest.mark.parametrize(
    ("data", "name", "problem"),
    [
        (files.noise((800, 600))[:9000], "a.jpg", checks.BROKEN_IMAGE),
        (files.png_bomb(30000, 30000), "a.png", checks.TOO_MANY_PIXELS % (30000, 30000)),
        (files.pdf(change=files.run_javascript), "a.pdf", checks.ACTIVE_PDF % "脚本"),
        (files.docm(), "a.docx", checks.MACROS % "docx"),
        (files.docx({"word/a.bin": bytes(50_000_000)}), "a.docx", checks.BLOATED),
    ],
)
def test_an_unsound_file_is_refused_with_a_sentence(kept, lying, data, name, problem):
    document = kept(data, name)
    assert (document.state, document.problem) == ("refused", problem)
    assert lying() == [document.key]


def test_the_next_files_do_not_wait_for_a_poisonous_one(kept, monkeypatch, tmp_path):
    poison = kept(files.pdf(), "a.pdf", checked=False)
    good = kept(files.pdf(), "b.pdf", checked=False)
    spoil(poison, monkeypatch, tmp_path)
    assert check_documents() == 2
    poison.refresh_from_db(), good.refresh_from_db()
    assert (poison.state, poison.attempts, good.state) == ("checking", 1, "ready")
    assert check_documents() == 0


def spoil(document, monkeypatch, tmp_path):
    """Let the inspector die over this document, as a decoder with a bug would."""
    real, crash = tasks.inspect, tmp_path / "crash.py"
    crash.write_text("import os; os.abort()")

    def inspect(other):
        with monkeypatch.context() as patched:
            if other.pk == document.pk:
                patched.setattr(tasks, "INSPECTOR", crash)
            return real(other)

    monkeypatch.setattr(tasks, "inspect", inspect)


def test_a_poisonous_file_is_put_aside_after_three_tries(kept, monkeypatch, tmp_path):
    poison = kept(files.pdf(), "a.pdf", checked=False)
    spoil(poison, monkeypatch, tmp_path)
    for attempt in range(1, ATTEMPTS + 1):
        assert check_documents() == 1
        poison.refresh_from_db()
        assert poison.attempts == attempt
        later(poison)
    assert (poison.state, poison.problem) == ("stuck", UNFINISHED)
    assert check_documents() == 0


def test_a_worker_that_was_killed_each_time_is_put_aside(kept):
    document = kept(files.pdf(), "a.pdf", checked=False)
    for _ in range(ATTEMPTS):
        assert claim() == document
        later(document)
    check_documents()
    document.refresh_from_db()
    assert (document.state, document.problem) == ("stuck", UNFINISHED)


def test_nobody_takes_a_file_that_another_worker_has(kept):
    document = kept(files.pdf(), "a.pdf", checked=False)
    assert claim() == document
    assert claim() is None
    later(document)
    assert claim() == document


def test_the_slower_of_two_workers_changes_nothing(kept):
    document = kept(files.phone_photo(), "a.jpg", checked=False)
    slow = claim()
    later(document)
    check_documents()
    document.refresh_from_db()
    before = (document.key, document.sha256, document.checked_at)
    tasks.settle(slow, {"problem": "late"}, {})
    document.refresh_from_db()
    assert (document.state, document.key, document.sha256, document.checked_at) == ("ready", *before)
    assert storage.read(document)


def test_a_worker_whose_lease_ran_out_leaves_the_verdict_to_the_next(kept):
    document = kept(files.pdf(), "a.pdf", checked=False)
    slow = claim()
    later(document)
    quick = claim()
    tasks.settle(slow, {"problem": "late"}, {})
    document.refresh_from_db()
    assert (document.state, document.attempts) == ("checking", 2)
    examine(quick)
    document.refresh_from_db()
    assert document.state == "ready"


def test_a_file_that_was_changed_on_the_disk_is_never_ready(kept, folder):
    document = kept(files.pdf(), "a.pdf", checked=False)
    (folder / document.key).write_bytes(files.pdf(pages=2))
    for _ in range(ATTEMPTS):
        check_documents()
        later(document)
    document.refresh_from_db()
    assert (document.state, document.problem) == ("stuck", UNFINISHED)


def test_a_file_that_hangs_the_inspector_is_given_up_in_time(kept, monkeypatch, tmp_path):
    endless = tmp_path / "endless.py"
    endless.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(tasks, "INSPECTOR", endless)
    monkeypatch.setattr(tasks, "TIME_LIMIT", 0.5)
    document = kept(files.pdf(), "a.pdf")
    assert (document.state, document.attempts) == ("checking", 1)
    assert document.lease_until > timezone.now()


def test_a_pdf_that_is_only_hard_to_draw_passes_at_the_last_try(kept):
    document = kept(files.pdf(), "a.pdf", checked=False)
    Document.objects.filter(pk=document.pk).update(attempts=ATTEMPTS - 1)
    check_documents()
    document.refresh_from_db()
    assert (document.state, document.previews) == ("ready", 0)


def test_a_full_disk_delays_the_check_and_blames_no_file(kept, monkeypatch, lying):
    document = kept(files.phone_photo(), "a.jpg", checked=False)

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "of_bytes", full)
        for _ in range(ATTEMPTS + 2):
            check_documents()
            later(document)
    document.refresh_from_db()
    assert (document.state, document.attempts, lying()) == ("checking", 0, [document.key])
    check_documents()
    document.refresh_from_db()
    assert document.state == "ready"


@pytest.mark.parametrize("end", [lambda document: remove(document, by=None), lambda document: purge([document])])
def test_a_file_removed_during_its_check_stays_removed_and_leaves_nothing_new(kept, monkeypatch, lying, end):
    document = kept(files.phone_photo(), "a.jpg", checked=False)
    real = tasks.inspect

    def slowly(claimed):
        found = real(claimed)
        end(Document.objects.get(pk=document.pk))
        return found

    monkeypatch.setattr(tasks, "inspect", slowly)
    check_documents()
    document.refresh_from_db()
    assert document.state == "removed"
    assert lying() == ([document.key] if document.key else [])


def test_what_an_interrupted_check_left_is_written_over(kept, lying):
    document = kept(files.phone_photo(), "a.jpg", checked=False)
    storage.keep_part(document, "clean", b"half")
    storage.keep_part(document, "thumb", b"half")
    check_documents()
    document.refresh_from_db()
    assert document.state == "ready" and storage.read(document).startswith(b"\xff\xd8\xff")
    assert lying() == [document.key, storage.key_of(document, "thumb")]


def test_the_inspector_has_no_secrets_and_little_memory(monkeypatch, tmp_path, kept):
    spy = tmp_path / "spy.py"
    spy.write_text("import os, json; print(json.dumps({'problem': ' '.join(sorted(os.environ))}))")
    monkeypatch.setattr(tasks, "INSPECTOR", spy)
    seen = kept(files.pdf(), "a.pdf").problem
    assert set(seen.split()) <= {"PATH", "LD_LIBRARY_PATH", "LC_CTYPE"}
    greedy = f"import runpy; c = runpy.run_path({checks.__file__!r}); c['confine'](); bytearray(512 << 20)"
    run = subprocess.run([sys.executable, "-c", greedy], capture_output=True)
    assert run.returncode == 1 and b"MemoryError" in run.stderr


WORKER = """
import django; django.setup()
from portal.celery import app
app.loader.import_default_modules()
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


# Run by a small process: the most that a process has held counts what its parent held when it was forked.
WATCHED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdin=sys.stdin, stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_a_worker_and_the_inspector_it_waits_for_stay_below_512_mb_together():
    """40 megapixels, which is the most that may come; half a megabyte as a file (docs/performance.md has heavier ones)."""
    with tempfile.TemporaryFile() as sent:
        sent.write(files.image("PNG", (7300, 5470), "RGBA"))
        sent.seek(0)
        inspector = [sys.executable, "-I", checks.__file__, "png", "20"]
        watched = subprocess.run(
            [sys.executable, "-I", "-c", WATCHED, *inspector], stdin=sent, capture_output=True, text=True, check=True
        )
    env = os.environ | {"PORTAL_PROCESS": "worker", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    worker = subprocess.run([sys.executable, "-c", WORKER], capture_output=True, text=True, env=env, check=True)
    most, own = int(watched.stdout) // 1024, int(worker.stdout) // 1024
    assert most > 250  # it was read whole
    assert most + own < 512
    code = 60  # MB of decoders' code, shared by all
    assert checks.MEMORY // (1024 * 1024) + code + own < 512


def bounded(tmp_path, megabytes):
    """The inspector with less memory than usual."""
    script = tmp_path / "bounded.py"
    script.write_text(
        f"import runpy; main = runpy.run_path({checks.__file__!r})['main']\n"
        f"main.__globals__['MEMORY'] = {megabytes} << 20; main()"
    )
    return script


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (files.image("JPEG", (6000, 4000)), "a.jpg"),  # 96 MB of pixels
        (files.image("JPEG", (4000, 3000), progressive=True, subsampling=0), "b.jpg"),  # 48 MB, and 72 of coefficients
    ],
)
def test_a_file_that_needs_too_much_memory_is_refused_with_a_sentence(kept, monkeypatch, tmp_path, data, name):
    monkeypatch.setattr(tasks, "INSPECTOR", bounded(tmp_path, 90))
    document = kept(data, name)
    assert (document.state, document.problem) == ("refused", checks.TOO_HEAVY)
    assert kept(files.pdf(), "next.pdf").state == "ready"


def test_a_worker_does_not_hold_what_it_checks(kept):
    """The most that Python itself allocates meanwhile is less than the file: it is streamed, what was made comes in parts."""
    document = kept(files.noise((3000, 2100), quality=100), "large.jpg", checked=False)
    sent = document.size
    tracemalloc.start()
    try:
        check_documents()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    document.refresh_from_db()
    assert document.state == "ready" and document.size > sent // 3
    assert sent > 9_000_000 > most


SLOW_WORKER = """
import django, sys; django.setup()
from datetime import timedelta
from django.core.files.storage import default_storage
from django.db import connection
from pathlib import Path
from portal.documents import tasks
connection.settings_dict["NAME"], default_storage._location, endless = sys.argv[1:]
tasks.INSPECTOR, tasks.LEASE, tasks.BEAT = Path(endless), timedelta(seconds=2), 0.3
tasks.check_documents()
"""


def lease_of(document):
    document.refresh_from_db()
    return document.lease_until


@pytest.mark.django_db(transaction=True)
def test_nobody_takes_the_file_of_a_slow_worker_and_soon_somebody_that_of_a_killed_one(kept, folder, tmp_path):
    """A real process checks one file for longer than its lease; then it is killed with SIGKILL."""
    document = kept(files.phone_photo(), "a.jpg", checked=False)
    endless = tmp_path / "endless.py"
    endless.write_text("import time; time.sleep(60)")
    arguments = [connection.settings_dict["NAME"], str(folder), str(endless)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    worker = subprocess.Popen([sys.executable, "-c", SLOW_WORKER, *arguments], env=environment)
    try:
        assert until(lambda: lease_of(document) is not None, 60)
        first = document.lease_until
        assert until(lambda: timezone.now() > first, 10)
        assert lease_of(document) > first and check_documents() == 0
    finally:
        worker.kill()
        worker.wait()

    killed = time.monotonic()
    assert until(check_documents, 20)
    assert time.monotonic() - killed < 10
    document.refresh_from_db()
    assert (document.state, document.attempts) == ("ready", 2)


def until(holds, seconds):
    end = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def test_the_file_of_a_killed_worker_waits_less_than_half_a_minute():
    """R2: the lease, and the sweep after it that wakes the next worker; a check is renewed as long as it may take."""
    assert tasks.LEASE.total_seconds() + SWEEP < 30
    assert 3 * tasks.BEAT < tasks.LEASE.total_seconds()
    assert tasks.LONGEST >= tasks.TIME_LIMIT + clamav.CONNECT_WITHIN + clamav.ANSWER_WITHIN


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_over_a_lost_connection_and_no_more_after_the_longest_time(kept, monkeypatch):
    document = kept(files.pdf(), "a.pdf", checked=False)
    monkeypatch.setattr(tasks, "BEAT", 0.05)
    claimed, done = claim(), Event()
    first, failures = lease_of(document), [OperationalError("gone")]

    def update(query, **values):
        if failures:
            raise failures.pop()
        return real(query, **values)

    real = QuerySet.update
    monkeypatch.setattr(QuerySet, "update", update)
    renewing = Thread(target=tasks.renew, args=[claimed, done])
    renewing.start()
    try:
        assert until(lambda: lease_of(document) > first, 10) and not failures
    finally:
        done.set()
        renewing.join()
    monkeypatch.setattr(tasks, "LONGEST", 0.0)
    tasks.renew(claimed, Event())  # ends by itself


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_another_worker_has_taken_over_is_left_alone(kept, monkeypatch):
    document = kept(files.pdf(), "a.pdf", checked=False)
    monkeypatch.setattr(tasks, "BEAT", 0.0)
    slow = claim()
    later(document)
    claim()
    theirs = lease_of(document)
    tasks.renew(slow, Event())  # ends by itself
    assert lease_of(document) == theirs


@pytest.mark.django_db(transaction=True)
def test_several_workers_share_the_files(kept):
    documents = [kept(files.pdf(), f"{number}.pdf", checked=False) for number in range(6)]
    counts = []

    def work():
        counts.append(check_documents())
        connection.close()

    threads = [Thread(target=work) for _ in range(3)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 60
    assert sum(counts) == 6
    assert set(Document.objects.values_list("state", "attempts")) == {("ready", 1)}
    assert len(documents) == Document.objects.count()


def test_examining_a_ready_file_again_does_no_harm(kept):
    document = kept(files.phone_photo(), "a.jpg")
    before = (document.key, document.sha256)
    examine(document)
    document.refresh_from_db()
    assert (document.state, document.key, document.sha256) == ("ready", *before)
    assert storage.read(document)
