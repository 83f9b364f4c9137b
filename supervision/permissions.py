"""Who may prepare a filing, and who may decide a review. What is possible in its present state, the actions ask."""

from django.db.models import Q
from django.http import Http404

from accounts.models import Station, StationPost, User
from enterprises.models import Enterprise
from enterprises.permissions import enterprises_granted
from supervision.catalogue import SYSTEM
from supervision.models import Filing, Review


def preparing_enterprises(user, filing: Filing):
    """The person's enterprises that may prepare it: the one that made it, or those its permit names (decisions 11)."""
    granted = enterprises_granted(user, SYSTEM)
    own = granted.filter(pk=filing.enterprise_id) if filing.enterprise_id else granted.none()
    if filing.permit is None:
        return own
    return own | granted.filter(uscc__in=filing.permit.uscc_codes)


def preparable_by(user):
    """The filings this person may prepare, for lists; the same rule as `can_prepare`."""
    granted = enterprises_granted(user, SYSTEM)
    named = Q(permit__uscc_codes__overlap=list(granted.values_list("uscc", flat=True)))
    return Filing.objects.filter(Q(enterprise__in=granted) | named) if user.is_personal else Filing.objects.none()


def can_prepare(user, filing: Filing) -> bool:
    """May fill in, submit, answer and withdraw it."""
    return user.is_personal and preparing_enterprises(user, filing).exists()


def can_edit(user, filing: Filing) -> bool:
    """May change it now: its status lets the applicant do so."""
    return filing.is_open and can_prepare(user, filing)


def require_preparer(user, filing: Filing) -> None:
    """Raise Http404 for everybody who may not prepare it; a stranger is not told that it exists."""
    if not can_prepare(user, filing):
        raise Http404


def enterprise_of(user, filing: Filing) -> Enterprise | None:
    """The enterprise for which this person prepares it."""
    return filing.enterprise or preparing_enterprises(user, filing).order_by("name", "pk").first()


def posts_for(station: Station, role: str):
    """The posts now held for a role at a station, of accounts that are in use."""
    return StationPost.objects.filter(station=station, role=role, ended_at=None, user__is_active=True)


def officers_of(station: Station, role: str) -> list[User]:
    """Who reviews for a station in a role, to be told."""
    return list(User.objects.filter(pk__in=posts_for(station, role).values("user")))


def is_officer(user, review: Review) -> bool:
    return posts_for(review.station, review.role).filter(user=user).exists()


def is_chief(user, review: Review) -> bool:
    return posts_for(review.station, review.role).filter(user=user, is_chief=True).exists()


def can_decide(user, review: Review) -> bool:
    """The officer who took it, or the chief."""
    return is_officer(user, review) and (review.assignee_id == user.pk or is_chief(user, review))


def require_officer(user, review: Review) -> None:
    """Raise Http404 for everybody without a post for this station and role."""
    if not is_officer(user, review):
        raise Http404
