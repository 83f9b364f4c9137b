"""The check in the background: every upload is read whole, by a process of its own, before others may see it."""

import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.documents import storage
from portal.documents.arrivals import clear_temporary_folder
from portal.documents.kinds import extension_of
from portal.documents.models import Document
from portal.relay import nudge

logger = logging.getLogger(__name__)

INSPECTOR = Path(__file__).with_name("checks.py")
TIME_LIMIT = 75  # seconds for one file
LEASE = timedelta(seconds=150)  # longer than a check may take: who holds it still after that was killed
ATTEMPTS = 3
PAUSE = timedelta(seconds=20)  # before a file is tried again
ROUND = 60  # seconds of work after which others get their turn
UNFINISHED = "检查未能完成，请重新上传；如果再次出现，请联系平台运营人员"


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
    """Delete what killed processes left in the temporary folder."""
    return clear_temporary_folder()


@transaction.atomic
def claim() -> Document | None:
    """Take the file that waits longest, those never tried first, so that a poisonous one delays nobody."""
    now = timezone.now()
    waiting = Document.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), state=Document.State.CHECKING)
    due = waiting.order_by("attempts", "uploaded_at")
    document = due.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if document is not None:
        document.attempts += 1
        document.lease_until = now + LEASE
        document.save(update_fields=["attempts", "lease_until"])
    return document


def examine(document: Document) -> None:
    """Check one claimed file and settle it, or leave it for another try."""
    if document.attempts > ATTEMPTS:  # it was tried often enough, and nobody lived to say how it ended
        give_up(document)
        return
    try:
        facts, parts = inspect(document)
        settle(document, facts, parts)
    except (Unfinished, FileNotFoundError) as error:
        logger.warning("Check %d of document %s did not finish: %s", document.attempts, document.pk, error)
        postpone(document)
    except OSError as error:  # the disk is full or away: no fault of the file, so it does not count
        logger.error("The check of document %s has to wait: %s", document.pk, error)
        postpone(document, attempts=document.attempts - 1)
    except Exception:
        logger.exception("Check %d of document %s failed.", document.attempts, document.pk)
        postpone(document)


def inspect(document: Document) -> tuple[dict, dict[str, bytes]]:
    """Have the inspector read the file: what it learned, and the files it made by part name.

    The last try leaves the page images out, so that a PDF which is only hard to draw passes.
    """
    data = storage.read(document)
    if hashlib.sha256(data).hexdigest() != document.sha256:
        raise Unfinished("its bytes are not those that were uploaded")
    pages = storage.PREVIEW_PAGES if document.attempts < ATTEMPTS else 0
    command = [sys.executable, "-I", str(INSPECTOR), extension_of(document.name), str(pages)]
    environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH") if name in os.environ}
    try:
        run = subprocess.run(command, input=data, capture_output=True, timeout=TIME_LIMIT, env=environment, check=True)
    except subprocess.TimeoutExpired as error:
        raise Unfinished(f"no answer after {TIME_LIMIT} s") from error
    except subprocess.CalledProcessError as error:
        raise Unfinished(f"the inspector ended with {error.returncode}") from error
    return unpacked(run.stdout)


def unpacked(answer: bytes) -> tuple[dict, dict[str, bytes]]:
    """Take apart what the inspector wrote: a line of JSON, then the parts."""
    line, _, rest = answer.partition(b"\n")
    facts, parts = json.loads(line), {}
    for name, length in facts.pop("parts", {}).items():
        parts[name], rest = rest[:length], rest[length:]
    return facts, parts


def settle(document: Document, facts: dict, parts: dict[str, bytes]) -> None:
    """Store what was made of the file, then write down how the check ended."""
    for part, data in parts.items():
        storage.keep_part(document, part, data)
    if problem := facts.get("problem"):
        changes = {"state": Document.State.REFUSED, "problem": problem}
    else:
        changes = findings(document, facts, parts)
    original = document.key
    if not conclude(document, changes):
        if document.state == Document.State.REMOVED:
            storage.discard(storage.keys_of(document)[1:])
    elif "key" in changes:
        storage.discard([original])  # with whatever the camera wrote into it


def findings(document: Document, facts: dict, parts: dict[str, bytes]) -> dict:
    changes = {
        "state": Document.State.READY,
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
    logger.error("Document %s could not be checked in %d tries.", document.pk, ATTEMPTS)
    conclude(document, {"state": Document.State.REFUSED, "problem": UNFINISHED})


@transaction.atomic
def conclude(document: Document, changes: dict) -> bool:
    """Write the result, unless the file was removed meanwhile or another worker has taken the check over."""
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
    """Let it be tried again after a while; the last try that fails refuses the file."""
    if attempts is None and document.attempts >= ATTEMPTS:
        give_up(document)
        return
    mine = Document.objects.filter(pk=document.pk, state=Document.State.CHECKING, attempts=document.attempts)
    tried = document.attempts if attempts is None else attempts
    mine.update(lease_until=timezone.now() + PAUSE * max(document.attempts, 1), attempts=tried)
