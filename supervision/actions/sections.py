"""Saving a section: never silently over somebody else's words, never outside what a return allows (decisions 8, 9)."""

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.models import Enterprise
from portal.audit import record
from portal.crypto import open_bytes, seal_bytes
from portal.errors import Refused
from supervision.actions.corrections import editable_places, may_change
from supervision.actions.create import index_of_head
from supervision.actions.holding import locked_filing
from supervision.catalogue import Section
from supervision.frozen import OFFICERS, officer_place, places_of
from supervision.models import Filing, FilingParty, SafetyOfficer, UnitWork
from supervision.permissions import enterprise_of, require_preparer
from supervision.permit_news import SEVERAL

BASICS_FIELDS = (
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
    "certificate_no",
    "consortium_role",
    "exempt",
    "exception_case",
    "note",
)
SECRET_PARTY_FIELDS = ("head_id_number", "head_phone")  # None leaves what is kept as it is
SECRETS = {*SECRET_PARTY_FIELDS, "id_number"}  # the last of a safety officer
MOST_OFFICERS = 30
UNIT_WORK_FIELDS = tuple(
    field.name
    for field in UnitWork._meta.concrete_fields
    if field.name not in {"id", "filing", "order", "quality_supervision_no"}
)
VERSIONS: dict[str, str] = {
    Section.BASICS: "basics_version",
    Section.PARTIES: "parties_version",
    Section.UNIT_WORKS: "unit_works_version",
    Section.ATTACHMENTS: "attachments_version",
}
Malformed = dict[str, tuple[str, str]]  # control: (as typed, why it cannot be read)
SEALED = "sealed:"  # before what was typed into a field of a person's number
MOST_ROWS = 500


class Outdated(Refused):
    """Somebody saved this section meanwhile; the page shows both values. `filing` is as it is now."""

    def __init__(self, filing: Filing):
        super().__init__(
            _("这一部分刚刚被他人修改过，请核对后再保存。"), safe=_("您填写的内容还在本页，没有覆盖他人的修改。")
        )
        self.filing = filing


def opened(filing: Filing, section: str, version: int | None, by) -> Filing:
    """The locked filing, if this person may change this section of it now and has seen its latest version."""
    filing = opened_for_files(filing, by)
    if version is None:
        raise Refused(_("页面缺少版本信息，请刷新页面后再保存。"))
    if version != getattr(filing, VERSIONS[section]):
        raise Outdated(filing)
    return filing


def opened_for_files(filing: Filing, by) -> Filing:
    """The locked filing, if this person may change it now; a file is added by itself, so no version is asked for."""
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    if not filing.is_open:
        raise Refused(
            _("当前状态为“%(status)s”，不能修改。") % {"status": filing.get_status_display()},
            safe=_("已提交的内容没有变化。"),
        )
    return filing


def require_places(filing: Filing, section: str, places: Iterable[str]) -> None:
    """Refuse what a return does not ask for; hiding a field on the page is not enough (pain 38)."""
    allowed = editable_places(filing)
    if any(not may_change(allowed, section, place) for place in places):
        raise Refused(
            _("监督站退回的意见不涉及这些内容，补正时只能修改被指出的部分。如确需修改，请在答复中说明。"),
            safe=_("已报监的内容没有变化。"),
        )


def keep(filing: Filing, section: str, *, malformed: Malformed | None, by, fields: Iterable[str] = ()) -> None:
    """Write down a save of one section: its new version, who, when, and what could not be read."""
    name = VERSIONS[section]
    setattr(filing, name, getattr(filing, name) + 1)
    if malformed is not None:
        kept = {place: (kept_text(filing, place, text), why) for place, (text, why) in malformed.items()}
        filing.malformed = {**filing.malformed, section: kept} if kept else without(filing.malformed, section)
    if filing.can("complete"):
        filing.move("complete")
        filing.enterprise = filing.enterprise or enterprise_of(by, filing)
        filing.created_by = filing.created_by or by
    filing.changed_by, filing.changed_at = by, timezone.now()
    filing.index_search()
    filing.save()
    record("filing.edited", filing, by=by, section=str(section), fields=sorted(fields), version=getattr(filing, name))


def without(kept: dict, section: str) -> dict:
    return {name: value for name, value in kept.items() if name != section}


