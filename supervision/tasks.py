"""What happens to filings and reviews by itself. Doing it twice, or twice at once, does no harm."""

import time

from celery import shared_task
from django.db import transaction

from portal.relay import nudge
from supervision.actions import follow_permits, hand_on_after_posts, let_go_of_unanswered
from supervision.actions.clocks import send_clock_alerts
from supervision.actions.promises import send_promise_alerts

FOLLOW = "supervision.follow_permits"
ROUND = 60  # seconds of work after which others get their turn


@shared_task(name=FOLLOW)
def follow_the_permits() -> int:
    """Bring new and changed permits into 联合报监; returns how many. What is done twice changes nothing."""
    until, done = time.monotonic() + ROUND, 0
    while count := follow_permits():
        done += count
        if time.monotonic() > until:
            with transaction.atomic():
                nudge(FOLLOW)
            break
    return done


@shared_task(name="supervision.watch_clocks")
def watch_clocks() -> None:
    """Tell whose days are nearly used, and whose promised permit date is near or past."""
    send_clock_alerts()
    send_promise_alerts()


@shared_task(name="supervision.answer_withdrawals")
def answer_withdrawals() -> None:
    """A station's silence about a request to withdraw counts as its agreement."""
    let_go_of_unanswered()


@shared_task(name="supervision.hand_on_after_posts")
def hand_on_what_leavers_had() -> None:
    """What lies with officers whose post ended goes to the chief; their right ended by itself at that moment."""
    hand_on_after_posts()
