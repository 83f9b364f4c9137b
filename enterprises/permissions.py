"""Who may act in an enterprise, and which enterprises a person may act for in a business system."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.catalogue import APPOINTMENT, ID_PHOTO, LICENCE, RENAMED
from enterprises.models import AgentChange, Appointment, Enterprise, Member, MemberExclusion, SystemGrant
from portal.documents.models import Document
from portal.documents.permissions import register_reader
from portal.errors import Refused

KEPT_OF_A_MEMBER = (ID_PHOTO.code, APPOINTMENT.code)
PUBLIC_PAPERS = (LICENCE.code, RENAMED.code, "handover_proof")  # the last one an operator uploads
NEVER_AGREED = (Member.Status.INVITED, Member.Status.DECLINED)
ADMINISTRATOR_BARRED = gettext_lazy("企业管理员账号仅用于管理企业用户，办理业务请使用个人账号")


def administered_by(user):
    """The enterprises whose 平台管理 this account may open: their own accounts, and the members they appointed."""
    if user.is_enterprise_account:
        return Enterprise.objects.filter(administrators__user=user)
    if not user.is_personal:
        return Enterprise.objects.none()
    return Enterprise.objects.filter(pk__in=appointed().filter(user=user).values("enterprise"))


def appointed() -> QuerySet[Member]:
    """The members who are 企业管理员 now."""
    in_force = Appointment.objects.filter(ended_at=None)
    return Member.objects.filter(status=Member.Status.ACTIVE, user__is_active=True, pk__in=in_force.values("member"))


def is_agent(user, enterprise: Enterprise) -> bool:
    """Whether this person is the human behind the enterprise's own account."""
    return bool(user.id_index) and user.id_index == enterprise.agent_id_index


def require_administrator(user, enterprise: Enterprise) -> None:
    """Raise Http404 for everybody who does not administer it; a stranger is not told that it exists."""
    if not administered_by(user).filter(pk=enterprise.pk).exists():
        raise Http404


def administrators_of(enterprise: Enterprise) -> list:
    """The active accounts that administer it, to be told: its own first."""
    seats = enterprise.administrators.filter(user__is_active=True).select_related("user")
    people = appointed().filter(enterprise=enterprise).select_related("user").order_by("pk")
    return [seat.user for seat in seats] + [member.user for member in people]


def enterprises_granted(user, system: str):
    """The enterprises for which this person may enter `system`: active member, granted, not switched off.

    A suspended enterprise's people still read and reply; what is new asks `require_good_standing` (domain §5.7 58).
    """
    if not user.is_personal:
        return Enterprise.objects.none()
    excluded = MemberExclusion.objects.filter(system=system).values("member")
    memberships = Member.objects.filter(user=user, status=Member.Status.ACTIVE).exclude(pk__in=excluded)
    granted = SystemGrant.objects.filter(system=system, revoked_at=None)
    return Enterprise.objects.filter(status__in=Enterprise.READING, pk__in=memberships.values("enterprise")).filter(
        pk__in=granted.values("enterprise")
    )


def require_good_standing(enterprise: Enterprise | None) -> None:
    """Refuse what is new of an enterprise that was suspended; what is under way goes on (domain §5.7 58)."""
    suspended = Enterprise.objects.filter(status=Enterprise.Status.SUSPENDED)
    enterprise = suspended.filter(pk=enterprise.pk).first() if enterprise else None  # as it stands now
    if enterprise is None:
        return
    facts = {"name": enterprise.name, "reason": enterprise.suspended_reason}
    raise Refused(
        _("暂停期间不能新建报监和提交新的报监；在办事项可以查看、答复和重新提交。"),
        _("暂停原因：%(reason)s") % facts,
        _("如有异议，请联系平台运营人员。"),
        heading=_("%(name)s已被暂停") % facts,
        safe=_("已填写的内容已保存。"),
    )


def bar_administrator(user):
    """Refuse an enterprise administrator account at the door of a business system (guide §一.4, product §1)."""
    if user.is_enterprise_account:
        raise PermissionDenied(str(ADMINISTRATOR_BARRED))


def invitations_of(user):
    """The enterprises that ask this person to join and wait for the answer."""
    return Member.objects.filter(user=user, status=Member.Status.INVITED).select_related("enterprise", "position")


def papers_of(user) -> list[Document]:
    """A person's own sound files that one more enterprise may keep: of each kind those that lie together, the newest.

    What somebody else uploaded to invite them counts only once they agreed.
    """
    held = Q(
        holder_type="enterprises.member", holder_id__in=user.memberships.exclude(status__in=NEVER_AGREED).values("pk")
    )
    for fn in _papers:
        held |= fn(user)
    rows = list(Document.objects.ready().filter(held, kind__in=KEPT_OF_A_MEMBER).order_by("-uploaded_at", "pk"))
    newest: dict[str, UUID] = {}
    for document in rows:
        newest.setdefault(document.kind, document.holder_id)
    return [document for document in rows if newest[document.kind] == document.holder_id]