def forget_typed(filing: Filing, section: str, controls: Collection[str]) -> None:
    """What could not be read in these controls is done with: something else is about to stand there."""
    kept = {name: said for name, said in filing.malformed.get(section, {}).items() if name not in controls}
    filing.malformed = {**filing.malformed, section: kept} if kept else without(filing.malformed, section)
    filing.save(update_fields=["malformed"])


def kept_text(filing: Filing, place: str, text: str) -> str:
    """What was typed, as it is stored: a mistyped ID number or phone is still personal, so it is sealed."""
    if place.rpartition(".")[2] not in SECRETS:
        return text
    return SEALED + b64encode(seal_bytes(text.encode(), aad_of(filing, place))).decode()


def typed_text(filing: Filing, place: str, kept: str) -> str:
    """What was typed, from how it is stored."""
    if not kept.startswith(SEALED):
        return kept
    return open_bytes(b64decode(kept.removeprefix(SEALED)), aad_of(filing, place)).decode()


def aad_of(filing: Filing, place: str) -> str:
    return f"supervision.filing.malformed:{filing.pk}:{place}"


def under_new_names(malformed: Malformed | None, names: dict[str, str]) -> Malformed | None:
    """The same complaints under the names that the rows have now: "new1.cost_wan" becomes "<id>.cost_wan"."""
    if malformed is None:
        return None
    parts = {place: place.rpartition(".") for place in malformed}
    return {f"{names.get(head, head)}.{field}": malformed[place] for place, (head, _dot, field) in parts.items()}


@transaction.atomic
def save_basics(
    filing: Filing, values: dict[str, Any], *, malformed: Malformed | None = None, version: int | None, by
) -> Filing:
    """Save the fields of 基本信息 that came; what is incomplete is saved as it is, what is unreadable as typed."""
    filing = opened(filing, Section.BASICS, version, by)
    changed = {
        name: value
        for name, value in values.items()
        if name in BASICS_FIELDS and name not in (malformed or {}) and differs(filing, name, value)
    }
    if filing.permit_id:
        changed.pop("permit_no", None)  # as the permit says
    require_places(filing, Section.BASICS, [*changed, *(malformed or {})])
    for name, value in changed.items():
        setattr(filing, name, value)
    keep(filing, Section.BASICS, malformed=malformed, by=by, fields=changed)
    return filing


@transaction.atomic
def save_parties(
    filing: Filing,
    rows: list[dict[str, Any]],
    *,
    officers: list[dict[str, Any]] | None = None,
    malformed: Malformed | None = None,
    version: int | None,
    by,
) -> Filing:
    """Save 责任主体信息: the rows are the whole list, in order; a row with an `id` is one that exists already.

    `key` names a row in `malformed`; without one it is named as its place is. `officers` are the rows of
    专职安全员, None leaves them as they are.
    """
    filing = opened(filing, Section.PARTIES, version, by)
    existing = {str(party.pk): party for party in filing.parties.all()}
    before = places_of(existing.values())
    pairs = [party_from(filing, row, order, existing) for order, row in enumerate(rows)]
    parties = [party for party, _changed in pairs]
    lead_consortia(parties, {party.pk for party, changed in pairs if "consortium_role" in changed})
    now = places_of(parties)
    gone = [pk for pk in before if pk not in now]
    fields = [f"{before.get(party.pk, now[party.pk])}.{name}" for party, changed in pairs for name in changed]
    names = {row.get("key") or now[party.pk]: now[party.pk] for row, party in zip(rows, parties, strict=True)}
    if officers is not None:
        fields += save_officers(filing, officers)
        names |= {row.get("key") or officer_place(nth): officer_place(nth) for nth, row in enumerate(officers, 1)}
    malformed = under_new_names(malformed, names)
    touched = {place_of_control(control) for control in malformed or {}}
    require_places(filing, Section.PARTIES, [*fields, *(before[pk] for pk in gone), *touched])
    filing.parties.filter(pk__in=gone).delete()
    for party in sorted(parties, key=lambda party: not party.is_member):  # never two that lead, not for a moment
        party.save()
    keep(filing, Section.PARTIES, malformed=malformed, by=by, fields=fields)
    return filing


def differs(filing: Filing, name: str, value: Any) -> bool:
    """Whether a field says something else; of a place the key is enough."""
    field: Any = Filing._meta.get_field(name)
    return getattr(filing, field.attname) != (value.pk if field.is_relation and value else value)


def place_of_control(control: str) -> str:
    """The place that a control of the page belongs to: 专职安全员 are one."""
    return OFFICERS if control.startswith(officer_place(1).rstrip("1")) else control


