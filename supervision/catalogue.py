"""What each filing module asks for, and what it can be handed in for.

This is the one place to change when a module, a section or a target is added;
pages, checks and tests are built from it. Material lists and return reasons
are rows that an operator edits; `reference` loads their first version.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Target
from portal.audit.names import name_events
from portal.documents.kinds import MB, SCANS, DocumentKind, register_kind
from projects.models import PartyType

SYSTEM = "filing"  # the business system that this app is: 项目报监


class Module(models.TextChoices):
    """The three modules of the left menu (guide §四.1)."""

    JOINT = "joint", _("联合报监")
    EARLY = "early_intervention", _("先行介入")
    ADVANCE = "advance_service", _("提前服务")


class Section(models.TextChoices):
    """The parts of a filing; each is a tab that is saved on its own (guide §四.2)."""

    BASICS = "basics", _("基本信息")
    PARTIES = "parties", _("责任主体信息")
    UNIT_WORKS = "unit_works", _("单位工程信息")
    ATTACHMENTS = "attachments", _("附件")


class Need(models.TextChoices):
    """How a module asks for a material (domain §2.6)."""

    REQUIRED = "required", _("必传")
    FROM_PERMIT = "from_permit", _("许可证自动带入")
    RECOMMENDED = "recommended", _("建议上传")
    OPTIONAL = "optional", _("选传")


@dataclass(frozen=True)
class Spec:
    """What one module asks for."""

    slug: str  # in addresses: /filing/<slug>/
    number_prefix: str
    created_by_hand: bool
    needs_permit_no: bool = False
    from_awards: bool = False
    early: bool = False  # no permit yet: the receipt says that this is no permission to start
    permit_promise_days: int | None = None
    parties: tuple[PartyType, ...] = (PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR)
    targets: frozenset[Target] = field(default_factory=lambda: frozenset(Target))


SPECS: dict[str, Spec] = {
    Module.JOINT: Spec(slug="joint", number_prefix="LH", created_by_hand=False, needs_permit_no=True),
    Module.EARLY: Spec(
        slug="early", number_prefix="XX", created_by_hand=True, from_awards=True, early=True, permit_promise_days=90
    ),
    Module.ADVANCE: Spec(slug="advance", number_prefix="TQ", created_by_hand=True, early=True, permit_promise_days=180),
}

MODULE_BY_SLUG = {spec.slug: module for module, spec in SPECS.items()}

LEAD_TITLES = {
    PartyType.OWNER: _("项目负责人"),
    PartyType.CONTRACTOR: _("项目经理"),
    PartyType.SUPERVISOR: _("总监理工程师"),
    PartyType.SURVEY: _("勘察项目负责人"),
    PartyType.DESIGN: _("设计项目负责人"),
    PartyType.TESTING: _("检测项目负责人"),
    PartyType.EPC: _("工程总承包项目经理"),
    PartyType.SPECIALTY_SUB: _("分包项目负责人"),
    PartyType.LABOUR_SUB: _("劳务负责人"),
}

# 人员变更 (domain §5.7 19): the posts that may change after approval, and what each asks for.
CHANGE_DAYS = 5  # working days; 建质〔2014〕124号: sign again and have it filed within five working days


class ChangeFile(models.TextChoices):
    """What belongs to a change; the owner's consent may be given in the portal instead."""

    CONSENT = "change_consent", _("建设单位同意变更的书面意见")
    HANDOVER = "change_handover", _("工作交接记录")
    AUTHORISATION = "change_authorisation", _("法定代表人授权书（新负责人）")
    COMMITMENT = "change_commitment", _("工程质量终身责任承诺书（新负责人）")
    CERTIFICATE = "change_certificate", _("执业注册证书")


CHANGE_FILES = {
    PartyType.CONTRACTOR: (
        ChangeFile.HANDOVER,
        ChangeFile.AUTHORISATION,
        ChangeFile.COMMITMENT,
        ChangeFile.CERTIFICATE,
    ),
    PartyType.SUPERVISOR: (
        ChangeFile.HANDOVER,
        ChangeFile.AUTHORISATION,
        ChangeFile.COMMITMENT,
        ChangeFile.CERTIFICATE,
    ),
    PartyType.OWNER: (ChangeFile.HANDOVER, ChangeFile.AUTHORISATION, ChangeFile.COMMITMENT),
}


class ConcurrentCase(models.TextChoices):
    """When one project manager may answer for two projects: a–c are the exceptions of 建市〔2008〕48号, art. 9.

    The last is no exception: the portal's record of the other project is out of date.
    """

    ADJACENT = "a", _("同一工程相邻分段发包或分期施工")
    ACCEPTED = "b", _("原项目合同约定的工程已验收合格")
    STOPPED = "c", _("原项目因非承包方原因停工超过 120 天（含），经建设单位同意")
    CHANGED = "x", _("已不在原项目任职，正在办理或已办理变更")


