"""Whether this database holds the demo's invented city: said on every page, and by `manage.py demo`."""

from portal.numbers import NumberSeries
from portal.written import written

MARKER = "demo-data"


def holds_demo_data() -> bool:
    return bool(marker())


@written
def marker():
    return NumberSeries.objects.filter(series=MARKER).values("series")[:1]
