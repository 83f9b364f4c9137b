"""The promised permit date of an early filing: reminders around it, and another date with a reason (edge case 51)."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import masked, record
from portal.calendar import today
from portal.errors import Refused
from portal.notifications import mark_handled, notify, notify_once
from portal.notifications.models import Notified
from supervision.actions.holding import locked_filing
from supervision.actions.people import applicants_of, in_charge_of
from supervision.models import Filing
from supervision.permissions import require_preparer
from supervision.promises import Step, awaiting_permit, days_to, promised_day, step_due


def send_promise_alerts(day: date | None = None) -> int:
    """Remind the people of early filings 30 and 7 days before the promised day, and tell them and their stations
    on the day after. Each once for a date. Returns how many filings were told about.
    """
    day = day or today()
    found = awaiting_permit(Filing.objects.all(), day=day)
    due = {key_of(filing, step): filing.pk for filing in found if (step := step_due(filing, day))}
    known = set(Notified.objects.filter(key__in=due).values_list("key", flat=True))
    return sum(remind(pk, day) for key, pk in due.items() if key not in known)


def key_of(filing: Filing, step: Step) -> str:
    return f"promise:{filing.pk}:{promised_day(filing)}:{step.days}"


@transaction.atomic
def remind(pk: UUID, day: date) -> bool:
    rows = awaiting_permit(Filing.objects.filter(pk=pk), day=day)
    filing = rows.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    step = step_due(filing, day) if filing else None
    if filing is None or step is None:
        return False
    facts = {"promised": promised_day(filing), "left": days_to(filing, day)}
    link = filing.get_absolute_url()
    told = notify_once(
        key_of(filing, step), applicants_of(filing), step.event, about=filing, link=link, filing=filing, **facts
    )
    if told and step.tells_stations:
        mark_handled(filing, "filing.promise_near")
        tell_stations(filing, "review.promise_passed", **facts)
    return told


def tell_stations(filing: Filing, event: str, **facts) -> None:
    for review in filing.reviews.select_related("station"):
        link = reverse("review:detail", args=[review.pk])
        notify(in_charge_of(review), event, about=review, link=link, filing=filing, review=review, **facts)


@transaction.atomic
def change_promise(filing: Filing, *, promised_by: date, reason: str, by) -> Filing:
    """Promise another day for the permit while the early filing is in force; the stations learn of it and why."""
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    if not filing.spec.early or filing.status not in Filing.LIVE:
        raise Refused(_("当前状态为“%(status)s”，不能调整承诺日期。") % {"status": filing.get_status_display()})
    if promised_by <= today():
        raise Refused(_("承诺取得施工许可日期应晚于今天。"), safe=_("原来的承诺日期没有改变。"))
    if not reason.strip():
        raise Refused(_("请填写调整原因。"), safe=_("原来的承诺日期没有改变。"))
    old, filing.permit_promised_by = promised_day(filing), promised_by
    filing.changed_by, filing.changed_at = by, timezone.now()
    filing.save(update_fields=["permit_promised_by", "changed_by", "changed_at"])
    said = masked(reason.strip())
    record("filing.promise_changed", filing, by=by, old=str(old or ""), new=str(promised_by), reason=said)
    mark_handled(filing, "filing.promise_near", "filing.promise_passed")
    tell_stations(filing, "review.promise_changed", promised=promised_by, old=old, reason=said)
    return filing
