"""What was handed in, as data: taken from a filing, compared between versions, shown to people.

Places are named alike everywhere (gaps, deficiency items, changes): a field of 基本信息; "contractor.head_name";
"<row id>.name" of a unit work; a material's code of an attachment. An empty place is the whole section.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Target
from portal.coordinates import metres_between, to_cgcs2000
from portal.masking import mask_id, mask_phone
from portal.together import Together
from projects.models import PartyType
from supervision.catalogue import LEAD_TITLES, ConcurrentCase, Section, StructureType
from supervision.models import Attachment, Filing, FilingParty, FilingVersion, Material, SafetyOfficer, UnitWork

BASICS = (
    "works_name",
    "project_no",
    "project_name",
    "project_category",
    "district",
    "address",
    "longitude",
    "latitude",
    "coordinate_datum",
    "boundary_points",
    "construction_area_m2",
    "contract_amount_wan",
    "planned_start_date",
    "planned_completion_date",
    "duration_days",
    "schedule_code",
    "is_prefabricated",
    "construction_status",
    "construction_scale",
    "remarks",
    "jurisdiction_area",
    "permit_no",
    "permit_promised_by",
)
PARTY_FIELDS = (
    "unit_name",
    "uscc",
    "legal_representative",
    "head_name",
    "head_id_number",
    "head_phone",
    "certificate_no",
    "consortium_role",
    "exempt",
    "exception_case",
    "note",
)
RARE_PARTY_FIELDS = {"consortium_role", "exempt", "exception_case", "note"}  # shown only where something is said
OFFICER_FIELDS = ("name", "id_number", "certificate_no")
OFFICERS = "officers"  # the place of 专职安全员: one table
UNIT_WORK_FIELDS = (
    "code",
    "name",
    "structure_type",
    "area_above_m2",
    "area_below_m2",
    "floors_above",
    "floors_below",
    "height_m",
    "span_m",
    "length_m",
    "cost_wan",
    "is_prefabricated",
    "foundation_type",
    "seismic_grade",
    "fire_class",
    "drawing_review_cert_no",
    "planned_start_date",
    "planned_completion_date",
    "quality_supervision_no",
)
STRUCTURES = dict(StructureType.choices)
NUMBERS_OF_UNIT_WORKS = {"area_above_m2", "area_below_m2", "height_m", "span_m", "length_m", "cost_wan"}
MASKS = {"head_id_number": mask_id, "head_phone": mask_phone}

# What a station that has passed a filing must look at again (domain §5.4). Each value tells how much may change.
ANY = Decimal(0)
SUBSTANTIVE_BASICS = {
    "works_name": ANY,
    "project_name": ANY,
    "address": ANY,
    "district": ANY,
    "jurisdiction_area": ANY,
    "permit_no": ANY,
    "construction_area_m2": Decimal("0.05"),
    "contract_amount_wan": Decimal("0.10"),
}
LOCATION = {"longitude", "latitude", "coordinate_datum"}
LOCATION_METRES = 50
SUBSTANTIVE_PARTIES = {PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR}
SUBSTANTIVE_PARTY_FIELDS = {"", "unit_name", "uscc", "head_name", "head_id_number", "exempt"}
SUBSTANTIVE_UNIT_WORK_FIELDS = {
    "",
    "name",
    "structure_type",
    "area_above_m2",
    "area_below_m2",
    "floors_above",
    "floors_below",
    "height_m",
    "span_m",
    "length_m",
}


@dataclass(frozen=True)
class Change:
    """A place that differs between two versions; texts are for people, personal numbers masked."""

    section: str
    place: str
    label: str
    old: str
    new: str


def attachments_in_force(filing: Filing):
    """The attachments that count: neither removed nor replaced by a later one."""
    return in_force(filing.attachments.all())


def in_force(attachments: QuerySet[Attachment]) -> QuerySet[Attachment]:
    current = attachments.filter(removed_at=None, replaced_by=None).select_related("document", "material")
    return current.order_by("material__order", "material_id", "order", "added_at", "id")


@dataclass(frozen=True)
class Below:
    """What lies below a filing, read once."""

    parties: list[FilingParty]
    officers: list[SafetyOfficer]
    unit_works: list[UnitWork]
    attachments: list[Attachment]


def rows_below(filing: UUID) -> dict[str, QuerySet]:
    """The questions for what lies below a filing."""
    return {
        "parties": FilingParty.objects.filter(filing=filing),
        "officers": SafetyOfficer.objects.filter(filing=filing),
        "unit_works": UnitWork.objects.filter(filing=filing),
        "attachments": in_force(Attachment.objects.filter(filing=filing)),
    }


BELOW = Together(rows_below, filing=UUID)


def below(filing: Filing, seen: dict[str, list] | None = None) -> Below:
    """What lies below a filing, by one question, or as it was `seen`."""
    found = BELOW.ask(filing=filing.pk) if seen is None else seen
    for row in (row for name in ("parties", "officers", "unit_works", "attachments") for row in found[name]):
        row.filing = filing
    return Below(found["parties"], found["officers"], found["unit_works"], found["attachments"])


# Taking


def snapshot(filing: Filing, rows: Any = None) -> dict[str, Any]:
    """The whole filing as plain JSON data, in one fixed order; `rows`: what lies below it, if it was read."""
    rows = rows or below(filing)
    data = {
        "module": filing.module,
        "number": filing.number,
        "project": str(filing.project_id),
        "targets": list(filing.targets),
        "prior": {"exists": filing.prior_filing_exists, "reason": filing.overruled_candidate_reason},
        "basics": {name: getattr(filing, filing._meta.get_field(name).attname) for name in BASICS},  # type: ignore[union-attr]
        "labels": {name: shown_field(filing, name) for name in BASICS},
        "parties": list(_parties(rows.parties)),
        "officers": list(_officers(rows.officers)),
        "unit_works": [{"id": work.pk} | _row(work, UNIT_WORK_FIELDS) for work in rows.unit_works],
        "attachments": [_attached(attachment) for attachment in rows.attachments],
    }
    return json.loads(json.dumps(data, cls=DjangoJSONEncoder))


def digest_of(data: dict[str, Any]) -> str:
    """SHA-256 over the canonical data, which holds the hash of each document."""
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _row(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _parties(parties: list[FilingParty]) -> Iterator[dict[str, Any]]:
    places = places_of(parties)
    for party in parties:
        enterprise = {"enterprise": party.enterprise_id, "head_id_index": party.head_id_index}
        place = {"place": places[party.pk], "party_type": party.party_type}
        yield place | _row(party, PARTY_FIELDS) | enterprise


def _officers(officers: list[SafetyOfficer]) -> Iterator[dict[str, Any]]:
    for nth, officer in enumerate(officers, start=1):
        yield {"place": officer_place(nth), "id_index": officer.id_index} | _row(officer, OFFICER_FIELDS)


def places_of(parties: Iterable[FilingParty]) -> dict[Any, str]:
    """How each party is named in places, by its key; of a consortium the one that leads has the bare name."""
    seen: dict[str, int] = {}
    places = {}
    for party in sorted(parties, key=lambda party: party.is_member):
        seen[party.party_type] = seen.get(party.party_type, 0) + 1
        places[party.pk] = party_place(party.party_type, seen[party.party_type])
    return places


def party_place(party_type: str, nth: int = 1) -> str:
    """How a party is named in a place: "contractor", a second one of its type "contractor#2"."""
    return party_type if nth == 1 else f"{party_type}#{nth}"


def officer_place(nth: int) -> str:
    """How a safety officer's controls are named on the page; in places they are one table."""
    return f"officer#{nth}"


