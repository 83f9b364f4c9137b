"""企业合并与分立 by two operators: what goes over, and what stays as it was handed in (domain §5.7 26).

What was frozen, decided or ended stays under the name of its time. What goes on - parties, project users, filings,
and of a merger people and systems - belongs to the enterprise that goes on.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, models, transaction
from django.db.models import F, Func, Q, Value
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enterprises.actions.merging import invite_to, move_people, move_system_grants, retire
from enterprises.models import Enterprise
from enterprises.permissions import administrators_of
from portal.audit import record
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from projects.catalogue import HANDOVER_PROOF
from projects.models import AwardRecord, ConstructionPermit, EnterpriseHandover, ProjectParty, ProjectUser
from projects.permissions import parties_of

Kind, Status = EnterpriseHandover.Kind, EnterpriseHandover.Status
_movers: list[Callable[..., dict[str, int]]] = []


def register_mover(fn: Callable[..., dict[str, int]]) -> None:
    """`fn(handover, by=…)` takes over the rows of another app and says how many of each sort."""
    _movers.append(fn)


@transaction.atomic
def propose_handover(
    source: Enterprise, target: Enterprise, *, kind: str, projects: Iterable[UUID] = (), evidence: str, by: User
) -> EnterpriseHandover:
    """The first operator, with the proof uploaded; nothing moves yet. Http404 for all others."""
    require_operator(by)
    source, target = locked_pair(source, target)
    projects = sorted(projects) if kind == Kind.SPLIT else []
    require_sound(source, target, kind, projects)
    if not evidence.strip():
        raise Refused(_("请填写依据，如登记机关的文书名称和文号。"))
    if not Document.objects.held_by(source, HANDOVER_PROOF.code).exists():
        raise Refused(_("请上传合并或分立的证明材料。"), safe=_("两家企业都没有变化。"))
    given = {"kind": kind, "projects": projects, "evidence": evidence.strip(), "proposed_by": by}
    try:
        with transaction.atomic():
            handover = EnterpriseHandover.objects.create(source=source, target=target, **given)
    except IntegrityError:
        raise Refused(_("该企业已有合并或分立等待复核，请先处理。")) from None
    record("handover.proposed", handover, by=by, enterprise_id=source.pk, kind=kind, target=target.uscc)
    others = User.objects.filter(kind=User.Kind.STAFF, duty=User.Duty.OPERATOR, is_active=True).exclude(pk=by.pk)
    link = reverse("projects:handover", args=[handover.pk])
    notify(others, "handover.proposed", about=handover, link=link, handover=handover)
    return handover


def require_operator(by: User) -> None:
    if not by.is_operator:
        raise Http404


def locked_pair(source: Enterprise, target: Enterprise) -> tuple[Enterprise, Enterprise]:
    """Both, always in the same order, so that two handovers do not wait for each other."""
    rows = {pk: Enterprise.objects.locked(pk) for pk in sorted({source.pk, target.pk})}
    return rows[source.pk], rows[target.pk]


def require_sound(source: Enterprise, target: Enterprise, kind: str, projects: list[UUID]) -> None:
    if source.pk == target.pk:
        raise Refused(_("请选择两家不同的企业。"))
    if source.status not in Enterprise.READING:
        raise Refused(_("%(name)s当前为“%(state)s”，不能办理。") % shown(source))
    if target.status != Enterprise.Status.ACTIVE:
        raise Refused(_("承继企业%(name)s当前为“%(state)s”，不能办理。") % shown(target))
    if kind == Kind.SPLIT:
        own = set(parties_of(Enterprise.objects.filter(pk=source.pk)).values_list("project", flat=True))
        if not projects or not set(projects) <= own:
            raise Refused(_("请选择由新企业承继的项目，只能选择原企业参建的项目。"))


def shown(enterprise: Enterprise) -> dict[str, Any]:
    return {"name": enterprise.name, "state": enterprise.get_status_display()}  # type: ignore[attr-defined]


@transaction.atomic
def confirm_handover(handover: EnterpriseHandover, *, by: User) -> EnterpriseHandover:
    """The second operator: now everything goes over at once, or nothing does."""
    require_operator(by)
    source, target = locked_pair(handover.source, handover.target)
    handover = second_person(handover, by)
    require_sound(source, target, handover.kind, handover.projects)
    if not Document.objects.held_by(source, HANDOVER_PROOF.code).ready().exists():
        raise Refused(_("证明材料还在检查或未通过检查，请稍后再复核。"), safe=_("两家企业都没有变化。"))
    handover.source, handover.target = source, target
    handover.move("confirm")
    counts = move_project_rows(handover)
    for fn in _movers:
        counts |= fn(handover, by=by)
    counts |= (merge_enterprise if handover.kind == Kind.MERGE else split_people)(handover, by=by)
    handover.moved = counts
    close(handover, by=by)
    record("handover.done", handover, by=by, enterprise_id=source.pk, **counts)
    record("handover.done", handover, by=by, enterprise_id=target.pk, **counts)
    told = [*administrators_of(source), *administrators_of(target), handover.proposed_by]
    notify(told, "handover.done", about=handover, handover=handover)
    return handover


@transaction.atomic
def decline_handover(handover: EnterpriseHandover, *, opinion: str, by: User) -> EnterpriseHandover:
    """The second operator does not agree, and says why; nothing moved."""
    require_operator(by)
    handover = second_person(handover, by)
    if not opinion.strip():
        raise Refused(_("请填写不通过的理由。"))
    handover.move("decline")
    handover.opinion = opinion.strip()
    close(handover, by=by)
    record("handover.declined", handover, by=by, enterprise_id=handover.source_id)
    link = reverse("projects:handover", args=[handover.pk])
    notify([handover.proposed_by], "handover.declined", about=handover, link=link, handover=handover)
    return handover


@transaction.atomic
def withdraw_handover(handover: EnterpriseHandover, *, by: User) -> EnterpriseHandover:
    """Who proposed it takes it back."""
    require_operator(by)
    handover = EnterpriseHandover.objects.locked(handover.pk)
    if handover.proposed_by_id != by.pk:
        raise Refused(_("只有提出人可以撤回；您可以复核为不通过。"))
    handover.move("withdraw")
    close(handover, by=by)
    record("handover.withdrawn", handover, by=by, enterprise_id=handover.source_id)
    return handover


def second_person(handover: EnterpriseHandover, by: User) -> EnterpriseHandover:
    handover = EnterpriseHandover.objects.locked(handover.pk)
    if handover.proposed_by_id == by.pk:
        raise Refused(_("须由另一名运营人员复核，提出人不能复核自己的申请。"), safe=_("两家企业都没有变化。"))
    return handover


def close(handover: EnterpriseHandover, *, by: User) -> None:
    handover.decided_by, handover.decided_at = by, timezone.now()
    handover.save()
    mark_handled(handover)


# What goes over


def of_handover(handover: EnterpriseHandover, field: str = "project") -> Q:
    """All rows of a merger; of a split those of its projects."""
    return Q(**{f"{field}__in": handover.projects}) if handover.kind == Kind.SPLIT else Q()


def move_project_rows(handover: EnterpriseHandover) -> dict[str, int]:
    source, target = handover.source, handover.target
    users = ProjectUser.objects.filter(of_handover(handover), enterprise=source)
    live = users.filter(status__in=[ProjectUser.Status.SUBMITTED, ProjectUser.Status.APPROVED])
    return {
        "parties": move_parties(handover),
        "users": live.update(enterprise=target),
        "permits": also_seen_by(ConstructionPermit.objects.filter(of_handover(handover)), source, target),
        "awards": also_seen_by(AwardRecord.objects.filter(of_handover(handover)), source, target),
    }


def move_parties(handover: EnterpriseHandover) -> int:
    """The same unit in the same capacity stands once on a project; leads and who stands in for them stay."""
    source, target = handover.source, handover.target
    own = Q(enterprise=source) | Q(uscc=source.uscc)
    rows = ProjectParty.objects.filter(of_handover(handover), own, ended_at=None).select_for_update(of=("self",))
    there = set(ProjectParty.objects.filter(uscc=target.uscc, ended_at=None).values_list("project", "party_type"))
    count = 0
    for party in rows.order_by("pk"):
        if (party.project_id, party.party_type) in there:
            party.acting.filter(ended_at=None).update(ended_at=timezone.now())
            party.ended_at = timezone.now()
        else:
            party.enterprise, party.uscc, party.unit_name = target, target.uscc, target.name
            count += 1
        party.save(update_fields=["enterprise", "uscc", "unit_name", "ended_at"])
    return count


def also_seen_by(rows: models.QuerySet, source: Enterprise, target: Enterprise) -> int:
    """Rows that name the source are the target's too; the source's code stays, as the paper says it."""
    codes: Any = ArrayField(models.CharField(max_length=18))
    more = Func(F("uscc_codes"), Value(target.uscc), function="array_append", output_field=codes)
    named = rows.filter(uscc_codes__contains=[source.uscc]).exclude(uscc_codes__contains=[target.uscc])
    return named.update(uscc_codes=more)


def merge_enterprise(handover: EnterpriseHandover, *, by: User) -> dict[str, int]:
    source, target = handover.source, handover.target
    counts = {
        "members": move_people(source, target, by=by),
        "systems": move_system_grants(source, target, by=by),
    }
    retire(source, target, by=by)
    return counts


def split_people(handover: EnterpriseHandover, *, by: User) -> dict[str, int]:
    """Leads and project users of what went over are asked whether they come along."""
    parties = ProjectParty.objects.filter(project__in=handover.projects, enterprise=handover.target, ended_at=None)
    users = ProjectUser.objects.filter(project__in=handover.projects, enterprise=handover.target)
    concerned = Q(pk__in=parties.values("lead")) | Q(pk__in=users.values("user"))
    people = list(User.objects.filter(concerned, is_active=True).order_by("pk"))
    return {"invited": invite_to(handover.target, handover.source, people, by=by)}
