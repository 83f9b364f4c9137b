"""The first material list and the first return reasons: rows that an operator edits (domain §2.6, §6)."""

from dataclasses import dataclass

from accounts.models import Target
from portal.reference import add_missing
from supervision.catalogue import Accepts, Module, Need, Section
from supervision.models import CheckPoint, Material, MaterialRule, ReturnReason

NEEDS = {"R": Need.REQUIRED, "O": Need.OPTIONAL, "A": Need.FROM_PERMIT}  # "–": not asked
MODULES = (Module.JOINT, Module.EARLY, Module.ADVANCE)  # the order of the three letters


@dataclass(frozen=True)
class Line:
    """One material as the table in domain §2.6 writes it: which stations read it, how each module asks for it."""

    code: str
    name: str
    read_by: str
    needs: str
    help_text: str = ""
    accepts: str = Accepts.SCANS


MATERIALS = [
    Line("M01", "质量安全监督登记表（盖章）", "SQ", "RRO", "填写完整并加盖建设、施工、监理单位公章后扫描上传。"),
    Line("M02", "建筑工程施工许可证", "SQ", "A––", "已从许可证数据带入；数据中没有时请上传正本扫描件。"),
    Line("M03", "先行介入申请表 / 提前服务申请表", "SQ", "–RO", "由建设单位填写并盖章。"),
    Line("M04", "限期补办施工许可手续承诺书", "SQ", "–RO", "写明承诺取得施工许可证的日期，由建设单位盖章。"),
    Line("M05", "立项批复 / 备案证明", "SQ", "ORO"),
    Line("M06", "用地批准文件 / 建设用地规划许可证", "SQ", "ORO"),
    Line("M07", "建设工程规划许可证或规划方案审定意见", "SQ", "ORO"),
    Line("M08", "中标通知书 / 直接发包证明", "SQ", "RRO", "施工、监理分别提供；直接发包的提供批准文件或说明。"),
    Line("M09", "施工合同（关键页）", "SQ", "RRO", "首页、工程概况、工期、价款、安全文明施工费用和签章页。"),
    Line("M10", "监理合同（关键页）", "SQ", "RRO", "首页、监理范围、期限和签章页。"),
    Line("M11", "勘察、设计合同", "Q", "OOO"),
    Line("M12", "施工图审查合格书或阶段性审查意见", "Q", "RRO"),
    Line("M13", "岩土工程勘察报告", "SQ", "ORO"),
    Line("M14", "五方法定代表人授权书", "Q", "RRO", "建设、勘察、设计、施工、监理单位各一份，签字并盖章。"),
    Line("M15", "五方项目负责人质量终身责任承诺书", "Q", "RRO", "五方项目负责人本人签字；注册人员加盖执业印章。"),
    Line("M16", "建设、施工、监理安全生产承诺书", "S", "RRO"),
    Line("M17", "危险性较大的分部分项工程清单及安全管理措施", "S", "RRO", "逐项注明是否超过一定规模。"),
    Line("M18", "安全防护、文明施工措施费用支付计划", "S", "RRO", "与施工合同约定一致。"),
    Line("M19", "施工企业资质证书、安全生产许可证", "SQ", "RRO", "须在有效期内。"),
    Line("M20", "项目关键岗位人员一览表及证书", "SQ", "RRO", "项目经理、总监、技术负责人、安全员、质量员等。"),
    Line(
        "M21",
        "施工组织设计（含安全技术措施）审批页",
        "SQ",
        "RRO",
        "施工单位审批、总监理工程师审查签字盖章页。",
        Accepts.TEXT,
    ),
    Line("M22", "监理规划 / 安全监理实施细则", "SQ", "RRO", accepts=Accepts.TEXT),
    Line("M23", "毗邻建(构)筑物及地下管线资料、交底记录", "S", "RRO", "由建设单位向施工单位提供并办理交底。"),
    Line("M24", "施工现场总平面布置图", "S", "ORO"),
    Line("M25", "工伤保险参保证明", "S", "ROO"),
    Line("M26", "农民工工资专用账户 / 实名制承诺", "S", "OOO"),
    Line("M27", "起重机械进场计划", "S", "OOO"),
    Line("M28", "重大项目会议纪要 / 政府专题函", "SQ", "–OO"),
    Line("M29", "现场照片（四至）", "SQ", "ORO", "东、南、西、北四个方向各一张，能看清场地现状。"),
    Line("M30", "授权委托书及经办人身份证", "SQ", "RRO", accepts=Accepts.PERSONAL),
    Line(
        "M31", "关键岗位兼任、自行监理等情况的证明", "SQ", "OOO", "建设单位书面同意、原项目验收或停工证明、变更手续等。"
    ),
    Line("M99", "其他", "SQ", "OOO"),
]

