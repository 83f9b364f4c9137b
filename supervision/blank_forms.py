"""Blank forms for materials, made as Word files from what the filing says already; the rest is written by hand.

They are our own and say so: where a station prescribes a form, or an operator published one, that one counts.
What stands on each is data: the facts it copies, its sentences, its table and who signs.
"""

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _

from enterprises.letters import FONTS, packed, paragraph
from projects.models import PartyType
from supervision.catalogue import LEAD_TITLES, ChangeFile
from supervision.frozen import label_of, shown_field
from supervision.models import Filing, PersonnelChange

LINE = "____________________"
ORIGIN = _("参考格式：由平台按已填写的内容生成，空白处手填，签字盖章后扫描上传。监督站另有规定格式的，以其规定为准。")
WORKS = ("works_name", "project_name", "project_no", "address", "construction_scale")
DATES = ("planned_start_date", "planned_completion_date")
PAGE_WIDTH = 8700  # twentieths of a point between the margins
UNITS = (PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR)


@dataclass(frozen=True)
class BlankForm:
    """One form. `facts` are fields of 基本信息; `table` the heads of columns, with so many empty `rows`."""

    title: Any
    facts: tuple[str, ...] = WORKS
    sentences: tuple[Any, ...] = ()
    parties: bool = False
    unit_works: bool = False
    table: tuple[Any, ...] = ()
    rows: int = 0
    signs: tuple[PartyType, ...] = UNITS


FORMS: dict[str, BlankForm] = {
    "M01": BlankForm(
        _("质量安全监督登记表"),
        facts=(
            *WORKS,
            "permit_no",
            "project_category",
            "district",
            "construction_area_m2",
            "contract_amount_wan",
            *DATES,
            "duration_days",
            "jurisdiction_area",
        ),
        parties=True,
        unit_works=True,
    ),
    "M03": BlankForm(
        _("先行介入（提前服务）申请表"),
        facts=(*WORKS, "construction_area_m2", *DATES, "permit_promised_by"),
        sentences=(
            _("申请理由：") + LINE * 3,
            _(
                "　　本工程尚未取得施工许可证，现申请监督机构先行介入（提前服务）。我单位知悉：先行介入（提前服务）不代表准予开工，应依法取得施工许可证后方可施工。"
            ),
        ),
        signs=(PartyType.OWNER,),
    ),
    "M04": BlankForm(
        _("限期补办施工许可手续承诺书"),
        facts=("works_name", "address", "permit_promised_by"),
        sentences=(
            _(
                "　　上述工程尚未取得施工许可证。我单位承诺：在上列“承诺取得施工许可日期”前依法取得施工许可证，并及时在平台补充；未取得施工许可证前不擅自施工；逾期未取得的，依法承担责任。"
            ),
        ),
        signs=(PartyType.OWNER,),
    ),
    "M17": BlankForm(
        _("危险性较大的分部分项工程清单及安全管理措施"),
        facts=("works_name", "address"),
        table=(
            _("序号"),
            _("分部分项工程名称"),
            _("部位、规模或参数"),
            _("是否超过一定规模"),
            _("计划施工时间"),
            _("安全管理措施"),
        ),
        rows=10,
    ),
    "M18": BlankForm(
        _("安全防护、文明施工措施费用支付计划"),
        facts=("works_name", "contract_amount_wan", *DATES),
        table=(_("序号"), _("费用项目"), _("金额（万元）"), _("计划支付时间"), _("支付条件")),
        rows=8,
        signs=(PartyType.OWNER, PartyType.CONTRACTOR),
    ),
    "M20": BlankForm(
        _("项目关键岗位人员一览表"),
        facts=("works_name",),
        table=(_("序号"), _("单位"), _("岗位"), _("姓名"), _("证书名称及编号"), _("有效期至")),
        rows=12,
    ),
    "M30": BlankForm(
        _("报监授权委托书"),
        facts=("works_name", "project_no"),
        sentences=(
            _("　　现授权（经办人姓名）")
            + LINE
            + _("，身份证号")
            + LINE
            + _("，为本单位经办人，办理上述工程的质量、安全监督手续。"),
            _("　　委托期限：自______年____月____日起，至______年____月____日止。"),
        ),
        signs=(PartyType.OWNER,),
    ),
}


def blank_form(code: str, filing: Filing | None = None) -> bytes:
    """The form of a material, with what the filing says; KeyError if there is none."""
    form = FORMS[code]
    parts = [paragraph(str(form.title), size=36, centred=True), paragraph(str(ORIGIN), size=18)]
    parts.append(table([[label_of("basics", name), text_of(filing, name)] for name in form.facts], (1, 3)))
    if form.parties:
        parts += [paragraph(str(_("责任主体"))), table(party_rows(filing), (2, 4, 3, 2))]
    if form.unit_works:
        parts += [paragraph(str(_("单位工程"))), table(unit_work_rows(filing), (1, 4, 2, 2))]
    parts += [paragraph(str(sentence)) for sentence in form.sentences]
    if form.table:
        empty = [[str(n), *[""] * (len(form.table) - 1)] for n in range(1, form.rows + 1)]
        parts.append(table([list(map(str, form.table)), *empty], (1, *[3] * (len(form.table) - 1))))
    parts += [paragraph(signature(filing, party_type)) for party_type in form.signs]
    return packed("".join(parts))


@dataclass(frozen=True)
class ChangePaper:
    """A paper of a change of leads: who says what to whom; `signs` are the lines at its end."""

    title: Any
    sentences: tuple[Any, ...]
    signs: tuple[Any, ...]


