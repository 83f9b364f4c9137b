"""Handing a filing in, again after corrections, for another target; and taking it back (domain §5.4)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Station, StationRole, Target
from enterprises.permissions import require_good_standing
from portal.audit import record
from portal.calendar import Days
from portal.errors import Refused
from portal.notifications import Telling, notify, notify_all
from portal.numbers import next_number
from portal.together import Together
from supervision.actions.identity import (
    begin_anew,
    convert,
    keep_only_live,
    live_key_of,
    locked_with_project,
    require_decided,
    require_new,
    require_related,
)
from supervision.actions.numbers import number_for
from supervision.actions.people import applicants_of, in_charge_of, takers_of
from supervision.actions.settle import settle
from supervision.actions.versions import freeze
from supervision.candidates import COMPARED, CONVERTIBLE, compared, possible_for
from supervision.catalogue import KEPT_DAYS
from supervision.clock import days_from, start_clock
from supervision.frozen import substantive_changes
from supervision.gaps import SHEET_GIVEN, Sheet, Warning, asked_for_sheet, gaps_of, sheet_of, sheet_rows, warnings_of
from supervision.models import Filing, FilingParty, FilingVersion, Review
from supervision.permissions import enterprise_of, require_preparer
from supervision.scope import changes_in_conversion

LONGEST_REASON = Filing._meta.get_field("overruled_candidate_reason").max_length


@transaction.atomic
def submit_filing(
    filing: Filing,
    *,
    targets: Iterable[str] = (),
    prior_exists: bool,
    prior: Filing | None = None,
    reason: str = "",
    acknowledged: Iterable[str] = (),
    by,
) -> Filing:
    """Hand the filing in to the stations of `targets`, or, where `prior` was approved, as its conversion. A `prior` that
    was returned or refused leaves its link; every target is then asked anew.

    Refused with what is missing, what needs a person's word, the filing that the project already has, or the area
    that nobody supervises.
    """
    filing, project = locked_with_project(filing.pk, prior)
    require_preparer(by, filing)
    require_good_standing(enterprise_of(by, filing))
    if filing.status == Filing.Status.RETURNED:
        raise Refused(_("该报监已退回补正，请在“退回修改”中答复后重新提交。"))
    filing.move("submit")
    filing.project = project
    sheet, possible = sheet_and_others(filing)
    warnings = require_complete(sheet, acknowledged)
    prior = require_related(filing, prior, by=by) if prior_exists else None
    if prior:
        require_decided(prior)
    if prior and prior.status in CONVERTIBLE:
        convert(filing, prior, by=by)
    else:
        if prior:
            begin_anew(filing, prior, by=by)
            targets = list(targets) or filing.spec.targets
        require_new(filing, reason=reason.strip(), by=by, possible=None if prior else possible)
        filing.targets = chosen_targets(filing, targets)
        filing.overruled_candidate_reason = reason.strip()[:LONGEST_REASON]
    stations = stations_for(filing, filing.targets)
    fill_in_submission(filing, sheet, prior_exists=prior_exists, by=by)
    keep_only_live(filing, by=by)
    version = freeze(filing, warnings=warnings, by=by, sheet=sheet)
    days = days_from(filing.submitted_at or timezone.now())
    reviews = [new_review(filing, role, station, version, days) for role, station in stations.items()]
    Review.objects.bulk_create(reviews)
    overruled = bool(filing.overruled_candidate_reason)
    record("filing.submitted", filing, by=by, number=filing.number, targets=filing.targets, overruled=overruled)
    tell_of_submission(filing, reviews)
    settle(filing, by=by, reviews=reviews)
    return filing


def check_rows(
    filing: UUID, module: str, handed_in: UUID, district: str, area: str, **compared: Any
) -> dict[str, QuerySet]:
    """The questions for a sheet, and for the filings that may be about the same project."""
    possible = possible_for(**compared)
    return {**sheet_rows(filing, module, handed_in, district, area), "possible": possible}


CHECK = Together(check_rows, **SHEET_GIVEN | COMPARED)


def sheet_and_others(filing: Filing) -> tuple[Sheet, list[Filing]]:
    """Everything below a filing, and the filings that it is compared with: for the check before, and the act itself."""
    seen = CHECK.ask(**asked_for_sheet(filing), **compared(filing))
    return sheet_of(filing, seen), seen["possible"]


def tell_of_submission(filing: Filing, reviews: list[Review]) -> None:
    """The officers of each station, and the applicants, in one go."""
    waiting = [review for review in reviews if review.status in Review.UNDECIDED]
    told = [
        Telling(officers, "filing.submitted", review, link_to(review), {"filing": filing, "review": review})
        for review, officers in zip(waiting, takers_of(waiting).values(), strict=True)
    ]
    received: dict[str, Any] = {"filing": filing, "reviews": reviews}
    link = filing.get_absolute_url()
    notify_all([*told, Telling(applicants_of(filing), "filing.received", filing, link, received)])


def require_complete(sheet: Sheet, acknowledged: Iterable[str]) -> list[Warning]:
    """The warnings that were ticked; Refused with everything missing or not ticked."""
    filing = sheet.filing
    if gaps := gaps_of(sheet):
        raise Refused(
            *[gap.text for gap in gaps],
            heading=_("还有 %(count)d 处需要补充，暂不能报监") % {"count": len(gaps)},
            safe=_("您填写的内容已保存。"),
            action=(_("返回编辑"), reverse("filing:hub", args=[filing.pk])),
        )
    warnings, ticked = warnings_of(sheet), set(acknowledged)
    if unsaid := [warning.text for warning in warnings if warning.code not in ticked]:
        raise Refused(*unsaid, heading=_("请核实以下内容并勾选“已核实”"), safe=_("您填写的内容已保存。"))
    return warnings


def chosen_targets(filing: Filing, targets: Iterable[str]) -> list[str]:
    chosen = [target for target in Target.values if target in set(targets)]
    if not chosen or not filing.spec.targets.issuperset(targets):
        raise Refused(_("请选择报监对象：安监、质监。"))
    return chosen


def stations_for(filing: Filing, roles: Iterable[str]) -> dict[str, Station]:
    """The station of each role for the filing's 管辖区域; Refused where the area has none (decisions 7)."""
    held = StationRole.objects.on(timezone.localdate()).filter(
        area=filing.jurisdiction_area_id, role__in=roles, station__is_active=True
    )
    stations = {post.role: post.station for post in held.select_related("station")}
    if missing := [Target(role).label for role in roles if role not in stations]:
        facts = {"area": filing.jurisdiction_area, "roles": "、".join(map(str, missing))}
        contact = settings.SUPPORT_CONTACT
        raise Refused(
            _("“%(area)s”尚未设置%(roles)s机构，暂不能报监。") % facts,
            _("请联系平台运营：%(contact)s") % {"contact": contact} if contact else _("请联系平台运营人员。"),
            safe=_("您填写的内容已保存。"),
        )
    return stations


