"""The check in the background: every upload is read whole, by a process of its own, before others may see it."""

import hashlib
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import IO, cast

from celery import shared_task
from django.db import Error, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from portal.documents import clamav, storage
from portal.documents.arrivals import BLOCK, clear_temporary_folder, temporary_folder
from portal.documents.kinds import GROUPS, extension_of
from portal.documents.models import Document
from portal.documents.transfers import clear_transfers
from portal.relay import nudge

logger = logging.getLogger(__name__)

INSPECTOR = Path(__file__).with_name("checks.py")
TIME_LIMIT = 75  # seconds for one file
LEASE = timedelta(seconds=20)  # renewed while the worker lives: whoever has not renewed it was killed
BEAT = 5.0  # seconds between renewals; three may fail before the lease runs out
LONGEST = 150.0  # seconds in which a check is renewed at all: time for the file, its bytes and the scanner
ATTEMPTS = 3
PAUSE = timedelta(seconds=20)  # before a file is tried again
ROUND = 60  # seconds of work after which others get their turn
DEADLINE = timedelta(hours=24)  # what could not be checked by then waits for an operator, whatever was the cause
UNFINISHED = "检查未能完成，请重新上传；如果再次出现，请联系平台运营人员"
INFECTED = "病毒扫描发现风险，文件不能接收；请在电脑上查杀后重新导出，再上传"


class Unfinished(Exception):
    """The inspector gave no answer: it crashed, hung or found something else than was stored."""


@shared_task(name="portal.check_documents")
def check_documents() -> int:
    """Check what waits, one file after the other; returns how many were looked at. Several workers may do this."""
    until, done = time.monotonic() + ROUND, 0
    while document := claim():
        examine(document)
        done += 1
        if time.monotonic() > until:
            with transaction.atomic():
                nudge("portal.check_documents")
            break
    return done


@shared_task(name="portal.clear_uploads")
def clear_uploads() -> int:
    """Delete what killed processes left in the temporary folder, and uploads that nobody goes on with."""
    return clear_temporary_folder() + clear_transfers()


@transaction.atomic
def claim() -> Document | None:
    """Take the file that waits longest, those never tried first, so that a poisonous one delays nobody.

    The clock of leases is the database's, so that workers on several machines agree.
    """
    waiting = Document.objects.filter(Q(lease_until=None) | Q(lease_until__lte=Now()), state=Document.State.CHECKING)
    due = waiting.order_by("attempts", "uploaded_at")
    document = due.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if document is not None:
        document.attempts += 1
        mine = Document.objects.filter(pk=document.pk)
        mine.update(attempts=document.attempts, lease_until=Now() + LEASE)
    return document


def examine(document: Document) -> None:
    """Check one claimed file and settle it, or leave it for another try; nobody else takes it meanwhile."""
    with held(document):
        examine_held(document)


