"""What the pages of one filing read around it, as questions that are asked together (portal.together)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Max, Min, QuerySet
from django.db.models.functions import Greatest, Least

from portal.audit.models import AuditEntry
from portal.calendar import WorkDay, today
from portal.maps import places_called
from portal.notifications.told import messages_about
from portal.together import Together
from supervision.models import (
    Addendum,
    ChangeConfirmation,
    DeficiencyItem,
    Filing,
    FilingVersion,
    PersonnelChange,
    Review,
    ReviewDecision,
)

Seen = dict[str, list[Any]]
TRAIL = (  # what is told by the audit trail alone
    "filing.withdrawn",
    "filing.withdrawal_requested",
    "filing.withdrawal_agreed",
    "filing.withdrawal_declined",
    "filing.supplemented",
    "filing.superseded",
    "filing.permit_changed",
    "filing.permit_revoked",
    "filing.filed",
    "filing.promise_changed",
    "filing.due_moved",
    "filing.project_merged",
    "filing.voided",
    "filing.addendum",
)


# What the timeline says of them: a question with fewer columns is planned sooner.
TOLD_OF_VERSIONS = ("number", "acknowledged", "submitted_at", "submitted_by__name")
TOLD_OF_DECISIONS = (
    *("move", "round", "opinion", "at", "review__role", "review__station__name", "station__name"),
    *("by__name", "by__kind", "on_behalf_of__name", "on_behalf_of__kind", "notice__id", "notice__decision"),
)


def stations_at_work(filing: UUID) -> dict[str, QuerySet]:
    """Both reviews, what was noted, and the days of the calendar that their time limits need."""
    reviews = Review.objects.filter(filing=filing)
    due = reviews.order_by().values("filing")
    first, last = due.annotate(day=Min("due_on")).values("day"), due.annotate(day=Max("due_on")).values("day")
    days = WorkDay.objects.filter(date__gte=Least(today(), first), date__lte=Greatest(today(), last))
    return {
        "reviews": reviews.select_related("station", "assignee", "version").defer("version__data"),
        "items": DeficiencyItem.objects.filter(review__filing=filing).select_related("material"),
        "days": days.order_by().values_list("date", "is_workday"),
    }


def story_of(filing: UUID, name: str) -> dict[str, QuerySet]:
    """What happened: for the timeline and the line about who was told. `name`: the key as the trail writes it."""
    changes = PersonnelChange.objects.filter(filing=filing).exclude(status=PersonnelChange.Status.DRAFT)
    people = ("created_by", "consented_by", "submitted_by", "version")
    versions = FilingVersion.objects.filter(filing=filing, change=None)
    decisions = ReviewDecision.objects.filter(review__filing=filing)
    of_decision = ("by", "on_behalf_of", "review__station", "station", "notice")
    answers = ChangeConfirmation.objects.filter(change__filing=filing).exclude(decided_at=None)
    trail = AuditEntry.objects.filter(subject_type=Filing._meta.label_lower, subject_id=name, event__in=TRAIL)
    return {
        "changes": changes.select_related(*people).defer("version__data"),
        "versions": versions.select_related("submitted_by").only(*TOLD_OF_VERSIONS).order_by("number"),
        "decisions": decisions.select_related(*of_decision).only(*TOLD_OF_DECISIONS),
        "answers": answers.select_related("station", "decided_by"),
        "trail": trail.order_by("id"),
        "added": Addendum.objects.filter(filing=filing).handed_in().select_related("material"),
        "messages": messages_about(Filing._meta.label_lower, name),
        "places": places_called(),
    }


AT_WORK = Together(stations_at_work, filing=UUID)
STORY = Together(story_of, filing=UUID, name=str)


def about(filing: Filing) -> dict[str, Any]:
    """What the questions about a filing are given."""
    return {"filing": filing.pk, "name": str(filing.pk)}


def work_seen(filing: Filing) -> Seen:
    return AT_WORK.ask(filing=filing.pk)


def story_seen(filing: Filing) -> Seen:
    return STORY.ask(filing=filing.pk, name=str(filing.pk))


def belongs_to(filing: Filing, rows: Iterable[Any]) -> list[Any]:
    """The rows, each with the filing that is in hand."""
    found = list(rows)
    for row in found:
        row.filing = filing
    return found
