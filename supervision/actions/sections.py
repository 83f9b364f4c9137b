"""Saving a section: never silently over somebody else's words, never outside what a return allows (decisions 8, 9)."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.models import Enterprise
from portal.audit import record
from portal.errors import Refused
from supervision.actions.corrections import editable_places, may_change
from supervision.actions.create import index_of_head
from supervision.actions.holding import locked_filing
from supervision.catalogue import Section
from supervision.models import Filing, FilingParty, UnitWork
from supervision.permissions import enterprise_of, require_preparer

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
PARTY_FIELDS = ("unit_name", "uscc", "legal_representative", "head_name", "certificate_no")
SECRET_PARTY_FIELDS = ("head_id_number", "head_phone")  # None leaves what is kept as it is
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
Malformed = dict[str, tuple[str, str]]  # field: (as typed, why it cannot be read)


class Outdated(Refused):
    """Somebody saved this section meanwhile; the page shows both values. `filing` is as it is now."""

    def __init__(self, filing: Filing):
        super().__init__(
            _("这一部分刚刚被他人修改过，请核对后再保存。"), safe=_("您填写的内容还在本页，没有覆盖他人的修改。")
        )
        self.filing = filing


def opened(filing: Filing, section: str, version: int | None, by) -> Filing:
    """The locked filing, if this person may change this section of it now and has seen its latest version."""
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    if not filing.is_open:
        raise Refused(
            _("当前状态为“%(status)s”，不能修改。") % {"status": filing.get_status_display()},
            safe=_("已提交的内容没有变化。"),
        )
    if version is None:
        raise Refused(_("页面缺少版本信息，请刷新页面后再保存。"))
    if version != getattr(filing, VERSIONS[section]):
        raise Outdated(filing)
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
        filing.malformed = {**filing.malformed, section: malformed} if malformed else without(filing.malformed, section)
    if filing.can("complete"):
        filing.move("complete")
        filing.enterprise = filing.enterprise or enterprise_of(by, filing)
        filing.created_by = filing.created_by or by
    filing.changed_by, filing.changed_at = by, timezone.now()
    filing.index_search()
    filing.save()
    record("filing.edited", filing, by=by, section=str(section), fields=sorted(fields))


def without(kept: dict, section: str) -> dict:
    return {name: value for name, value in kept.items() if name != section}


@transaction.atomic
def save_basics(
    filing: Filing, values: dict[str, Any], *, malformed: Malformed | None = None, version: int | None, by
) -> Filing:
    """Save the fields of 基本信息 that came; what is incomplete is saved as it is, what is unreadable as typed."""
    filing = opened(filing, Section.BASICS, version, by)
    changed = {
        name: value
        for name, value in values.items()
        if name in BASICS_FIELDS and name not in (malformed or {}) and getattr(filing, name) != value
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
    filing: Filing, rows: list[dict[str, Any]], *, malformed: Malformed | None = None, version: int | None, by
) -> Filing:
    """Save 责任主体信息: the rows are the whole list, in order; a row with an `id` is one that exists already."""
    filing = opened(filing, Section.PARTIES, version, by)
    existing = {str(party.pk): party for party in filing.parties.all()}
    parties = [party_from(filing, row, order, existing) for order, row in enumerate(rows)]
    kept = {party.pk for party, _changed in parties}
    gone = [party for party in existing.values() if party.pk not in kept]
    places = [f"{party.party_type}.{name}" for party, changed in parties for name in changed]
    require_places(filing, Section.PARTIES, [*places, *(party.party_type for party in gone), *(malformed or {})])
    for party in gone:
        party.delete()
    for party, _changed in parties:
        party.save()
    keep(filing, Section.PARTIES, malformed=malformed, by=by, fields=places)
    return filing


def party_from(filing: Filing, row: dict[str, Any], order: int, existing: dict) -> tuple[FilingParty, list[str]]:
    """One party as typed, and the names of the fields that changed."""
    party = existing.get(str(row.get("id") or "")) or FilingParty(filing=filing, party_type=row["party_type"])
    names = [name for name in PARTY_FIELDS if name in row]
    names += [name for name in SECRET_PARTY_FIELDS if row.get(name) is not None]
    changed = [name for name in names if (getattr(party, name) or "") != (row[name] or "")]
    for name in changed:
        setattr(party, name, row[name])
    party.order = order
    party.consortium_role = row.get("consortium_role", party.consortium_role)
    party.head_id_index = index_of_head(party.head_id_number)
    party.enterprise = Enterprise.objects.filter(uscc=party.uscc).first() if party.uscc else None
    return party, changed


@transaction.atomic
def save_unit_works(
    filing: Filing, rows: list[dict[str, Any]], *, malformed: Malformed | None = None, version: int | None, by
) -> Filing:
    """Save 单位工程信息: the rows are the whole table, in order; a row with an `id` is one that exists already."""
    filing = opened(filing, Section.UNIT_WORKS, version, by)
    require_places(filing, Section.UNIT_WORKS, [""])
    existing = {str(work.pk): work for work in filing.unit_works.all()}
    works = []
    for order, row in enumerate(rows):
        work = existing.get(str(row.get("id") or "")) or UnitWork(filing=filing)
        for name in UNIT_WORK_FIELDS:
            if name in row:
                setattr(work, name, row[name])
        work.order = order
        works.append(work)
    filing.unit_works.exclude(pk__in=[work.pk for work in works]).delete()
    for work in works:
        work.save()
    keep(filing, Section.UNIT_WORKS, malformed=malformed, by=by)
    return filing
