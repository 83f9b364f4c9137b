"""What goes over when one enterprise becomes part of another; called inside the confirmed handover (domain §5.7 26)."""

from django.utils import timezone

from accounts.actions import end_sessions
from accounts.models import Registration, User
from enterprises.actions.administrators import end_appointments
from enterprises.actions.agents import ask_no_more
from enterprises.actions.members import invite, note
from enterprises.models import Enterprise, JoinRequest, Member, SystemGrant
from enterprises.shown import GONE
from portal.audit import record
from portal.notifications import notify


def move_people(source: Enterprise, target: Enterprise, *, by: User) -> int:
    """The people of a merged enterprise work for the one that goes on: employment passes over (劳动合同法 art. 34).

    Who is in both stays once. What they handed in goes along; they are told, and so are those who were invited.
    Who managed the merged enterprise does not manage the other: that one appoints its administrators itself.
    """
    end_appointments(source, by=by)
    there = set(target.members.exclude(status__in=GONE).values_list("user_id", flat=True))
    rows = source.members.exclude(status__in=GONE).select_related("user").select_for_update(of=("self",), no_key=True)
    moved = 0
    for member in rows.order_by("pk"):
        if member.user_id in there:
            member.status, member.ended_at = Member.Status.LEFT, timezone.now()
            member.save(update_fields=["status", "ended_at"])
            continue
        member.enterprise = target
        member.save(update_fields=["enterprise"])
        note("member.moved", member, by=by, was=str(source.pk))
        notify([member.user], "member.moved", about=member, source=source, enterprise=target)
        moved += 1
    return moved


def move_system_grants(source: Enterprise, target: Enterprise, *, by: User) -> int:
    """The one that goes on has the systems of both; the history of the other is kept."""
    held = set(target.grants.filter(revoked_at=None).values_list("system_id", flat=True))
    missing = [one for one in source.grants.filter(revoked_at=None) if one.system_id not in held]
    for grant in missing:
        SystemGrant.objects.create(enterprise=target, system_id=grant.system_id, granted_by=by)
    source.grants.filter(revoked_at=None).update(revoked_by=by, revoked_at=timezone.now())
    return len(missing)


def retire(source: Enterprise, target: Enterprise, *, by: User) -> None:
    """The merged enterprise is history: its administrator accounts close, and nobody waits for it any more."""
    source.move("merge")
    source.merged_into = target
    source.index_search()
    source.save(update_fields=["status", "merged_into", "search_tokens", "search_text"])
    waiting = JoinRequest.objects.filter(enterprise=source, handled_at=None)
    waiting.update(handled_at=timezone.now(), handled_by=by, is_added=False)
    ask_no_more(source)
    for seat in source.administrators.select_related("user"):
        seat.user.is_active = False
        seat.user.save(update_fields=["is_active"])
        end_sessions(seat.user)
    record("enterprise.merged", source, by=by, enterprise_id=source.pk, into=target.uscc)


def invite_to(target: Enterprise, source: Enterprise, users: list[User], *, by: User) -> int:
    """After a split the people of its projects decide for themselves whether they come along (decisions 2)."""
    there = set(target.members.exclude(status__in=GONE).values_list("user_id", flat=True))
    posts = {one.user_id: one for one in source.members.filter(user__in=users, status=Member.Status.ACTIVE)}
    count = 0
    for user in users:
        if user.pk in there or user.pk not in posts:
            continue
        place = {"position_id": posts[user.pk].position_id, "department": posts[user.pk].department}
        member = Member(enterprise=target, user=user, status=Member.Status.INVITED, created_by=by, **place)
        member.save(force_insert=True)
        kept = Registration(pk=member.pk, kind=Registration.Kind.MEMBER, owner=by, expires_at=timezone.now())
        kept.save(force_insert=True)
        values = {"name": user.name, "phone": user.phone or "", "id_number": user.id_number or ""}
        invite(member, kept, values, by=by)
        count += 1
    return count
