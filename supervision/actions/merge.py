"""合并重复项目: one project goes on, everything that pointed to the other points to it (domain §5.7 33)."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import StationPost, User
from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from projects.actions import merge_projects
from projects.models import ConstructionPermit, Project
from supervision.actions.holding import locked_projects
from supervision.actions.identity import live_key_of
from supervision.actions.numbers import move_numbers
from supervision.actions.people import applicants_of
from supervision.models import Filing, MergeConsent, ProjectMerge, Review

CONVERSION = ":conversion"


@transaction.atomic
def ask_merge(survivor: Project, duplicate: Project, *, reason: str, by) -> ProjectMerge:
    """Merge at once, or, where both are approved with different permits, ask the stations that approved.

    An operator's act: Http404 for all others. Refused where two live filings could not stand beside each other.
    """
    if not by.is_operator:
        raise Http404
    projects = locked_projects([survivor.pk, duplicate.pk])
    survivor, duplicate = projects[survivor.pk], projects[duplicate.pk]
    require_mergeable(survivor, duplicate)
    if not reason.strip():
        raise Refused(_("请填写合并理由。"))
    try:
        with transaction.atomic():
            merge = ProjectMerge.objects.create(
                survivor=survivor, duplicate=duplicate, reason=reason.strip(), asked_by=by
            )
    except IntegrityError:
        raise Refused(_("该项目已在办理合并，请先处理原来的合并。")) from None
    record("merge.asked", merge, by=by, survivor=survivor.number, duplicate=duplicate.number)
    consents = needed_consents(merge)
    if not consents:
        complete_merge(merge, survivor, duplicate, by=by)
        return merge
    for consent in MergeConsent.objects.bulk_create(consents):
        link = merge.get_absolute_url()
        notify(chiefs_of(consent), "merge.asked", about=merge, link=link, merge=merge, consent=consent)
    return merge


def require_mergeable(survivor: Project, duplicate: Project) -> None:
    """Two projects that go on, and not more live filings than the project may have (decisions 10)."""
    if survivor.pk == duplicate.pk:
        raise Refused(_("请选择两个不同的项目。"))
    for project in (survivor, duplicate):
        if project.merged_into_id:
            facts = {"project": project, "number": project.number}
            raise Refused(_("“%(project)s”（%(number)s）已合并到其他项目。") % facts)
    if survivor.parent_id == duplicate.pk or duplicate.parent_id == survivor.pk:
        raise Refused(_("其中一个项目是另一个的分期或标段，不能合并。"), safe=_("两个项目都没有变化。"))
    if duplicate.parts.exists() and (survivor.parent_id or survivor.parts.exists()):
        raise Refused(
            _("拟并入的项目下有分期或标段，而保留的项目也分期或本身是分期。请先合并相应的分期或标段。"),
            safe=_("两个项目都没有变化。"),
        )
    live = [*live_filings(survivor), *live_filings(duplicate)]
    permits = [filing.permit_id for filing in live if not filing.converts_id]
    if len(permits) > 1 and (None in permits or len(set(permits)) < len(permits)):
        raise Refused(
            *[f"{filing.get_module_display()} {filing.number}（{filing.get_status_display()}）" for filing in live],
            _("请先由申请单位撤回其中一个，或由监督站处理后再合并。"),
            heading=_("两个项目各有一个有效报监，且不是不同的施工许可证"),
            safe=_("两个项目都没有变化。"),
        )


def live_filings(project: Project) -> list[Filing]:
    return list(project.filings.live().order_by("created_at"))


def approved_with(project: Project) -> list[Filing]:
    """The filings of a project that stand approved under a permit."""
    passed = [Filing.Status.APPROVED, Filing.Status.FILED]
    return list(project.filings.filter(status__in=passed, permit__isnull=False))


def needed_consents(merge: ProjectMerge) -> list[MergeConsent]:
    """Two approved with different permits need both stations' consent (domain §5.7 33)."""
    first, second = approved_with(merge.survivor), approved_with(merge.duplicate)
    if not first or not second:
        return []
    reviews = Review.objects.filter(filing__in=[*first, *second], status__in=Review.PASSED)
    pairs = sorted(set(reviews.values_list("station_id", "role")), key=str)
    return [MergeConsent(merge=merge, station_id=station, role=role) for station, role in pairs]


