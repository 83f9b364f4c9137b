"""What is built in the demo: permits and awards as the feeds bring them, and filings as people fill them in."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from enterprises.models import Enterprise
from portal.documents.actions import store
from portal.management.demo.data import PEOPLE, STRANGERS, Site
from portal.management.demo.files import check_at_once, paper, photo
from portal.places import District, JurisdictionArea
from projects.models import AwardRecord, ConstructionPermit, PartyType
from supervision.actions.create import create_filing
from supervision.actions.permits import pull_permit
from supervision.actions.sections import save_basics, save_parties, save_unit_works
from supervision.catalogue import ConcurrentCase, Need
from supervision.gaps import sheet_of
from supervision.models import Attachment, Filing, Material, MaterialRule

WRITTEN_ON = date(2026, 11, 22)  # dates of sites without a permit move along with the day of the demo
PARTIES = (PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR)
CERTIFICATES = {PartyType.OWNER: "", PartyType.CONTRACTOR: "鄂142202500", PartyType.SUPERVISOR: "4200"}
SAFETY_OFFICERS = {"hongji": "赵敏", "tianxing": "刘志勇"}
PREFABRICATED = {"erqi", "linjiang"}
PHOTOGRAPHED = {"M29"}
# Materials to look at where the module requires none.
SOME_MATERIALS = ("M03", "M08", "M17", "M29")


# Feeds


def facts_of(site: Site) -> dict:
    """The columns that a permit, an award and a filing have in common."""
    later = timedelta(0) if site.permit_no else max(timezone.localdate() - WRITTEN_ON, timedelta(0))
    return {
        "project_no": site.project_no,
        "project_name": site.project_name,
        "works_name": site.works_name,
        "district_id": site.district,
        "address": site.address,
        "longitude": Decimal(site.point[0]),
        "latitude": Decimal(site.point[1]),
        "construction_area_m2": Decimal(site.area_m2),
        "contract_amount_wan": Decimal(site.amount_wan),
        "planned_start_date": site.start + later,
        "planned_completion_date": site.completion + later,
        "construction_scale": site.scale,
    }


def source_facts(site: Site, enterprises: dict[str, Enterprise]) -> dict:
    named = [
        (party_type, enterprises[key], head_of(key, site))
        for party_type, key in zip(PARTIES, site.parties, strict=True)
    ]
    return facts_of(site) | {
        "category": site.category,
        "parties": [
            {"party_type": str(party_type), "unit_name": unit.name, "uscc": unit.uscc, "head_name": head[0]}
            for party_type, unit, head in named
        ],
        "uscc_codes": [unit.uscc for _party_type, unit, _head in named],
        "is_sample": True,
    }


def issue_permit(site: Site, enterprises: dict[str, Enterprise]) -> Filing:
    """The feed brings a permit, which is pulled into 联合报监 for the enterprises it names."""
    permit = ConstructionPermit(
        permit_no=site.permit_no,
        permit_no_shown=site.permit_no,
        issued_on=date.fromisoformat(site.permit_no[6:14]),
        **source_facts(site, enterprises),
    )
    permit.index_search()
    permit.save(force_insert=True)
    return pull_permit(permit)


def announce_award(site: Site, enterprises: dict[str, Enterprise]) -> AwardRecord:
    """The feed brings a finished tender, to be chosen in 先行介入."""
    award = AwardRecord(award_no=site.award_no, awarded_on=timezone.localdate(), **source_facts(site, enterprises))
    award.index_search()
    award.save(force_insert=True)
    return award


# Filings


def open_filing(module: str, by: User, award: AwardRecord | None) -> Filing:
    """新建 in 先行介入 or 提前服务."""
    return create_filing(module=module, enterprise=by.memberships.get().enterprise, award=award, by=by)


def fill_in_basics(filing: Filing, site: Site, by: User) -> Filing:
    """基本信息, every field that has a star and some that have none."""
    values = facts_of(site)
    days = values["planned_completion_date"] - values["planned_start_date"]
    values |= {
        "district": District.objects.get(pk=values.pop("district_id")),
        "jurisdiction_area": JurisdictionArea.objects.get(pk=site.area),
        "project_category": site.category,
        "boundary_points": [[Decimal(lng), Decimal(lat)] for lng, lat in site.boundary],
        "duration_days": days.days + 1,
        "is_prefabricated": site.key in PREFABRICATED,
        "construction_status": "001",
    }
    if filing.spec.early:
        values["permit_promised_by"] = timezone.localdate() + timedelta(days=60)
    return save_basics(filing, values, version=filing.basics_version, by=by)


def name_parties(filing: Filing, site: Site, enterprises: dict[str, Enterprise], by: User) -> Filing:
    """责任主体信息: the three parties, who leads for them, and who watches safety; a manager of two sites says why."""
    known = dict(filing.parties.values_list("party_type", "pk"))
    rows = [
        {"id": known.get(party_type)} | party_row(party_type, key, site, enterprises[key])
        for party_type, key in zip(PARTIES, site.parties, strict=True)
    ]
    officers = [officer_row(SAFETY_OFFICERS[key]) for key in site.parties if key in SAFETY_OFFICERS]
    saved = save_parties(filing, rows, officers=officers, version=filing.parties_version, by=by)
    if not any("exception_case" in finding.rule.asks for finding in sheet_of(saved).findings):
        return saved
    ids = dict(saved.parties.values_list("party_type", "pk"))
    rows = [row | {"id": ids[row["party_type"]]} for row in rows]
    rows[1] |= {"exception_case": ConcurrentCase.ADJACENT, "note": "同一建设单位相邻地块分期施工，由同一项目部管理。"}
    return save_parties(filing, rows, version=saved.parties_version, by=by)


def party_row(party_type: PartyType, key: str, site: Site, unit: Enterprise) -> dict:
    name, id_number, phone = head_of(key, site)
    return {
        "party_type": party_type,
        "unit_name": unit.name,
        "uscc": unit.uscc,
        "legal_representative": unit.legal_representative,
        "head_name": name,
        "head_id_number": id_number,
        "head_phone": phone,
        "certificate_no": CERTIFICATES[party_type] and f"{CERTIFICATES[party_type]}{id_number[-5:-1]}",
    }


def officer_row(name: str) -> dict:
    human = next(human for human in PEOPLE if human.name == name)
    return {
        "name": human.name,
        "id_number": human.id_number,
        "certificate_no": f"鄂建安C（2024）{human.id_number[-5:-1]}",
    }


def head_of(key: str, site: Site) -> tuple[str, str, str]:
    """Name, ID number and phone of who leads a site for a unit."""
    name = site.leads.get(key)
    people = {human.name: (human.name, human.id_number, human.phone) for human in PEOPLE}
    return people[name] if name in people else STRANGERS[name or key]


def list_works(filing: Filing, site: Site, by: User) -> Filing:
    """单位工程信息: the buildings."""
    rows = [
        {
            "code": f"{place:03d}",
            "name": name,
            "structure_type": structure,
            "area_above_m2": Decimal(above),
            "area_below_m2": Decimal(below),
            "floors_above": floors,
            "floors_below": 1 if Decimal(below) else 0,
            "height_m": Decimal(height) if height else None,
            "cost_wan": Decimal(cost),
            "is_prefabricated": site.key in PREFABRICATED and floors > 0,
        }
        for place, (name, structure, above, below, floors, height, cost) in enumerate(site.works, 1)
    ]
    return save_unit_works(filing, rows, version=filing.unit_works_version, by=by)


def attach_materials(filing: Filing, site: Site, by: User) -> None:
    """附件: a paper or photo for every material the module requires, some where it requires none; checked at once."""
    required = MaterialRule.objects.filter(module=filing.module, need=Need.REQUIRED).values_list("material", flat=True)
    for material in Material.objects.filter(pk__in=list(required) or SOME_MATERIALS):
        file = picture(material, site) if material.pk in PHOTOGRAPHED else sheet(material, filing, site)
        document = store(file, kind="material", holder=filing, by=by)
        Attachment.objects.create(filing=filing, material=material, document=document, added_by=by)
    filing.attachments_version = 1
    filing.save(update_fields=["attachments_version"])
    check_at_once()


def sheet(material: Material, filing: Filing, site: Site):
    parties = [f"{party.get_party_type_display()}：{party.unit_name}" for party in filing.parties.all()]
    lines = [
        f"工程名称：{site.works_name}",
        f"工程地址：{site.address}",
        *parties,
        f"施工面积：{site.area_m2} 平方米　　合同金额：{site.amount_wan} 万元",
        f"日期：{timezone.localdate():%Y年%m月%d日}",
    ]
    return paper(material.name, lines, seal=filing.parties.all()[0].unit_name, pages=2 if material.pk == "M09" else 1)


def picture(material: Material, site: Site):
    return photo(material.name, [site.works_name, site.address, f"拍摄日期：{timezone.localdate():%Y-%m-%d}"])
