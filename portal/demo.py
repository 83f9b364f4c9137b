"""Whether this database holds the demo's invented city: said on every page, and by `manage.py demo`."""

from portal.numbers import NumberSeries

MARKER = "demo-data"


def holds_demo_data() -> bool:
    return NumberSeries.objects.filter(series=MARKER).exists()
