"""What this app holds about a person, and what ends with their account (PIPL 44–47)."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.privacy.closing import (
    close_account,
    forget_account,
    register_closing,
    register_forgetting,
    register_obstacle,
)
from accounts.privacy.sections import Held, Line, Section, register_files, register_section, shown_time
from portal.audit import record
from portal.documents.actions import purge
from portal.documents.models import Document
from portal.notifications import mark_handled
from portal.retention import Rule, register_rule
from projects.actions.waiting import CLOSED
from projects.models import ProjectParty, ProjectUser
from projects.permissions import delegations, led_by

Status = ProjectUser.Status
REFUSED = (Status.REJECTED, Status.WITHDRAWN)
LIVE = {
    Status.SUBMITTED: _("申请正在审核，处理后可以删除"),
    Status.APPROVED: _("项目任职期间保留，作为审核依据"),
}


def application_line(application: ProjectUser) -> Line:
    return {
        _("项目名称"): application.project,
        _("企业名称"): application.enterprise,
        _("职务"): application.position,
        _("状态"): application.get_status_display(),
        _("提交时间"): shown_time(application.applied_at),
        _("审核时间"): shown_time(application.decided_at),
        _("驳回原因"): application.reason,
        _("结束时间"): shown_time(application.ended_at),
    }


def post_line(party: ProjectParty) -> Line:
    return {
        _("项目名称"): party.project,
        _("责任主体"): party.get_party_type_display(),
        _("单位名称"): party.unit_name,
        _("登记的姓名"): party.lead_name,
        _("登记的身份证号"): party.lead_id_number,
        _("开始时间"): shown_time(party.lead_since),
        _("结束时间"): shown_time(party.ended_at),
    }


def files_of_applications(user: User) -> Iterator[Held]:
    places = {application.pk: application for application in user.project_memberships.all()}
    held = Document.objects.filter(holder_type="projects.projectuser", holder_id__in=places).kept()
    for document in held.order_by("uploaded_at", "pk"):
        replaced = document.state == Document.State.REMOVED
        yield Held(document, "" if replaced else LIVE.get(Status(places[document.holder_id].status), ""))


def posts_to_leave(user: User) -> list[str]:
    """Who leads a project is replaced first: the filing names them, and applications wait for them."""
    names = led_by(user).values_list("project__works_name", flat=True)
    return [_now("您是“%(project)s”的负责人，请先办理人员变更。") % {"project": name} for name in names]


def end_all(user: User, *, by: User | None) -> None:
    """What waits is withdrawn, what was agreed ends, what was delegated is given back."""
    rows = user.project_memberships.filter(status__in=[Status.SUBMITTED, Status.APPROVED])
    for application in rows.select_for_update(of=("self",), no_key=True).select_related("project"):
        move, event = ("withdraw", "withdrawn") if application.status == Status.SUBMITTED else ("end", "ended")
        application.move(move)
        application.ended_at = timezone.now()
        application.index_search()
        application.save()
        mark_handled(application)
        record(f"project_user.{event}", application, by=by, closed_account=True)
    delegations().filter(user=user).delete()


def forget_words(user: User) -> None:
    """The name that applications are found by."""
    for application in user.project_memberships.select_related("project"):
        application.user.name, application.user.phone_index, application.user.phone_tail = "", None, ""
        application.reason = "" if application.status != Status.REJECTED else "—"
        application.index_search()
        application.save(update_fields=["search_tokens", "search_text", "reason"])


def files_of(applications: QuerySet[ProjectUser]) -> QuerySet[Document]:
    return Document.objects.filter(holder_type="projects.projectuser", holder_id__in=applications.values("pk")).kept()


def refused_files(cutoff: datetime) -> QuerySet[Document]:
    """Photo and letter of applications that came to nothing, as the agreement promises."""
    over = Q(decided_at__lt=cutoff) | Q(ended_at__lt=cutoff)
    return files_of(ProjectUser.objects.filter(over, status__in=CLOSED))


def ended_files(cutoff: datetime) -> QuerySet[Document]:
    """Of people who left the project: they were for the decision about their place there."""
    return files_of(ProjectUser.objects.filter(status=Status.ENDED, ended_at__lt=cutoff))


def refused_newcomers(cutoff: datetime) -> QuerySet[User]:
    """Accounts that somebody made to join a project, were refused or withdrew, and never belonged anywhere since."""
    mine = ProjectUser.objects.filter(user=OuterRef("pk"))
    refused = mine.filter(Q(decided_at__lt=cutoff) | Q(ended_at__lt=cutoff), status__in=REFUSED)
    still = mine.exclude(Q(decided_at__lt=cutoff) | Q(ended_at__lt=cutoff), status__in=REFUSED)
    people = User.objects.filter(kind=User.Kind.PERSONAL, created_by=None, closed_at=None, is_sample=False)
    alone = people.filter(memberships=None, projects_led=None, acting_posts=None)
    return alone.filter(Exists(refused), ~Exists(still)).exclude(data_requests__status="submitted")


def forget_newcomer(user: User) -> None:
    """The account ends and who it was is forgotten in one go."""
    close_account(user, by=None)
    forget_account(user)


register_rule(Rule("refused_files", _("未通过申请的材料"), refused_files, lambda document: purge([document])))
register_rule(Rule("ended_files", _("已结束项目用户的材料"), ended_files, lambda document: purge([document])))
register_rule(Rule("refused_newcomers", _("未通过申请、未加入任何单位的账号"), refused_newcomers, forget_newcomer))
register_section(
    Section(
        "project_users",
        _("项目用户申请"),
        _("审核您在项目中的任职"),
        _("申请未通过的，材料 30 日内删除；通过的随工程办理记录留存"),
        lambda user: user.project_memberships.select_related("project", "enterprise", "position").order_by(
            "applied_at"
        ),
        application_line,
    )
)
register_section(
    Section(
        "posts",
        _("担任项目负责人"),
        _("工程质量安全责任追溯"),
        _("依法随工程档案留存"),
        lambda user: ProjectParty.objects.filter(lead_id_index=user.id_index).select_related("project").order_by("pk"),
        post_line,
    )
)
register_files(files_of_applications)
register_obstacle(posts_to_leave)
register_closing(end_all)
register_forgetting(forget_words)
