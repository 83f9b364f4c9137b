"""What an enterprise may see of its people.

Somebody who was asked to join and an account made here that was never used look alike on every page: 待本人确认, with
what the enterprise typed. Otherwise the pages would tell who has an account.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Registration
from enterprises.models import Enterprise, EnterpriseName, Member
from portal.together import among


class State(models.TextChoices):
    """How a membership is shown."""

    WAITING = "waiting", gettext_lazy("待本人确认")
    ACTIVE = "active", gettext_lazy("在职")
    DISABLED = "disabled", gettext_lazy("已停用")
    LEFT = "left", gettext_lazy("已离职")
    DECLINED = "declined", gettext_lazy("本人未同意")


TONES = {
    State.WAITING: "blue",
    State.ACTIVE: "green",
    State.DISABLED: "orange",
    State.LEFT: "grey",
    State.DECLINED: "grey",
}
GONE = [Member.Status.LEFT, Member.Status.DECLINED]
UNKNOWN = [Member.Status.INVITED, Member.Status.DECLINED]  # the person never agreed

_unused = Q(status=Member.Status.ACTIVE, created_account=True, user__last_login=None)


def in_state(state: str) -> Q:
    """The memberships that are shown in this state."""
    if state == State.WAITING:
        return Q(status=Member.Status.INVITED) | _unused
    return Q(status=state) & ~_unused if state == State.ACTIVE else Q(status=state)


def at_work(enterprise: Enterprise) -> QuerySet[Member]:
    """The people who work here and have signed in: whom something can be entrusted to."""
    return Member.objects.filter(in_state(State.ACTIVE), enterprise=enterprise, user__is_active=True)


def state_of(member: Member) -> State:
    return State.WAITING if is_waiting(member) else State(member.status)


def is_waiting(member: Member) -> bool:
    """Nobody has signed in for this membership: the person was asked, or the account made here was never used."""
    unused = member.created_account and member.user.last_login is None and member.status == Member.Status.ACTIVE
    return member.status == Member.Status.INVITED or unused


class Shown(NamedTuple):
    """A person as the enterprise knows them."""

    name: str
    phone: str
    id_number: str


def shown_of(member: Member) -> Shown:
    """The person's own data; while they have not agreed to join, only what the enterprise typed."""
    (shown,) = shown_of_all([member])
    return shown


def shown_of_all(members: Iterable[Member]) -> list[Shown]:
    """The same for many, with one question to the database if somebody has not agreed."""
    members = list(members)
    asked = [member.pk for member in members if member.status in UNKNOWN]
    typed = Registration.objects.in_bulk(asked) if asked else {}
    return [of_draft(typed.get(one.pk)) if one.status in UNKNOWN else of_account(one) for one in members]


def of_account(member: Member) -> Shown:
    return Shown(member.user.name, member.user.phone or "", member.user.id_number or "")


def of_draft(draft: Registration | None) -> Shown:
    """What was typed is kept in the draft whose id the membership has."""
    kept = draft.data if draft else {}
    return Shown(kept.get("name") or "—", kept.get("phone", ""), kept.get("id_number", ""))


# Names that changed


def present_names(codes: Iterable[str]) -> dict[tuple[str, str], str]:
    """What units are called now, by credit code and a name they had: one question for a whole page."""
    return present_among(former_names([code for code in codes if code]))


def former_names(codes: list[str]) -> QuerySet:
    """(code, name, present name) of every name that units had."""
    former = EnterpriseName.objects.filter(among("enterprise__uscc", codes))
    return former.values_list("enterprise__uscc", "name", "enterprise__name")


def present_among(rows: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
    """What units are called now, from their `former_names`."""
    return {(code, name): now for code, name, now in rows if name != now}


def marked(codes: list[str]) -> QuerySet[Enterprise]:
    """Those that are registered here, with what their mark is made of."""
    return Enterprise.objects.filter(among("uscc", codes)).only("uscc", "verification", "verified_at")


def marks_of(rows: Iterable[Enterprise]) -> dict[str, str]:
    """已核验 and the like by credit code, of `marked` enterprises."""
    return {one.uscc: one.verification_mark for one in rows}


def named_then(name: str, uscc: str, present: dict[tuple[str, str], str]) -> str:
    """A unit as a paper of its time names it, with what it is called today (domain §5.7 25)."""
    now = present.get((uscc, name))
    return _("%(name)s（现名%(now)s）") % {"name": name, "now": now} if now else name
