"""How often something may be done, counted exactly in PostgreSQL: any number of workers, no cache to lose.

The window slides: a hit is allowed if fewer than `limit` were allowed during the last `seconds`. A hit that is not
allowed does not count, so hammering does not prolong a lock.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import timezone

from portal.crypto import blind_index


class LimitWindow(models.Model):
    """The moments of the hits that were allowed under one key, and whether the last one asked for was."""

    key = models.CharField(max_length=64)  # blind index: keys may name phones and people
    seconds = models.PositiveIntegerField()
    moments = ArrayField(models.DateTimeField())
    allowed = models.BooleanField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "portal"
        constraints = [models.UniqueConstraint(name="limit_window_is_kept_once", fields=["key", "seconds"])]

    def __str__(self) -> str:
        return f"{len(self.moments)} in {self.seconds} s"


HIT = """
    INSERT INTO portal_limitwindow AS kept (key, seconds, moments, allowed, expires_at)
    VALUES (%(key)s, %(seconds)s, CASE WHEN %(limit)s > 0 THEN ARRAY[clock_timestamp()] ELSE '{}' END,
            %(limit)s > 0, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (key, seconds) DO UPDATE SET expires_at = clock_timestamp() + make_interval(secs => %(seconds)s), (moments, allowed) = (
        SELECT CASE WHEN count(*) < %(limit)s THEN array_append(coalesce(array_agg(moment), '{}'), clock_timestamp())
               ELSE coalesce(array_agg(moment), '{}') END,
               count(*) < %(limit)s
        FROM unnest(kept.moments) AS moment WHERE moment > clock_timestamp() - make_interval(secs => %(seconds)s))
    RETURNING allowed
"""

COUNT = """
    SELECT count(*) FROM portal_limitwindow, unnest(moments) AS moment
    WHERE key = %(key)s AND seconds = %(seconds)s AND moment > clock_timestamp() - make_interval(secs => %(seconds)s)
"""


def hit(key: str, *, limit: int, seconds: int) -> bool:
    """Count one more under `key` and tell whether it is within `limit` per `seconds`; False = over the limit.

    It shares the caller's transaction: call it outside of `atomic`, or a rollback takes the count back.
    """
    values: dict[str, str | int] = {"key": index_of(key), "seconds": seconds, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(HIT, values)
        return cursor.fetchone()[0]


def hits(key: str, seconds: int) -> int:
    """How many hits under `key` were allowed during the last `seconds`, for the window of that length."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": index_of(key), "seconds": seconds})
        return cursor.fetchone()[0]


def forget(key: str) -> None:
    """Start counting anew under `key`, as after a successful sign-in."""
    LimitWindow.objects.filter(key=index_of(key)).delete()


def forget_old_windows() -> None:
    """Drop the windows in which nothing counts any more."""
    LimitWindow.objects.filter(expires_at__lt=timezone.now()).delete()


def index_of(key: str) -> str:
    return blind_index(key, purpose="limit")
