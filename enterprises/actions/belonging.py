"""申请加入企业: somebody with an account asks one more enterprise to add them.

The administrator agrees with one look, and the files that the person handed in elsewhere go along: nothing is typed or
uploaded twice. Who asked has agreed, so nobody is asked twice either.
"""

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actions import accept_photo_consent
from accounts.models import User
from enterprises.actions.joining import require_calm, settle_join_request
from enterprises.actions.members import note, require_newcomer
from enterprises.models import Enterprise, JoinRequest, Member, Position
from enterprises.permissions import administrators_of, announce_arrival, papers_of, require_administrator
from enterprises.shown import GONE
from portal.audit.actions import record
from portal.documents.actions import copy_to
from portal.errors import Refused
from portal.masking import mask_name, mask_phone
from portal.notifications.actions import notify


@transaction.atomic
def ask_to_belong(enterprise: Enterprise, *, position: Position, message: str = "", by: User) -> JoinRequest:
    """A person with an account asks one more enterprise to add them, and lets it have their files.

    Refused where they belong already or were invited: then it is their turn to answer.
    """
    if not by.is_personal or not by.phone:
        raise Http404
    enterprise = Enterprise.objects.locked(enterprise.pk)
    if enterprise.status != Enterprise.Status.ACTIVE:
        raise Refused(_("该企业当前不能添加人员，请联系企业经办人。"))
    require_outsider(enterprise, by)
    kept = {"name": by.name, "phone": by.phone, "message": message, "user": by, "position": position}
    asked, is_new = JoinRequest.objects.get_or_create(
        enterprise=enterprise, phone_index=by.phone_index, handled_at=None, defaults=kept
    )
    if not is_new and asked.user_id == by.pk:
        raise Refused(_("您已向该企业提交过申请，请等待企业管理员处理。"), action=own_page())
    if is_new:
        require_calm(enterprise, by.phone)
    for field, value in kept.items():  # what the same phone asked for as a visitor has a name now
        setattr(asked, field, value)
    asked.save()
    accept_photo_consent(by)
    record("enterprise.join_requested", asked, by=by, name=mask_name(by.name), position=position.pk)
    shown = {"name": mask_name(by.name), "phone": mask_phone(by.phone), "enterprise": enterprise}
    link = reverse("enterprises:request-admit", args=[enterprise.pk, asked.pk])
    notify(administrators_of(enterprise), "enterprise.join_requested", about=asked, link=link, **shown)
    return asked


def require_outsider(enterprise: Enterprise, user: User) -> None:
    status = enterprise.members.filter(user=user).exclude(status__in=GONE).values_list("status", flat=True).first()
    if status == Member.Status.INVITED:
        raise Refused(_("该企业已邀请您加入，请直接选择同意或不同意。"), action=own_page())
    if status == Member.Status.DISABLED:
        raise Refused(_("您在该企业的账号已被停用，请联系企业管理员启用。"))
    if status:
        raise Refused(_("您已是该企业的用户，无需重复申请。"))


def own_page() -> tuple[str, str]:
    return _("查看我的企业"), reverse("enterprises:invitations")


@transaction.atomic
def admit(asked: JoinRequest, *, position: Position, department: str, by: User) -> Member:
    """The administrator agrees: the person belongs from now on, with copies of the files they have elsewhere."""
    require_administrator(by, asked.enterprise)
    enterprise = Enterprise.objects.locked(asked.enterprise_id)
    asked = JoinRequest.objects.select_related("user").get(pk=asked.pk)
    settle_join_request(asked, added=True, by=by)
    user = asked.user
    if user is None or not user.is_active:
        raise Refused(_("此人的账号已停用或已注销，不能添加。"))
    require_newcomer(enterprise, user)
    place = {"position": position, "department": department, "created_by": by}
    member = Member.objects.create(enterprise=enterprise, user=user, status=Member.Status.ACTIVE, **place)
    papers = papers_of(user)
    for document in papers:
        copy_to(member, document, by=user)
    note("member.admitted", member, user.name, by=by, papers=len(papers))
    notify([user], "member.admitted", about=member, link=reverse("home"), enterprise=enterprise)
    announce_arrival(member, by=by)
    return member


@transaction.atomic
def withdraw_join_request(asked: JoinRequest, *, by: User) -> None:
    """Who asked no longer wants to; nobody needs to answer."""
    if asked.user_id != by.pk:
        raise Http404
    settle_join_request(asked, added=False, by=by)
    record("join_request.withdrawn", asked, by=by)
