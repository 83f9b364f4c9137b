"""Looking at a number that is masked: a right of who reviews, and a fact that is kept."""

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from portal.reveals import note_look
from supervision.frozen import MASKS, OFFICERS
from supervision.models import PersonnelChange, Review
from supervision.permissions import require_officer

SUCCESSOR = ("new_id_number", "new_phone")


@transaction.atomic
def reveal_head(review: Review, place: str, field: str, *, reason: str, by) -> str:
    """The full ID or phone number of a party's person in charge as handed in; each look is written down."""
    require_officer(by, review)
    party = next((party for party in review.version.data["parties"] if party["place"] == place), None)
    if field not in MASKS or party is None:
        raise Http404
    known = {"filing": review.filing.number, "purpose": _("审核报监")}
    note_look("identity.revealed", review, by=by, reason=reason, place=place, field=field, **known)
    return party.get(field) or ""


@transaction.atomic
def reveal_officer(review: Review, nth: int, *, reason: str, by) -> str:
    """The full ID number of the nth 专职安全员 as handed in; each look is written down."""
    require_officer(by, review)
    officers = review.version.data.get("officers", [])
    if not 0 < nth <= len(officers):
        raise Http404
    known = {"filing": review.filing.number, "purpose": _("审核报监"), "field": "id_number"}
    note_look("identity.revealed", review, by=by, reason=reason, place=f"{OFFICERS}.{nth}", **known)
    return officers[nth - 1].get("id_number") or ""


@transaction.atomic
def reveal_successor(change: PersonnelChange, field: str, *, reason: str, by) -> str:
    """The full number of who shall lead, for the station that compares it with the papers; each look is written down."""
    if field not in SUCCESSOR or not PersonnelChange.objects.visible_to(by).filter(pk=change.pk).exists():
        raise Http404
    if by.is_personal:
        raise Http404
    known = {"filing": change.filing.number, "purpose": _("确认人员变更")}
    note_look("identity.revealed", change, by=by, reason=reason, field=field, **known)
    return getattr(change, field) or ""
