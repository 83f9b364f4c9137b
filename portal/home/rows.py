"""Rows of the workbench's lists as they are shown: tags, deadlines, and the one thing to do next."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Target
from enterprises.models import Member
from enterprises.shown import is_waiting, shown_of_all
from portal.home.context import address
from portal.home.piles import Pile, order_of
from portal.masking import mask_id, mask_phone
from supervision.clock import Remaining, calendar_for, remaining
from supervision.models import Filing, PersonnelChange, Review
from supervision.progress import Tag, filing_tag, review_tag


@dataclass(frozen=True)
class FilingRow:
    """A filing: its own tag, both stations' tags always (interface §4), and the nearest deadline."""

    filing: Filing
    tag: Tag
    stations: list[Tag]
    deadline: Remaining | None
    label: str
    url: str


@dataclass(frozen=True)
class ReviewRow:
    review: Review
    tag: Tag
    deadline: Remaining | None
    label: str
    url: str


def with_rows(pile: Pile) -> QuerySet:
    """The pile's queryset with all that its rows show, in its order."""
    rows = pile.rows.order_by(*order_of(pile))
    if pile.sort == "filings":
        return with_reviews(rows)
    related = {
        "reviews": ("filing__district", "station", "assignee", "version"),
        "approvals": ("user", "position", "project", "enterprise"),
        "changes": ("filing",),
        "requests": ("enterprise",),
        "members": ("user", "position", "enterprise"),
    }
    rows = rows.select_related(*related[pile.sort])
    return rows.defer("version__data") if pile.sort == "reviews" else rows


def with_reviews(filings: QuerySet) -> QuerySet:
    return filings.select_related("district", "permit").prefetch_related(Prefetch("reviews", reviews_counted()))


def reviews_counted() -> QuerySet:
    """Reviews with how many of their items wait for the applicant."""
    sent = Q(items__sent_at__isnull=False, items__replied_at=None, items__closed_at=None)
    return Review.objects.select_related("assignee").annotate(open_items=Count("items", filter=sent))


def shown_rows(pile: Pile, rows: list[Any], viewer) -> list[Any]:
    """The rows of one page as their template takes them."""
    if pile.sort == "filings":
        return filing_rows(rows, viewer)
    if pile.sort == "reviews":
        return review_rows(rows, viewer)
    if pile.sort == "changes":
        return change_rows(rows, viewer)
    return {"approvals": approval_rows, "requests": request_rows, "members": member_rows}[pile.sort](rows)


def filing_rows(filings: list[Filing], viewer) -> list[FilingRow]:
    days = calendar_for([review for filing in filings for review in filing.reviews.all()])
    return [filing_row(filing, viewer, days) for filing in filings]


def filing_row(filing: Filing, viewer, days: dict) -> FilingRow:
    reviews = {review.role: review for review in filing.reviews.all()}
    stations = [station_tag(role, reviews.get(role), viewer) for role in Target.values] if reviews else []
    left = [due for review in reviews.values() if (due := remaining(review, days=days))]
    label, page = next_step(filing)
    nearest = min(left, key=lambda due: due.days, default=None)
    return FilingRow(filing, filing_tag(filing), stations, nearest, label, address(page, filing.pk))


def station_tag(role: str, review: Any, viewer) -> Tag:
    return review_tag(role, review, viewer=viewer, open_items=review.open_items if review else None)


def next_step(filing: Filing) -> tuple[str, str]:
    """What the applicant does next, and on which page."""
    steps = {
        Filing.Status.PULLED: (_("去完善"), "filing:hub"),
        Filing.Status.DRAFT: (_("继续填写"), "filing:hub"),
        Filing.Status.RETURNED: (_("去修改"), "filing:correct"),
        Filing.Status.APPROVED: (_("去补报"), "filing:supplement"),
    }
    return steps.get(Filing.Status(filing.status), (_("查看"), "filing:detail"))


def review_rows(reviews: list[Review], viewer) -> list[ReviewRow]:
    days = calendar_for(reviews)
    label = {True: _("查看"), False: _("审核")}
    return [
        ReviewRow(
            review,
            review_tag(review.role, review, viewer=viewer),
            remaining(review, days=days),
            label[review.status == Review.Status.RETURNED],
            address("review:detail", review.pk),
        )
        for review in reviews
    ]


def change_rows(changes: list[PersonnelChange], viewer) -> list[dict[str, Any]]:
    """A change with the page on which this account goes on with it."""
    return [
        {
            "change": change,
            "late": change.status == "submitted" and change.due_on is not None and change.due_on < timezone.localdate(),
            "url": change.get_absolute_url() if viewer.is_personal else address("review:change", change.pk),
        }
        for change in changes
    ]


def approval_rows(applications: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "application": application,
            "phone": mask_phone(application.user.phone),
            "id_number": mask_id(application.user.id_number),
            "url": address("projects:approval", application.pk),
        }
        for application in applications
    ]


def request_rows(requests: list[Any]) -> list[dict[str, Any]]:
    return [
        {"request": asked, "phone": mask_phone(asked.phone), "url": address("enterprises:members", asked.enterprise_id)}
        for asked in requests
    ]


def member_rows(members: list[Member]) -> list[dict[str, Any]]:
    """What the enterprise knows of its people; who was never here looks the same whatever the cause."""
    return [
        {
            "member": member,
            "name": shown.name,
            "phone": mask_phone(shown.phone),
            "state": _("尚未登录") if is_waiting(member) else member.get_status_display(),
            "tone": "blue" if is_waiting(member) else "green",
            "url": address("enterprises:members", member.enterprise_id),
        }
        for member, shown in zip(members, shown_of_all(members), strict=True)
    ]
