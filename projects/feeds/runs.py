"""Runs: one reader a feed at a time, one page a transaction, and a cursor that moves with the rows.

A reader that dies leaves its lease to run out; the next goes on where the last committed page ended. A source that
fails is asked again later and later; one that contradicts itself is not believed, and the run page says what it did.
"""

import logging
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from portal.audit import record
from portal.ids import uuid7
from portal.notifications import notify
from portal.relay import nudge
from projects.feeds import files
from projects.feeds.fetch import Page, SourceFault, fetch_page, source_of
from projects.feeds.rows import Reader, order_of
from projects.feeds.upsert import MODELS, Sorted, sort_rows, write
from projects.models import Feed, FeedRun, FeedState

logger = logging.getLogger(__name__)

TASK = "projects.run_feeds"
FOLLOW = "supervision.follow_permits"
LEASE = timedelta(seconds=150)  # longer than a page may take: who holds it still after that was killed
ROUND = 120  # seconds of work after which others get their turn
BATCH = 1000  # rows of a file that are written together
MOST_ATTEMPTS = 6  # that fail in a row before a run is given up
FIRST_PAUSE, LONGEST_PAUSE = 30, 3600  # seconds before the next attempt
MOST_PROBLEMS = 30  # that a run remembers
MOST_QUARANTINED = 20_000  # rows of one run
# A source that suddenly changes or revokes this much of what we know is stopped until a person has looked (S12).
MOST_CHANGED, CHANGED_AT_LEAST = 0.20, 200
MOST_REVOKED, REVOKED_AT_LEAST = 0.05, 20


class LostLease(Exception):
    """Somebody else reads this feed by now; nothing of this page is kept."""


class Held(Exception):
    """The page would change more than is believable; the text says how much."""


# Who reads


def work_on(feed: str) -> int:
    """Go on with whatever is due of a feed; returns how many steps were done. Several workers may try."""
    holder = take_lease(feed)
    if holder is None:
        return 0
    until, steps = time.monotonic() + ROUND, 0
    try:
        while run := next_run(feed, holder):
            for _step in steps_of(run, holder):
                steps += 1
                if time.monotonic() > until:
                    ask_for_more()
                    return steps
    except LostLease:
        logger.warning("The lease of feed %s went to another reader.", feed)
    finally:
        give_back(feed, holder)
    return steps


@transaction.atomic
def ask_for_more() -> None:
    nudge(TASK)


@transaction.atomic
def take_lease(feed: str) -> UUID | None:
    """Become the only reader of a feed, or None where somebody is."""
    FeedState.objects.get_or_create(feed=feed)
    state = FeedState.objects.filter(feed=feed).select_for_update(skip_locked=True).first()
    now = timezone.now()
    if state is None or (state.lease_until and state.lease_until > now):
        return None
    state.holder, state.lease_until = uuid7(), now + LEASE
    state.save(update_fields=["holder", "lease_until"])
    return state.holder


def give_back(feed: str, holder: UUID) -> None:
    FeedState.objects.filter(feed=feed, holder=holder).update(holder=None, lease_until=None)


def held_state(feed: str, holder: UUID) -> FeedState:
    """The locked state of the feed, its lease made longer. Raises LostLease."""
    state = FeedState.objects.locked(feed)
    if state.holder != holder:
        raise LostLease
    state.lease_until = timezone.now() + LEASE
    return state


@transaction.atomic
def next_run(feed: str, holder: UUID) -> FeedRun | None:
    """The run that is due, begun or gone on with; a pull is begun when the schedule says so."""
    state, now = held_state(feed, holder), timezone.now()
    state.save(update_fields=["lease_until"])
    mine = FeedRun.objects.filter(feed=feed)
    run = mine.filter(status__in=FeedRun.OPEN, due_at__lte=now).order_by("created_at").first()
    if run is None:
        busy = mine.filter(Q(status__in=FeedRun.OPEN) | Q(status=FeedRun.Status.HELD), kind=FeedRun.Kind.PULL).exists()
        if busy or state.due_at > now or source_of(feed) is None:
            return None
        run = FeedRun(feed=feed, kind=FeedRun.Kind.PULL)
    if run.started_at is None:
        run.started_at, run.cursor_from, run.cursor_to = now, state.cursor, state.cursor
    run.move("start")
    run.save()
    return run


