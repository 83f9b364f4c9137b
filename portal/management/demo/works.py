"""What is built in the demo: permits and awards as the feeds bring them, and filings as people fill them in."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from enterprises.models import Enterprise
from portal.crypto import blind_index
from portal.documents.actions import store
from portal.management.demo.data import PEOPLE, STRANGERS, Site
from portal.management.demo.files import check_at_once, paper, photo
from portal.numbers import next_number
from projects.models import AwardRecord, ConstructionPermit, PartyType, Project
from supervision.catalogue import Module, Need
from supervision.models import Attachment, Filing, FilingParty, Material, MaterialRule, UnitWork

WRITTEN_ON = date(2026, 11, 22)  # dates of sites without a permit move along with the day of the demo
PARTIES = (PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR)
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


def issue_permit(site: Site, enterprises: dict[str, Enterprise], project: Project | None = None) -> Filing:
    """The feed brings a permit: its project, and a filing that waits in 联合报监 for the enterprises it names."""
    project = project or new_project(site)
    permit = ConstructionPermit(
        permit_no=site.permit_no,
        permit_no_shown=site.permit_no,
        issued_on=timezone.localdate(),
        project=project,
        **source_facts(site, enterprises),
    )
    permit.index_search()
    permit.save(force_insert=True)
    filing = Filing(
        module=Module.JOINT,
        status=Filing.Status.PULLED,
        project=project,
        permit=permit,
        permit_no=permit.permit_no,
        uscc_codes=permit.uscc_codes,
        is_sample=True,
        **basics_of(site),
    )
    filing.index_search()
    filing.save(force_insert=True)
    return filing


def announce_award(site: Site, enterprises: dict[str, Enterprise]) -> AwardRecord:
    """The feed brings a finished tender, to be chosen in 先行介入."""
    award = AwardRecord(award_no=site.award_no, awarded_on=timezone.localdate(), **source_facts(site, enterprises))
    award.index_search()
    award.save(force_insert=True)
    return award


def new_project(site: Site) -> Project:
    """The identity under which everything about a site is kept."""
    project = Project(
        project_no=site.project_no or None,
        temporary_no=None if site.project_no else temporary_no(),
        name=site.project_name,
        works_name=site.works_name,
        is_sample=True,
    )
    project.index_search()
    project.save(force_insert=True)
    return project


def temporary_no() -> str:
    series = f"LS{timezone.localdate():%Y%m%d}"
    return f"{series}{next_number(series):04d}"


# Filings


def basics_of(site: Site) -> dict:
    facts = facts_of(site)
    days = facts["planned_completion_date"] - facts["planned_start_date"]
    return facts | {
        "project_category": site.category,
        "boundary_points": [[Decimal(lng), Decimal(lat)] for lng, lat in site.boundary],
        "duration_days": days.days + 1,
        "is_prefabricated": site.key in ("erqi", "linjiang"),
        "construction_status": "001",
        "jurisdiction_area_id": site.area,
    }


def open_filing(site: Site, module: str, by: User, *, award: AwardRecord | None = None) -> Filing:
    """新建 in 先行介入 or 提前服务, with 基本信息 filled in."""
    enterprise = by.memberships.get().enterprise
    filing = Filing(
        module=module,
        project=new_project(site),
        award=award,
        enterprise=enterprise,
        uscc_codes=[enterprise.uscc],
        created_by=by,
        changed_by=by,
        is_sample=True,
        permit_promised_by=timezone.localdate() + timedelta(days=60),
        **basics_of(site),
    )
    filing.basics_version = 1
    filing.index_search()
    filing.save(force_insert=True)
    return filing


def head_of(key: str, site: Site) -> tuple[str, str, str]:
    """Name, ID number and phone of who leads a site for a unit."""
    name = site.leads.get(key)
    people = {human.name: (human.name, human.id_number, human.phone) for human in PEOPLE}
    return people[name] if name in people else STRANGERS[name or key]


def name_parties(filing: Filing, site: Site, enterprises: dict[str, Enterprise]) -> None:
    """责任主体信息: the three parties and who leads for them."""
    for order, (party_type, key) in enumerate(zip(PARTIES, site.parties, strict=True)):
        unit = enterprises[key]
        party = FilingParty(filing=filing, party_type=party_type, order=order, enterprise=unit)
        party.unit_name, party.uscc, party.legal_representative = unit.name, unit.uscc, unit.legal_representative
        party.head_name, party.head_id_number, party.head_phone = head_of(key, site)
        party.head_id_index = blind_index(party.head_id_number, purpose="id_number")
        party.certificate_no = certificate_of(party_type, order, site)
        party.save(force_insert=True)
    filing.parties_version = 1
    filing.save(update_fields=["parties_version"])


def certificate_of(party_type: str, order: int, site: Site) -> str:
    serial = f"{abs(int(site.point[0][-4:])) + order:05d}"
    if party_type == PartyType.OWNER:
        return ""
    return f"鄂1422025{serial}" if party_type == PartyType.CONTRACTOR else f"4200{serial}"


def list_works(filing: Filing, site: Site) -> None:
    """单位工程信息: the buildings, or the stretch of a line."""
    for order, (name, structure, above, below, floors, height, cost, length) in enumerate(site.works, 1):
        UnitWork.objects.create(
            filing=filing,
            order=order,
            code=f"{order:03d}",
            name=name,
            structure_type=structure,
            area_above_m2=above,
            area_below_m2=below,
            floors_above=floors,
            floors_below=1 if Decimal(below) else 0,
            height_m=height,
            length_m=length,
            cost_wan=cost,
            is_prefabricated=bool(filing.is_prefabricated and floors),
        )
    filing.unit_works_version = 1
    filing.save(update_fields=["unit_works_version"])


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
