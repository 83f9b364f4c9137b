"""Running numbers without gaps in use and without doubles: one locked row a series."""

from django.db import models, transaction
from django.db.models import F


class NumberSeries(models.Model):
    """The last number given in a series, such as all joint filings of one day."""

    series = models.CharField(max_length=60, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "portal"

    def __str__(self):
        return f"{self.series}: {self.last}"


@transaction.atomic
def next_number(series: str) -> int:
    """The next number of `series`, from 1; others who want one wait until the caller's transaction ends."""
    NumberSeries.objects.bulk_create([NumberSeries(series=series)], ignore_conflicts=True)
    NumberSeries.objects.filter(pk=series).update(last=F("last") + 1)
    return NumberSeries.objects.values_list("last", flat=True).get(pk=series)