def steps_of(run: FeedRun, holder: UUID) -> Iterator[None]:
    """Do the run page by page; what goes wrong is written down on it."""
    try:
        yield from pull(run, holder) if run.kind == FeedRun.Kind.PULL else read_file(run, holder)
    except SourceFault as fault:
        note_fault(run, holder, str(fault), wait=fault.wait)
    except files.FileFault as fault:
        give_up(run, holder, str(fault))
    except Held as held:
        hold(run, holder, str(held))
    except FileNotFoundError:
        give_up(run, holder, _("文件已不存在，请重新上传"))
    except LostLease:
        raise
    except Exception:
        logger.exception("Run %s of feed %s failed.", run.pk, run.feed)
        note_fault(run, holder, _("处理时出错，详情见服务器日志"))


# From an HTTP source


def pull(run: FeedRun, holder: UUID) -> Iterator[None]:
    """Page after page until the source has no more; while one is written, the next is asked for."""
    source, reader, known = source_of(run.feed), Reader(run.feed), MODELS[Feed(run.feed)].objects.count()
    if source is None:
        raise SourceFault(_("没有配置来源"))
    more, coming = True, None
    pool = ThreadPoolExecutor(1, thread_name_prefix=f"feed-{run.feed}")
    try:
        while more:
            state = FeedState.objects.get(feed=run.feed)
            page = coming.result() if coming else fetch_page(source, state.cursor, state.etag)
            require_honest(page, state)  # who lies is not asked again; looked at once more under the lock
            goes_on = page.more and page.rows and page.next != state.cursor
            coming = pool.submit(fetch_page, source, page.next) if goes_on else None
            take_page(run, page, holder, reader=reader, known=known, asked=state.cursor)
            more = page.more
            yield
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    finish(run, holder)


def require_honest(page: Page, state: FeedState) -> None:
    """Raise SourceFault where a page leads nowhere: backwards, in a circle, or the same again."""
    if page.next != state.cursor and order_of(page.next) < order_of(state.cursor):
        facts = {"before": state.cursor[:40], "now": page.next[:40]}
        raise SourceFault(_("来源的游标倒退（%(before)s → %(now)s），本页未采用") % facts)
    if page.next == state.cursor and (page.rows or page.more):
        raise SourceFault(_("来源反复返回同一页（游标 %(now)s 没有前进）") % {"now": page.next[:40] or "—"})
    if page.rows and page.digest == state.last_page:
        raise SourceFault(_("来源反复返回同一页（内容与上一页完全相同）"))
    if page.more and not page.rows:
        raise SourceFault(_("来源声称还有数据，却返回空页"))


@transaction.atomic
def take_page(run: FeedRun, page: Page, holder: UUID, *, reader: Reader, known: int, asked: str) -> None:
    """The rows of a page and the cursor after them, together or not at all."""
    state = held_state(run.feed, holder)
    if state.cursor != asked:
        raise LostLease
    require_honest(page, state)
    start = run.rows_read + 1
    if page.rows:
        take_in(run, sort_rows(run, reader, enumerate(page.rows, start)), known)
    state.etag = page.etag if page.next == state.cursor else ""
    state.cursor, state.last_page = page.next, page.digest or state.last_page
    state.checked_at = timezone.now()
    state.save()
    run.pages += page.fresh
    run.rows_read += len(page.rows)
    run.cursor_to, run.attempts = state.cursor, 0
    run.save()


def take_in(run: FeedRun, batch: Sorted, known: int) -> None:
    """Write a batch, unless it goes beyond what is believable, and tell 联合报监."""
    require_believable(run, batch, known)
    write(run, batch)
    if run.rows_quarantined > MOST_QUARANTINED:
        raise Held(_("隔离的数据超过 %(most)d 行，来源的格式可能有变化") % {"most": MOST_QUARANTINED})
    if run.feed == Feed.PERMITS and (batch.new or batch.changed):
        nudge(FOLLOW)


def require_believable(run: FeedRun, batch: Sorted, known: int) -> None:
    if run.allows_much:
        return
    changed, revoked = run.rows_changed + len(batch.changed), run.rows_revoked + batch.revoked
    if revoked > max(REVOKED_AT_LEAST, known * MOST_REVOKED):
        raise Held(_("将有 %(count)d 个许可证变为“已撤销”，超过现有数据的 5%%") % {"count": revoked})
    if changed > max(CHANGED_AT_LEAST, known * MOST_CHANGED):
        raise Held(_("将变更 %(count)d 条数据，超过现有数据的 20%%") % {"count": changed})


# From a file


