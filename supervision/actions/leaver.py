"""What becomes of filings when a person leaves the enterprise, or the enterprise loses 项目报监."""

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from enterprises.models import BusinessSystem, Enterprise, Member
from enterprises.permissions import Unfinished, register_consequence, register_unfinished
from portal.audit import record
from portal.errors import Refused
from portal.masking import mask_name
from portal.notifications import notify
from supervision.catalogue import SYSTEM
from supervision.models import Filing
from supervision.permissions import can_prepare

BEGUN = (Filing.Status.PULLED, Filing.Status.DRAFT)
UNDER_WAY = (
    Filing.Status.SUBMITTED,
    Filing.Status.UNDER_REVIEW,
    Filing.Status.RETURNED,
    Filing.Status.APPROVED,
)


def begun_by(user: User, enterprise: Enterprise) -> QuerySet[Filing]:
    """What this person made for the enterprise and can still be filled in."""
    return Filing.objects.filter(created_by=user, enterprise=enterprise, status__in=Filing.OPEN).order_by("pk")


def titles_of(enterprise: Enterprise, user: User) -> list[str]:
    return [f"{filing}（{filing.get_status_display()}）" for filing in begun_by(user, enterprise)]


def hand_over_filings(member: Member, *, to: User, by: User) -> None:
    """Give what a person began to a colleague, who is told. Refused if the colleague has no 项目报监."""
    filings = list(begun_by(member.user, member.enterprise).select_for_update(of=("self",), no_key=True))
    for filing in filings:
        if not can_prepare(to, filing):
            raise Refused(
                _("%(name)s没有项目报监的权限，不能接手。请选择其他同事，或先为其开通业务系统。") % {"name": to.name},
                safe=_("还没有办理，草稿也没有转交。"),
            )
        filing.created_by, filing.changed_at = to, timezone.now()
        filing.save(update_fields=["created_by", "changed_at"])
        names = {"of": mask_name(member.user.name), "to": mask_name(to.name)}
        record("filing.handed_over", filing, by=by, enterprise_id=member.enterprise_id, **names)
        link = reverse("filing:detail", args=[filing.pk])
        notify([to], "filing.handed_over", about=filing, link=link, filing=filing, name=member.user.name)


def what_stops(enterprise: Enterprise, *, system: BusinessSystem | None = None, user: User | None = None) -> list[str]:
    """How many drafts and filings under way nobody of the enterprise can go on with without 项目报监.

    Of one person alone, what they began: colleagues go on with it.
    """
    if system is None or system.pk != SYSTEM:
        return []
    if user is not None:
        count = begun_by(user, enterprise).count()
        text = _("其创建的 %(count)d 件报监尚未提交或等待补正，须由本企业有权限的同事继续办理")
        return [text % {"count": count}] if count else []
    counts = Filing.objects.filter(enterprise=enterprise).aggregate(
        begun=Count("pk", filter=Q(status__in=BEGUN)), under_way=Count("pk", filter=Q(status__in=UNDER_WAY))
    )
    sentences = {
        "begun": _("%(count)d 件报监草稿不能继续填写和提交，内容保留"),
        "under_way": _("%(count)d 件在办报监仍由监督站审核，但本企业不能查看、补正和撤回"),
    }
    return [text % {"count": counts[name]} for name, text in sentences.items() if counts[name]]


register_unfinished(
    Unfinished(
        "filings",
        gettext_lazy("尚未提交或等待补正的报监"),
        gettext_lazy("报监转交给"),
        gettext_lazy("接手人会收到通知。暂不转交的，仍由本企业有权限的用户继续办理。"),
        titles_of,
        hand_over_filings,
    )
)
register_consequence(what_stops)