def _attached(attachment: Attachment) -> dict[str, Any]:
    document, material = attachment.document, attachment.material
    readers = [(Target.SAFETY, material.read_by_safety), (Target.QUALITY, material.read_by_quality)]
    return {
        "attachment": attachment.pk,
        "material": material.pk,
        "material_name": material.name,
        "read_by": [role for role, reads in readers if reads],
        "document": document.pk,
        "name": document.name,
        "note": attachment.note,
        "size": document.size,
        "sha256": document.sha256,
        "media_type": document.media_type,
    }


# Showing


def shown_field(row: Any, name: str) -> str:
    """A field's value as people read it: the choice's label, 是 or 否, the name of what it points to."""
    value = getattr(row, name)
    if value in (None, "", []):
        return ""
    if display := getattr(row, f"get_{name}_display", None):
        return str(display())
    return shown(value)


def shown(value: Any) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return "；".join(f"{point[0]}, {point[1]}" for point in value)
    if isinstance(value, Decimal):
        return plain_number(value)
    return str(value)


def plain_number(value: Decimal) -> str:
    """A number without the zeros that only its column has: 46280.0000 is 46280."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def label_of(section: str, place: str) -> str:
    """What a place is called, such as 施工单位 · 负责人姓名. ValueError or FieldDoesNotExist: no tab has it."""
    head, _dot, field = place.rpartition(".")
    if section == Section.BASICS and place:
        if place not in BASICS:
            raise ValueError(place)
        return _("界址点") if place == "boundary_points" else str(_field_label(Filing, place))
    if section == Section.PARTIES and place == OFFICERS:
        return str(_("专职安全员"))
    if section == Section.PARTIES and place:
        party = PartyType(place.partition(".")[0].partition("#")[0])
        return f"{party.label} · {party_label(party, field)}" if head else str(party.label)
    if section == Section.UNIT_WORKS and head:
        return str(_field_label(UnitWork, field))
    if section == Section.ATTACHMENTS and place:
        return Material.objects.filter(pk=place).values_list("name", flat=True).first() or place
    return str(Section(section).label)


def place_label(data: dict[str, Any], section: str, place: str) -> str:
    """What a place is called, with the name of the unit work that it belongs to."""
    if not section:
        return str(_("综合"))
    head, _dot, name = place.rpartition(".")
    if section == Section.UNIT_WORKS and place:
        works = {work["id"]: work["name"] for work in data["unit_works"]}
        work = works.get(head or place) or str(Section.UNIT_WORKS.label)
        return f"{work} · {label_of(section, place)}" if head else work
    if section == Section.ATTACHMENTS and place:
        names = {attached["material"]: attached["material_name"] for attached in data["attachments"]}
        return names.get(place) or label_of(section, place)
    return label_of(section, place)


def party_label(party_type: str, field: str) -> str:
    """What a field of a party is called; its head by the title that this party's head bears."""
    title = str(LEAD_TITLES[PartyType(party_type)])
    label = str(_field_label(FilingParty, field))
    return title + label.removeprefix("负责人") if field.startswith("head_") else label


