"""停用, 启用, 离职, 删除 and 重置密码. All of them act on the membership, not on the person's account (decisions 2)."""

from functools import partial

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import end_sessions, set_initial_password
from accounts.models import Registration, User
from enterprises.actions.administrators import end_appointment, lock_administration, require_replaceable
from enterprises.actions.members import locked_member, note, tell_how_to_sign_in
from enterprises.models import Member
from enterprises.permissions import announce_departure, belongs_elsewhere, hand_over_unfinished
from enterprises.shown import at_work, is_waiting
from portal.documents.actions import purge
from portal.documents.models import Document
from portal.errors import Refused
from portal.limits import hit
from portal.notifications.actions import mark_handled, notify

DONE = {"disable": "member.disabled", "enable": "member.enabled", "leave": "member.left"}
RESETS_A_DAY = 3


@transaction.atomic
def move_member(member: Member, move: str, *, by: User, successors: dict[str, Member] | None = None) -> None:
    """disable, enable or leave. Sessions end at once; the person is told.

    `successors`: the colleague who goes on with each sort of work of the person (`Unfinished.code`). Refused if one
    of them does not work here (any more), and for the agent and the last administrator until they have a successor.
    """
    successors = successors or {}
    lock_administration(member.enterprise, by=by)
    involved = {member.pk, *(one.pk for one in successors.values())}  # in one order: nobody leaves meanwhile
    list(Member.objects.filter(pk__in=involved).order_by("pk").select_for_update(of=("self",), no_key=True))
    member = locked_member(member, by=by)
    if is_waiting(member):
        raise Refused(_("此人尚未登录确认，可以直接删除。"))
    was_active = member.status == Member.Status.ACTIVE
    if move != "enable":
        require_replaceable(member, by=by)
        for successor in successors.values():
            require_colleague(successor, member)
        hand_over_unfinished(member, to=successors, by=by)
    member.move(move)
    member.ended_at = timezone.now() if move == "leave" else None
    member.save(update_fields=["status", "ended_at"])
    if move != "enable":
        end_sessions(member.user)
        end_appointment(member, by=by)
    note(DONE[move], member, by=by)
    notify([member.user], DONE[move], about=member, enterprise=member.enterprise)
    if was_active:
        announce_departure(member, by=by)


def colleagues_of(member: Member) -> QuerySet[Member]:
    """Who may go on with somebody's work: the others at work here who have signed in."""
    return at_work(member.enterprise).exclude(user=member.user_id)


def require_colleague(successor: Member, member: Member) -> None:
    if not colleagues_of(member).filter(pk=successor.pk).exists():
        raise Refused(_("所选的接手人已不是本企业的在职用户，请重新选择。"), safe=_("还没有办理，草稿也没有转交。"))


@transaction.atomic
def delete_member(member: Member, *, by: User) -> None:
    """Remove somebody who never acted: a mistyped number, an invitation not answered. Others leave (feature C5).

    An account that was made here and never used goes with it, so that the person can be added again.
    """
    member = locked_member(member, by=by)
    if not is_waiting(member):
        raise Refused(_("此人已登录使用过账号，不能删除，请办理离职。"))
    note("member.deleted", member, by=by)
    mark_handled(member)
    forget_files(member)
    Registration.objects.filter(pk=member.pk).delete()
    user, made_here = member.user, member.created_account
    member.delete()
    if made_here:
        erase_unused(user)


def forget_files(member: Member) -> None:
    """Delete the files of a membership for good, once it is certain that it ends."""
    transaction.on_commit(partial(purge, list(Document.objects.of(member).kept())))


def erase_unused(user: User) -> None:
    """Delete an account that nobody ever signed in to, unless somebody else refers to it."""
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        pass


@transaction.atomic
def reset_password(member: Member, *, by: User) -> None:
    """重置密码 where the account was made here and belongs nowhere else; otherwise its owner is told how to recover it.

    Who has not signed in yet is told again how to.
    """
    member = locked_member(member, by=by)
    if member.status not in (Member.Status.ACTIVE, Member.Status.INVITED):
        raise Refused(_("此人当前不是本企业的在职用户，不能重置密码。"))
    if not hit(f"reset:{member.pk}", limit=RESETS_A_DAY, seconds=24 * 3600):
        raise Refused(_("今天已重置 %(count)d 次，请明天再试。") % {"count": RESETS_A_DAY})
    if member.status == Member.Status.INVITED:
        tell(member, "member.invited", reverse("enterprises:invitations"))
    elif may_reset(member):
        set_initial_password(member.user, by=by)
        reopen(member.user)
        tell_how_to_sign_in(member, "member.password_reset", by=by)
    else:
        tell(member, "member.recovery_sent", reverse("accounts:recover"))
        return note("member.recovery_sent", member, by=by)
    note("member.password_reset", member, by=by)


def may_reset(member: Member) -> bool:
    """The account was made by this enterprise and is bound to nobody else."""
    return member.created_account and not belongs_elsewhere(member)


def reopen(user: User) -> None:
    """An account that closed because its initial password was not used in time is open again."""
    if not user.is_active and user.last_login is None:
        user.is_active = True
        user.save(update_fields=["is_active"])


def tell(member: Member, event: str, link: str = "") -> None:
    notify([member.user], event, about=member, link=link, enterprise=member.enterprise)
