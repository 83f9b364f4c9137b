"""Who is told about a filing."""

from uuid import UUID

from django.db.models import Q

from accounts.models import StationPost, User
from projects.actions import register_concerned
from projects.models import Project
from supervision.models import Filing, Review
from supervision.permissions import delegates_of, officers_of


def applicants_of(filing: Filing) -> list[User]:
    """Who handed it in, made it or changed it last."""
    named = (filing.submitted_by_id, filing.created_by_id, filing.changed_by_id)
    people = {person for person in named if person is not None}
    return list(User.objects.filter(pk__in=people, is_active=True, kind=User.Kind.PERSONAL))


def who_filed(project: Project) -> list[User]:
    """The applicants of the filings that stand for a project."""
    return [one for filing in Filing.objects.filter(project=project).live() for one in applicants_of(filing)]


def concerned_by(filing: Filing) -> list[User]:
    """The applicants, the people named as heads who have an account, and the officers who reviewed it."""
    heads = filing.parties.exclude(head_id_index=None).values("head_id_index")
    officers = filing.reviews.exclude(assignee=None).values("assignee")
    others = User.objects.filter(Q(id_index__in=heads) | Q(pk__in=officers), is_active=True)
    return [*applicants_of(filing), *others]


def takers_of(reviews: list[Review]) -> dict[UUID, list[User]]:
    """Who may take reviews that nobody has yet, by review: one question, however many they are."""
    here = Q()
    for review in reviews:
        here |= Q(station=review.station_id, role=review.role)
    posts = StationPost.objects.filter(here, ended_at=None, user__is_active=True).select_related("user")
    rows = list(posts) if reviews else []
    return {
        review.pk: [post.user for post in rows if (post.station_id, post.role) == (review.station_id, review.role)]
        for review in reviews
    }


def in_charge_of(review: Review) -> list[User]:
    """The officer who took the review on while still in post, and who acts for him; else all who hold the post."""
    officers = officers_of(review.station, review.role)
    mine = [officer for officer in officers if officer.pk == review.assignee_id]
    return [*mine, *delegates_of(mine)] if mine else officers


register_concerned(who_filed)