def _field_label(model: Any, name: str) -> str:
    return str(model._meta.get_field(name).verbose_name)


def value_at(data: dict[str, Any], section: str, place: str) -> str:
    """The value a version holds at a place, for people; personal numbers masked; "" for a whole section."""
    if section == Section.BASICS:
        return data["labels"].get(place, "")
    head, _dot, field = place.rpartition(".")
    if section == Section.PARTIES and place == OFFICERS:
        return officers_text(data)
    if section == Section.PARTIES and head:
        return next((party_text(party, field) for party in data["parties"] if party["place"] == head), "")
    if section == Section.UNIT_WORKS and head:
        return next((work_text(work, field) for work in data["unit_works"] if work["id"] == head), "")
    if section == Section.ATTACHMENTS and place:
        return "、".join(file["name"] for file in data["attachments"] if file["material"] == place)
    return ""


def party_text(party: dict[str, Any], field: str) -> str:
    value = party.get(field)
    if field == "consortium_role":
        return str(FilingParty.Consortium(value).label) if value else ""
    if field == "exception_case":
        return str(ConcurrentCase(value).label) if value else ""
    return MASKS.get(field, shown)(value or None)


def officers_text(data: dict[str, Any]) -> str:
    """The safety officers of a version in one line; versions of earlier days know none."""
    return "；".join(officer_text(officer) for officer in data.get("officers", []))


def officer_text(officer: dict[str, Any]) -> str:
    parts = (officer["name"], mask_id(officer["id_number"]) if officer["id_number"] else "", officer["certificate_no"])
    return " ".join(filter(None, parts))


def work_text(work: dict[str, Any], field: str) -> str:
    """A field of a frozen unit work, for people."""
    value = work.get(field)
    if field == "structure_type":
        return str(STRUCTURES.get(str(value), ""))
    number = _number(value) if field in NUMBERS_OF_UNIT_WORKS else None
    return shown(value if number is None else number)


# Comparing


