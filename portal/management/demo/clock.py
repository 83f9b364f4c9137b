"""The demo happened over the past weeks: while it is made, the clock shows when each thing happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, tzinfo

from django.utils import timezone

from portal.calendar import is_workday


def workdays_ago(count: int, clock: str = "10:00") -> datetime:
    """The time of day `clock` on the working day `count` working days before today; 0 is just now."""
    if count == 0:
        return timezone.now()
    day = timezone.localdate()
    for _step in range(count):
        day = workday_before(day)
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock)))


def workday_before(day: date) -> date:
    day -= timedelta(days=1)
    while not is_workday(day):
        day -= timedelta(days=1)
    return day


class AnyDatetime(type):
    """Lets a stand-in for `datetime` say of every datetime that it is one."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Let `timezone.now()` start from `moment`, also where a model's field calls it for its default.

    Rows, their audit entries and their messages then tell one story; the numbers of a day carry that day.
    """
    behind = timezone.now() - moment

    class Earlier(datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - behind

    timezone.datetime = Earlier  # type: ignore[misc, attr-defined]
    try:
        yield
    finally:
        timezone.datetime = datetime  # type: ignore[misc, attr-defined]
