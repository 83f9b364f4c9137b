"""One project, one live filing: whose project it is, what it is filed as already, and 存在 (decisions 10, S8, S9)."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Target
from portal.audit import masked, record
from portal.errors import Refused
from portal.notifications import mark_handled
from projects.actions import with_number
from projects.models import AwardRecord, ConstructionPermit, Project
from supervision.actions.holding import locked_projects
from supervision.candidates import (
    CONVERTIBLE,
    EARLIER_MODULES,
    ENDED_IN_VAIN,
    Match,
    candidates_for,
    is_same_project,
)
from supervision.clock import stop_clock
from supervision.models import Filing

SEARCH = ["search_tokens", "search_text"]

# One project, one live filing


def locked_with_project(pk, prior: Filing | None) -> tuple[Filing, Project]:
    """The filing with the project that its 项目编号 belongs to, which may be another than it was made under.

    Everything that is about to be compared is locked: the same project handed in twice at once is seen once.
    """
    facts = Filing.objects.values("project_id", "project_no").get(pk=pk)
    named = [project.pk] if (project := with_number(facts["project_no"])) else []
    projects = locked_projects([facts["project_id"], *named, *([prior.project_id] if prior else [])])
    filing = Filing.objects.locked(pk)
    if (filing.project_id, filing.project_no) != (facts["project_id"], facts["project_no"]):
        raise Refused(_("该报监刚刚被修改，请刷新页面后重试。"))
    return filing, identified(filing, projects)


def identified(filing: Filing, projects: dict) -> Project:
    """The project with the filing's number. A number nobody has yet is given to the filing's own project."""
    own = projects[filing.project_id]
    number = filing.project_no
    if not number or own.project_no == number:
        return own
    holder = with_number(number)
    if holder and own.parent_id == holder.pk:
        return own  # a part goes by the number of the project it is of (domain §5.7 34)
    if holder and holder.pk in projects:  # its own number, or one merged into it
        return projects[holder.pk]
    if own.project_no and (filing.permit_id or own.filings.exclude(pk=filing.pk).exists()):
        return own  # others know the project under the number it has
    try:
        with transaction.atomic():
            own.project_no = number
            own.index_search()
            own.save(update_fields=["project_no", *SEARCH])
    except IntegrityError:  # somebody else's filing gave it this very moment
        return Project.objects.locked(Project.objects.get(project_no=number).survivor.pk)
    return own


def live_key_of(filing: Filing) -> str:
    """What a live filing holds alone: its project, or its permit where the project has several (decisions 10)."""
    if filing.permit_id and ConstructionPermit.objects.filter(project=filing.project_id).count() > 1:
        return f"{filing.project_id}:{filing.permit_id}"
    return str(filing.project_id)


def refusal_of_second(filing: Filing, first: Filing, by) -> Refused:
    """Say where the project is filed already; to strangers of that filing, only that it is (security S8, S9)."""
    if not Filing.objects.visible_to(by).filter(pk=first.pk).exists():
        return Refused(
            _("请联系%(area)s监督站核实。") % {"area": filing.jurisdiction_area or _("辖区")},
            heading=_("该项目已由其他单位报监，请联系辖区监督站"),
            safe=_("您填写的内容已保存。"),
        )
    facts = {"module": first.get_module_display(), "number": first.number}
    return Refused(
        _("项目在任意模块报监就行，无需在多个模块重复报监。"),
        *way_on(filing, first),
        heading=_("该项目已于 %(module)s 报监（编号%(number)s）") % facts,
        safe=_("您填写的内容已保存。"),
        action=(_("查看该报监"), first.get_absolute_url()),
    )


def way_on(filing: Filing, first: Filing) -> list[str]:
    """What may be done with an earlier filing of the project."""
    if first.module not in EARLIER_MODULES[filing.module]:
        return []
    if first.status in CONVERTIBLE:
        return [_("如需转入本模块，请返回并选择“存在”，关联该报监。")]
    if first.status == Filing.Status.RETURNED:
        return [_("该报监已退回补正：可补正后继续，也可返回并选择“存在”，终止该报监、在本模块重新报监。")]
    return [_("该报监办结后，可在此选择“存在”转入本模块。")]


def require_new(filing: Filing, *, reason: str, by, possible: Iterable[Filing] | None = None) -> None:
    """Refuse 不存在 where the project is filed; where it only may be, ask for a reason that the stations read.

    `possible`: what it is compared with (`possible_for`), if the caller has read it under the lock.
    """
    found = candidates_for(filing, possible)
    if same := next((candidate for candidate in found if candidate.match == Match.PROJECT), None):
        raise refusal_of_second(filing, same.filing, by)
    if not found:
        return
    if reason:
        numbers = [candidate.filing.number for candidate in found]
        record("filing.candidate_overruled", filing, by=by, reason=masked(reason), candidates=numbers)
        return
    visible = set(Filing.objects.visible_to(by).filter(pk__in=[one.filing.pk for one in found]).values_list("pk"))
    known = [one.filing for one in found if (one.filing.pk,) in visible]
    lines = [f"{one.get_module_display()} {one.number} {one}" for one in known]
    others = [_("另有疑似同一项目已由其他单位报监，请联系辖区监督站。")] if len(known) < len(found) else []
    raise Refused(
        *lines,
        *others,
        _("如确非同一项目，请返回填写理由，监督站将看到您的说明。"),
        heading=_("疑似已报监，请核实是否为同一项目"),
        safe=_("您填写的内容已保存。"),
        action=(_("查看疑似项目"), known[0].get_absolute_url()) if known else None,
    )


# 存在


def require_related(filing: Filing, prior: Filing | None, *, by) -> Filing:
    """The locked earlier filing, if it is one that 存在 may name (edge case 6)."""
    if prior is None:
        raise Refused(_("请选择已报监的项目；如未报监过，请选择“不存在”。"))
    prior = Filing.objects.locked(prior.pk)
    known = Filing.objects.visible_to(by).filter(pk=prior.pk).exists()
    if not known and not is_same_project(filing, prior):
        raise Refused(_("所选报监不属于本项目，请重新选择或选择“不存在”。"))
    if prior.module not in EARLIER_MODULES[filing.module]:
        raise refusal_of_second(filing, prior, by)
    if filing.project_no and prior.project_no and filing.project_no != prior.project_no:
        raise Refused(_("两个报监的项目编号不同，不是同一项目，请核对项目编号。"))
    return prior


def require_decided(prior: Filing) -> None:
    """Refuse while the earlier filing is under review, or is nothing that could be followed."""
    if prior.status in CONVERTIBLE + ENDED_IN_VAIN:
        return
    facts = {"number": prior.number or "", "status": prior.get_status_display()}
    raise Refused(_("%(number)s 当前为“%(status)s”，审核通过后才能转入本模块。") % facts)


def convert(filing: Filing, prior: Filing, *, by) -> None:
    """Bind the filing to the earlier one and its project. Every target is asked; who approved the same keeps to it."""
    join_project(filing, prior)
    others = [one for one in candidates_for(filing) if one.match == Match.PROJECT and one.filing.pk != prior.pk]
    if others:
        raise refusal_of_second(filing, others[0].filing, by)
    filing.converts, filing.prior = prior, None
    filing.targets = [target for target in Target.values if target in filing.spec.targets]


def begin_anew(filing: Filing, prior: Filing, *, by) -> None:
    """The earlier filing came to nothing: hand in as if it were not there, under its project and with the link to it.

    One that was sent back ends here, since a project has one live filing.
    """
    join_project(filing, prior)
    filing.prior = prior
    if prior.status == Filing.Status.RETURNED:
        end_returned(prior, successor=filing, by=by)


def end_returned(prior: Filing, *, successor: Filing, by) -> None:
    """Close a filing that was sent back and is not corrected but filed anew elsewhere."""
    prior.move("supersede")
    prior.live_key, prior.changed_at = None, timezone.now()
    prior.index_search()
    prior.save(update_fields=["status", "live_key", "changed_at", *SEARCH])
    for review in prior.reviews.select_for_update(of=("self",), no_key=True).order_by("role"):
        if review.can("cancel"):
            stop_clock(review, timezone.now())
            review.move("cancel")
            review.save(update_fields=["status", "clock_started_at", "days_used"])
            mark_handled(review)
    mark_handled(prior)
    record("filing.superseded", prior, by=by, successor=str(successor.pk))


def join_project(filing: Filing, prior: Filing) -> None:
    """Bring the filing, and its permit or award, under the project of the earlier filing, where its people are.

    The project number moves along unless others know the left project by it.
    """
    left, kept = filing.project, prior.project
    if left.pk == kept.pk or left.parent_id == kept.pk:  # a part stays one, with its permit (domain §5.7 34)
        return
    filing.project = kept
    if left.filings.exclude(pk=filing.pk).exists():
        return
    for source in (ConstructionPermit, AwardRecord):
        source.objects.filter(project=left).update(project=kept)
    if left.project_no and not kept.project_no:
        number, left.project_no = left.project_no, None
        for project, value in ((left, None), (kept, number)):
            project.project_no = value
            project.index_search()
            project.save(update_fields=["project_no", *SEARCH])


def keep_only_live(filing: Filing, *, by) -> None:
    """Save the submission; the database refuses a second live filing of the project, whatever was checked before."""
    filing.index_search()
    try:
        with transaction.atomic():
            filing.save()
    except IntegrityError:
        rival = Filing.objects.filter(live_key=filing.live_key).exclude(pk=filing.pk).first()
        if rival is None:
            raise
        raise refusal_of_second(filing, rival, by) from None
