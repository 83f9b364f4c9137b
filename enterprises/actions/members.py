"""用户管理: adding people to an enterprise and changing what it keeps about them.

An enterprise cannot seize a person (decisions 2). Whoever has an account already is asked, and until they answer the
enterprise sees nothing but what it typed itself, so that nobody learns here who has an account.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import create_person, set_initial_password
from accounts.activation import send_activation
from accounts.drafts import close_draft
from accounts.models import Registration, User
from enterprises.actions.joining import settle_join_request
from enterprises.actions.registration import locked_draft
from enterprises.models import BusinessSystem, Enterprise, JoinRequest, Member, MemberExclusion, Position
from enterprises.permissions import announce_arrival, require_administrator
from enterprises.shown import shown_of
from portal.audit.actions import record
from portal.documents.actions import rehold
from portal.errors import Refused
from portal.masking import mask_name
from portal.notifications.actions import notify


@transaction.atomic
def add_member(
    enterprise: Enterprise, *, draft: Registration, values: dict[str, Any], by: User, asked: JoinRequest | None = None
) -> Member:
    """Give the person an account with the initial password, or ask whoever has one already.

    `values`: name, id_number, phone, position, department, as the form cleaned them. `draft` holds the files; the
    membership takes over its id. `asked` is the request to join that this answers.
    """
    require_administrator(by, enterprise)
    enterprise = Enterprise.objects.locked(enterprise.pk)
    draft = locked_draft(draft)
    if draft.owner_id != by.pk:
        raise Http404
    user, is_new = person_for(values, by=by)
    require_newcomer(enterprise, user)
    status = Member.Status.ACTIVE if is_new else Member.Status.INVITED
    place = {"position": values["position"], "department": values["department"], "created_account": is_new}
    member = Member(pk=draft.pk, enterprise=enterprise, user=user, status=status, created_by=by, **place)
    member.save(force_insert=True)
    rehold(draft, member)
    note("member.added", member, values["name"], by=by, consent=True, invited=not is_new)
    (welcome if is_new else invite)(member, draft, values, by=by)
    if asked:
        settle_join_request(asked, added=True, by=by)
    return member


def person_for(values: dict[str, Any], *, by: User, initial: str = "") -> tuple[User, bool]:
    """The account of the person, and whether it was made now; `initial` as for `create_person`."""
    if user := known_person(values):
        return user, False
    who = {name: values[name] for name in ("name", "phone", "id_number")}
    try:
        with transaction.atomic():
            return create_person(**who, by=by, initial=initial), True
    except (IntegrityError, Refused):  # somebody else added the same person at this moment
        if user := known_person(values):
            return user, False
        raise


def known_person(values: dict[str, Any]) -> User | None:
    """Who has this ID number, else who has this phone."""
    return User.objects.by_id_number(values["id_number"]) or User.objects.by_phone(values["phone"])


def require_newcomer(enterprise: Enterprise, user: User) -> None:
    gone = [Member.Status.LEFT, Member.Status.DECLINED]
    if enterprise.members.filter(user=user).exclude(status__in=gone).exists():
        raise Refused(_("此人已在本企业的用户列表中。"), safe=_("已填写的内容和上传的文件都还在。"))


def welcome(member: Member, draft: Registration, values: dict[str, Any], *, by: User) -> None:
    """The account is new: nothing typed needs to be kept beside it."""
    close_draft(draft)
    tell_how_to_sign_in(member, "member.created", by=by)
    announce_arrival(member, by=by)


def tell_how_to_sign_in(member: Member, event: str, *, by: User) -> None:
    """By the link that sets the first password, or by the message `event` about the initial one, as the setting says."""
    if settings.ACTIVATION_BY_LINK:
        send_activation(member.user, sender=member.enterprise.name, by=by)
    else:
        notify([member.user], event, about=member, enterprise=member.enterprise)


def invite(member: Member, draft: Registration, values: dict[str, Any], *, by: User) -> None:
    """Ask the owner of the account, and keep what was typed: the list shows only that until they agree."""
    reopen_if_unused(member, values, by=by)
    draft.data = {name: values[name] for name in ("name", "phone", "id_number")}
    draft.key_index, draft.completed_at = None, timezone.now()
    draft.save(update_fields=["data", "key_index", "completed_at"])
    if not same_person(member.user, values):  # for the operators alone: one of the numbers is another person's
        record("identity.disputed", member.user, by=by, membership=str(member.pk))
    link = reverse("enterprises:invitations")
    notify([member.user], "member.invited", about=member, link=link, enterprise=member.enterprise)


def same_person(user: User, values: dict[str, Any]) -> bool:
    return (user.id_number, user.phone) == (values["id_number"], values["phone"])


def reopen_if_unused(member: Member, values: dict[str, Any], *, by: User) -> None:
    """An account that closed because nobody ever came is opened again for the person it was made for."""
    user = member.user
    if user.is_active or user.last_login or not user.must_change_password or not same_person(user, values):
        return
    set_initial_password(user, by=by)
    user.is_active = True
    user.save(update_fields=["is_active"])
    if settings.ACTIVATION_BY_LINK:
        send_activation(user, sender=member.enterprise.name, by=by)


@transaction.atomic
def change_member(member: Member, *, position: Position, department: str, by: User) -> None:
    """编辑: post and department only; phone and ID number never change through an enterprise (decisions 2)."""
    member = locked_member(member, by=by)
    if member.status in (Member.Status.LEFT, Member.Status.DECLINED):
        raise Refused(_("此人已不在本企业，不能编辑。"))
    member.position, member.department = position, department
    member.save(update_fields=["position", "department"])
    note("member.changed", member, by=by, position=position.pk, department=department)


@transaction.atomic
def set_member_systems(member: Member, *, systems: Iterable[BusinessSystem], by: User) -> None:
    """Leave these of the enterprise's systems on for the person, and switch the others off."""
    member = locked_member(member, by=by)
    left_on = {system.pk for system in systems}
    granted = set(member.enterprise.grants.filter(revoked_at=None).values_list("system_id", flat=True))
    off = granted - left_on
    member.exclusions.filter(system__in=left_on).delete()
    kept = set(member.exclusions.values_list("system_id", flat=True))
    for system in sorted(off - kept):
        MemberExclusion.objects.create(member=member, system_id=system, created_by=by)
    note("member.systems_changed", member, by=by, on=sorted(granted & left_on), off=sorted(off))


def locked_member(member: Member, *, by: User) -> Member:
    """The membership, with everybody else who changes it waiting; Http404 for whoever does not administer it."""
    require_administrator(by, member.enterprise)
    return Member.objects.locked(member.pk)


def note(event: str, member: Member, name: str = "", *, by: User | None, **details: Any) -> None:
    """An audit entry about somebody under the masked name that the enterprise knows."""
    member.__dict__["audit_label"] = mask_name(name or shown_of(member).name)
    record(event, member, by=by, **details)
