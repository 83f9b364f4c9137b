"""What this app holds about a person, and what ends with their account (PIPL 44–47)."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Registration, User
from accounts.privacy.closing import register_closing, register_forgetting, register_obstacle
from accounts.privacy.sections import Held, Line, Section, register_files, register_section, shown_time
from enterprises.actions.administrators import end_appointment, may_go, require_another
from enterprises.models import AgentChange, Enterprise, JoinRequest, Member
from enterprises.permissions import appointed
from portal.audit import record
from portal.documents.actions import purge
from portal.documents.models import Document
from portal.masking import mask_name
from portal.notifications.actions import mark_handled
from portal.retention import Rule, register_rule

OVER = (Member.Status.LEFT, Member.Status.DECLINED)
AT_WORK = _("在职期间保留，用于核实身份")


def member_line(member: Member) -> Line:
    return {
        _("企业名称"): member.enterprise.name,
        _("职务"): member.position,
        _("部门"): member.department,
        _("状态"): member.get_status_display(),
        _("加入时间"): shown_time(member.created_at),
        _("离开时间"): shown_time(member.ended_at),
    }


def asking_line(asked: JoinRequest) -> Line:
    return {
        _("企业名称"): asked.enterprise.name,
        _("职务"): asked.position or "",
        _("留言"): asked.message,
        _("申请时间"): shown_time(asked.created_at),
    }


def agent_line(enterprise: Enterprise) -> Line:
    return {
        _("企业名称"): enterprise.name,
        _("经办人"): enterprise.agent_name,
        _("经办人手机号"): enterprise.agent_phone,
        _("经办人身份证号"): enterprise.agent_id_number,
    }


def files_of_member(user: User) -> Iterator[Held]:
    places = {member.pk: member for member in user.memberships.all()}
    held = Document.objects.filter(holder_type="enterprises.member", holder_id__in=places).kept()
    for document in held.order_by("uploaded_at", "pk"):
        over = places[document.holder_id].status in OVER or document.state == Document.State.REMOVED
        yield Held(document, "" if over else AT_WORK)


def cannot_go(user: User) -> list[str]:
    """Whom an enterprise cannot do without is replaced first: its agent, and the last who can act."""
    agent_of = Enterprise.objects.filter(agent_id_index=user.id_index, status__in=Enterprise.READING)
    text = _("您是%(name)s的经办人，请先由该企业变更经办人")
    found = [str(text) % {"name": name} for name in agent_of.order_by("name").values_list("name", flat=True)]
    last = _("您是%(name)s最后一位能够办理的管理员，请先指定另一位管理员")
    for member in appointed().filter(user=user).select_related("enterprise"):
        if not may_go(member.enterprise, member):
            found.append(str(last) % {"name": member.enterprise.name})
    return found


def leave_all(user: User, *, by: User | None) -> None:
    """Every membership ends with the account, under the name that the enterprise knows."""
    for member in appointed().filter(user=user).select_related("enterprise").order_by("enterprise_id"):
        require_another(Enterprise.objects.locked(member.enterprise_id), member)
        end_appointment(member, by=by)
    for member in user.memberships.exclude(status__in=OVER).select_for_update(of=("self",), no_key=True):
        member.move("leave")
        member.ended_at = timezone.now()
        member.save(update_fields=["status", "ended_at"])
        member.__dict__["audit_label"] = mask_name(user.name)
        record("member.left", member, by=by, closed_account=True)
    for asked in user.join_requests.filter(handled_at=None).select_for_update(of=("self",), no_key=True):
        asked.handled_at, asked.handled_by, asked.is_added = timezone.now(), by or user, False
        asked.save(update_fields=["handled_at", "handled_by", "is_added"])
        mark_handled(asked)


def forget_invitations(user: User) -> None:
    """What was typed about them to invite them, and what they asked under their name."""
    user.join_requests.all().delete()
    Registration.objects.filter(pk__in=user.memberships.values("pk")).delete()


def forget_agencies(user: User) -> None:
    """Their name where an enterprise asked them to be its agent, and in the history of those they acted for."""
    masked = mask_name(user.name)
    asked = AgentChange.objects.filter(phone_index=user.phone_index or "-", name=user.name)
    places = {*asked.values_list("enterprise", flat=True), *user.memberships.values_list("enterprise", flat=True)}
    history = AgentChange.objects.filter(enterprise__in=places)
    history.filter(former_name=user.name).update(former_name=masked)
    history.filter(name=user.name, phone_index=None).update(name=masked)  # named by operators, without a number
    asked.update(name=masked, phone=None, phone_index=None)


def files_of_the_left(cutoff: datetime) -> QuerySet[Document]:
    """Of people who left so long ago, or never agreed to come."""
    left = Member.objects.filter(Q(ended_at__lt=cutoff) | Q(ended_at=None, created_at__lt=cutoff), status__in=OVER)
    return Document.objects.filter(holder_type="enterprises.member", holder_id__in=left.values("pk")).kept()


register_rule(Rule("left_member_files", _("已离职人员的材料"), files_of_the_left, lambda document: purge([document])))
register_section(
    Section(
        "memberships",
        _("所属企业"),
        _("确认您代表哪家企业办事"),
        _("在职期间及离职后，随企业办理记录留存"),
        lambda user: user.memberships.select_related("enterprise", "position").order_by("created_at"),
        member_line,
    )
)
register_section(
    Section(
        "join_requests",
        _("加入企业的申请"),
        _("由企业决定是否添加您"),
        _("账号使用期间，注销后删除"),
        lambda user: user.join_requests.select_related("enterprise", "position").order_by("created_at"),
        asking_line,
    )
)
register_section(
    Section(
        "agent",
        _("担任经办人"),
        _("联系企业、核实企业管理员"),
        _("担任经办人期间"),
        lambda user: Enterprise.objects.filter(agent_id_index=user.id_index).order_by("pk"),
        agent_line,
    )
)
register_files(files_of_member)
register_obstacle(cannot_go)
register_closing(leave_all)
register_forgetting(forget_invitations)
register_forgetting(forget_agencies)
