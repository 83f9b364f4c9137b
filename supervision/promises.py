"""An early filing promises a permit by a day. Around that day its people are reminded; nobody is punished (domain §2.5).

The words stay neutral: that the day has passed says nothing about work on the site.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.calendar import CITY_TIME, today
from projects.models import ConstructionPermit
from supervision.catalogue import SPECS
from supervision.models import Filing


@dataclass(frozen=True)
class Step:
    """Told when `days` or fewer are left until the promised day; negative: so many days after it."""

    days: int
    event: str
    tells_stations: bool = False


STEPS = (
    Step(30, "filing.promise_near"),
    Step(7, "filing.promise_near"),
    Step(-1, "filing.promise_passed", tells_stations=True),
)
FIRST = STEPS[0].days
HELD = (ConstructionPermit.Status.VALID, ConstructionPermit.Status.CHANGED)


def promised_day(filing: Filing) -> date | None:
    """The day that was promised; without a promise, the end of the module's usual time after handing in."""
    if filing.permit_promised_by:
        return filing.permit_promised_by
    usual = filing.spec.permit_promise_days
    if not (usual and filing.submitted_at):
        return None
    return timezone.localdate(filing.submitted_at, CITY_TIME) + timedelta(days=usual)


def days_to(filing: Filing, day: date | None = None) -> int | None:
    """Days until the promised day, negative after it."""
    promised = promised_day(filing)
    return (promised - (day or today())).days if promised else None


def step_due(filing: Filing, day: date | None = None) -> Step | None:
    """The last of the steps whose time has come."""
    left = days_to(filing, day)
    return None if left is None else next((step for step in reversed(STEPS) if left <= step.days), None)


def awaiting_permit(filings: QuerySet[Filing], *, within: int = FIRST, day: date | None = None) -> QuerySet[Filing]:
    """Those early filings in force whose project has no permit yet and whose day is at most `within` days away."""
    last = (day or today()) + timedelta(days=within)
    near = Q(permit_promised_by__lte=last)
    for module, spec in SPECS.items():
        if spec.early and spec.permit_promise_days:
            since = last - timedelta(days=spec.permit_promise_days)
            near |= Q(module=module, permit_promised_by=None, submitted_at__date__lte=since)
    permits = ConstructionPermit.objects.filter(project=OuterRef("project"), status__in=HELD)
    early = [module for module, spec in SPECS.items() if spec.early]
    in_force = filings.filter(status__in=Filing.LIVE, module__in=early, permit=None)
    return in_force.filter(near).exclude(Exists(permits)).order_by("permit_promised_by", "submitted_at", "pk")


def promise_text(filing: Filing, day: date | None = None) -> str:
    """How far the day is, for a tag."""
    left = days_to(filing, day)
    if left is None:
        return ""
    if left < 0:
        return _("已过 %(days)d 天") % {"days": -left}
    return _("还有 %(days)d 天") % {"days": left} if left else _("今天到期")
