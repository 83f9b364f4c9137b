"""What is still missing or wrong in a filing, and what a person has to vouch for.

One function behind the badges, the 自查 button, the check page and the refusal to submit. It asks the database
twice, however large the filing is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import validators
from portal.places import District, JurisdictionArea
from portal.together import Together
from projects.models import PartyType
from supervision import location
from supervision.catalogue import BOUNDS, LEAD_TITLES, PROOF, Need, ProjectCategory, Section
from supervision.conflicts import Finding, Post, findings_of, posts_elsewhere
from supervision.frozen import below, officer_place, places_of, rows_below
from supervision.mends import is_odd_amount
from supervision.models import Attachment, Filing, FilingParty, MaterialRule, SafetyOfficer, UnitWork
from supervision.permit_news import lapse_text, seems_lapsed

Text = str | Promise

# ★ of the guide's screen, in its order (domain §5.4).
BASICS_STARRED = (
    "works_name",
    "project_name",
    "project_category",
    "district",
    "address",
    "longitude",
    "latitude",
    "construction_area_m2",
    "contract_amount_wan",
    "planned_start_date",
    "planned_completion_date",
    "construction_status",
    "construction_scale",
    "jurisdiction_area",
)
PARTY_STARRED = ("unit_name", "uscc", "head_name", "head_id_number", "head_phone")
UNIT_WORK_STARRED = ("name", "structure_type", "area_above_m2", "cost_wan")  # municipal works: length instead of area
CHOSEN = {"project_category", "district", "construction_status", "jurisdiction_area", "structure_type"}
CHECKS: dict[str, Callable[[str], Any]] = {
    "uscc": validators.check_party_code,
    "head_id_number": validators.check_resident_id,
    "head_phone": validators.check_mobile,
    "id_number": validators.check_resident_id,
    "project_no": validators.check_project_no,
    "permit_no": lambda text: validators.check_permit_no(validators.normalise_permit_no(text)),
}


class Gap(NamedTuple):
    """Something to do before the filing can be submitted; `wrong` if it is there but cannot be accepted."""

    section: str
    place: str
    text: Text
    wrong: bool = False
    source: Text = ""  # of the rule it breaks


class Warning(NamedTuple):  # noqa: A001 - the word of the domain
    """Something unusual that a person vouches for (已核实); the stations see that they did."""

    code: str
    section: str
    text: Text
    source: Text = ""  # where the rule is written


class Badge(models.TextChoices):
    """The mark of a section (decisions 24). 已填 is not 已完成: nothing is filed yet."""

    MISSING = "未填", gettext_lazy("未填")
    FILLED = "已填", gettext_lazy("已填")
    WRONG = "有误", gettext_lazy("有误")
    OPTIONAL = "选填", gettext_lazy("选填")

    @property
    def tone(self) -> str:
        return {"未填": "grey", "已填": "green", "有误": "red", "选填": "blue"}[self.value]


@dataclass(frozen=True)
class Sheet:
    """A filing with everything below it, read once."""

    filing: Filing
    parties: list[FilingParty]
    unit_works: list[UnitWork]
    attachments: list[Attachment]
    rules: list[MaterialRule]
    officers: list[SafetyOfficer] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)  # what its people do elsewhere

    @cached_property
    def findings(self) -> list[Finding]:
        """The rules about parties and people that hold."""
        return findings_of(self)

    def lead(self, party_type: str) -> FilingParty | None:
        """The party of this type, of a consortium the one that leads."""
        of_type = [party for party in self.parties if party.party_type == party_type]
        leading = [party for party in of_type if party.consortium_role != FilingParty.Consortium.MEMBER]
        return next(iter(leading), None)


def sheet_of(filing: Filing, seen: dict[str, list] | None = None) -> Sheet:
    """A filing with everything below it; `seen`: the answers to `sheet_rows`, if they were asked with others."""
    found = SHEET.ask(**asked_for_sheet(filing)) if seen is None else seen
    for place in (*found["districts"], *found["areas"]):
        setattr(filing, "district" if isinstance(place, District) else "jurisdiction_area", place)
    rows = below(filing, found)
    people = [party.head_id_index for party in rows.parties] + [officer.id_index for officer in rows.officers]
    owner = next((party.uscc for party in rows.parties if party.party_type == PartyType.OWNER and party.uscc), "")
    posts = posts_elsewhere(filing, filter(None, people), owner=owner)
    return Sheet(filing, rows.parties, rows.unit_works, rows.attachments, found["rules"], rows.officers, posts)


def sheet_rows(filing: UUID, module: str, handed_in: UUID, district: str, area: str) -> dict[str, models.QuerySet]:
    """The questions for a sheet, but for what its people do elsewhere."""
    return {
        **rows_below(filing),
        "rules": MaterialRule.objects.in_force_for(module, handed_in),
        "districts": District.objects.filter(pk=district),
        "areas": JurisdictionArea.objects.filter(pk=area),
    }


SHEET_GIVEN: dict[str, type] = {"filing": UUID, "module": str, "handed_in": UUID, "district": str, "area": str}
SHEET = Together(sheet_rows, **SHEET_GIVEN)


def asked_for_sheet(filing: Filing) -> dict[str, Any]:
    places = {"district": filing.district_id, "area": filing.jurisdiction_area_id}
    return {"filing": filing.pk, "module": filing.module, "handed_in": filing.pk if filing.round else None} | places


def gaps_in(filing: Filing) -> list[Gap]:
    """What keeps the filing from being submitted, in the order of the tabs."""
    return gaps_of(sheet_of(filing))


def gaps_of(sheet: Sheet) -> list[Gap]:
    malformed = list(_malformed(sheet.filing))
    spoken_of = {(gap.section, gap.place) for gap in malformed}
    parts = (_basics_gaps, _party_gaps, _unit_work_gaps, _attachment_gaps)
    found = [gap for part in parts for gap in part(sheet) if (gap.section, gap.place) not in spoken_of]
    order = list(Section.values)
    return sorted([*malformed, *found], key=lambda gap: order.index(gap.section))


def badges(filing: Filing) -> dict[str, Badge]:
    """The mark of each section."""
    sheet = sheet_of(filing)
    return badges_of(sheet, gaps_of(sheet))


def badges_of(sheet: Sheet, gaps: list[Gap]) -> dict[str, Badge]:
    marks = dict.fromkeys(Section.values, Badge.FILLED)
    nothing_asked = not any(rule.need == Need.REQUIRED for rule in sheet.rules)
    if nothing_asked and not sheet.attachments:
        marks[Section.ATTACHMENTS] = Badge.OPTIONAL
    for gap in gaps:
        if marks[gap.section] != Badge.WRONG:
            marks[gap.section] = Badge.WRONG if gap.wrong else Badge.MISSING
    return marks


def _malformed(filing: Filing) -> Iterator[Gap]:
    """What was typed and could not be read: kept as typed, and said until it is corrected."""
    for section, fields in filing.malformed.items():
        for place, (_typed, message) in fields.items():
            yield Gap(section, place, message, wrong=True)


def _ask(name: str, label: Text) -> str:
    return (_("请选择%(label)s") if name in CHOSEN else _("请填写%(label)s")) % {"label": label}


def _label(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name).verbose_name  # type: ignore[union-attr]


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _complaint(name: str, value: str) -> str:
    """What is wrong with the value of a field that has a format; "" if nothing is."""
    try:
        CHECKS[name](value)
    except ValidationError as error:
        return error.messages[0]
    return ""


# 基本信息


def _basics_gaps(sheet: Sheet) -> Iterator[Gap]:
    filing = sheet.filing
    starred = (*BASICS_STARRED, "permit_no") if filing.spec.needs_permit_no else BASICS_STARRED
    for name in starred:
        if _is_empty(getattr(filing, filing._meta.get_field(name).attname)):  # type: ignore[union-attr]
            yield Gap(Section.BASICS, name, _ask(name, _label(Filing, name)))
    for name in ("project_no", "permit_no"):
        if getattr(filing, name) and (complaint := _complaint(name, getattr(filing, name))):
            yield Gap(Section.BASICS, name, complaint, wrong=True)
    yield from _wrong_numbers(sheet)
    if why := location.wrong_corners(location.location_of(filing)):
        yield Gap(Section.BASICS, "boundary_points", why, wrong=True)


def _wrong_numbers(sheet: Sheet) -> Iterator[Gap]:
    filing = sheet.filing
    start, end, area = filing.planned_start_date, filing.planned_completion_date, filing.construction_area_m2
    if start and end and end <= start:
        yield Gap(Section.BASICS, "planned_completion_date", _("计划竣工日期应晚于计划开工日期"), wrong=True)
    if filing.contract_amount_wan is not None and filing.contract_amount_wan < 0:
        yield Gap(Section.BASICS, "contract_amount_wan", _("合同金额不能小于 0"), wrong=True)
    if area is not None and (area < 0 or area > 5_000_000):
        yield Gap(Section.BASICS, "construction_area_m2", _("施工面积应在 0 至 5 000 000 m² 之间"), wrong=True)
    if area == 0 and filing.project_category != ProjectCategory.MUNICIPAL:
        yield Gap(Section.BASICS, "construction_area_m2", _("施工面积应大于 0"), wrong=True)
    if area == 0 and filing.project_category == ProjectCategory.MUNICIPAL and not _has_length(sheet):
        yield Gap(Section.UNIT_WORKS, "", _("施工面积为 0 的市政工程，请在单位工程信息中填写长度"))


def _has_length(sheet: Sheet) -> bool:
    return any(work.length_m for work in sheet.unit_works)


# 责任主体信息


def _party_gaps(sheet: Sheet) -> Iterator[Gap]:
    places = places_of(sheet.parties)
    answering = {party.pk: party for party in map(sheet.lead, sheet.filing.spec.parties) if party}
    for party_type in sheet.filing.spec.parties:
        if party := sheet.lead(party_type):
            yield from _gaps_of_exempt(party) if party.exempt else _gaps_of_party(party, places, PARTY_STARRED)
        else:
            text = _("缺：%(unit)s及其%(lead)s") % {"unit": party_type.label, "lead": LEAD_TITLES[party_type]}
            yield Gap(Section.PARTIES, party_type, text)
    for party in sheet.parties:
        if party.pk not in answering:
            yield from _gaps_of_party(party, places, ("unit_name", "uscc"))
    yield from _officer_gaps(sheet)
    yield from _named_twice(sheet, places)
    for finding in sheet.findings:
        if finding.rule.is_error:
            yield Gap(Section.PARTIES, finding.rule.place, finding.text, wrong=True, source=finding.rule.source)
        yield from _gaps_of_finding(sheet, finding)


def _gaps_of_exempt(party: FilingParty) -> Iterator[Gap]:
    """No party of this sort: then nothing else may be said of one."""
    if party.unit_name or party.uscc or party.head_name:
        text = _("已勾选“依法不实行监理”，请清空监理单位及总监理工程师，或取消勾选")
        yield Gap(Section.PARTIES, f"{party.party_type}.exempt", text, wrong=True)


def _gaps_of_party(party: FilingParty, places: dict[Any, str], starred: tuple[str, ...]) -> Iterator[Gap]:
    unit, lead = PartyType(party.party_type).label, LEAD_TITLES[PartyType(party.party_type)]
    for name in PARTY_STARRED:
        value = getattr(party, name)
        place = f"{places[party.pk]}.{name}"
        if _is_empty(value) and name in starred:
            whose = _("缺：%(unit)s%(lead)s") if name == "head_name" else _("请填写%(unit)s的%(label)s")
            label = f"{lead}{_label(FilingParty, name)}" if name.startswith("head_") else _label(FilingParty, name)
            yield Gap(Section.PARTIES, place, whose % {"unit": unit, "lead": lead, "label": label})
        elif value and name in CHECKS and (complaint := _complaint(name, value)):
            yield Gap(Section.PARTIES, place, f"{unit}：{complaint}", wrong=True)


def _officer_gaps(sheet: Sheet) -> Iterator[Gap]:
    """Who is named counts only with a number, by which the same name is told apart."""
    for nth, officer in enumerate(sheet.officers, start=1):
        for name in ("name", "id_number"):
            if _is_empty(getattr(officer, name)):
                facts = {"nth": nth, "label": _label(SafetyOfficer, name)}
                text = _("请填写第 %(nth)d 名专职安全员的%(label)s") % facts
                yield Gap(Section.PARTIES, f"{officer_place(nth)}.{name}", text)


def _gaps_of_finding(sheet: Sheet, finding: Finding) -> Iterator[Gap]:
    """What the applicant owes the stations where a rule holds: the case, the reasons, the proof."""
    place = finding.rule.place.partition(".")[0]
    party = sheet.lead(place)
    for name in ("exception_case", "note"):
        if name in finding.rule.asks and not (party and getattr(party, name)):
            ask = _("请选择%(label)s") if name == "exception_case" else _("请填写%(label)s")
            facts = {"text": finding.text, "ask": ask % {"label": _label(FilingParty, name)}}
            yield Gap(Section.PARTIES, f"{place}.{name}", _("%(text)s：%(ask)s") % facts, source=finding.rule.source)
    if "proof" in finding.rule.asks and _asks_for_files(sheet):
        if not any(attachment.material_id == PROOF for attachment in sheet.attachments):
            facts = {"text": finding.text}
            text = _("%(text)s：请上传证明材料") % facts
            yield Gap(Section.ATTACHMENTS, PROOF, text, source=finding.rule.source)


def _asks_for_files(sheet: Sheet) -> bool:
    """提前服务 requires no file (guide §四.5); nor is one asked for that the list does not have."""
    known = {rule.material_id for rule in sheet.rules}
    return PROOF in known and any(rule.need == Need.REQUIRED for rule in sheet.rules)


def _named_twice(sheet: Sheet, places: dict[Any, str]) -> Iterator[Gap]:
    seen: set[tuple[str, str]] = set()
    for party in sheet.parties:
        if party.uscc and (party.party_type, party.uscc) in seen:
            text = _("%(unit)s“%(name)s”重复填写，请保留一个")
            facts = {"unit": party.get_party_type_display(), "name": party.unit_name}
            yield Gap(Section.PARTIES, f"{places[party.pk]}.uscc", text % facts, wrong=True)
        seen.add((party.party_type, party.uscc))


# 单位工程信息


def _unit_work_gaps(sheet: Sheet) -> Iterator[Gap]:
    if not sheet.unit_works:
        yield Gap(Section.UNIT_WORKS, "", _("请至少添加一个单位工程"))
    municipal = sheet.filing.project_category == ProjectCategory.MUNICIPAL
    for nth, work in enumerate(sheet.unit_works, start=1):
        for name in UNIT_WORK_STARRED:
            if name == "area_above_m2" and municipal and work.length_m:
                continue
            if _is_empty(getattr(work, name)):
                text = _("第 %(nth)d 个单位工程：%(ask)s") % {"nth": nth, "ask": _ask(name, _label(UnitWork, name))}
                yield Gap(Section.UNIT_WORKS, f"{work.pk}.{name}", text)


# 附件


def _attachment_gaps(sheet: Sheet) -> Iterator[Gap]:
    for attachment in sheet.attachments:
        document, material = attachment.document, attachment.material
        if document.is_refused:
            facts = {"material": material, "name": document, "why": document.problem}
            text = _("%(material)s：“%(name)s”未通过检查，%(why)s") % facts
            yield Gap(Section.ATTACHMENTS, material.pk, text, wrong=True)
        elif not document.is_ready:
            text = _("%(material)s：“%(name)s”正在检查，请稍候") % {"material": material, "name": document}
            yield Gap(Section.ATTACHMENTS, material.pk, text)
    given = {attachment.material_id for attachment in sheet.attachments}
    for rule in sheet.rules:
        if _is_asked(rule, sheet.filing) and rule.material_id not in given:
            yield Gap(Section.ATTACHMENTS, rule.material_id, _("缺：%(material)s") % {"material": rule.material})


def _is_asked(rule: MaterialRule, filing: Filing) -> bool:
    return rule.need == Need.REQUIRED or (rule.need == Need.FROM_PERMIT and filing.permit_id is None)


# What a person vouches for


def warnings_in(filing: Filing) -> list[Warning]:
    """What is unusual and must be ticked 已核实 before submitting."""
    return warnings_of(sheet_of(filing))


def warnings_of(sheet: Sheet) -> list[Warning]:
    found = [Warning(code, section, text) for code, section, find in WARNINGS for text in [find(sheet)] if text]
    found += [
        Warning(finding.rule.code, Section.PARTIES, finding.text, finding.rule.source)
        for finding in sheet.findings
        if not finding.rule.is_error
    ]
    order = list(Section.values)
    return sorted(found, key=lambda warning: order.index(warning.section))


def _start_in_past(sheet: Sheet) -> str:
    start = sheet.filing.planned_start_date
    if sheet.filing.spec.early and start and start < timezone.localdate():
        return _("计划开工日期早于今天，请核实是否已开工；依法应取得施工许可证后方可施工")
    return ""


def _start_far_ahead(sheet: Sheet) -> str:
    start = sheet.filing.planned_start_date
    far = start and start > timezone.localdate() + timedelta(days=731)
    return _("计划开工日期在两年以后，请核实") if far else ""


def _duration(sheet: Sheet) -> str:
    start, end = sheet.filing.planned_start_date, sheet.filing.planned_completion_date
    if not (start and end and sheet.filing.duration_days):
        return ""
    days = (end - start).days + 1
    facts = {"given": sheet.filing.duration_days, "days": days}
    text = _("工期填写为 %(given)d 天，按计划开竣工日期计算为 %(days)d 天") % facts
    return "" if days == sheet.filing.duration_days else text


def _permit_promise(sheet: Sheet) -> str:
    limit, promised = sheet.filing.spec.permit_promise_days, sheet.filing.permit_promised_by
    late = limit and promised and promised > timezone.localdate() + timedelta(days=limit)
    return _("承诺取得施工许可日期超过 %(days)d 天") % {"days": limit} if late else ""


def _unit_price(sheet: Sheet) -> str:
    area, amount = sheet.filing.construction_area_m2, sheet.filing.contract_amount_wan
    if amount is None or not is_odd_amount(amount, area):
        return ""
    price = amount * 10_000 / area if area else None
    facts = {"amount": f"{amount.normalize():f}", "price": f"{price:.0f}" if price is not None else "—"}
    if price is not None and price < (BOUNDS["yuan_per_m2"].least or 0):
        return _("合同金额 %(amount)s 万元，合每平方米 %(price)s 元，明显偏低，请核实单位是否为万元") % facts
    return _("合同金额 %(amount)s 万元，合每平方米 %(price)s 元，是否把元填成万元？") % facts


def _of_location(find: Callable[[Filing], str]) -> Callable[[Sheet], str]:
    return lambda sheet: find(sheet.filing)


def _area_sum(sheet: Sheet) -> str:
    area = sheet.filing.construction_area_m2
    parts = [part for work in sheet.unit_works for part in (work.area_above_m2, work.area_below_m2) if part is not None]
    if not area or not parts or abs(sum(parts) - area) <= area / 100:
        return ""
    facts = {"sum": f"{sum(parts):f}", "area": f"{area:f}"}
    return _("单位工程面积之和 %(sum)s m² 与施工面积 %(area)s m² 相差超过 1%%") % facts


def _cost_sum(sheet: Sheet) -> str:
    amount = sheet.filing.contract_amount_wan
    costs = sum((work.cost_wan for work in sheet.unit_works if work.cost_wan is not None), Decimal(0))
    facts = {"sum": f"{costs.normalize():f}", "amount": f"{amount.normalize():f}" if amount is not None else ""}
    over = amount is not None and costs > amount
    return _("单位工程造价之和 %(sum)s 万元大于合同金额 %(amount)s 万元") % facts if over else ""


def _floor_height(sheet: Sheet) -> str:
    odd = [
        work.name
        for work in sheet.unit_works
        if work.height_m and work.floors_above and not Decimal("2.2") <= work.height_m / work.floors_above <= 8
    ]
    return _("层高不在 2.2 至 8 m 之间：%(names)s") % {"names": "、".join(odd)} if odd else ""


def _odd_permit_no(sheet: Sheet) -> str:
    try:
        odd = validators.check_permit_no(validators.normalise_permit_no(sheet.filing.permit_no))
    except ValidationError:
        return ""
    if not odd or not sheet.filing.permit_no:
        return ""
    return _("施工许可证编号：%(remark)s，请核对是否与证书一致") % {"remark": odd[0]}


def _permit_revoked(sheet: Sheet) -> str:
    permit = sheet.filing.permit
    if permit is None or permit.status not in (permit.Status.REVOKED, permit.Status.LAPSED):
        return ""
    return _("许可证数据显示施工许可证%(status)s，请核实") % {"status": permit.get_status_display()}


def _permit_lapsed(sheet: Sheet) -> str:
    return lapse_text(sheet.filing.permit) if sheet.filing.permit and seems_lapsed(sheet.filing) else ""


WARNINGS: list[tuple[str, Section, Callable[[Sheet], str]]] = [
    ("start_in_past", Section.BASICS, _start_in_past),
    ("start_far_ahead", Section.BASICS, _start_far_ahead),
    ("duration", Section.BASICS, _duration),
    ("permit_promise", Section.BASICS, _permit_promise),
    ("permit_no", Section.BASICS, _odd_permit_no),
    ("permit_revoked", Section.BASICS, _permit_revoked),
    ("permit_lapsed", Section.BASICS, _permit_lapsed),
    ("unit_price", Section.BASICS, _unit_price),
    ("swapped", Section.BASICS, _of_location(location.swapped)),
    ("outside_city", Section.BASICS, _of_location(location.outside_city)),
    ("outside_district", Section.BASICS, _of_location(location.outside_district)),
    ("shifted", Section.BASICS, _of_location(location.shifted)),
    ("boundary_away", Section.BASICS, _of_location(location.boundary_away)),
    ("corners_apart", Section.BASICS, _of_location(location.corners_apart)),
    ("boundary_area", Section.BASICS, _of_location(location.boundary_area)),
    ("area_sum", Section.UNIT_WORKS, _area_sum),
    ("cost_sum", Section.UNIT_WORKS, _cost_sum),
    ("floor_height", Section.UNIT_WORKS, _floor_height),
]
