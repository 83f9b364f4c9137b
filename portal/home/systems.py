"""The seven business systems as one account finds them in 应用集成, in 应用中心 and at their doors."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from enterprises.models import BusinessSystem, Enterprise, Member, MemberExclusion, SystemGrant
from enterprises.permissions import bar_administrator
from portal.home.context import address
from portal.written import IsAnyOf, written
from projects.permissions import working
from supervision.catalogue import SPECS, Module
from supervision.catalogue import SYSTEM as FILING
from supervision.permissions import whom_to_ask

# What a system will do once it is built (product §15, domain §4): its page says so until then.
WILL_DO: dict[str, list[str | Promise]] = {
    "safety_supervision": [
        gettext_lazy("监督站登记监督计划、监督交底和现场检查记录。"),
        gettext_lazy("签发隐患整改通知书、停工整改通知书，跟踪整改期限和复查结果。"),
        gettext_lazy("企业在线回复整改、提交整改照片，申请复工。"),
        gettext_lazy("办理中止、恢复和终止监督，归档安全监督报告。"),
    ],
    "patrol": [
        gettext_lazy("按“双随机”方式抽取工地和检查人员，抽取过程可复核。"),
        gettext_lazy("记录督查问题，反馈到项目和属地监督站，跟踪整改期限。"),
        gettext_lazy("发布督查通报和统计。"),
    ],
    "hazardous_works": [
        gettext_lazy("登记危大工程，按参数判定是否为超过一定规模的危大工程。"),
        gettext_lazy("办理专项施工方案的编制、审批和专家论证。"),
        gettext_lazy("记录方案交底、安全员巡查、监测和验收。"),
    ],
    "project_evaluation": [
        gettext_lazy("施工单位按安全检查标准逐月自评。"),
        gettext_lazy("监督站按季度评分，公布结果，受理异议。"),
    ],
    "personnel_evaluation": [
        gettext_lazy("汇总项目经理、总监理工程师等关键岗位人员的到岗和记分情况。"),
        gettext_lazy("本人可查看每一条记录并提出异议。"),
    ],
    "credit": [
        gettext_lazy("汇总企业和人员的良好信息、不良信息及其公布期限。"),
        gettext_lazy("办理信用异议申诉和信用修复。"),
    ],
}


@dataclass(frozen=True)
class Door:
    """A system and what stands at its door for one account; `note` says why it is closed or what is missing."""

    system: BusinessSystem
    is_authorised: bool
    note: str

    @property
    def url(self) -> str:
        """Where its icon leads; nowhere for those who may not enter."""
        return reverse("app", args=[self.system.pk]) if self.is_authorised else ""

    @property
    def short_note(self) -> str:
        """For the small grid of 首页."""
        return self.note if self.is_authorised else _("未授权")

    @property
    def image(self) -> str:
        return self.system.icon or self.system.pk


def doors_of(user) -> list[Door]:
    """All systems in their order: one query, and one more for the name of who can authorise a person."""
    systems = systems_seen(user.kind, timezone.localdate(), user=user.pk)
    closed_note = note_for(user) if any(not system.is_unlocked for system in systems) else ""
    return [door(system, system.is_unlocked, closed_note) for system in systems]


@written
def systems_seen(kind: str, day: date, *, user: UUID):
    """`day`: whose posts have begun."""
    return BusinessSystem.objects.annotate(is_unlocked=unlocked_for(User(pk=user, kind=kind)))


def door(system: BusinessSystem, is_authorised: bool, closed_note: str) -> Door:
    building = "" if system.is_open else _("建设中")
    return Door(system, is_authorised, building if is_authorised else closed_note)


def authorised_for(user) -> set[str]:
    """The codes of the systems whose doors this account finds unlocked, or that explain why they turn it away."""
    return set(BusinessSystem.objects.filter(unlocked_for(user)).values_list("pk", flat=True))


def unlocked_for(user) -> Any:
    """The same, asked of systems."""
    if user.is_personal:
        return ExpressionWrapper(Q(pk__in=grants_of(user).values("system")), output_field=BooleanField())
    if user.is_enterprise_account:
        return Value(True)  # each leads to the sentence that says which account to use
    reviews = Q(Exists(user.station_posts.held()))
    return ExpressionWrapper(~Q(pk=FILING) | reviews, output_field=BooleanField())


def grants_of(user):
    """The grants in force that this person shares: by an enterprise or by an approved project (decisions 5).

    The same rule as `projects.permissions.may_enter`, for all systems at once; a test holds them together.
    """
    member = Member.objects.filter(user=user, status=Member.Status.ACTIVE, enterprise=OuterRef("enterprise"))
    excluded = MemberExclusion.objects.filter(system=OuterRef("system"), member__user=user)
    by_member = excluded.filter(member__status=Member.Status.ACTIVE, member__enterprise=OuterRef("enterprise"))
    by_project = excluded.filter(member__ended_at=None, member__enterprise=OuterRef("enterprise"))
    on_site = working().filter(user=user, enterprise=OuterRef("enterprise"))
    own = Member.objects.filter(user=user, status=Member.Status.ACTIVE).values("enterprise")
    sites = working().filter(user=user).values("enterprise")
    near = Q(IsAnyOf(F("enterprise"), ArraySubquery(own))) | Q(IsAnyOf(F("enterprise"), ArraySubquery(sites)))
    grants = SystemGrant.objects.filter(near, revoked_at=None, enterprise__status__in=Enterprise.READING)
    return grants.filter(  # near: by the few enterprises of the person, not by all grants there are
        Q(Exists(member)) & ~Q(Exists(by_member)) | Q(Exists(on_site)) & ~Q(Exists(by_project))
    )


def note_for(user) -> str:
    """Whom to ask for the authorisation: 未授权，请联系企业管理员 张**."""
    if not user.is_personal:
        return _("仅限监督站审核人员")
    return whom_to_ask(user)


def enter(user, system: BusinessSystem) -> str:
    """The address behind the door, "" while the system is being built. PermissionDenied says who may open it."""
    bar_administrator(user)
    if system.pk not in authorised_for(user):
        raise PermissionDenied(note_for(user))
    if not system.is_open:
        return ""
    if user.kind == user.Kind.STAFF:
        return address("review:list")
    first = [SPECS[Module.JOINT].slug] if system.pk == FILING else []  # 先进入联合报监列表 (guide §四.1)
    return address(system.url_name, *first)
