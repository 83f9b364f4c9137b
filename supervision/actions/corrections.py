"""Correcting a returned filing: what may be changed, the answers, and handing it in again (interface page 28)."""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Station
from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from supervision.actions.deciding import note_decision
from supervision.actions.holding import locked_filing
from supervision.actions.identity import keep_only_live, live_key_of, locked_with_project, require_new
from supervision.actions.settle import settle
from supervision.actions.submit import named_codes, require_complete, stations_for, tell_station
from supervision.actions.transfer import move_to
from supervision.actions.versions import freeze
from supervision.catalogue import MANY_ROUNDS, Section
from supervision.clock import start_clock
from supervision.frozen import substantive_changes
from supervision.gaps import gaps_in, sheet_of
from supervision.models import DeficiencyItem, Filing, FilingVersion, Review
from supervision.permissions import chiefs_of, require_preparer

Place = tuple[str, str]

# What has to change together with a flagged field, so that a correction can be made whole.
DEPENDENTS: dict[Place, set[Place]] = {
    (Section.BASICS.value, place): {(Section.BASICS.value, other) for other in group if other != place}
    for group in (
        ("longitude", "latitude", "coordinate_datum", "boundary_points"),
        ("planned_start_date", "planned_completion_date", "duration_days"),
    )
    for place in group
} | {
    (Section.BASICS, "district"): {(Section.BASICS, "jurisdiction_area"), (Section.BASICS, "address")},
    (Section.BASICS, "address"): {(Section.BASICS, "longitude"), (Section.BASICS, "latitude")},
    (Section.BASICS, "jurisdiction_area"): {(Section.BASICS, "district")},
    (Section.BASICS, "construction_area_m2"): {(Section.UNIT_WORKS, ""), (Section.BASICS, "construction_scale")},
}
# A party's unit and its head are each one thing: another person comes with another number.
PARTY_GROUPS = (
    ("unit_name", "uscc", "legal_representative"),
    ("head_name", "head_id_number", "head_phone", "certificate_no", "exception_case", "note"),
)


def open_items(filing: Filing):
    """The items that wait for an answer or for the filing to be handed in again."""
    returned = DeficiencyItem.objects.filter(review__filing=filing, review__status=Review.Status.RETURNED)
    return (
        returned.exclude(sent_at=None)
        .filter(closed_at=None)
        .select_related("review__station", "material", "created_by")
    )


def editable_places(filing: Filing) -> set[Place] | None:
    """The (section, place) pairs the applicant may change now; None means all, an empty place the whole section.

    A returned filing is open only where it was flagged, where that cannot be changed alone, and where something
    is missing by now, so that nobody is stuck.
    """
    if filing.status != Filing.Status.RETURNED:
        return None if filing.is_open else set()
    flagged = {place for item in open_items(filing) for place in places_of(item)}
    return flagged | {(gap.section, gap.place) for gap in gaps_in(filing)}


def places_of(item: DeficiencyItem) -> set[Place]:
    """What one item lets the applicant change."""
    place = item.material_id or item.place if item.section == Section.ATTACHMENTS else item.place
    if not item.section:  # about the filing as a whole
        return {(section, "") for section in Section.values}
    here = (item.section, place)
    if item.section == Section.PARTIES and "." in place:
        party, field = place.split(".", 1)
        group = next((names for names in PARTY_GROUPS if field in names), (field,))
        return {(item.section, f"{party}.{name}") for name in group}
    if item.section == Section.UNIT_WORKS:
        return {(Section.UNIT_WORKS, "")}  # one table: rows may be added and removed
    return {here} | DEPENDENTS.get(here, set())


def may_change(places: set[Place] | None, section: str, place: str) -> bool:
    """Whether `editable_places` holds a place: itself, the party it belongs to, or its whole section."""
    if places is None or (section, "") in places or (section, place) in places:
        return True
    return (section, place.partition(".")[0]) in places


@transaction.atomic
def answer_item(item: DeficiencyItem, *, kind: str, reply: str = "", by) -> DeficiencyItem:
    """Answer an item 已修改 or with an explanation; until the filing is handed in again it may be answered anew."""
    filing = locked_filing(item.review.filing_id)
    require_preparer(by, filing)
    item = open_items(filing).select_for_update(of=("self",)).filter(pk=item.pk).first()
    if item is None or filing.status != Filing.Status.RETURNED:
        raise Refused(_("该条意见已随重新提交送达监督站，不能再修改答复。"))
    if kind not in DeficiencyItem.Reply.values:
        raise Refused(_("请选择“已修改”或“说明”。"))
    if kind == DeficiencyItem.Reply.EXPLAINED and not reply.strip():
        raise Refused(_("请填写说明，监督站将据此复核。"))
    item.reply_kind, item.reply = kind, reply.strip()
    item.replied_by, item.replied_at = by, timezone.now()
    item.save(update_fields=["reply_kind", "reply", "replied_by", "replied_at"])
    return item