BASICS, PARTIES, WORKS, FILES = Section.BASICS, Section.PARTIES, Section.UNIT_WORKS, Section.ATTACHMENTS
# section ("" is the filing as a whole), text, basis; the place in the list is the number of the code
REASONS: list[tuple[str, str, str]] = [
    (BASICS, "工程名称与施工许可证/中标通知书不一致，请按证载名称填写。", ""),
    (BASICS, "施工许可证编号与上传证照不一致。", ""),
    (BASICS, "所属区域与工程地址不符。", ""),
    (BASICS, "管辖区域选择有误，本项目应由【 】监督。", ""),
    (BASICS, "经纬度不在工程地址范围内，请重新选点并注明坐标系。", ""),
    (BASICS, "界址点未闭合或与用地红线不符。", ""),
    (BASICS, "施工面积与施工许可证/合同不一致。", ""),
    (BASICS, "合同金额单位疑似有误（应为万元）。", ""),
    (BASICS, "计划开竣工日期与合同工期不一致。", ""),
    (PARTIES, "项目经理与中标通知书/合同不一致，如已变更请提供变更手续。", ""),
    (PARTIES, "项目经理存在其他在建项目，请说明并提供证明。", ""),
    (PARTIES, "注册证书/安全生产考核合格证已过期或与单位不符。", ""),
    (PARTIES, "总监理工程师任职项目数超出规定，请提供建设单位书面同意。", ""),
    (PARTIES, "专职安全生产管理人员数量不足，应不少于【 】人。", "建质〔2008〕91号第十三条、第十四条"),
    (PARTIES, "单位统一社会信用代码与单位名称不符。", ""),
    (WORKS, "单位工程面积之和与施工面积不一致。", ""),
    (WORKS, "单位工程漏报/多报，请对照规划许可附图核实。", ""),
    (WORKS, "结构类型、层数、高度与审图合格书不一致。", ""),
    (FILES, "【 】未上传或内容不完整。", ""),
    (FILES, "【 】扫描件不清晰、缺页，请重新上传彩色扫描件。", ""),
    (FILES, "【 】未签字或未加盖公章/执业印章。", ""),
    (FILES, "五方责任主体授权书、质量终身责任承诺书不齐全。", "建办质〔2014〕44号"),
    (FILES, "危大工程清单缺少【 】，或未注明是否超过一定规模。", ""),
    (FILES, "安全防护、文明施工措施费用支付计划与合同约定不一致。", ""),
    (FILES, "承诺补办施工许可时限缺失或超出规定。", ""),
    ("", "与已有报监【编号】疑似同一项目，请核实后选择“存在”并关联。", ""),
    ("", "需现场踏勘，拟于【 】进行，请配合。", ""),
]