def changes_between(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Every place that differs, in the order of the tabs."""
    return [
        *_basics_changes(old, new),
        *_party_changes(old, new),
        *_officer_changes(old, new),
        *_unit_work_changes(old, new),
        *_attachment_changes(old, new),
    ]


def _basics_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for name in BASICS:
        if not _equal(old["basics"].get(name), new["basics"].get(name)):
            label = label_of(Section.BASICS, name)
            yield Change(Section.BASICS, name, label, old["labels"].get(name, ""), new["labels"].get(name, ""))


def _equal(old: Any, new: Any) -> bool:
    """Whether two frozen values say the same: 120.50 and 120.5000 do, and nothing and an empty text."""
    if old in (None, "", []) or new in (None, "", []):
        return old in (None, "", []) and new in (None, "", [])
    number_old, number_new = _number(old), _number(new)
    return old == new if number_old is None or number_new is None else number_old == number_new


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    plain = text.removeprefix("-").replace(".", "", 1)
    return Decimal(text) if plain.isascii() and plain.isdigit() and len(plain) < 17 else None


def _party_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    before = {party["place"]: party for party in old["parties"]}
    after = {party["place"]: party for party in new["parties"]}
    for place in dict.fromkeys([*before, *after]):
        label = label_of(Section.PARTIES, place)
        if place not in before or place not in after:
            old_name, new_name = before.get(place, {}).get("unit_name", ""), after.get(place, {}).get("unit_name", "")
            yield Change(Section.PARTIES, place, label, old_name, new_name)
            continue
        for name in PARTY_FIELDS:
            if not _same_text(before[place].get(name), after[place].get(name)):
                whole = f"{place}.{name}"
                texts = party_text(before[place], name), party_text(after[place], name)
                yield Change(Section.PARTIES, whole, label_of(Section.PARTIES, whole), *texts)


def _officer_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    before, after = (
        [[officer.get(name) or "" for name in OFFICER_FIELDS] for officer in data.get("officers", [])]
        for data in (old, new)
    )
    if before != after:
        label = label_of(Section.PARTIES, OFFICERS)
        yield Change(Section.PARTIES, OFFICERS, label, officers_text(old), officers_text(new))


def _same_text(old: Any, new: Any) -> bool:
    return (old or "") == (new or "")


def _pairs(old: list[dict], new: list[dict]) -> Iterator[tuple[dict | None, dict | None]]:
    """Unit works that belong together: by row, else by name, so that saving a table anew changes nothing."""
    left = {work["id"]: work for work in new}
    known = {work["id"] for work in old}
    for work in old:
        same_name = (other for other in left.values() if other["name"] == work["name"] and other["id"] not in known)
        match = left.get(work["id"]) or next(same_name, None)
        if match:
            del left[match["id"]]
        yield work, match
    yield from ((None, work) for work in left.values())


def _unit_work_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for before, after in _pairs(old["unit_works"], new["unit_works"]):
        named = (after or before or {}).get("name", "")
        if before is None or after is None:
            text = shown(named) or _("未命名")
            place = (after or before or {})["id"]
            label = str(Section.UNIT_WORKS.label)
            yield Change(Section.UNIT_WORKS, place, label, text if before else "", text if after else "")
            continue
        for name in UNIT_WORK_FIELDS:
            if not _equal(before.get(name), after.get(name)):
                label = f"{named} · {_field_label(UnitWork, name)}"
                texts = work_text(before, name), work_text(after, name)
                yield Change(Section.UNIT_WORKS, f"{after['id']}.{name}", label, *texts)


def _attachment_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    before, after = _by_material(old), _by_material(new)
    for material in sorted({*before, *after}):
        then, now = before.get(material, []), after.get(material, [])
        if sorted(file["sha256"] for file in then) != sorted(file["sha256"] for file in now):
            names = ["、".join(file["name"] for file in files) for files in (then, now)]
            yield Change(Section.ATTACHMENTS, material, (now or then)[0]["material_name"], *names)


def _by_material(data: dict[str, Any]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for file in data["attachments"]:
        found.setdefault(file["material"], []).append(file)
    return found


# Judging


def substantive_changes(old: dict[str, Any], new: dict[str, Any], *, role: str) -> list[Change]:
    """The changes for which a station that passed `old` has to look at `new` (domain §5.4)."""
    moved = _metres_moved(old["basics"], new["basics"]) > LOCATION_METRES
    mine = {
        file["material"] for data in (old, new) for file in data["attachments"] if role in file.get("read_by", [role])
    }
    return [change for change in changes_between(old, new) if _is_substantive(change, old, new, moved, mine)]


def _is_substantive(change: Change, old: dict, new: dict, moved: bool, materials: set[str]) -> bool:
    head, _dot, field = change.place.rpartition(".")
    match change.section:
        case Section.BASICS if change.place in LOCATION:
            return moved
        case Section.BASICS if change.place in SUBSTANTIVE_BASICS:
            tolerance = SUBSTANTIVE_BASICS[change.place]
            return _differs(old["basics"].get(change.place), new["basics"].get(change.place), tolerance)
        case Section.PARTIES:
            party = (head or change.place).partition("#")[0]
            return party in SUBSTANTIVE_PARTIES and (field if head else "") in SUBSTANTIVE_PARTY_FIELDS
        case Section.UNIT_WORKS:
            return (field if head else "") in SUBSTANTIVE_UNIT_WORK_FIELDS
        case Section.ATTACHMENTS:
            return change.place in materials
    return False


def _differs(old: Any, new: Any, tolerance: Decimal) -> bool:
    if tolerance == ANY or not old or not new:
        return True
    return abs(Decimal(new) - Decimal(old)) > tolerance * abs(Decimal(old))


def _metres_moved(old: dict[str, Any], new: dict[str, Any]) -> float:
    points = [_point(basics) for basics in (old, new)]
    if points[0] is None or points[1] is None:
        return 0.0 if points[0] == points[1] else float("inf")
    return metres_between(points[0], points[1])


def _point(basics: dict[str, Any]) -> tuple[float, float] | None:
    if basics.get("longitude") is None or basics.get("latitude") is None:
        return None
    return to_cgcs2000(Decimal(basics["longitude"]), Decimal(basics["latitude"]), basics["coordinate_datum"])


def changes_since(version: FilingVersion, later: FilingVersion) -> list[Change]:
    """What changed between two frozen versions of one filing."""
    return [] if version.pk == later.pk else changes_between(version.data, later.data)
