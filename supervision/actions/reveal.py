"""Looking at a number that is masked: a right of who reviews, and a fact that is kept."""

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from portal.audit import record
from supervision.frozen import MASKS, OFFICERS
from supervision.models import PersonnelChange, Review
from supervision.permissions import require_officer

SUCCESSOR = ("new_id_number", "new_phone")


@transaction.atomic
def reveal_head(review: Review, place: str, field: str, *, by) -> str:
    """The full ID or phone number of a party's person in charge as handed in; each look is written down."""
    require_officer(by, review)
    party = next((party for party in review.version.data["parties"] if party["place"] == place), None)
    if field not in MASKS or party is None:
        raise Http404
    number, why = review.filing.number, _("审核报监")
    record("identity.revealed", review, by=by, filing=number, place=place, field=field, reason=why)
    return party.get(field) or ""


@transaction.atomic
def reveal_officer(review: Review, nth: int, *, by) -> str:
    """The full ID number of the nth 专职安全员 as handed in; each look is written down."""
    require_officer(by, review)
    officers = review.version.data.get("officers", [])
    if not 0 < nth <= len(officers):
        raise Http404
    number, why = review.filing.number, _("审核报监")
    record("identity.revealed", review, by=by, filing=number, place=f"{OFFICERS}.{nth}", field="id_number", reason=why)
    return officers[nth - 1].get("id_number") or ""


@transaction.atomic
def reveal_successor(change: PersonnelChange, field: str, *, by) -> str:
    """The full number of who shall lead, for the station that compares it with the papers; each look is written down."""
    if field not in SUCCESSOR or not PersonnelChange.objects.visible_to(by).filter(pk=change.pk).exists():
        raise Http404
    if by.is_personal:
        raise Http404
    record("identity.revealed", change, by=by, filing=change.filing.number, field=field, reason=_("确认人员变更"))
    return getattr(change, field) or ""
