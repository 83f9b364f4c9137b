"""代办 while an officer is on leave, and the enterprises that he has ties to (edge case 18)."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Delegation, StationPost, User
from portal.audit import record
from portal.errors import Refused
from portal.notifications import notify
from supervision.models import DeclaredTie


def colleagues_of(officer) -> list[User]:
    """Who holds a post that the officer holds too: the same station and role."""
    posts = StationPost.objects.held().filter(user=officer)
    same = StationPost.objects.none()
    for station, role in posts.values_list("station", "role"):
        same |= StationPost.objects.held().filter(station=station, role=role)
    users = User.objects.filter(pk__in=same.values("user"), is_active=True)
    return list(users.exclude(pk=officer.pk).order_by("name", "pk"))


def led_by(chief) -> list[User]:
    """The officers of the stations and roles that somebody leads, the chief included."""
    led = StationPost.objects.none()
    for station, role in StationPost.objects.held().filter(user=chief, is_chief=True).values_list("station", "role"):
        led |= StationPost.objects.held().filter(station=station, role=role)
    return list(User.objects.filter(pk__in=led.values("user"), is_active=True).order_by("name", "pk"))


def may_delegate_for(by, officer) -> bool:
    """For oneself, and as chief for one's officers."""
    return by.pk == officer.pk or officer.pk in {user.pk for user in led_by(by)}


@transaction.atomic
def delegate(*, officer, to, first_day: date, last_day: date, by) -> Delegation:
    """From the first to the last day `to` sees and does what lies with `officer`, and it is written down as 代."""
    if not may_delegate_for(by, officer):
        raise Http404
    if to.pk not in {user.pk for user in colleagues_of(officer)}:
        raise Refused(_("请选择本站同一职责的同事代办。"))
    if last_day < max(first_day, timezone.localdate()):
        raise Refused(_("结束日期不能早于开始日期和今天。"))
    overlapping = Delegation.objects.filter(
        officer=officer, ended_at=None, first_day__lte=last_day, last_day__gte=first_day
    )
    if overlapping.exists():
        raise Refused(_("这段时间已设置代办，请先结束原来的代办。"))
    made = Delegation.objects.create(officer=officer, delegate=to, first_day=first_day, last_day=last_day, made_by=by)
    record("officer.delegated", officer, by=by, to=to.pk, first_day=first_day, last_day=last_day)
    told = [user for user in (officer, to) if user.pk != by.pk]
    notify(told, "officer.delegated", about=made, link="/review/", delegation=made)
    return made


@transaction.atomic
def end_delegation(delegation: Delegation, *, by) -> Delegation:
    """The officer is back, or somebody else acts for him."""
    if not may_delegate_for(by, delegation.officer):
        raise Http404
    if delegation.ended_at is None:
        delegation.ended_at = timezone.now()
        delegation.save(update_fields=["ended_at"])
        record("officer.delegation_ended", delegation.officer, by=by, to=delegation.delegate_id)
    return delegation


@transaction.atomic
def declare_tie(*, uscc: str, reason: str, by) -> DeclaredTie:
    """Declare an enterprise whose filings one must not review (a relative's, a former employer's)."""
    if not StationPost.objects.held().filter(user=by).exists():
        raise Http404
    if not reason.strip():
        raise Refused(_("请说明与该企业的关系。"))
    made, is_new = DeclaredTie.objects.get_or_create(
        officer=by, uscc=uscc, ended_at=None, defaults={"reason": reason.strip()}
    )
    if is_new:
        record("officer.tie_declared", by, by=by, uscc=uscc)
    return made


@transaction.atomic
def end_tie(tie: DeclaredTie, *, by) -> DeclaredTie:
    """The tie is no more; only who declared it says so."""
    if tie.officer_id != by.pk:
        raise PermissionDenied(_("只有本人可以结束回避申报。"))
    if tie.ended_at is None:
        tie.ended_at = timezone.now()
        tie.save(update_fields=["ended_at"])
        record("officer.tie_ended", by, by=by, uscc=tie.uscc)
    return tie