@transaction.atomic
def resubmit_filing(filing: Filing, *, acknowledged: Iterable[str] = (), by) -> Filing:
    """Hand a returned filing in again: every item answered, a new version, and who must look is asked (domain §5.4).

    Stations that have not decided go on with the new version; who returned checks again, with the days left; an
    approval stands unless something material to it changed.
    """
    filing, project = locked_with_project(filing.pk, None)
    require_preparer(by, filing)
    if filing.status != Filing.Status.RETURNED:
        raise Refused(_("当前状态为“%(status)s”，不需要重新提交。") % {"status": filing.get_status_display()})
    filing.move("submit")
    items = list(open_items(filing))
    if unanswered := [item for item in items if item.replied_at is None]:
        raise Refused(
            _("还有 %(count)d 处没有答复，请逐项选择“已修改”或填写说明。") % {"count": len(unanswered)},
            action=(_("返回逐项答复"), reverse("filing:correct", args=[filing.pk])),
        )
    sheet = sheet_of(filing)
    warnings = require_complete(sheet, acknowledged)
    if filing.project_id != project.pk and not filing.converts_id:
        filing.project = project
        require_new(filing, reason="-", by=by)
        filing.live_key = live_key_of(filing)
    filing.round += 1
    filing.submitted_by = filing.changed_by = by
    filing.submitted_at = filing.changed_at = timezone.now()
    filing.uscc_codes = named_codes(filing, sheet.parties)
    keep_only_live(filing, by=by)
    version = freeze(filing, warnings=warnings, by=by, sheet=sheet)
    close_items(items)
    mark_handled(filing, "review.returned")
    rechecks = renew_reviews(filing, version)
    record("filing.resubmitted", filing, by=by, round=filing.round, rechecks=sorted(rechecks))
    settle(filing, by=by)
    return filing


def close_items(items) -> None:
    """Sending resolves: what was answered is closed, and stays to be read beside the answer."""
    for item in items:
        item.closed_at = timezone.now()
        item.save(update_fields=["closed_at"])


def renew_reviews(filing: Filing, version: FilingVersion) -> list[str]:
    """Bring every review to the new version, or leave it at what it approved; returns the roles that check again."""
    moving = stations_of_corrected_area(filing, version)
    rechecks = []
    reviews = filing.reviews.select_for_update(of=("self",), no_key=True).select_related("version", "station")
    for review in reviews.order_by("role"):
        review.filing = filing
        was, station = review.status, moving.get(review.role, review.station)
        moved = station != review.station
        if moved:
            note_decision(review, "transfer", str(station), by=version.submitted_by)
            move_to(review, station, by=version.submitted_by)
        if was in Review.PASSED and not moved and not material_to(review, version):
            continue
        review.version = version
        if review.status in Review.PROPOSED:  # the proposal was about what lay there before
            proposed = "approval" if review.status == Review.Status.APPROVING else "rejection"
            review.move(f"decline_{proposed}")
            note_decision(review, f"lapse_{proposed}", by=version.submitted_by)
        if was in {*Review.PASSED, Review.Status.RETURNED}:
            review.move("recheck")
            review.round += 1
            start_clock(review, version.submitted_at, afresh=was in Review.PASSED)
            rechecks.append(review.role)
        review.save()
        mark_handled(review)
        tell_station(review, "filing.resubmitted")
        if review.role in rechecks and review.round > MANY_ROUNDS:
            link = reverse("review:detail", args=[review.pk])
            chiefs = chiefs_of(review.station, review.role)
            notify(chiefs, "review.many_rounds", about=review, link=link, filing=filing, review=review)
    return rechecks


def stations_of_corrected_area(filing: Filing, version: FilingVersion) -> dict[str, Station]:
    """Who reviews now, where the applicant corrected the 管辖区域; else every review stays with its station.

    So neither a reform of jurisdictions nor a transfer is undone by handing in again (edge cases 15, 16).
    """
    before = FilingVersion.objects.filter(filing=filing, number__lt=version.number).latest("number")
    area = "jurisdiction_area"
    is_same = before.data["basics"].get(area) == version.data["basics"].get(area)
    return {} if is_same else stations_for(filing, filing.targets)


def material_to(review: Review, version: FilingVersion) -> list:
    """What changed since the version that the station approved and makes it look again."""
    return substantive_changes(review.version.data, version.data, role=review.role)