ANSWER_WITHIN = timedelta(days=14)


def agencies_asked_of(user) -> QuerySet[AgentChange]:
    """Where this person was asked to be the agent, under this name and number, whatever came of it."""
    if not user.is_personal or not user.phone_index or not user.id_index:
        return AgentChange.objects.none()
    return AgentChange.objects.filter(phone_index=user.phone_index, name=user.name)


def agencies_offered_to(user) -> QuerySet[AgentChange]:
    """Those that wait for the answer."""
    waiting = agencies_asked_of(user).filter(status="waiting", proposed_at__gt=timezone.now() - ANSWER_WITHIN)
    return waiting.select_related("enterprise").order_by("proposed_at")


# What the apps above know. They register in their own modules; this app imports none of them.

Text = str | Promise
Consequence = Callable[..., list[str]]
_consequences: list[Consequence] = []
_ties: list[Callable[..., bool]] = []
_papers: list[Callable[..., Q]] = []
_arrivals: list[Callable[..., object]] = []
_departures: list[Callable[..., object]] = []
_unfinished: list["Unfinished"] = []


def register_consequence(fn: Consequence) -> None:
    """`fn(enterprise, *, system, user)` says in sentences what stops when the enterprise loses the system
    (a BusinessSystem; `user` None), when `user` leaves or is disabled (`system` None), or when the system is
    switched off for `user` alone (both). Empty: nothing."""
    _consequences.append(fn)


def consequences(enterprise: Enterprise, *, system=None, user=None) -> list[str]:
    return [str(sentence) for fn in _consequences for sentence in fn(enterprise, system=system, user=user)]


def register_tie(fn: Callable[..., bool]) -> None:
    """`fn(user)` tells whether the person belongs somewhere by a row of another app, such as a project."""
    _ties.append(fn)


def belongs_elsewhere(member: Member) -> bool:
    """Whether the person behind a membership is bound to anybody but this enterprise (decisions 2)."""
    bound = [Member.Status.ACTIVE, Member.Status.DISABLED]
    others = Member.objects.filter(user=member.user_id, status__in=bound).exclude(enterprise=member.enterprise_id)
    return others.exists() or any(fn(member.user) for fn in _ties)


def register_papers(fn: Callable[..., Q]) -> None:
    """`fn(user)` is a condition on documents: the person's own files that another app keeps."""
    _papers.append(fn)


def register_arrival(fn: Callable[..., object]) -> None:
    """`fn(member, by=…)` runs in the transaction in which somebody becomes an active member."""
    _arrivals.append(fn)


def register_departure(fn: Callable[..., object]) -> None:
    """`fn(member, by=…)` runs in the transaction in which an active member leaves or is disabled, after it is written."""
    _departures.append(fn)


class Unfinished(NamedTuple):
    """Work that a person has with an enterprise and that needs somebody else when they go.

    `code` names the chooser, `heading` and `label` stand above it and beside it. `titles(enterprise, user)` names the
    work; `hand_over(member, to=…, by=…)` gives it to a colleague, in the caller's transaction and before the
    membership changes, and raises Refused if the colleague cannot take it.
    """

    code: str
    heading: Text
    label: Text
    help_text: Text
    titles: Callable[..., list[str]]
    hand_over: Callable[..., object]


def register_unfinished(kind: Unfinished) -> None:
    _unfinished.append(kind)


def unfinished_of(member: Member) -> list[tuple[Unfinished, list[str]]]:
    """What would need a new owner, sort by sort, with the titles."""
    found = [(kind, kind.titles(member.enterprise, member.user)) for kind in _unfinished]
    return [(kind, titles) for kind, titles in found if titles]


def hand_over_unfinished(member: Member, *, to: dict[str, Member], by) -> None:
    """Each sort of work to the colleague that was chosen for it; what nobody was chosen for stays."""
    for kind in _unfinished:
        if successor := to.get(kind.code):
            kind.hand_over(member, to=successor.user, by=by)


def announce_departure(member: Member, *, by) -> None:
    for fn in _departures:
        fn(member, by=by)


def announce_arrival(member: Member, *, by) -> None:
    for fn in _arrivals:
        fn(member, by=by)


# Who may have the documents.


def may_read_of_enterprise(user, document, request) -> bool:
    """Its administrators; operators the licences, which they compare with the register."""
    if user is not None and user.is_operator:
        return document.kind in PUBLIC_PAPERS
    return user is not None and administered_by(user).filter(pk=document.holder_id).exists()


def may_read_of_member(user, document, request) -> bool:
    """The person, or the administrator of the enterprise that keeps the membership."""
    if user is None:
        return False
    member = Member.objects.filter(pk=document.holder_id)
    return member.filter(user=user).exists() or member.filter(enterprise__in=administered_by(user)).exists()


register_reader("enterprises.Enterprise", may_read_of_enterprise)
register_reader("enterprises.Member", may_read_of_member)