@dataclass(frozen=True)
class Step:
    """From this size on, so many full-time safety officers."""

    at_least: Decimal
    officers: int


# 专职安全生产管理人员 of a general contractor, 建质〔2008〕91号 art. 13: buildings by area, all other works by contract.
OFFICERS_BY_AREA = (Step(Decimal(0), 1), Step(Decimal(10_000), 2), Step(Decimal(50_000), 3))  # m²
OFFICERS_BY_AMOUNT = (Step(Decimal(0), 1), Step(Decimal(5_000), 2), Step(Decimal(10_000), 3))  # 万元
# From here on works as a rule have to be supervised (建设部令第86号): 住宅小区 by area, public works by investment.
SUPERVISED_FROM_M2, SUPERVISED_FROM_WAN = Decimal(50_000), Decimal(3_000)
MOST_CHIEF_POSTS = 3  # contracts of one 总监理工程师 (GB/T 50319-2013, 3.1.5)
PROOF = "M31"  # the material that proves what a party's 情况说明 says


class ProjectCategory(models.TextChoices):
    """项目类别 (domain §3.6)."""

    BUILDING = "01", _("房屋建筑工程")
    MUNICIPAL = "02", _("市政工程")
    OTHER = "99", _("其他")


class ConstructionStatus(models.TextChoices):
    """项目状态 (domain §3.6)."""

    PREPARING = "001", _("筹备")
    APPROVED = "002", _("立项")
    BUILDING = "003", _("在建")
    FINISHED = "004", _("完工")
    STOPPED = "005", _("停工")
    COMPLETED = "006", _("竣工")


NOT_STARTED = ("", ConstructionStatus.PREPARING, ConstructionStatus.APPROVED)
PERMIT_START_MONTHS = 3  # 建筑法 art. 9: begin within three months of the permit, or have it extended


class StructureType(models.TextChoices):
    """结构类型 (domain §3.6)."""

    MASONRY = "001", _("砌体（砖混）")
    BOTTOM_FRAME = "002", _("底框")
    FRAME = "003", _("框架")
    FRAME_SHEAR_WALL = "004", _("框架-剪力墙")
    SHEAR_WALL = "005", _("剪力墙")
    SLAB_COLUMN = "006", _("板柱-剪力墙")
    SHORT_PIER = "007", _("短肢剪力墙")
    PARTLY_SUPPORTED = "008", _("部分框支剪力墙")
    FRAME_TUBE = "009", _("框-筒体")
    TUBE_IN_TUBE = "010", _("筒中筒")
    SPECIAL_COLUMN = "011", _("异形柱框架")
    COMPLEX_HIGH_RISE = "012", _("复杂高层")
    MIXED = "013", _("混合")
    STEEL = "014", _("钢结构")
    BENT = "015", _("排架")
    OTHER = "099", _("其他")


@dataclass(frozen=True)
class Bound:
    """What a number may be before a person is asked to look again, and who says so ([P]: our own proposal)."""

    least: float | None
    most: float | None
    source: str

    def holds(self, number: Any) -> bool:
        return (self.least is None or number >= self.least) and (self.most is None or number <= self.most)


BOUNDS = {
    "contract_wan": Bound(None, 500_000, "domain §3.9 [P]"),  # 万元
    "yuan_per_m2": Bound(500, 30_000, "domain §3.9 [P]"),  # contract amount by area
    "metres_from_boundary": Bound(None, 200, "domain §3.9 [P]"),  # from the point to the area inside the corners
    "boundary_share": Bound(0.05, 20, "domain §3.9 [P]"),  # area inside the corners by 施工面积
    # about 900 m: the boxes of the districts are rough, and their datum is not known (domain §3.8)
    "district_slack": Bound(None, 0.009, "domain §3.8 [P]"),  # degrees
    # a datum is wrong if the point lies further than this as declared, and nearer than that in another
    "shift_told": Bound(200, 60, "half of the 586 m by which GCJ-02 is off here (domain §3.9) [P]"),  # metres
}
SPREAD_OF_CORNERS: dict[str, Bound] = {  # km from the point to a corner
    ProjectCategory.BUILDING: Bound(None, 5, "domain §3.9 [P]"),
    ProjectCategory.MUNICIPAL: Bound(None, 60, "domain §3.9 [P]: works along a line"),
}
SPREAD_OTHERWISE = Bound(None, 60, "the wider one [P]")


class Datum(models.TextChoices):
    """坐标系 of the numbers as entered (domain §3.9)."""

    CGCS2000 = "CGCS2000", _("CGCS2000（国家大地坐标系）")
    GCJ02 = "GCJ02", _("GCJ-02（高德、腾讯）")
    BD09 = "BD09", _("BD-09（百度）")