def chiefs_of(consent: MergeConsent) -> list[User]:
    posts = StationPost.objects.held().filter(station=consent.station_id, role=consent.role, is_chief=True)
    return list(User.objects.filter(pk__in=posts.values("user"), is_active=True))


@transaction.atomic
def answer_merge(consent: MergeConsent, *, agreed: bool, opinion: str = "", by) -> ProjectMerge:
    """A chief agrees or does not; with the last consent it is done. Http404 for everybody but that station's chief."""
    asked = ProjectMerge.objects.get(pk=consent.merge_id)
    projects = locked_projects([asked.survivor_id, asked.duplicate_id])
    merge = ProjectMerge.objects.locked(consent.merge_id)
    consent = MergeConsent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    if by.pk not in {chief.pk for chief in chiefs_of(consent)}:
        raise Http404
    if merge.status != ProjectMerge.Status.WAITING or consent.agreed is not None:
        raise Refused(_("该合并已处理（%(state)s）。") % {"state": merge.get_status_display()})
    if not agreed and not opinion.strip():
        raise Refused(_("请填写不同意的理由。"))
    consent.agreed, consent.opinion = agreed, opinion.strip()
    consent.decided_by, consent.decided_at = by, timezone.now()
    consent.save()
    record("merge.answered", merge, by=by, agreed=agreed, role=consent.role)
    if not agreed:
        end_merge(merge, "decline")
        notify([merge.asked_by], "merge.declined", about=merge, link=merge.get_absolute_url(), merge=merge)
    elif not merge.consents.exclude(agreed=True).exists():
        survivor, duplicate = projects[merge.survivor_id], projects[merge.duplicate_id]
        require_mergeable(survivor, duplicate)
        complete_merge(merge, survivor, duplicate, by=by)
    return merge


@transaction.atomic
def cancel_merge(merge: ProjectMerge, *, by) -> ProjectMerge:
    """The operator takes the question back."""
    if not by.is_operator:
        raise Http404
    merge = ProjectMerge.objects.locked(merge.pk)
    end_merge(merge, "cancel")
    record("merge.cancelled", merge, by=by)
    return merge


def end_merge(merge: ProjectMerge, move: str) -> None:
    merge.move(move)
    merge.save(update_fields=["status"])
    mark_handled(merge)


def complete_merge(merge: ProjectMerge, survivor: Project, duplicate: Project, *, by) -> None:
    """Re-point everything, both projects locked."""
    kept, moving = list(survivor.filings.all()), list(duplicate.filings.all())
    moved = merge_projects(survivor, duplicate, by=by)
    for pk in sorted(filing.pk for filing in moving):
        Filing.objects.locked(pk)
    Filing.objects.filter(pk__in=[filing.pk for filing in moving]).update(project=survivor)
    ConstructionPermit.objects.filter(filings__project=survivor).update(project=survivor)
    hold_anew([*kept, *moving])
    merge.moved = moved | {"filings": len(moving), "numbers": move_numbers(survivor, duplicate)}
    merge.done_at = timezone.now()
    end_merge(merge, "complete")
    merge.save(update_fields=["done_at", "moved"])
    for filing in moving:
        record("filing.project_merged", filing, by=by, survivor=survivor.number)
        link = filing.get_absolute_url()
        notify(applicants_of(filing), "merge.done", about=filing, link=link, merge=merge, filing=filing)
    link = reverse("console:merge", args=[merge.pk])
    notify([merge.asked_by], "merge.completed", about=merge, link=link, merge=merge)


def hold_anew(filings: Iterable[Filing]) -> None:
    """What each live filing holds alone, now that the project has the permits of both (decisions 10)."""
    for filing in filings:
        filing.refresh_from_db(fields=["project", "live_key", "permit"])
        if filing.live_key is None:
            continue
        ending = CONVERSION if filing.live_key.endswith(CONVERSION) else ""
        filing.live_key = live_key_of(filing) + ending
        filing.save(update_fields=["live_key"])
