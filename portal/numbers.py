"""Running numbers without gaps in use and without doubles: one locked row a series."""

from django.db import connection, models


class NumberSeries(models.Model):
    """The last number given in a series, such as all joint filings of one day."""

    series = models.CharField(max_length=60, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "portal"

    def __str__(self):
        return f"{self.series}: {self.last}"


def next_number(series: str) -> int:
    """The next number of `series`, from 1; others who want one wait until the caller's transaction ends."""
    sql = """
        INSERT INTO portal_numberseries AS given (series, last) VALUES (%s, 1)
        ON CONFLICT (series) DO UPDATE SET last = given.last + 1 RETURNING last
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [series])
        return cursor.fetchone()[0]
