"""What happens to filings and reviews by itself. Doing it twice, or twice at once, does no harm."""

from celery import shared_task

from supervision.actions.clocks import send_clock_alerts
from supervision.actions.promises import send_promise_alerts


@shared_task(name="supervision.watch_clocks")
def watch_clocks() -> None:
    """Tell whose days are nearly used, and whose promised permit date is near or past."""
    send_clock_alerts()
    send_promise_alerts()
