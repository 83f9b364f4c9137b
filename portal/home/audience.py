"""Who a notice is for: worked out from what an account is tied to, in the one query that finds the notices."""

from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import StationPost, StationRole, User
from enterprises.models import Enterprise, Member
from portal.calendar import today
from portal.home.models import Notice, NoticeHidden, NoticeQuerySet
from portal.written import written
from projects.models import ProjectParty, ProjectUser

Audience = Notice.Audience


NEWEST = 5  # of the notices, on 首页 and on the landing page


def told_to(user: User, now: datetime | None = None) -> NoticeQuerySet:
    """What 首页 shows to this account: what is for it, without what it put away."""
    hidden = NoticeHidden.objects.filter(user=user, notice=OuterRef("pk"))
    return Notice.objects.published(now).filter(addressed_to(user)).exclude(Exists(hidden))


def newest_for(user: User | None) -> list[Notice]:
    """The newest of them, or of those that visitors may read."""
    if user is None:
        return newest_public(timezone.localdate(), now=timezone.now())
    return newest_told(user.kind, timezone.localdate(), user=user.pk, now=timezone.now())


@written
def newest_told(kind: str, day: date, *, user: UUID, now: datetime) -> QuerySet[Notice]:
    return told_to(User(pk=user, kind=kind), now)[:NEWEST]


@written
def newest_public(day: date, *, now: datetime) -> QuerySet[Notice]:
    return Notice.objects.public(now)[:NEWEST]


def readable_by(user) -> NoticeQuerySet:
    """What may be opened: what is public, and what is for this account."""
    if not user.is_authenticated:
        return Notice.objects.public()
    return Notice.objects.published().filter(Q(is_public=True) | addressed_to(user))


def addressed_to(user: User) -> Q:
    """Notices for this account. One for a district reaches who is registered, builds or supervises there."""
    employers, sites, posts = employers_of(user), sites_of(user), posts_of(user)
    near = {
        Audience.ENTERPRISES: (employers, near_enterprises(employers)),
        Audience.PROJECT_USERS: (sites, Q(district__in=sites.values("project__district"))),
        Audience.STATIONS: (posts, near_stations(posts)),
    }
    anywhere = Q(district=None)
    for _rows, close in near.values():
        anywhere |= close
    found = Q(audience=Audience.EVERYONE) & anywhere
    for audience, (rows, close) in near.items():
        found |= Q(audience=audience) & Q(Exists(rows)) & (Q(district=None) | close)
    return found


def employers_of(user: User) -> QuerySet[Enterprise]:
    """The enterprises of a person, or the one whose administrator account it is."""
    if user.is_enterprise_account:
        return Enterprise.objects.filter(administrators__user=user)
    memberships = Member.objects.filter(user=user, status=Member.Status.ACTIVE)
    return Enterprise.objects.filter(pk__in=memberships.values("enterprise"))


def sites_of(user: User) -> QuerySet[ProjectUser]:
    return ProjectUser.objects.filter(user=user, status=ProjectUser.Status.APPROVED)


def posts_of(user: User) -> QuerySet[StationPost]:
    return StationPost.objects.held().filter(user=user)


def near_enterprises(employers: QuerySet[Enterprise]) -> Q:
    """Where they are registered, and where they take part in a project."""
    parties = ProjectParty.objects.filter(enterprise__in=employers.values("pk"), ended_at=None)
    return Q(district__in=employers.values("district")) | Q(district__in=parties.values("project__district"))


def near_stations(posts: QuerySet[StationPost]) -> Q:
    """The districts of the stations' areas; a station of the whole city hears of all of them."""
    lasting = Q(valid_to=None) | Q(valid_to__gte=today())
    roles = StationRole.objects.filter(lasting, station__in=posts.values("station"), valid_from__lte=today())
    return Q(district__in=roles.values("area__district")) | Q(Exists(roles.filter(area__district=None)))