@contextmanager
def held(document: Document) -> Iterator[None]:
    """Renew the lease for as long as this process lives and works on the file, at most LONGEST."""
    done = Event()
    renewing = Thread(target=renew, args=[document, done], daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()


def renew(document: Document, done: Event) -> None:
    """Every few seconds until `done`. Most checks end before the first, which is why it has no connection by then."""
    until = time.monotonic() + LONGEST
    mine = Document.objects.filter(pk=document.pk, state=Document.State.CHECKING, attempts=document.attempts)
    try:
        while not done.wait(BEAT) and time.monotonic() < until:
            try:
                if not mine.update(lease_until=Now() + LEASE):
                    return  # removed, settled or taken over: what this check finds will not count
            except Error as error:  # while the database is away nobody else can take the file either
                logger.warning("The lease of document %s was not renewed: %s", document.pk, type(error).__name__)
                connection.close()
    finally:
        connection.close()


def examine_held(document: Document) -> None:
    if adopted(document):
        return
    if document.attempts > ATTEMPTS:  # it was tried often enough, and nobody lived to say how it ended
        give_up(document)
        return
    try:
        facts, parts = inspect(document)
        settle(document, scanned(document, facts), parts)
    except (Unfinished, FileNotFoundError) as error:
        logger.warning("Check %d of document %s did not finish: %s", document.attempts, document.pk, error)
        postpone(document)
    except (
        storage.AWAY
    ) as error:  # the disk is full, the bucket or the scanner away: no fault of the file, so it does not count
        logger.error("The check of document %s has to wait: %s", document.pk, error)
        postpone(document, attempts=document.attempts - 1)
    except Exception:
        logger.exception("Check %d of document %s failed.", document.attempts, document.pk)
        postpone(document)


def inspect(document: Document) -> tuple[dict, Mapping[str, bytes]]:
    """Have the inspector read the file: what it learned, and the files it made by part name.

    The last try leaves the page images out, so that a PDF which is only hard to draw passes.
    """
    pages = storage.PREVIEW_PAGES if document.attempts < ATTEMPTS else 0
    command = [sys.executable, "-I", str(INSPECTOR), extension_of(document.name), str(pages)]
    environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH") if name in os.environ}
    answer = tempfile.TemporaryFile(dir=temporary_folder())  # noqa: SIM115 - the parts are read from it one by one
    try:
        with laid_out(document) as sent:
            quiet = subprocess.DEVNULL
            subprocess.run(
                command, stdin=sent, stdout=answer, stderr=quiet, timeout=TIME_LIMIT, env=environment, check=True
            )
    except subprocess.TimeoutExpired as error:
        raise Unfinished(f"no answer after {TIME_LIMIT} s") from error
    except subprocess.CalledProcessError as error:
        raise Unfinished(f"the inspector ended with {error.returncode}") from error
    return unpacked(answer)


def laid_out(document: Document) -> IO[bytes]:
    """The plain bytes in a nameless temporary file: the worker never holds a file whole, however large it is."""
    copy, digest = tempfile.TemporaryFile(dir=temporary_folder()), hashlib.sha256()  # noqa: SIM115
    with storage.opened(document) as file:
        for block in file.chunks(BLOCK):
            digest.update(block)
            copy.write(block)
    if digest.hexdigest() != document.sha256:
        raise Unfinished("its bytes are not those that were uploaded")
    copy.seek(0)
    return copy


def scanned(document: Document, facts: dict) -> dict:
    """Add the scanner's word about a file that is otherwise sound. Raises NoAnswer: then the file waits, unshown."""
    if facts.get("problem") or not clamav.is_configured():
        return facts
    if found := clamav.scan(storage.read(document)):
        logger.warning("The scanner found %s in document %s.", found, document.pk)
        return {"problem": INFECTED, "scan": Document.Scan.INFECTED}
    return facts | {"scan": Document.Scan.CLEAN}


def scan_again() -> tuple[int, int]:
    """Have the scanner look at each sound document it has not seen; returns how many it saw and found something in.

    What it finds something in is refused from now on, wherever it lies. Raises NoAnswer.
    """
    unscanned = Document.objects.kept().filter(state=Document.State.READY, scan=Document.Scan.UNSCANNED)
    seen = found = 0
    for document in unscanned.order_by("pk").iterator(chunk_size=200):
        seen += 1
        mine = unscanned.filter(pk=document.pk)
        if not clamav.scan(storage.read(document)):
            mine.update(scan=Document.Scan.CLEAN)
            continue
        found += 1
        logger.error("The scanner found something in document %s, which was in use.", document.pk)
        mine.update(state=Document.State.REFUSED, problem=INFECTED, scan=Document.Scan.INFECTED)
    return seen, found


def adopted(document: Document) -> bool:
    """Whether the same bytes lie in the storage, checked: then this document shares them and its own copy goes.

    Only what the worker itself has hashed counts, and nothing that is sealed.
    """
    twin = twin_of(document)
    if twin is None or own_digest(document) != document.sent_sha256:
        return False
    original = document.key
    if not conclude(document, shared_facts(twin), beside=twin):
        return False
    storage.discard([original])
    return True


def twin_of(document: Document) -> Document | None:
    if document.sealed or not document.sent_sha256:
        return None
    same = Document.objects.filter(sent_sha256=document.sent_sha256, sealed=False).kept()
    wanted = Document.Scan.CLEAN if clamav.is_configured() else Document.Scan.UNSCANNED
    sound = same.filter(Q(scan=wanted) | Q(scan=Document.Scan.CLEAN), checked_at__isnull=False, problem="")
    group = GROUPS[extension_of(document.name)]
    found = sound.exclude(pk=document.pk).exclude(state=Document.State.CHECKING).order_by("uploaded_at")[:5]
    return next((twin for twin in found if GROUPS.get(extension_of(twin.name)) == group), None)


def own_digest(document: Document) -> str:
    try:
        with storage.opened(document) as file:
            return hashlib.file_digest(cast(io.BufferedIOBase, file), "sha256").hexdigest()
    except storage.AWAY:
        return ""


def shared_facts(twin: Document) -> dict:
    same = ("key", "size", "sha256", "media_type", "scan", "pages", "width", "height", "thumbnail", "previews")
    return {name: getattr(twin, name) for name in same} | {"state": Document.State.READY, "shared": True}


class Parts(Mapping[str, bytes]):
    """What the inspector made of a file, read from its answer one part at a time."""

    def __init__(self, answer: IO[bytes], lengths: dict[str, int]) -> None:
        self.answer, self.places, start = answer, {}, answer.tell()
        for name, length in lengths.items():
            self.places[name] = (start, length)
            start += length

    def __getitem__(self, name: str) -> bytes:
        start, length = self.places[name]
        self.answer.seek(start)
        return self.answer.read(length)

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


def unpacked(answer: IO[bytes]) -> tuple[dict, Parts]:
    """Take apart what the inspector wrote: a line of JSON, then the parts."""
    answer.seek(0)
    facts = json.loads(answer.readline())
    return facts, Parts(answer, facts.pop("parts", {}))


def settle(document: Document, facts: dict, parts: Mapping[str, bytes]) -> None:
    """Store what was made of the file, then write down how the check ended."""
    for part, data in parts.items():
        storage.keep_part(document, part, data)
    if problem := facts.get("problem"):
        changes = {"state": Document.State.REFUSED, "problem": problem, "scan": facts.get("scan", document.scan)}
    else:
        changes = findings(document, facts, parts)
    original = document.key
    if not conclude(document, changes):
        if document.state == Document.State.REMOVED:
            storage.discard(storage.keys_of(document)[1:])
    elif "key" in changes:
        storage.discard([original])  # with whatever the camera wrote into it


def findings(document: Document, facts: dict, parts: Mapping[str, bytes]) -> dict:
    changes = {
        "state": Document.State.READY,
        "scan": facts.get("scan", Document.Scan.UNSCANNED),
        "pages": facts["pages"],
        "width": facts["width"],
        "height": facts["height"],
        "thumbnail": "thumb" in parts,
        "previews": sum(part.isdigit() for part in parts),
    }
    if clean := parts.get("clean"):
        digest = hashlib.sha256(clean).hexdigest()
        changes |= {"key": storage.key_of(document, "clean"), "size": len(clean), "sha256": digest}
        changes |= {"media_type": facts["media_type"]}
    return changes


def give_up(document: Document) -> None:
    logger.error("Document %s could not be checked (%d tries).", document.pk, document.attempts)
    conclude(document, {"state": Document.State.STUCK, "problem": UNFINISHED})


@transaction.atomic
def conclude(document: Document, changes: dict, *, beside: Document | None = None) -> bool:
    """Write the result, unless the file was removed meanwhile or another worker has taken the check over.

    `beside` is the document whose bytes it is about to share: nothing is written if that has let them go.
    """
    if beside is not None:
        storage.wait_for_key(beside.key)
        if not Document.objects.filter(pk=beside.pk, key=beside.key).exists():
            return False
    current = Document.objects.locked(document.pk)
    document.state = current.state
    if current.state != Document.State.CHECKING or current.attempts != document.attempts:
        return False
    changes |= {"checked_at": timezone.now(), "lease_until": None}
    for name, value in changes.items():
        setattr(document, name, value)
    document.save(update_fields=list(changes))
    return True


def postpone(document: Document, *, attempts: int | None = None) -> None:
    """Let it be tried again after a while; the last try, or the last hour, leaves it to an operator."""
    is_late = timezone.now() > (document.requeued_at or document.uploaded_at) + DEADLINE
    if is_late or (attempts is None and document.attempts >= ATTEMPTS):
        give_up(document)
        return
    mine = Document.objects.filter(pk=document.pk, state=Document.State.CHECKING, attempts=document.attempts)
    tried = document.attempts if attempts is None else attempts
    mine.update(lease_until=Now() + PAUSE * max(document.attempts, 1), attempts=tried)