def lead_consortia(parties: list[FilingParty], chosen: Collection[Any]) -> None:
    """Exactly one party of a sort leads, the others are its consortium; subcontractors stand each for themselves.

    `chosen` are the keys of the parties whose role was just changed: who was made the lead takes the place of another.
    """
    role = FilingParty.Consortium
    for party_type in {party.party_type for party in parties} - SEVERAL:
        group = [party for party in parties if party.party_type == party_type]
        leads = [party for party in group if not party.is_member] or group[:1]
        made = [party for party in leads if party.pk in chosen and party.consortium_role == role.LEAD]
        if len(leads) > 1 and len(made) == 1:
            leads = made
        if len(leads) > 1:
            text = _("“%(unit)s”只能填写一个；联合体的其他单位请选择“联合体成员”。")
            raise Refused(text % {"unit": group[0].get_party_type_display()})
        for party in group:
            together = role.LEAD if party in leads else role.MEMBER
            party.consortium_role = together if len(group) > 1 else role.NONE


def save_officers(filing: Filing, rows: list[dict[str, Any]]) -> list[str]:
    """Write the table of safety officers; returns its place if anything changed. An empty number stays as it is."""
    if len(rows) > MOST_OFFICERS:
        raise Refused(_("专职安全员最多填写 %(most)d 名。") % {"most": MOST_OFFICERS})
    existing = {str(officer.pk): officer for officer in filing.safety_officers.all()}
    changed = False
    for order, row in enumerate(rows):
        officer = existing.pop(str(row.get("id") or ""), None) or SafetyOfficer(filing=filing)
        values: dict[str, Any] = {name: row[name] for name in ("name", "certificate_no") if name in row}
        if row.get("id_number") is not None:
            values["id_number"] = row["id_number"]
        values = {name: value for name, value in values.items() if (getattr(officer, name) or "") != (value or "")}
        if not values and not officer._state.adding and officer.order == order:
            continue
        changed = changed or bool(values) or officer._state.adding
        for name, value in values.items():
            setattr(officer, name, value)
        officer.order, officer.id_index = order, index_of_head(officer.id_number)
        officer.save()
    filing.safety_officers.filter(pk__in=[officer.pk for officer in existing.values()]).delete()
    return [OFFICERS] if changed or existing else []


def party_from(filing: Filing, row: dict[str, Any], order: int, existing: dict) -> tuple[FilingParty, list[str]]:
    """One party as typed, and the names of the fields that changed."""
    party = existing.get(str(row.get("id") or "")) or FilingParty(filing=filing, party_type=row["party_type"])
    names = [name for name in PARTY_FIELDS if name in row]
    names += [name for name in SECRET_PARTY_FIELDS if row.get(name) is not None]
    changed = [name for name in names if (getattr(party, name) or "") != (row[name] or "")]
    for name in changed:
        setattr(party, name, row[name])
    party.order = order
    party.head_id_index = index_of_head(party.head_id_number)
    party.enterprise = Enterprise.objects.filter(uscc=party.uscc).first() if party.uscc else None
    return party, changed


@transaction.atomic
def save_unit_works(
    filing: Filing, rows: list[dict[str, Any]], *, malformed: Malformed | None = None, version: int | None, by
) -> Filing:
    """Save 单位工程信息: the rows are the whole table, in order; a row with an `id` is one that exists already.

    `key` names a row in `malformed`; without one it is named by its id.
    """
    filing = opened(filing, Section.UNIT_WORKS, version, by)
    require_places(filing, Section.UNIT_WORKS, [""])
    if len(rows) > MOST_ROWS:
        raise Refused(_("单位工程最多填写 %(most)d 个。") % {"most": MOST_ROWS})
    existing = {str(work.pk): work for work in filing.unit_works.all()}
    works, names = [], {}
    for order, row in enumerate(rows):
        work = existing.pop(str(row.get("id") or ""), None) or UnitWork(filing=filing)
        for name in UNIT_WORK_FIELDS:
            if name in row:
                setattr(work, name, row[name])
        work.order = order
        works.append(work)
        names[row.get("key") or str(work.pk)] = str(work.pk)
    filing.unit_works.exclude(pk__in=[work.pk for work in works]).delete()
    for work in works:
        work.save()
    keep(filing, Section.UNIT_WORKS, malformed=under_new_names(malformed, names), by=by)
    return filing
