"""请经办人添加我: a visitor leaves word for the administrator of an enterprise that exists already."""

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.codes import check_code
from accounts.models import User
from enterprises.actions.registration import PURPOSE
from enterprises.models import Enterprise, JoinRequest
from enterprises.permissions import administrators_of, require_administrator
from portal.audit.actions import record
from portal.crypto import blind_index
from portal.errors import Refused
from portal.limits import hit
from portal.masking import mask_name, mask_phone
from portal.notifications.actions import mark_handled, notify

DAY = 24 * 3600
A_PHONE, AN_ENTERPRISE = 3, 20  # requests a day


@transaction.atomic
def ask_to_join(
    enterprise: Enterprise, *, name: str, phone: str, message: str, code: str, request: HttpRequest
) -> JoinRequest:
    """Leave name and phone for the administrators. ValidationError if the code is wrong.

    Who waits already is not noted twice and gets the same answer.
    """
    check_code(phone, code, purpose=PURPOSE, request=request)
    kept = {"name": name, "phone": phone, "message": message}
    asked, is_new = JoinRequest.objects.get_or_create(
        enterprise=enterprise, phone_index=blind_index(phone, purpose="phone"), handled_at=None, defaults=kept
    )
    if is_new:
        require_calm(enterprise, phone)
        record("enterprise.join_requested", asked, by=None, name=mask_name(name), phone=mask_phone(phone))
        shown = {"name": mask_name(name), "phone": mask_phone(phone), "enterprise": enterprise}
        link = reverse("enterprises:members", args=[enterprise.pk])
        notify(administrators_of(enterprise), "enterprise.join_requested", about=asked, link=link, **shown)
    return asked


def require_calm(enterprise: Enterprise, phone: str) -> None:
    calm = hit(f"join-phone:{phone}", limit=A_PHONE, seconds=DAY)
    if not calm or not hit(f"join-enterprise:{enterprise.pk}", limit=AN_ENTERPRISE, seconds=DAY):
        raise Refused(_("今天提交的申请过多，请明天再试，或直接联系经办人。"))


@transaction.atomic
def dismiss_join_request(asked: JoinRequest, *, by: User) -> None:
    """The administrator does not know the person. A visitor is not told; who asked with an account is."""
    require_administrator(by, asked.enterprise)
    settle_join_request(asked, added=False, by=by)
    record("join_request.handled", asked, by=by, added=False)
    if asked.user:
        link = reverse("enterprises:invitations")
        notify([asked.user], "member.refused", about=asked, link=link, enterprise=asked.enterprise)


def settle_join_request(asked: JoinRequest, *, added: bool, by: User) -> None:
    """Take it off the list, once."""
    waiting = JoinRequest.objects.filter(pk=asked.pk, handled_at=None)
    if not waiting.update(handled_at=timezone.now(), handled_by=by, is_added=added):
        raise Refused(_("这条申请已经处理过，请刷新页面查看最新状态。"))
    mark_handled(asked)