def fill_in_submission(filing: Filing, sheet: Sheet, *, prior_exists: bool, by) -> None:
    """Number, round, person and moment; from now on the enterprises it names may see it."""
    filing.enterprise = enterprise_of(by, filing)
    filing.number = filing.number or new_number(filing.spec.number_prefix)
    filing.round, filing.prior_filing_exists = 1, prior_exists
    filing.submitted_by = filing.changed_by = by
    filing.submitted_at = filing.changed_at = timezone.now()
    filing.live_key = f"{live_key_of(filing)}:conversion" if filing.converts_id else live_key_of(filing)
    filing.uscc_codes = named_codes(filing, sheet.parties)


def named_codes(filing: Filing, parties: Iterable[FilingParty]) -> list[str]:
    codes = {party.uscc for party in parties} | set(filing.uscc_codes)
    codes |= {filing.enterprise.uscc} if filing.enterprise else set()
    return sorted(codes - {""})


def new_number(prefix: str) -> str:
    """LH-20261122-0001: the module, the day, the running number of both (domain §5.4)."""
    series = f"{prefix}-{timezone.localdate():%Y%m%d}"
    return f"{series}-{next_number(series):04d}"


def new_review(filing: Filing, role: str, station: Station, version: FilingVersion, days: Days) -> Review:
    """A station's review; an approval of the same station is kept where nothing material changed since.

    That is so in a conversion, and in the copy of a filing that the other station refused (edge case 10).
    """
    review = Review(filing=filing, role=role, station=station, version=version)
    if earlier := kept_approval(filing, review) or kept_of_refused(filing, review):
        review.supervision_no = None if filing.converts_id else number_for(review)
        review.status = Review.Status.KEPT
        review.opinion, review.assignee = earlier.opinion, earlier.assignee
        review.decided_by, review.decided_at = earlier.decided_by, earlier.decided_at
    else:
        start_clock(review, filing.submitted_at or timezone.now(), days=days)
    return review


def kept_approval(filing: Filing, review: Review) -> Review | None:
    """The earlier approval by the same station, if what it approved is still what is handed in.

    A permit where there was none is what a conversion is for, so it does not count as a change.
    """
    if filing.converts_id is None:
        return None
    approvals = Review.objects.filter(filing=filing.converts_id, role=review.role, station=review.station)
    earlier = approvals.filter(status__in=Review.PASSED).select_related("version").first()
    if earlier is None:
        return None
    return None if changes_in_conversion(earlier.version, review.version, role=review.role) else earlier


def kept_of_refused(filing: Filing, review: Review) -> Review | None:
    """What the same station had passed of the refused filing that this one was copied from, for 90 days."""
    if filing.copied_from_id is None:
        return None
    refused = Review.objects.filter(filing=filing.copied_from_id, status=Review.Status.REJECTED)
    since = timezone.now() - timedelta(days=KEPT_DAYS)
    if not refused.filter(decided_at__gte=since).exists():
        return None
    kept = Review.objects.filter(filing=filing.copied_from_id, role=review.role, station=review.station)
    earlier = kept.filter(status=Review.Status.KEPT).select_related("version").first()
    if earlier is None or substantive_changes(earlier.version.data, review.version.data, role=review.role):
        return None
    return earlier


def tell_station(review: Review, event: str) -> None:
    """Tell the officer who has it and who acts for him, or everybody who may take it."""
    if review.status not in Review.UNDECIDED:
        return
    notify(in_charge_of(review), event, about=review, link=link_to(review), filing=review.filing, review=review)


def link_to(review: Review) -> str:
    return reverse("review:detail", args=[review.pk])
