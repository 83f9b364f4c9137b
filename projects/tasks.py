"""What happens to applications by itself, and the reading of feeds."""

from celery import shared_task

from projects.actions import (
    end_acting_posts,
    end_past_delegations,
    expire_applications,
    remind_approvers,
)
from projects.feeds.runs import TASK, work_on
from projects.models import Feed


@shared_task(name="projects.remind_approvers")
def remind_of_waiting() -> None:
    """End what ran out; remind, hand over and close what waits."""
    end_acting_posts()
    end_past_delegations()
    expire_applications()
    remind_approvers()


@shared_task(name=TASK)
def run_feeds() -> int:
    """Go on with every feed that is due; returns how many pages were done. A lease keeps two from reading one feed."""
    return sum(work_on(feed) for feed in Feed.values)
