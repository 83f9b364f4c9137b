"""What permits and awards say beside what people wrote: differences, and what has to be known about a permit.

Pure questions; nothing here writes. A filing's own values are never replaced by a source (domain §5.5).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from portal.search import SEARCH_FIELDS
from portal.together import Together
from portal.written import any_of, written, written_unprepared
from projects.models import ConstructionPermit, PartyType
from supervision.candidates import EARLIER_MODULES, Candidate, Match, box_around, candidates_for, match_of
from supervision.catalogue import NOT_STARTED, PERMIT_START_MONTHS, Module, ProjectCategory
from supervision.frozen import shown_field
from supervision.models import Filing, FilingParty
from supervision.models.filing import is_any_of

Status = ConstructionPermit.Status
SEVERAL = {PartyType.SPECIALTY_SUB, PartyType.LABOUR_SUB}  # a project has as many of these as it likes
# What a source says of 基本信息, in the order of the screen, and where it stands on the source.
SOURCE_FIELDS = {
    "works_name": "works_name",
    "project_no": "project_no",
    "project_name": "project_name",
    "project_category": "category",
    "district": "district",
    "address": "address",
    "longitude": "longitude",
    "latitude": "latitude",
    "construction_area_m2": "construction_area_m2",
    "contract_amount_wan": "contract_amount_wan",
    "planned_start_date": "planned_start_date",
    "planned_completion_date": "planned_completion_date",
    "construction_scale": "construction_scale",
}


@dataclass(frozen=True)
class Said:
    """What a source says about a field where the filing says something else."""

    name: str
    label: str
    text: str
    key: str = ""  # what 采用 sends: the field, or which party


@dataclass(frozen=True)
class News:
    """A line that everybody who works on the filing has to see; `tone` is one of components/notice.html."""

    tone: str
    heading: str
    text: str
    url: str = ""
    label: str = ""


def source_of(filing: Filing) -> Any:
    """The permit or the award that a filing began with, or None."""
    return filing.permit or filing.award


def said_by(source: Any, name: str) -> str:
    """What a permit or an award says about a field, as people read it."""
    if name == "permit_no":
        return getattr(source, "permit_no_shown", "")
    if name == "project_category":
        return str(dict(ProjectCategory.choices).get(source.category, ""))
    return shown_field(source, name) if hasattr(source, name) else ""


def differing(filing: Filing) -> list[Said]:
    """The fields of 基本信息 in which the filing does not say what its source says."""
    source = source_of(filing)
    if source is None:
        return []
    said = [(name, said_by(source, name)) for name in SOURCE_FIELDS]
    return [
        Said(name, str(Filing._meta.get_field(name).verbose_name), text)  # type: ignore[union-attr]
        for name, text in said
        if text and text != shown_field(filing, name)
    ]


def differing_parties(filing: Filing, parties: Iterable[FilingParty]) -> list[Said]:
    """The parties that the source names and the filing does not, by credit code or name."""
    source = source_of(filing)
    have = list(parties)
    found = []
    for one in source.parties if source else []:
        mine = [party for party in have if party.party_type == one["party_type"]]
        if not any(is_same_unit(party, one) for party in mine):
            text = f"{one['unit_name']}（{one['uscc']}）" if one.get("uscc") else one["unit_name"]
            found.append(Said(one["party_type"], str(PartyType(one["party_type"]).label), text, key_of_party(one)))
    return found


def key_of_party(named: dict[str, str]) -> str:
    """How a party of a source is known: it may have come again in another order meanwhile."""
    return f"{named['party_type']}:{named.get('uscc') or named['unit_name']}"


def written_for(named: dict[str, str], parties: Iterable[FilingParty], source: Any) -> FilingParty | None:
    """The party of the filing in whose place the source names this one; None where it stands beside the others."""
    if named["party_type"] in SEVERAL:
        return None
    others = [one for one in source.parties if one["party_type"] == named["party_type"]]
    free = [
        party
        for party in parties
        if party.party_type == named["party_type"] and not any(is_same_unit(party, one) for one in others)
    ]
    return min(free, key=lambda party: party.is_member, default=None)


def is_same_unit(party: FilingParty, named: dict[str, str]) -> bool:
    return party.uscc == named["uscc"] if named.get("uscc") else party.unit_name == named.get("unit_name")


# The permit's own state


def lapse_day(permit: ConstructionPermit) -> date | None:
    """The last day on which the works may begin without an extension (建筑法 art. 9)."""
    if permit.issued_on is None:
        return None
    months = permit.issued_on.month - 1 + PERMIT_START_MONTHS
    year, month = permit.issued_on.year + months // 12, months % 12 + 1
    for day in range(permit.issued_on.day, 0, -1):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    return None


def seems_lapsed(filing: Filing) -> bool:
    """Three months after the permit nothing says that the works have begun (edge case 52); a warning, no more."""
    permit = filing.permit
    if permit is None or permit.status not in (Status.VALID, Status.CHANGED):
        return False
    last = lapse_day(permit)
    return bool(last and last < timezone.localdate()) and filing.construction_status in NOT_STARTED


def permit_news(filing: Filing) -> list[News]:
    """Revoked, lapsed, changed: the banners on the filing, the hub and the desk."""
    permit = filing.permit
    if permit is None or filing.status in (Filing.Status.SUPERSEDED, Filing.Status.WITHDRAWN, Filing.Status.VOIDED):
        return []
    facts = {"no": permit.permit_no_shown, "day": day_text(timezone.localtime(permit.changed_at).date())}
    news = []
    if permit.status == Status.REVOKED:
        text = (
            _("许可证数据显示 %(no)s 已于 %(day)s 前撤销。本报监不会自动作废，请联系发证机关和辖区监督站核实。") % facts
        )
        news.append(News("bad", _("施工许可证已撤销"), text))
    elif permit.status == Status.LAPSED:
        text = _("许可证数据显示 %(no)s 已失效。如已重新取得许可证，新证到达后会出现在联合报监中。") % facts
        news.append(News("warn", _("施工许可证已失效"), text))
    elif seems_lapsed(filing):
        news.append(News("warn", _("施工许可证可能已失效"), lapse_text(permit)))
    if permit.status != Status.REVOKED and (changes := changes_since(filing)):
        facts |= {"names": "、".join(said.label for said in changes)}
        text = _("许可证数据于 %(day)s 变更，与报监内容不一致：%(names)s。已填写的内容没有被改动。") % facts
        news.append(News("warn", _("施工许可证数据有变更"), text))
    return news


def lapse_text(permit: ConstructionPermit) -> str:
    facts = {"day": day_text(permit.issued_on), "months": PERMIT_START_MONTHS}
    return (
        _(
            "施工许可证于 %(day)s 发证，已满 %(months)d 个月，项目状态仍未开工；如已开工或已延期，请更新项目状态或在备注中说明"
        )
        % facts
    )


def changes_since(filing: Filing) -> list[Said]:
    """What differs, if the permit changed after the filing was made from it, or handed in."""
    permit = filing.permit
    since = filing.submitted_at or filing.created_at
    return differing(filing) if permit and permit.changed_at > since else []


def day_text(day: date | None) -> str:
    return formats.date_format(day, "Y-m-d") if day else "—"


# One project in two modules


def early_news(
    filing: Filing, viewer: Any, *, found: list[Candidate] | None = None, begun: Iterable[Filing] | None = None
) -> list[News]:
    """Edge cases 2 to 4: a permit has come for a project that was filed early, said on both filings.

    `found` and `begun`: what `candidates_for` and `begun_jointly` answered, if a page asked already.
    """
    if filing.module == Module.JOINT:
        is_begun = filing.status in (Filing.Status.PULLED, Filing.Status.DRAFT)
        return of_earlier(filing, viewer, candidates_for(filing) if found is None else found) if is_begun else []
    if filing.status not in (*Filing.OPEN, *Filing.LIVE):
        return []
    return of_permit(filing, viewer, begun)


def of_earlier(filing: Filing, viewer: Any, found: Iterable[Candidate]) -> list[News]:
    """On the joint filing: it seems to be filed as 先行介入 or 提前服务 already."""
    others = [one.filing for one in found if one.filing.module in EARLIER_MODULES[Module.JOINT]]
    if not others:
        return []
    first = others[0]
    if not Filing.objects.visible_to(viewer).filter(pk=first.pk).exists():
        text = _("疑似同一项目已由其他单位报监，请联系辖区监督站核实。")
        return [News("info", _("疑似已先行介入/提前服务"), text)]
    facts = {"module": first.get_module_display(), "no": first.number, "state": first.get_status_display()}
    after = first.status in (Filing.Status.APPROVED, Filing.Status.FILED)
    way = _("报监时选择“存在”即可转入。") if after else _("该报监办结后，报监时选择“存在”即可转入。")
    text = _("%(module)s %(no)s（%(state)s）。") % facts + way
    return [News("info", _("疑似已先行介入/提前服务"), text, first.get_absolute_url(), _("查看该报监"))]


def begun_jointly(project: Any, project_no: Any) -> QuerySet[Filing]:
    """The first joint filing of a project that waits to be handed in."""
    waiting = Filing.objects.filter(module=Module.JOINT, status__in=[Filing.Status.PULLED, Filing.Status.DRAFT])
    same = Q(project=project) | Q(project_no=project_no)
    return waiting.filter(same).select_related("permit").defer(*SEARCH_FIELDS).order_by("created_at")[:1]


def of_project(filing: Filing) -> dict[str, Any]:
    """What questions about a filing's project are given."""
    return {"project": filing.project_id, "project_no": filing.project_no or None}


