"""预警消息: what has not been solved and should not wait. Computed when asked, so that nothing goes stale."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enterprises.models import Member
from enterprises.permissions import administered_by, invitations_of
from portal.calendar import add_workdays, today
from portal.holidays.actions import missing_year
from portal.home.context import address
from portal.home.piles import Pile, prepared_by
from portal.home.rows import filing_rows, review_rows, reviews_counted, with_rows
from portal.written import any_of, written
from projects.models import PartyType, Project
from projects.permissions import awaiting_manager, known_to, parties_of
from supervision.clock import LIMIT
from supervision.filing_list import set_below
from supervision.models import Filing, Review
from supervision.promises import awaiting_permit, promise_text, promised_day

MOST = 5  # of a kind; the list behind the number has them all
OF_LINE = (  # what one line about a filing takes
    *"module number status works_name project_name permit_promised_by submitted_at changed_at".split(),
    *"round targets".split(),
)
PATIENCE = timedelta(days=3)  # an application that waits longer


@dataclass(frozen=True)
class Alert:
    """One line: what it is about, what is the matter, and where it is put right."""

    title: str
    tag: str
    tone: str
    url: str
    text: str = ""
    at: datetime | None = None


def alerts_of(user, piles: list[Pile]) -> list[Alert]:
    """The most urgent first. Each kind is one query, and only for accounts that can have it."""
    by_code = {pile.code: pile for pile in piles}
    alerts = due_soon(piles, user)
    if pile := by_code.get("returned"):
        alerts += returned(pile, user)
    if pile := by_code.get("approvals"):
        alerts += waiting_long(pile)
    if user.is_personal:
        alerts += promises(user) + invited(user)
    if user.is_personal or user.is_enterprise_account:
        alerts += without_manager(user)
    if any(pile.sort == "reviews" for pile in piles):
        alerts += promises(user, within=-1)
    if user.is_operator:
        alerts += calendar_missing()
    return alerts


def returned(pile: Pile, user) -> list[Alert]:
    """Filings that a station sent back, the latest first."""
    if not pile.count:
        return []
    rows = filing_rows(filings_returned(user=user.pk), user)
    return [
        Alert(str(row.filing), tag.text, tag.tone, row.url, at=row.filing.changed_at)
        for row in rows
        for tag in row.stations
        if tag.tone == "orange"
    ]


def filings_returned(*, user: UUID) -> list[Filing]:
    filings = returned_to(user=user)
    set_below(filings, "reviews", reviews_with_items(filings=[filing.pk for filing in filings]))
    return filings


@written
def returned_to(*, user: UUID) -> QuerySet[Filing]:
    somebody = User(pk=user, kind=User.Kind.PERSONAL)
    rows = Filing.objects.visible_to(somebody).filter(prepared_by(somebody), status=Filing.Status.RETURNED)
    return rows.only(*OF_LINE).order_by("-changed_at", "-pk")[:MOST]


@written
def reviews_with_items(*, filings: list[UUID]) -> QuerySet[Review]:
    return reviews_counted().filter(any_of("filing", filings)).order_by("pk")


def due_soon(piles: list[Pile], user) -> list[Alert]:
    """Reviews that are late, or will be within the last days of the promise."""
    pile = next((pile for pile in piles if pile.sort == "reviews"), None)
    if pile is None:
        return []
    last = add_workdays(today(), LIMIT.hard - LIMIT.target)
    running = Q(status__in=Review.UNDECIDED, clock_started_at__isnull=False, due_on__lte=last)
    reviews = Review.objects.visible_to(user).filter(running).order_by("due_on", "pk")
    reviews = reviews.select_related("filing__district", "station", "assignee", "version").defer("version__data")[:MOST]
    return [
        Alert(row.review.works_name, row.deadline.text, row.deadline.tone, row.url, row.tag.text)
        for row in review_rows(list(reviews), user)
        if row.deadline
    ]


def waiting_long(pile: Pile) -> list[Alert]:
    """Applications that nobody has decided for three days."""
    if not pile.count:
        return []
    since = timezone.now() - PATIENCE
    text = _("申请加入 %(project)s")
    return [
        Alert(
            application.user.name,
            _("已等待 %(days)d 天") % {"days": (timezone.now() - application.applied_at).days},
            "orange",
            address("projects:approval", application.pk),
            text % {"project": application.project},
            application.applied_at,
        )
        for application in with_rows(pile).filter(applied_at__lte=since)[:MOST]
    ]


def promises(user, within: int | None = None) -> list[Alert]:
    """Early filings whose promised permit date is near or past; stations see those that are past."""
    found = early_waiting(user.kind, within, timezone.localdate(), user=user.pk)
    return [
        Alert(
            str(filing),
            promise_text(filing),
            "orange",
            filing.get_absolute_url() if user.is_personal else "",
            _("承诺 %(day)s 前取得施工许可证") % {"day": promised_day(filing)},
        )
        for filing in found
    ]


@written
def early_waiting(kind: str, within: int | None, day: date, *, user: UUID) -> QuerySet[Filing]:
    own = Filing.objects.visible_to(User(pk=user, kind=kind))
    found = awaiting_permit(own) if within is None else awaiting_permit(own, within=within)
    return found.only(*OF_LINE)[:MOST]


def calendar_missing() -> list[Alert]:
    """The year whose holidays nobody has taken in; from November on also the next one."""
    if (year := missing_year()) is None:
        return []
    text = _("办理期限目前只按周末计算")
    title = _("%(year)d 年节假日安排尚未录入") % {"year": year}
    return [Alert(title, _("待录入"), "orange", f"{address('calendar-import')}?year={year}", text)]


def without_manager(user) -> list[Alert]:
    """Projects whose project manager has left the 施工单位 (edge case 22); its administration sees them too."""
    found = managerless(user.kind, timezone.localdate(), user=user.pk)
    url = address("enterprises:list") if user.is_enterprise_account else ""
    text = _("项目经理已不在施工单位任职，请办理变更")
    return [
        Alert(str(project), _("项目经理待变更"), "orange", url or address("projects:detail", project.pk), text)
        for project in found
    ]


@written
def managerless(kind: str, day: date, *, user: UUID) -> QuerySet[Project]:
    somebody = User(pk=user, kind=kind)
    if somebody.is_enterprise_account:
        known: Any = parties_of(administered_by(somebody)).filter(party_type=PartyType.CONTRACTOR).values("project")
    else:
        known = known_to(somebody).values("pk")
    found = awaiting_manager().filter(pk__in=known)
    return found.only("name", "works_name", "project_no", "temporary_no").order_by("-filed_at", "pk")[:MOST]


def invited(user) -> list[Alert]:
    """Enterprises that added this person and wait for the answer (decisions 2)."""
    url = address("enterprises:invitations")
    return [
        Alert(member.enterprise.name, _("待本人确认"), "blue", url, _("邀请您加入企业"), member.created_at)
        for member in invited_now(user=user.pk)
    ]


@written
def invited_now(*, user: UUID) -> QuerySet[Member]:
    asked = invitations_of(User(pk=user)).only("created_at", "enterprise__name", "position__code")
    return asked.order_by("created_at")[:MOST]
