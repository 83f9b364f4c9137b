"""What the tests of this folder do again and again."""

from threading import Barrier, Thread

from django.db import connection

from accounts.models import Target
from supervision.actions import answer_item, open_items, resubmit_filing, submit_filing
from supervision.gaps import warnings_in
from supervision.models import Filing, Review

BOTH = list(Target)


def ticked(filing):
    """The codes of every warning, as if each box 已核实 were ticked."""
    return [warning.code for warning in warnings_in(filing)]


def submit(filing, by, targets=BOTH, **options):
    """Submit with every warning ticked, 不存在 unless said otherwise."""
    options = {"prior_exists": False, "acknowledged": ticked(filing)} | options
    return submit_filing(filing, targets=targets, by=by, **options)


def resubmit(filing, by):
    """Answer every open item and hand the filing in again."""
    for item in open_items(filing):
        answer_item(item, kind="corrected", by=by)
    filing = Filing.objects.get(pk=filing.pk)
    return resubmit_filing(filing, acknowledged=ticked(filing), by=by)


def review_of(filing, role):
    return Review.objects.get(filing=filing, role=role)


def states(filing):
    """The filing's status with those of its reviews."""
    filing = Filing.objects.get(pk=filing.pk)
    return (filing.status, *[review_of(filing, role).status for role in filing.targets])


def together(*acts):
    """Run the acts at the same moment, each on its own connection; the names of what came of them."""
    start, outcomes = Barrier(len(acts), timeout=10), []

    def run(act):
        start.wait()
        try:
            act()
            outcomes.append("done")
        except Exception as fault:
            outcomes.append(type(fault).__name__)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