S, Q = Target.SAFETY, Target.QUALITY
# section, material, role ("" both), what to look at, source, the reason of the library that fits; [P]: our own proposal
POINTS: list[tuple[str, str, str, str, str, str]] = [
    (BASICS, "", "", "工程名称、项目名称与施工许可证或中标通知书一致", "domain §3.6 [P]", "R01"),
    (BASICS, "", "", "施工许可证编号与上传的证照一致", "domain §3.4 [P]", "R02"),
    (BASICS, "", "", "所属区域、管辖区域与工程地址相符，属本站监督范围", "domain §3.8 [P]", "R04"),
    (BASICS, "", "", "位置、界址点在工程地址范围内，坐标系选择正确", "domain §3.9 [P]", "R05"),
    (BASICS, "", "", "施工面积、合同金额与施工许可证、合同一致，单位正确", "domain §3.9 [P]", "R07"),
    (BASICS, "", "", "计划开竣工日期与合同工期一致", "domain §5.4 [P]", "R09"),
    (PARTIES, "", "", "建设、施工、监理单位名称与统一社会信用代码相符", "domain §3.3 [P]", "R15"),
    (PARTIES, "", "", "项目经理与中标通知书、合同一致，没有其他在建项目或已说明", "建市〔2008〕48号第九条", "R10"),
    (PARTIES, "", "", "总监理工程师任职项目数符合规定", "GB/T 50319-2013 第3.1.5条", "R13"),
    (PARTIES, "", "", "注册证书在有效期内，与任职单位相符", "domain §2.6 [P]", "R12"),
    (PARTIES, "", S, "专职安全生产管理人员数量符合规定", "建质〔2008〕91号第十三条、第十四条", "R14"),
    (WORKS, "", "", "单位工程没有漏报、多报，面积之和与施工面积一致", "domain §3.6 [P]", "R16"),
    (WORKS, "", Q, "结构类型、层数、高度与审图合格书一致", "domain §3.6 [P]", "R18"),
    (FILES, "M01", "", "登记表填写完整，建设、施工、监理单位公章齐全", "domain §2.6", "R21"),
    (FILES, "M12", Q, "审图合格书或阶段性审查意见覆盖本次报监的单位工程", "domain §2.6", "R19"),
    (FILES, "M14", Q, "五方法定代表人授权书齐全，签字盖章有效", "建办质〔2014〕44号", "R22"),
    (FILES, "M15", Q, "五方项目负责人承诺书由本人签字，注册人员加盖执业印章", "建办质〔2014〕44号", "R22"),
    (FILES, "M16", S, "建设、施工、监理单位安全生产承诺书齐全", "domain §2.6", "R19"),
    (FILES, "M17", S, "危大工程清单逐项注明是否超过一定规模，有管理措施", "domain §2.6", "R23"),
    (FILES, "M18", S, "措施费用支付计划与合同约定一致", "domain §2.6", "R24"),
    (FILES, "M19", "", "施工企业资质、安全生产许可证在有效期内，资质满足工程规模", "domain §2.6", "R12"),
    (FILES, "M21", "", "施工组织设计经施工单位审批、总监理工程师审查签字盖章", "domain §2.6", "R21"),
    (FILES, "M30", "", "授权委托书与经办人身份证一致，在委托期限内", "domain §2.6", "R21"),
]


def load() -> int:
    """Add the materials, rules, reasons and points that are missing; returns how many rows were new."""
    count = load_materials() + add_missing(ReturnReason, reasons())
    return count + add_missing(CheckPoint, points())


def load_materials() -> int:
    """Rules come with a material that is new: for one that exists, a missing rule is an operator's decision."""
    known = set(Material.objects.values_list("pk", flat=True))
    new = [line for line in MATERIALS if line.code not in known]
    rules = [rule for line in new for rule in rules_of(line)]
    count = add_missing(Material, [material(line) for line in new])
    return count + len(MaterialRule.objects.bulk_create(rules, ignore_conflicts=True))


def material(line: Line) -> Material:
    return Material(
        code=line.code,
        name=line.name,
        help_text=line.help_text,
        accepts=line.accepts,
        read_by_safety="S" in line.read_by,
        read_by_quality="Q" in line.read_by,
        order=int(line.code[1:]),
    )


def rules_of(line: Line) -> list[MaterialRule]:
    asked = zip(MODULES, line.needs, strict=True)
    return [
        MaterialRule(material_id=line.code, module=module, need=need_of(line, module, sign))
        for module, sign in asked
        if sign != "–"
    ]


def need_of(line: Line, module: str, sign: str) -> Need:
    """提前服务 recommends, without asking, what 先行介入 requires (domain §2.6, rules)."""
    if module == Module.ADVANCE and line.needs[MODULES.index(Module.EARLY)] == "R":
        return Need.RECOMMENDED
    return NEEDS[sign]


def reasons() -> list[ReturnReason]:
    return [
        ReturnReason(code=f"R{place:02d}", section=section, text=text, basis=basis, order=place)
        for place, (section, text, basis) in enumerate(REASONS, 1)
    ]


def points() -> list[CheckPoint]:
    """Their basis is shown only where it is a rule that others know."""
    return [
        CheckPoint(
            code=f"C{place:02d}",
            section=section,
            material_id=material or None,
            role=role,
            text=text,
            basis="" if basis.startswith("domain") else basis,
            reason_id=reason,
            order=place,
        )
        for place, (section, material, role, text, basis, reason) in enumerate(POINTS, 1)
    ]
