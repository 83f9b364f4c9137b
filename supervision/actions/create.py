"""How a filing begins: by hand in 提前服务, from an award in 先行介入. From a permit: permits.py."""

from collections.abc import Iterable

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.models import Enterprise
from enterprises.permissions import enterprises_granted, require_good_standing
from portal.audit import record
from portal.crypto import blind_index
from portal.errors import Refused
from portal.numbers import next_number
from projects.actions import with_number
from projects.models import AwardRecord, ConstructionPermit, Project
from supervision.catalogue import SPECS, SYSTEM
from supervision.models import Filing, FilingParty

# What a permit or an award knows about a filing: the same names on both sides.
FROM_SOURCE = (
    "works_name",
    "project_no",
    "project_name",
    "address",
    "longitude",
    "latitude",
    "construction_area_m2",
    "contract_amount_wan",
    "planned_start_date",
    "planned_completion_date",
    "construction_scale",
)


@transaction.atomic
def create_filing(*, module: str, enterprise: Enterprise, award: AwardRecord | None = None, by) -> Filing:
    """Begin a draft for one of the person's enterprises; its project comes into being with it (decisions 8).

    Raises Http404 for an enterprise that is not the person's, or that the award does not name.
    """
    spec = SPECS[module]
    if not enterprises_granted(by, SYSTEM).filter(pk=enterprise.pk).exists():
        raise Http404
    require_good_standing(enterprise)
    if not spec.created_by_hand:
        raise Refused(_("有施工许可证的项目会自动出现在联合报监列表中，无需新建。"))
    if spec.from_awards and (award is None or enterprise.uscc not in award.uscc_codes):
        raise Http404
    if award:
        require_untouched(award, enterprise)
    filing = Filing(module=module, enterprise=enterprise, created_by=by, changed_by=by, award=award)
    filing.project = project_of(award) if award else new_project()
    filing.uscc_codes = [enterprise.uscc]
    fill_from(filing, award)
    filing.index_search()
    filing.save()
    add_parties_from(filing, award)
    record("filing.created", filing, by=by, module=module, enterprise_id=enterprise.pk)
    return filing


def require_untouched(award: AwardRecord, enterprise: Enterprise) -> None:
    """One filing for an award and enterprise; whoever asks for another is led to the first."""
    AwardRecord.objects.locked(award.pk)
    if first := begun_from([award], [enterprise]).first():
        raise Refused(
            _("该项目已从中标结果新建，请继续填写原来的报监。"), action=(_("打开该报监"), first.get_absolute_url())
        )


def begun_from(awards: Iterable[AwardRecord], enterprises: Iterable[Enterprise]):
    """The filings that these enterprises have begun from these awards and that are still of use."""
    in_use = [*Filing.OPEN, *Filing.LIVE]
    return Filing.objects.filter(award__in=awards, enterprise__in=enterprises, status__in=in_use).order_by("created_at")


def new_project(**fields) -> Project:
    """A project that has no number yet gets a temporary one: LS, the day, and a running number (domain §3.5)."""
    day = timezone.localdate()
    number = f"LS{day:%Y%m%d}{next_number(f'LS-{day:%Y%m%d}'):04d}"
    project = Project(temporary_no=number, **fields)
    project.index_search()
    project.save()
    return project


def project_of(source: ConstructionPermit | AwardRecord) -> Project:
    """The project a permit or an award speaks of; two sources with one project number are one project."""
    known = source.project or with_number(source.project_no)
    if known is None:
        facts = {"name": source.project_name, "works_name": source.works_name, "is_sample": source.is_sample}
        known = new_project(project_no=source.project_no or None, **facts)
    if source.project_id != known.pk:
        source.project = known
        source.save(update_fields=["project"])
    return known


def fill_from(filing: Filing, source: ConstructionPermit | AwardRecord | None) -> None:
    """Take over what the source knows; what a person writes later is never overwritten."""
    if source is None:
        return
    for name in FROM_SOURCE:
        setattr(filing, name, getattr(source, name))
    filing.project_category = source.category
    filing.district = source.district


def add_parties_from(filing: Filing, source: ConstructionPermit | AwardRecord | None) -> None:
    """The parties that the source names; their people's numbers and phones are for the applicant to add."""
    named = source.parties if source else []
    known = Enterprise.objects.in_bulk([party["uscc"] for party in named if party.get("uscc")], field_name="uscc")
    for party in parties_from(filing, named, known):
        party.save()


def parties_from(filing: Filing, named: list[dict], known: dict[str, Enterprise]) -> list[FilingParty]:
    """The parties of a filing as a source names them; several of one sort are a consortium, the first leads it."""
    kinds = [party["party_type"] for party in named]
    return [
        FilingParty(
            filing=filing,
            order=order,
            enterprise=known.get(party.get("uscc", "")),
            party_type=party["party_type"],
            consortium_role=consortium_role(kinds, order),
            unit_name=party.get("unit_name", ""),
            uscc=party.get("uscc", ""),
            head_name=party.get("head_name", ""),
        )
        for order, party in enumerate(named)
    ]


def consortium_role(kinds: list[str], place: int) -> FilingParty.Consortium:
    if kinds.count(kinds[place]) == 1:
        return FilingParty.Consortium.NONE
    first = kinds.index(kinds[place]) == place
    return FilingParty.Consortium.LEAD if first else FilingParty.Consortium.MEMBER


def index_of_head(id_number: str | None) -> str | None:
    """Finds the person again when an account with this ID number exists."""
    return blind_index(id_number, purpose="id_number") if id_number else None