DAY = _("日期：______年____月____日")
CHANGE_FORMS: dict[str, ChangePaper] = {
    ChangeFile.CONSENT: ChangePaper(
        _("同意变更的书面意见"),
        (
            _("　　%(unit)s提出将上述工程的%(title)s由%(old)s变更为%(new)s（身份证号：")
            + LINE
            + _("），变更原因：%(reason)s"),
            _("　　我单位同意上述变更。"),
        ),
        (_("建设单位（公章）：%(owner)s"), _("负责人（签字）：____________"), DAY),
    ),
    ChangeFile.HANDOVER: ChangePaper(
        _("工作交接记录"),
        (
            _(
                "　　%(unit)s在上述工程的%(title)s由%(old)s变更为%(new)s，于%(day)s完成交接。交接的工作、资料和未完事项："
            ),
            LINE * 3,
            LINE * 3,
        ),
        (_("移交人（签字）：____________"), _("接收人（签字）：____________"), _("单位（公章）：%(unit)s"), DAY),
    ),
    ChangeFile.AUTHORISATION: ChangePaper(
        _("法定代表人授权书"),
        (
            _("　　兹授权我单位%(new)s（身份证号：")
            + LINE
            + _(
                "）担任上述工程的%(title)s，对该工程依法履行职责，并依据国家有关法律法规及标准规范承担工程质量终身责任。"
            ),
            _("　　本授权书自授权之日起生效。"),
        ),
        (
            _("被授权人（签字）：____________"),
            _("授权单位（公章）：%(unit)s"),
            _("法定代表人（签字）：____________"),
            DAY,
        ),
    ),
    ChangeFile.COMMITMENT: ChangePaper(
        _("工程质量终身责任承诺书"),
        (
            _(
                "　　本人%(new)s受%(unit)s（法定代表人：____________）授权，担任上述工程的%(title)s。本人承诺严格依据国家有关法律法规及标准规范履行职责，并对设计使用年限内的工程质量承担相应终身责任。"
            ),
        ),
        (_("承诺人（签字）：____________"), _("身份证号：") + LINE, _("注册执业资格及注册证号：%(certificate)s"), DAY),
    ),
}  # 建办质〔2014〕44号 asks for the last two; numbers of persons are written by hand


def change_form(code: str, change: PersonnelChange) -> bytes:
    """A paper of a change, with what is known of it; KeyError if there is none."""
    form = CHANGE_FORMS[code]
    facts = {
        "unit": change.unit_name or LINE,
        "owner": change.owner_name or LINE,
        "title": change.title,
        "old": change.old_name or LINE,
        "new": change.new_name or LINE,
        "reason": change.reason or LINE,
        "certificate": change.certificate_no or LINE,
        "day": f"{change.effective_on:%Y-%m-%d}" if change.effective_on else LINE,
    }
    works = [
        [label_of("basics", name), text_of(change.filing, name)] for name in ("works_name", "project_name", "address")
    ]
    parts = [paragraph(str(form.title), size=36, centred=True), paragraph(str(ORIGIN), size=18), table(works, (1, 3))]
    parts += [paragraph(str(text) % facts) for text in (*form.sentences, *form.signs)]
    return packed("".join(parts))


def text_of(filing: Filing | None, name: str) -> str:
    return shown_field(filing, name) if filing else ""


def party_rows(filing: Filing | None) -> list[list[str]]:
    """Units and their heads; numbers of persons are written by hand, so that no file carries them about."""
    heads = [str(_("责任主体")), str(_("单位名称")), str(_("统一社会信用代码")), str(_("负责人"))]
    parties = list(filing.parties.all()) if filing else []
    if not parties:
        return [heads, *[[str(party_type.label), "", "", ""] for party_type in UNITS]]
    return [
        heads,
        *[[party.get_party_type_display(), party.unit_name, party.uscc, party.head_name] for party in parties],
    ]


def unit_work_rows(filing: Filing | None) -> list[list[str]]:
    heads = [str(_("序号")), str(_("单位工程名称")), str(_("面积（m²，地上/地下）")), str(_("造价（万元）"))]
    works = list(filing.unit_works.all()) if filing else []
    rows = [
        [str(n), work.name, f"{shown_field(work, 'area_above_m2')} / {shown_field(work, 'area_below_m2')}", text]
        for n, work in enumerate(works, 1)
        for text in [shown_field(work, "cost_wan")]
    ]
    return [heads, *(rows or [[str(n), "", "", ""] for n in range(1, 4)])]


def signature(filing: Filing | None, party_type: PartyType) -> str:
    """Where a unit stamps and its head signs."""
    party = next((each for each in filing.parties.all() if each.party_type == party_type), None) if filing else None
    unit = party.unit_name if party and party.unit_name else LINE
    title = LEAD_TITLES[party_type]
    return f"{party_type.label}（公章）：{unit}　{title}（签字）：____________　______年____月____日"


def table(rows: list[list[str]], parts: tuple[int, ...]) -> str:
    """A ruled table; `parts` are the relative widths of its columns."""
    widths = [PAGE_WIDTH * part // sum(parts) for part in parts]
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="808080"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    look = f'<w:tblPr><w:tblW w:w="{PAGE_WIDTH}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders></w:tblPr>'
    grid = "<w:tblGrid>" + "".join(f'<w:gridCol w:w="{width}"/>' for width in widths) + "</w:tblGrid>"
    lines = "".join(f"<w:tr>{''.join(map(cell, row, widths))}</w:tr>" for row in rows)
    return f"<w:tbl>{look}{grid}{lines}</w:tbl>" + paragraph("", size=8)


def cell(text: str, width: int) -> str:
    run = f'<w:r><w:rPr>{FONTS}<w:sz w:val="20"/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p>{run}</w:p></w:tc>'
