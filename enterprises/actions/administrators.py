"""企业管理员: members who manage the enterprise beside its own account. At least one of them can always act."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enterprises.actions.members import note
from enterprises.models import Appointment, Enterprise, Member
from enterprises.permissions import administrators_of, appointed, is_agent, require_administrator
from enterprises.shown import at_work
from portal.errors import Refused
from portal.masking import mask_name
from portal.notifications.actions import notify


def lock_administration(enterprise: Enterprise, *, by: User) -> Enterprise:
    """The enterprise, with everybody else who changes its people waiting; Http404 for who does not administer it now.

    Asked again under the lock: of two administrators who remove each other, the second is none any more.
    """
    require_administrator(by, enterprise)
    enterprise = Enterprise.objects.locked(enterprise.pk)
    require_administrator(by, enterprise)
    return enterprise


@transaction.atomic
def appoint_administrator(member: Member, *, by: User) -> Appointment:
    """Let a colleague manage the enterprise with the personal account. Refused for who is not at work here."""
    enterprise = lock_administration(member.enterprise, by=by)
    member = Member.objects.locked(member.pk)
    if not at_work(enterprise).filter(pk=member.pk).exists():
        raise Refused(_("只能指定本企业已登录使用的在职用户，请重新选择。"))
    if member.appointments.filter(ended_at=None).exists():
        raise Refused(_("此人已是企业管理员。"))
    made = Appointment.objects.create(member=member, appointed_by=by)
    announce("administrator.appointed", member, by=by)
    return made


@transaction.atomic
def remove_administrator(member: Member, *, by: User) -> None:
    """移除, also of oneself. Refused for the last one who can act; the membership goes on."""
    enterprise = lock_administration(member.enterprise, by=by)
    member = Member.objects.locked(member.pk)
    if not member.appointments.filter(ended_at=None).exists():
        raise Refused(_("此人已不是企业管理员，请刷新页面查看最新状态。"))
    require_another(enterprise, member)
    end_appointment(member, by=by)


def end_appointment(member: Member, *, by: User | None) -> None:
    """If the member is an administrator, that ends: who comes back starts as an ordinary user."""
    if member.appointments.filter(ended_at=None).update(ended_at=timezone.now(), ended_by=by):
        announce("administrator.removed", member, by=by)


def end_appointments(enterprise: Enterprise, *, by: User) -> None:
    """Of an enterprise that is merged, before its people go over: nobody takes the right to manage along."""
    in_force = Appointment.objects.filter(member__enterprise=enterprise, ended_at=None)
    for appointment in in_force.select_related("member__user", "member__enterprise").order_by("member_id"):
        appointment.ended_at, appointment.ended_by = timezone.now(), by
        appointment.save(update_fields=["ended_at", "ended_by"])
        tell_of("administrator.removed", appointment.member, by=by)


def tell_of(event: str, member: Member, *, by: User | None, link: str = "") -> None:
    """Written down, and told to the person."""
    note(event, member, by=by)
    notify([member.user], event, about=member, link=link, enterprise=member.enterprise)


def announce(event: str, member: Member, *, by: User | None) -> None:
    """Written down, and told to the person and to all who administer the enterprise."""
    enterprise = member.enterprise
    link = reverse("enterprises:list") if event == "administrator.appointed" else ""
    tell_of(event, member, by=by, link=link)
    others = [one for one in administrators_of(enterprise) if one.pk not in {member.user_id, by.pk if by else None}]
    facts = {"enterprise": enterprise, "name": mask_name(member.user.name), "appointed": bool(link)}
    notify(others, "administrator.announced", about=member, link=address_of(enterprise), **facts)


def address_of(enterprise: Enterprise) -> str:
    return reverse("enterprises:administrators", args=[enterprise.pk])


def require_another(enterprise: Enterprise, member: Member) -> None:
    """Somebody else can go on: an appointed colleague, or the agent with the enterprise's own account."""
    if may_go(enterprise, member):
        return
    raise Refused(
        _("此人是本企业最后一位能够办理的管理员，请先指定另一位管理员或变更经办人。"),
        safe=_("没有任何改动。"),
        action=(_("经办人和管理员"), address_of(enterprise)),
    )


def may_go(enterprise: Enterprise, member: Member) -> bool:
    others = appointed().filter(enterprise=enterprise).exclude(pk=member.pk)
    return others.exists() or has_own_account(enterprise)


def has_own_account(enterprise: Enterprise) -> bool:
    """The enterprise's own account is open, and a number is known by which its agent gets in."""
    return bool(enterprise.agent_phone_index) and enterprise.administrators.filter(user__is_active=True).exists()


def require_replaceable(member: Member, *, by: User) -> None:
    """Whoever the enterprise cannot do without has a successor before they leave; nobody sends themselves away."""
    if member.user_id == by.pk:
        raise Refused(_("不能为自己办理停用或离职，请由另一位管理员办理。"), safe=_("没有任何改动。"))
    if is_agent(member.user, member.enterprise):
        raise Refused(
            _("此人是本企业的经办人，企业管理员账号的验证码发到其手机。请先变更经办人，再办理停用或离职。"),
            safe=_("没有任何改动。"),
            action=(_("变更经办人"), reverse("enterprises:agent", args=[member.enterprise_id])),
        )
    if member.appointments.filter(ended_at=None).exists():
        require_another(member.enterprise, member)
