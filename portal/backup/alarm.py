"""How old the last good backup is, and whether that is too old."""

from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from portal.backup.models import last_good


class Freshness(NamedTuple):
    """`age` in seconds, None without any good backup."""

    age: float | None
    is_wanted: bool

    @property
    def is_late(self) -> bool:
        return self.is_wanted and (self.age is None or self.age > settings.BACKUP_ALARM_HOURS * 3600)

    @property
    def hours(self) -> int | None:
        return None if self.age is None else int(self.age // 3600)


def freshness() -> Freshness:
    """Asks the database. An alarm is wanted where BACKUP_ALARM_HOURS is above 0."""
    moment = last_good()
    age = None if moment is None else max((timezone.now() - moment).total_seconds(), 0)
    return Freshness(age, settings.BACKUP_ALARM_HOURS > 0)
