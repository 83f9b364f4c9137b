"""A person answers an enterprise that wants to add them."""

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.models import Registration, User
from enterprises.actions.leaving import forget_files
from enterprises.actions.members import note
from enterprises.models import Member
from enterprises.permissions import administrators_of, announce_arrival
from enterprises.shown import shown_of
from portal.masking import mask_name
from portal.notifications.actions import mark_handled, notify

DONE = {"accept": "member.accepted", "decline": "member.declined"}


@transaction.atomic
def answer_invitation(member: Member, move: str, *, by: User) -> None:
    """accept or decline. Only the person themselves; the administrators are told."""
    if member.user_id != by.pk:
        raise Http404
    member = Member.objects.locked(member.pk)
    name = shown_of(member).name
    member.move(move)
    member.ended_at = timezone.now() if move == "decline" else None
    member.save(update_fields=["status", "ended_at"])
    mark_handled(member)
    note(DONE[move], member, name, by=by)
    link = reverse("enterprises:members", args=[member.enterprise_id])
    notify(administrators_of(member.enterprise), DONE[move], about=member, link=link, name=mask_name(name))
    forget_typed(member, name="" if move == "accept" else name)
    if move == "accept":
        announce_arrival(member, by=by)
    else:
        forget_files(member)


def forget_typed(member: Member, *, name: str) -> None:
    """Wipe what the enterprise typed; of somebody who declined it still sees the name."""
    for draft in Registration.objects.filter(pk=member.pk):
        draft.data = {"name": name} if name else {}
        draft.save(update_fields=["data"])
