"""The numbers under which a station knows a project and its unit works (domain §5.4 Numbers, §5.7 57)."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Target
from portal.numbers import next_number
from projects.models import Project
from supervision.models import Review, SupervisionNumber, WorkNumber

NUMBER_PREFIXES = {Target.SAFETY: "鄂武安监", Target.QUALITY: "鄂武质监"}


def number_for(review: Review) -> str:
    """The project's number of this role, given now if it has none: a project is never numbered twice.

    Whoever approves a conversion, or another permit of the project, finds the number that stands. Call it in the
    transaction of the approval, with the project locked.
    """
    number = in_force(review.filing.project_id, review.role) or given(review)
    number_works(number, review)
    return number.number


def in_force(project_id: Any, role: str) -> SupervisionNumber | None:
    return SupervisionNumber.objects.filter(project=project_id, role=role, ended_at=None).first()


def given(review: Review) -> SupervisionNumber:
    """鄂武安监-420106-2026-0001. Where another transaction was quicker, the database refuses and its number is taken."""
    filing = review.filing
    series = f"{NUMBER_PREFIXES[Target(review.role)]}-{filing.district_id}-{timezone.localdate():%Y}"
    facts = {"role": review.role, "station": review.station, "filing": filing}
    try:
        with transaction.atomic():
            text = review.supervision_no or f"{series}-{next_number(series):04d}"
            return SupervisionNumber.objects.create(project_id=filing.project_id, number=text, **facts)
    except IntegrityError:
        if standing := in_force(filing.project_id, review.role):
            return standing
        raise


def number_works(number: SupervisionNumber, review: Review) -> None:
    """-001, -002 …: each unit work once, in the order in which it was first approved.

    A conversion, or the copy of a refused filing, has rows of its own, so a work that was numbered before is known by its name and keeps its number.
    """
    known = {str(one.work): one for one in number.works.all()}
    is_later = review.filing.converts_id or review.filing.copied_from_id
    names = {one.name: one for one in known.values()} if is_later else {}
    sequence = max((one.sequence for one in known.values()), default=0)
    for work in review.version.data["unit_works"]:
        if work["id"] in known:
            continue
        if same := names.pop(work["name"], None):
            same.work = work["id"]
            same.save(update_fields=["work"])
            continue
        sequence += 1
        WorkNumber.objects.create(of=number, sequence=sequence, work=work["id"], name=work["name"])


def works_numbered(project_id: Any) -> QuerySet[WorkNumber]:
    """The numbers in force of a project's unit works."""
    return WorkNumber.objects.filter(of__project=project_id, of__ended_at=None).select_related("of")


def numbers_of_works(project_id: Any) -> dict[tuple[str, str], str]:
    """The numbers in force of a project's unit works, by role and row, and by role and name; one query."""
    return by_work(works_numbered(project_id))


def by_work(rows: Iterable[WorkNumber]) -> dict[tuple[str, str], str]:
    """The numbers of unit works by role and row, and by role and name."""
    found = {}
    for row in rows:
        found[row.of.role, row.name] = found[row.of.role, str(row.work)] = str(row)
    return found


def move_numbers(survivor: Project, duplicate: Project) -> int:
    """When two projects become one: a number the survivor lacks goes on, a second one ends and leads to the first."""
    standing = {one.role: one for one in SupervisionNumber.objects.filter(project=survivor, ended_at=None)}
    rows = SupervisionNumber.objects.filter(project=duplicate, ended_at=None)
    for number in rows:
        if first := standing.get(number.role):
            number.successor, number.ended_at = first, timezone.now()
        number.project = survivor
        number.save(update_fields=["successor", "ended_at", "project"])
    return len(rows)


def end_numbers(project_id: Any) -> None:
    """The project's filing was voided: its numbers are in force no more, and nobody else gets them."""
    SupervisionNumber.objects.filter(project=project_id, ended_at=None).update(ended_at=timezone.now())