BEGUN = Together(lambda **of: {"begun": begun_jointly(**of)}, project=UUID, project_no=str)


def of_permit(filing: Filing, viewer: Any, begun: Iterable[Filing] | None = None) -> list[News]:
    """On the early filing: its project has a permit and waits in 联合报监; stations read it without a way there."""
    joint = next(iter(BEGUN.ask(**of_project(filing))["begun"] if begun is None else begun), None)
    if joint is None or joint.permit is None:
        return []
    is_mine = Filing.objects.visible_to(viewer).filter(pk=joint.pk).exists()
    if viewer.is_personal and not is_mine:
        return []
    heading = _("该项目已取得施工许可证")
    if not is_mine:
        return [News("info", heading, _("施工许可证编号 %(no)s。") % {"no": joint.permit_no})]
    if filing.status in Filing.LIVE:
        text = _("施工许可证编号 %(no)s，项目已出现在联合报监中。本报监办结后，可在联合报监中选择“存在”转入。")
    else:
        text = _("施工许可证编号 %(no)s。有施工许可证的项目优先在联合报监内报监。")
    return [News("info", heading, text % {"no": joint.permit_no}, joint.get_absolute_url(), _("去联合报监"))]


def news_of(filing: Filing, viewer: Any, **known: Any) -> list[News]:
    """Everything about permits that the pages of a filing say on top; `known` as `early_news` takes it."""
    return [*permit_news(filing), *early_news(filing, viewer, **known)]