# What may be uploaded for a material (domain §2.6): scans, for the long plans also their text; papers about a
# person are sealed.
MATERIAL = DocumentKind("material", _("附件材料"), SCANS, 50 * MB)
MATERIAL_TEXT = DocumentKind("material_text", _("附件材料"), (*SCANS, "docx", "ofd"), 50 * MB)
MATERIAL_PERSONAL = DocumentKind("material_personal", _("附件材料"), SCANS, 50 * MB, personal=True)
register_kind(MATERIAL, MATERIAL_TEXT, MATERIAL_PERSONAL)
MATERIAL_KINDS = {kind.code: kind for kind in (MATERIAL, MATERIAL_TEXT, MATERIAL_PERSONAL)}
ALL_FILES_MOST = 2048 * MB  # of one filing together


class Accepts(models.TextChoices):
    """What an operator lets in for a material; the values are codes of document kinds."""

    SCANS = "material", _("扫描件（pdf、jpg、jpeg、png）")
    TEXT = "material_text", _("扫描件，或 docx、ofd 文件")
    PERSONAL = "material_personal", _("扫描件，涉及个人信息（加密保存，查看留痕）")


# The blank forms and examples that operators publish.
MATERIAL_SAMPLE = DocumentKind("material_sample", _("材料模板"), ("docx", "xlsx", *SCANS), 20 * MB)
register_kind(MATERIAL_SAMPLE)

# Numbers of the desk: what, how much, where it comes from
KEPT_DAYS = 90  # a station's approval of a filing that the other one refused lives on in the copy (domain §5.7 #10)
UNDO_WORKDAYS = 5  # a chief may undo a decision for as long as a station may take for one (docs/decisions.md)
SILENCE_WORKDAYS = 2  # without an answer the request to withdraw counts as agreed to (domain §5.4, Withdraw)
MANY_ROUNDS = 3  # beyond, the chief is reminded (domain §5.4, Return & resubmit)
LETTERS_A_DAY = 20  # of one person to one station about one filing (docs/decisions.md)
MOST_PHRASES = 100  # of one officer
MOST_AT_ONCE = 50  # reviews that are claimed or assigned in one go (interface page 29)

name_events(
    {
        "filing.created": _("新建报监"),
        "filing.pulled": _("许可证生成联合报监"),
        "filing.edited": _("编辑报监"),
        "filing.submitted": _("提交报监"),
        "filing.resubmitted": _("重新提交报监"),
        "filing.supplemented": _("补报另一监督对象"),
        "filing.withdrawn": _("撤回报监"),
        "filing.handed_over": _("转交报监"),
        "filing.unit_renamed": _("企业合并，草稿中的单位改为承继企业"),
        "filing.approved": _("审核通过"),
        "filing.filed": _("报监完毕"),
        "filing.superseded": _("已转联合报监"),
        "filing.addendum_opened": _("新建补充材料"),
        "filing.addendum_dropped": _("删除补充材料草稿"),
        "filing.addendum": _("提交补充材料"),
        "material.file_published": _("发布材料模板或样例"),
        "material.file_withdrawn": _("停用材料模板或样例"),
        "filing.candidate_overruled": _("说明不是同一项目"),
        "filing.waits": _("等待原报监办结"),
        "filing.taken_over": _("带入原报监的内容"),
        "filing.due_moved": _("办理期限随工作日历顺延"),
        "filing.promise_changed": _("调整承诺取得施工许可日期"),
        "filing.rejected": _("不予通过"),
        "filing.copied": _("复制为新的报监"),
        "filing.withdrawal_requested": _("申请撤回"),
        "filing.withdrawal_agreed": _("同意撤回"),
        "filing.withdrawal_declined": _("未同意撤回"),
        "filing.coordination_requested": _("请求站间协调"),
        "review.claimed": _("领取"),
        "review.released": _("退回待领取"),
        "review.accepted": _("受理"),
        "review.assigned": _("转办"),
        "review.returned": _("退回补正"),
        "review.approved": _("通过"),
        "review.recused": _("回避"),
        "review.transferred": _("移送其他监督站"),
        "review.survey_ordered": _("安排现场踏勘"),
        "review.survey_finished": _("完成现场踏勘"),
        "review.rejection_proposed": _("提出不予通过"),
        "review.rejection_declined": _("未同意不予通过"),
        "review.rejected": _("确认不予通过"),
        "review.approval_proposed": _("提出通过"),
        "review.approval_declined": _("未同意通过"),
        "review.points_marked": _("核对审核要点"),
        "letter.written": _("发送沟通消息"),
        "review.undone": _("撤销决定"),
        "review.late_finding_agreed": _("同意首轮遗漏"),
        "officer.delegated": _("设置代办"),
        "officer.delegation_ended": _("结束代办"),
        "officer.tie_declared": _("申报回避企业"),
        "officer.tie_ended": _("结束回避申报"),
    }
)
register_kind(*[DocumentKind(one.value, one.label, SCANS, 20 * MB, personal=True, most=3) for one in ChangeFile])
