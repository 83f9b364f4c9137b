"""批量导入: many people added to an enterprise at once, all of them or none."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import create_people, initial_hash
from accounts.activation import send_activation
from accounts.models import Registration, User
from enterprises.actions.members import invite, note, person_for, require_newcomer, tell_how_to_sign_in
from enterprises.actions.registration import locked_draft
from enterprises.models import Enterprise, Member
from enterprises.permissions import announce_arrival, require_administrator
from enterprises.roster import Row
from portal.audit.actions import record_each
from portal.crypto import blind_index
from portal.errors import Refused
from portal.masking import mask_name
from portal.notifications.actions import notify

KIND = Registration.Kind.ROSTER  # the drafts that hold what was read until it is confirmed
KEPT_FOR = timedelta(hours=24)


@transaction.atomic
def keep_roster(enterprise: Enterprise, rows: list[Row], *, by: User) -> Registration:
    """Keep what was read until the administrator confirms it; an earlier file that waits is forgotten."""
    require_administrator(by, enterprise)
    mark_members(enterprise, rows)
    Registration.objects.filter(kind=KIND, owner=by, completed_at=None).delete()
    good = [row.values for row in rows if not row.faults]
    wrong = [[row.number, row.typed, row.faults] for row in rows if row.faults]
    data = {"enterprise": str(enterprise.pk), "good": good, "wrong": wrong, "added": 0}
    return Registration.objects.create(kind=KIND, owner=by, data=data, expires_at=timezone.now() + KEPT_FOR)


def mark_members(enterprise: Enterprise, rows: list[Row]) -> None:
    """Whoever is on the enterprise's list already, by ID number or phone, is a fault; so is one person in two rows."""
    sound = [row for row in rows if not row.faults]
    ids = {blind_index(row.values["id_number"], purpose="id_number"): row for row in sound}
    phones = {blind_index(row.values["phone"], purpose="phone"): row for row in sound}
    known = User.objects.filter(Q(id_index__in=ids) | Q(phone_index__in=phones))
    here = set(Member.objects.filter(enterprise=enterprise).exclude(status__in=GONE).values_list("user_id", flat=True))
    for user in known.only("pk", "id_index", "phone_index"):
        hits = [row for row in (ids.get(user.id_index or ""), phones.get(user.phone_index or "")) if row]
        for row in hits if user.pk in here else hits[1:]:
            if user.pk in here:
                row.faults["name"] = _("此人已在本企业的用户列表中。")
            elif row.number != hits[0].number:
                row.faults["phone"] = _("与第 %(row)d 行重复。") % {"row": hits[0].number}


GONE = [Member.Status.LEFT, Member.Status.DECLINED]


@transaction.atomic
def import_members(enterprise: Enterprise, draft: Registration, *, by: User) -> int:
    """Add everybody whose row was right, as `add_member` would; returns how many. One failure undoes all.

    The rows that need mending stay in the draft.
    """
    require_administrator(by, enterprise)
    enterprise = Enterprise.objects.locked(enterprise.pk)
    draft = locked_draft(draft)
    if draft.owner_id != by.pk or draft.data["enterprise"] != str(enterprise.pk):
        raise Http404
    good = draft.data["good"]
    if not good:
        raise Refused(_("没有可以导入的人员。"))
    initial = initial_hash()  # one costly hash for a password that is printed in the guide
    for values in add_unknown(enterprise, good, initial=initial, by=by):
        add_listed(enterprise, values, initial=initial, by=by)
    draft.data = draft.data | {"good": [], "added": len(good)}
    draft.completed_at = None if draft.data["wrong"] else timezone.now()
    draft.save(update_fields=["data", "completed_at"])
    return len(good)


def add_unknown(enterprise: Enterprise, rows: list[dict[str, Any]], *, initial: str, by: User) -> list[dict[str, Any]]:
    """Add those nobody has an account of, all in a few statements; returns the rows that are left."""
    known = known_numbers(rows)
    new: list[dict[str, Any]] = []
    rest: list[dict[str, Any]] = []
    for row in rows:
        (rest if known.intersection(numbers_of(row)) else new).append(row)
    try:
        with transaction.atomic():
            users = create_people(new, initial=initial, by=by)
    except IntegrityError:  # somebody else added one of them at this moment: one after the other
        return rows
    place = {"enterprise": enterprise, "created_by": by, "created_account": True}
    members = [
        Member(user=user, position_id=row["position"], department=row["department"], **place)
        for user, row in zip(users, new, strict=True)
    ]
    Member.objects.bulk_create(members)
    for member in members:
        member.__dict__["audit_label"] = mask_name(member.user.name)
    record_each("member.added", members, by=by, consent=True, invited=False, listed=True)
    tell_all(enterprise, users, by=by)
    for member in members:
        announce_arrival(member, by=by)
    return rest


def tell_all(enterprise: Enterprise, users: list[User], *, by: User) -> None:
    """As `tell_how_to_sign_in` does for one: the initial password in one message to all, a link to each."""
    if not settings.ACTIVATION_BY_LINK:
        notify(users, "member.created", about=enterprise, enterprise=enterprise)
        return
    for user in users:
        send_activation(user, sender=enterprise.name, by=by)


def numbers_of(row: dict[str, Any]) -> list[str]:
    """The indexes of somebody's ID number and phone."""
    return [blind_index(row[name], purpose=name) for name in ("id_number", "phone")]


def known_numbers(rows: list[dict[str, Any]]) -> set[str | None]:
    """Which of the rows' numbers have an account."""
    numbers = {number for row in rows for number in numbers_of(row)}
    known = User.objects.filter(Q(id_index__in=numbers) | Q(phone_index__in=numbers))
    return {number for pair in known.values_list("id_index", "phone_index") for number in pair}


def add_listed(enterprise: Enterprise, values: dict[str, Any], *, initial: str, by: User) -> Member:
    user, is_new = person_for(values, by=by, initial=initial)
    require_newcomer(enterprise, user)
    status = Member.Status.ACTIVE if is_new else Member.Status.INVITED
    place = {"position_id": values["position"], "department": values["department"], "created_account": is_new}
    member = Member(enterprise=enterprise, user=user, status=status, created_by=by, **place)
    member.save(force_insert=True)
    note("member.added", member, values["name"], by=by, consent=True, invited=not is_new, listed=True)
    if is_new:
        tell_how_to_sign_in(member, "member.created", by=by)
        announce_arrival(member, by=by)
    else:  # what was typed is kept under the id of the membership: all that the enterprise sees until they agree
        typed = Registration(pk=member.pk, kind=Registration.Kind.MEMBER, owner=by, expires_at=timezone.now())
        typed.save(force_insert=True)
        invite(member, typed, values, by=by)
    return member
