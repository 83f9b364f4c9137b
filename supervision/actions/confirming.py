"""Two people for one decision: who proposes does not confirm, neither himself nor through who acts for him (decisions 7).

不予通过 is always confirmed by a chief, 通过 where the station asks for it (`Station.confirm_approvals`).
"""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Subquery, UUIDField, Value
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Delegation, StationPost, User
from portal.errors import Refused
from supervision.models import Review, ReviewDecision
from supervision.permissions import Seat, posts_for, tied_among

PROPOSALS = ("propose_rejection", "propose_approval")


def for_chief(user: User) -> Q:
    """The reviews that wait for this chief's word: somebody else proposed 通过 or 不予通过; also for a chief away."""
    away = Delegation.objects.on(timezone.localdate()).filter(delegate=user)
    chiefs = StationPost.objects.held().filter(Q(user=user) | Q(user__in=away.values("officer")), is_chief=True)
    led = Exists(chiefs.filter(station=OuterRef("station"), role=OuterRef("role")))
    proposals = ReviewDecision.objects.filter(move__in=PROPOSALS, review=OuterRef("pk")).order_by("-at", "-id")
    own = Exact(Subquery(proposals.values("by")[:1]), Value(user.pk, output_field=UUIDField()))
    return Q(led, status__in=Review.PROPOSED) & ~Q(own)


def proposal_of(review: Review) -> ReviewDecision:
    """Who proposed what waits for the chief now, when and why."""
    proposals = review.decisions.filter(move__in=PROPOSALS).select_related("by", "on_behalf_of")
    return proposals.latest("at", "id")


def proposers_of(proposal: ReviewDecision) -> set:
    """Who proposed it, and for whom."""
    return {proposal.by_id, proposal.on_behalf_of_id} - {None}


def others_who_confirm(review: Review, proposers) -> list[User]:
    """The chiefs of this station and role and who acts for one of them, without the proposers and who has ties."""
    chiefs = posts_for(review.station, review.role).filter(is_chief=True).exclude(user__in=proposers).values("user")
    acting = Delegation.objects.on(timezone.localdate()).filter(officer__in=chiefs).values("delegate")
    acting = posts_for(review.station, review.role).filter(user__in=acting).values("user")
    found = list(User.objects.filter(Q(pk__in=chiefs) | Q(pk__in=acting)).exclude(pk__in=proposers))
    tied = tied_among([one.pk for one in found], review)
    return [one for one in found if one.pk not in tied]


def speaks_for(seat: Seat, proposers) -> list[UUID] | None:
    """As which chiefs this person may confirm: [] for himself, the chiefs for whom he acts, None where he may not."""
    if seat.user in proposers or not seat.is_chief:
        return None
    if seat.is_own_chief:
        return []
    others = [user for user, is_chief in seat.away.items() if is_chief and user not in proposers]
    return others or None


def require_another(review: Review, seat: Seat) -> UUID | None:
    """For whom the chief confirms, None for himself. Refused to the proposer, and to who acts only for the proposer."""
    chiefs = speaks_for(seat, proposers_of(proposal_of(review)))
    if chiefs is None:
        raise Refused(_("不能由同一人提出和确认，代其办理的人也不能确认，请由另一位站长确认。"))
    return chiefs[0] if chiefs else None
