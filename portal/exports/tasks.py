"""The worker's call: make what was asked for, one after the other."""

import time

from celery import shared_task

from portal.exports.actions import TASK, TIME_LIMIT, claim, make_export
from portal.relay import nudge

ENOUGH = 60  # seconds; the rest is left to another call, well within the time limit of a task


@shared_task(name=TASK, time_limit=TIME_LIMIT)
def make_exports() -> None:
    began = time.monotonic()
    while export := claim():
        make_export(export)
        if time.monotonic() - began > ENOUGH:
            nudge(TASK)
            return
