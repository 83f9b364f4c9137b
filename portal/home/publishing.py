"""What operators do with notices: publish, change while it is shown or waits, end. Nothing is deleted."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from portal.audit import record
from portal.errors import Refused
from portal.home.audience import told_to
from portal.home.models import Notice, NoticeHidden

WRITTEN = ("title", "body", "audience", "district", "shown_until", "is_pinned", "is_public")


@transaction.atomic
def publish_notice(values: dict[str, Any], *, first_day: date, by: User) -> Notice:
    """A notice from the beginning of its first day, at once if that is today. Refused if its days are over."""
    require_operator(by)
    refuse_days(first_day, values["shown_until"])
    notice = Notice.objects.create(**values, published_at=beginning(first_day), written_by=by)
    record("notice.published", notice, by=by, **days_of(notice), audience=notice.audience, public=notice.is_public)
    return notice


@transaction.atomic
def change_notice(pk: UUID, values: dict[str, Any], *, first_day: date, by: User) -> Notice:
    """What it says from now on; the entry says which parts were changed. Refused once it is over."""
    notice = open_notice(pk, by=by)
    changed = [name for name in WRITTEN if getattr(notice, name) != values[name]]
    if first_day != timezone.localdate(notice.published_at):
        refuse_days(first_day, values["shown_until"])
        notice.published_at = beginning(first_day)
        changed.append("published_at")
    elif values["shown_until"] and values["shown_until"] < max(timezone.localdate(), first_day):
        raise Refused(_("最后显示日期不能早于今天；现在就不再显示，请用“提前结束”。"))
    for name in WRITTEN:
        setattr(notice, name, values[name])
    if changed:
        notice.save(update_fields=[*WRITTEN, "published_at"])
        record("notice.changed", notice, by=by, fields=changed, **days_of(notice))
    return notice


@transaction.atomic
def end_notice(pk: UUID, *, by: User) -> Notice:
    """Take it down now; it stays in the console with its history."""
    notice = open_notice(pk, by=by)
    notice.withdrawn_at = timezone.now()
    notice.save(update_fields=["withdrawn_at"])
    record("notice.ended", notice, by=by, **days_of(notice))
    return notice


@transaction.atomic
def hide_notice(notice: Notice, *, by: User) -> None:
    """Put it away from one's own 首页. Like reading a message it changes nothing for anybody else: no entry."""
    if not told_to(by).filter(pk=notice.pk).exists() and not is_hidden(notice, by):
        raise Http404
    NoticeHidden.objects.get_or_create(notice=notice, user=by)


@transaction.atomic
def show_notice(notice: Notice, *, by: User) -> None:
    """Have it on 首页 again."""
    NoticeHidden.objects.filter(notice=notice, user=by).delete()


def is_hidden(notice: Notice, user: User) -> bool:
    return NoticeHidden.objects.filter(notice=notice, user=user).exists()


def open_notice(pk: UUID, *, by: User) -> Notice:
    """The row for a change, kept from others."""
    require_operator(by)
    notice = Notice.objects.select_for_update(of=("self",), no_key=True).select_related("district").get(pk=pk)
    if is_over(notice):
        raise Refused(_("这条公告已经结束，不能再修改。需要再次通知的，请新建一条。"))
    return notice


def is_over(notice: Notice) -> bool:
    passed = notice.shown_until is not None and notice.shown_until < timezone.localdate()
    return notice.withdrawn_at is not None or passed


def refuse_days(first_day: date, last_day: date | None) -> None:
    if first_day < timezone.localdate():
        raise Refused(_("开始日期不能早于今天。"))
    if last_day is not None and last_day < first_day:
        raise Refused(_("最后显示日期不能早于开始日期。"))


def beginning(day: date) -> datetime:
    if day <= timezone.localdate():
        return timezone.now()
    return timezone.make_aware(datetime.combine(day, time.min))


def days_of(notice: Notice) -> dict[str, Any]:
    return {"first_day": str(timezone.localdate(notice.published_at)), "last_day": str(notice.shown_until or "")}


def require_operator(by: User) -> None:
    if not by.is_operator:
        raise Http404