def read_file(run: FeedRun, holder: UUID) -> Iterator[None]:
    """Batch after batch; a run that died goes on after the rows that are done with."""
    reader, known = Reader(run.feed), MODELS[Feed(run.feed)].objects.count()
    with closing(default_storage.open(run.file_key)) as file, closing(lines_in(file, run)) as rows:
        for _done in islice(rows, run.position):
            pass
        while batch := list(islice(rows, BATCH)):
            take_batch(run, batch, holder, reader=reader, known=known)
            yield
    finish(run, holder)


def lines_in(file: Any, run: FeedRun) -> Any:
    return files.rows_of(file.file, run.file_name, run.feed)


@transaction.atomic
def take_batch(run: FeedRun, rows: list[tuple[int, Any]], holder: UUID, *, reader: Reader, known: int) -> None:
    state = held_state(run.feed, holder)
    state.save(update_fields=["lease_until"])
    take_in(run, sort_rows(run, reader, rows), known)
    run.position += len(rows)
    run.rows_read += len(rows)
    run.attempts = 0
    run.save()


# How a run ends


@transaction.atomic
def finish(run: FeedRun, holder: UUID) -> None:
    """Done. A scheduled look that found nothing new leaves only its time."""
    state = held_state(run.feed, holder)
    if run.kind == FeedRun.Kind.PULL:
        state.due_at = timezone.now() + timedelta(seconds=settings.FEED_EVERY)
    state.save()
    run.move("finish")
    run.finished_at = timezone.now()
    if run.kind == FeedRun.Kind.PULL and not (run.rows_read or run.problems or run.requested_by_id):
        run.delete()
        return
    run.save()
    record("feed.finished", run, by=run.requested_by, **counts_of(run))
    forget_file(run)


def counts_of(run: FeedRun) -> dict[str, Any]:
    names = ("rows_read", "rows_new", "rows_changed", "rows_unchanged", "rows_outdated", "rows_quarantined")
    return {name: getattr(run, name) for name in names}


def fresh(run: FeedRun) -> FeedRun:
    """The run as the last committed page left it: what a failed page counted is forgotten."""
    return FeedRun.objects.locked(run.pk)


@transaction.atomic
def note_fault(run: FeedRun, holder: UUID, text: str, *, wait: int = 0) -> None:
    """Write down what went wrong, and when it is tried again; the last attempt ends the run."""
    run = fresh(run)
    run.attempts += 1
    if run.attempts >= MOST_ATTEMPTS:
        give_up(run, holder, text)
        return
    state = held_state(run.feed, holder)
    state.save(update_fields=["lease_until"])
    add_problem(run, text)
    run.move("retry")
    run.due_at = timezone.now() + timedelta(seconds=max(wait, pause_after(run.attempts)))
    run.save()


def pause_after(attempts: int) -> float:
    """Twice as long after each failure, and never the same for two readers."""
    return min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE) * random.uniform(0.75, 1.25)


@transaction.atomic
def give_up(run: FeedRun, holder: UUID, text: str) -> None:
    """The run has failed; the schedule begins another from the same cursor."""
    attempts = run.attempts
    run, state = fresh(run), held_state(run.feed, holder)
    state.due_at = timezone.now() + timedelta(seconds=max(settings.FEED_EVERY, LONGEST_PAUSE))
    state.save()
    add_problem(run, text)
    run.move("fail")
    run.attempts, run.finished_at = attempts, timezone.now()
    run.save()
    record("feed.failed", run, by=run.requested_by, **counts_of(run))
    tell_operators(run, "feed.failed", text)
    forget_file(run)


@transaction.atomic
def hold(run: FeedRun, holder: UUID, text: str) -> None:
    """Stop before what is not believable; a person looks and decides."""
    run, state = fresh(run), held_state(run.feed, holder)
    state.save()
    add_problem(run, text)
    run.move("hold")
    run.save()
    record("feed.held", run, by=run.requested_by, **counts_of(run))
    tell_operators(run, "feed.held", text)


def add_problem(run: FeedRun, text: str) -> None:
    said = {"at": timezone.now().isoformat(timespec="seconds"), "text": text}
    run.problems = [*run.problems, said][-MOST_PROBLEMS:]


def tell_operators(run: FeedRun, event: str, text: str) -> None:
    operators = User.objects.filter(duty=User.Duty.OPERATOR, is_active=True)
    notify(operators, event, about=run, link=reverse("projects:feed-run", args=[run.pk]), run=run, text=text)


def forget_file(run: FeedRun) -> None:
    """Delete the file once the end of the run is committed."""
    if run.file_key:
        key = run.file_key
        transaction.on_commit(lambda: default_storage.delete(key))