def suspected_among(filings: Iterable[Filing]) -> set:
    """Which of these joint filings may be filed early already: three questions, however many they are (edge case 4)."""
    asked = [one for one in filings if one.module == Module.JOINT and one.status in Filing.OPEN and not one.round]
    if not asked:
        return set()
    owners = dict(owners_of(filings=[one.pk for one in asked]))
    boxes = [box for box in map(box_around, asked) if box]  # a large owner has thousands elsewhere
    others = early_alike(
        len(boxes),
        projects=[one.project_id for one in asked],
        numbers=sorted({one.project_no for one in asked} - {""}),
        owners=sorted(set(owners.values())),
        **{
            f"{side}{number}": degrees
            for number, box in enumerate(boxes)
            for side, degrees in zip(SIDES, box, strict=True)
        },
    )
    owning = set(owners_of(filings=[one.pk for one in others])) if others else set()
    return {one.pk for one in asked if any(is_alike(one, other, owners.get(one.pk, ""), owning) for other in others)}


COMPARED = (  # what `match_of` looks at
    *"project_id project_no permit_id permit_no project_name works_name".split(),
    *"longitude latitude coordinate_datum".split(),
)
SIDES = ("west", "east", "south", "north")


@written
def owners_of(*, filings: list[UUID]) -> QuerySet:
    """(filing, credit code) of the owners."""
    owners = FilingParty.objects.filter(any_of("filing", filings), party_type=PartyType.OWNER)
    return owners.exclude(uscc="").values_list("filing", "uscc")


@written_unprepared
def early_alike(
    boxes: int, *, projects: list[UUID], numbers: list[str], owners: list[str], **sides: Decimal
) -> QuerySet:
    """The earlier filings of these projects and numbers, and those of the owners in one of the boxes."""
    of_owners = FilingParty.objects.filter(any_of("uscc", owners), party_type=PartyType.OWNER)
    near = Q(pk__in=[])
    for number in range(boxes):
        west, east, south, north = (sides[f"{side}{number}"] for side in SIDES)
        near |= Q(longitude__range=(west, east), latitude__range=(south, north))
    same = any_of("project", projects) | any_of("project_no", numbers)
    early: QuerySet[Filing] = Filing.objects.live().filter(module__in=EARLIER_MODULES[Module.JOINT])
    return early.filter(same | near & Q(is_any_of("pk", of_owners.values("filing")))).only(*COMPARED)


def is_alike(filing: Filing, other: Filing, owner: str, owning: set[tuple[UUID, str]]) -> bool:
    """As `candidates_for` finds them, over filings that are in hand."""
    match = match_of(filing, other)
    if match is None:
        return False
    return match.match != Match.OWNER_AND_NAME or (other.pk, owner) in owning


def joint_filings_of(awards: Iterable[Any], viewer: Any) -> dict[str, Filing]:
    """The joint filings this person may see, by the project numbers of awards (edge case 2); one question."""
    numbers = {award.project_no for award in awards} - {""}
    found = Filing.objects.visible_to(viewer).filter(module=Module.JOINT, project_no__in=numbers)
    return {filing.project_no: filing for filing in found.filter(status__in=[*Filing.OPEN, *Filing.LIVE])}
