"""停工 and 恢复施工 of a filed project, reported by the 建设单位 (建筑法 art. 10, domain §5.7 53)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.documents.actions import store
from portal.errors import Refused
from projects.actions.vacancy import tell_people
from projects.catalogue import RECHECK_PROOF
from projects.models import Project, Standstill
from projects.permissions import may_report_standstill

Reported = Callable[[Standstill, str], object]
_reported: list[Reported] = []


def register_standstill(fn: Reported) -> None:
    """`fn(standstill, event)` runs in the transaction of a report: the app above tells the stations."""
    _reported.append(fn)


@transaction.atomic
def suspend_works(project: Project, *, since: date, reason: str, by) -> Standstill:
    """停工. Http404 for everybody who does not work for the 建设单位."""
    project = locked_by_owner(project, by)
    if project.filed_at is None or project.closed_at:
        raise Refused(_("项目尚未报监完毕或已关闭，不能登记停工。"))
    if project.standstills.filter(resumed_on=None).exists():
        raise Refused(_("该项目已登记停工，尚未恢复施工。"), safe=_("已登记的内容没有改变。"))
    require_past(since, reason)
    still = Standstill.objects.create(project=project, since=since, reason=reason.strip(), reported_by=by)
    record("project.works_suspended", project, by=by, since=since.isoformat())
    tell(still, "project.works_suspended", by=by)
    return still


@transaction.atomic
def resume_works(still: Standstill, *, on: date, proof: Any = None, by) -> Standstill:
    """恢复施工; after a year only with the proof that the permit was verified (domain §5.7 53)."""
    project = locked_by_owner(still.project, by)
    still = Standstill.objects.locked(still.pk)
    if still.resumed_on:
        raise Refused(_("该项目已恢复施工。"), safe=_("已登记的内容没有改变。"))
    if on < still.since or on > timezone.localdate():
        raise Refused(_("恢复施工日期应在停工日期之后，且不晚于今天。"))
    if still.needs_recheck(on) and proof is None:
        raise Refused(
            _("停工已满一年，恢复施工前应报发证机关核验施工许可证（建筑法第十条），请上传核验证明。"),
            safe=_("停工记录没有改变。"),
        )
    if proof is not None:
        store(proof, kind=RECHECK_PROOF.code, holder=still, by=by)
    still.resumed_on, still.resumed_by, still.resumed_at = on, by, timezone.now()
    still.save(update_fields=["resumed_on", "resumed_by", "resumed_at"])
    record("project.works_resumed", project, by=by, on=on.isoformat(), proven=proof is not None)
    tell(still, "project.works_resumed", by=by)
    return still


def locked_by_owner(project: Project, by) -> Project:
    if not may_report_standstill(by, project):
        raise Http404
    return Project.objects.locked(project.pk)


def require_past(since: date, reason: str) -> None:
    if since > timezone.localdate():
        raise Refused(_("停工日期不能晚于今天。"))
    if not reason.strip():
        raise Refused(_("请填写停工原因，监督站会看到。"))


def tell(still: Standstill, event: str, *, by) -> None:
    """Who leads the project for its parties, who filed it, and the stations."""
    tell_people(still.project, event, by=by, still=still)
    for fn in _reported:
        fn(still, event)
