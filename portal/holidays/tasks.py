"""What looks after the calendar by itself."""

from celery import shared_task

from portal.holidays.actions import warn_of_missing_year


@shared_task(name="portal.check_calendar")
def check_calendar() -> None:
    """Warn the operators while next year's holidays are missing."""
    warn_of_missing_year()
