"""What permits do to filings: they appear in 联合报监 once, and later news reach those who work on them.

A person's words are never overwritten (domain §5.5): only a filing that nobody has touched follows its permit.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enterprises.models import Enterprise, Member, SystemGrant
from portal.audit import entries_about, record, record_each
from portal.errors import Refused
from portal.notifications import notify
from projects.actions import part_for
from projects.models import ConstructionPermit, Project
from supervision.actions.create import add_parties_from, fill_from, new_project, parties_from
from supervision.actions.holding import locked_filing
from supervision.actions.people import applicants_of
from supervision.actions.sections import forget_typed, opened, save_basics, save_parties
from supervision.catalogue import SYSTEM, Module, Section
from supervision.frozen import places_of
from supervision.models import Filing, FilingParty, Review
from supervision.permissions import officers_of
from supervision.permit_news import (
    SEVERAL,
    SOURCE_FIELDS,
    differing,
    is_same_unit,
    key_of_party,
    source_of,
    written_for,
)

BATCH = 500
REVOKED = ConstructionPermit.Status.REVOKED


def pull_permit(permit: ConstructionPermit) -> Filing:
    """Put a permit's project into 联合报监 for the enterprises it names; once per permit."""
    pull_permits([permit.pk])
    filing = permit.filings.order_by("created_at").first()
    if filing is None:
        raise ValueError("A revoked permit opens no filing.")
    return filing


def follow_permits() -> int:
    """Pull what is new and follow what changed; returns how many permits were looked at, 0 when nothing waits."""
    waiting = ConstructionPermit.objects.filter(passed_on_at=None).order_by("changed_at", "id")
    known = Filing.objects.filter(permit=OuterRef("pk"))
    due = list(waiting.annotate(is_known=Exists(known)).values_list("pk", "is_known")[:BATCH])
    pull_permits([pk for pk, is_known in due if not is_known])
    for pk in [pk for pk, is_known in due if is_known]:
        follow_permit(pk)
    return len(due)


@transaction.atomic
def pull_permits(pks: Iterable[UUID]) -> None:
    """Make the joint filings of permits that have none, all in a few statements; others who pull wait meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('pull_permits'))")
    rows = ConstructionPermit.objects.filter(pk__in=pks).select_related("district").order_by("pk")
    permits = list(rows.select_for_update(of=("self",), no_key=True))
    pulled = set(Filing.objects.filter(permit__in=permits).values_list("permit", flat=True))
    new = [permit for permit in permits if permit.pk not in pulled and permit.status != REVOKED]
    projects = projects_of(new)
    codes = {party["uscc"] for permit in new for party in permit.parties if party.get("uscc")}
    known = Enterprise.objects.in_bulk(list(codes), field_name="uscc")
    filings, parties = [], []
    for permit in new:
        filing = pulled_filing(permit, projects[permit.pk])
        named = parties_from(filing, permit.parties, known)
        filing.index_search(*(party.unit_name for party in named))
        filings.append(filing)
        parties += named
    Filing.objects.bulk_create(filings)
    FilingParty.objects.bulk_create(parties)
    record_each("filing.pulled", filings, by=None)
    tell_named(filings, known)
    ConstructionPermit.objects.filter(pk__in=[permit.pk for permit in permits if permit.pk not in pulled]).update(
        passed_on_at=timezone.now()
    )


def pulled_filing(permit: ConstructionPermit, project: Project) -> Filing:
    filing = Filing(module=Module.JOINT, status=Filing.Status.PULLED, permit=permit, project=project)
    filing.uscc_codes = list(permit.uscc_codes)
    filing.is_sample = permit.is_sample
    fill_from(filing, permit)
    filing.permit_no = permit.permit_no_shown
    return filing


def projects_of(permits: list[ConstructionPermit]) -> dict[UUID, Project]:
    """The project of each permit; two sources with one project number are one project (decisions 8)."""
    numbers = {permit.project_no for permit in permits} - {""}
    by_number = Project.objects.in_bulk(list(numbers), field_name="project_no")
    own = Project.objects.in_bulk([permit.project_id for permit in permits if permit.project_id])
    made, found = [], {}
    for permit in permits:
        project = own.get(permit.project_id) or by_number.get(permit.project_no)
        if project is None:
            facts = {"name": permit.project_name, "works_name": permit.works_name, "is_sample": permit.is_sample}
            if permit.project_no:
                project = by_number[permit.project_no] = Project(project_no=permit.project_no, **facts)
                project.index_search()
                made.append(project)
            else:
                project = new_project(**facts)
        found[permit.pk] = project
    Project.objects.bulk_create(made)
    split = set(Project.objects.filter(parent__in=found.values()).values_list("parent", flat=True))
    for permit in permits:
        if permit.project_id is None and found[permit.pk].pk in split:  # one that has its project stays there
            found[permit.pk] = part_for(found[permit.pk], permit.works_name)
        permit.project = found[permit.pk]
    ConstructionPermit.objects.bulk_update(permits, ["project"], batch_size=BATCH)
    return found


def tell_named(filings: list[Filing], known: dict[str, Enterprise]) -> None:
    """Tell the people of the registered enterprises that a permit names; nobody else learns of it."""
    granted = SystemGrant.objects.filter(system=SYSTEM, revoked_at=None, enterprise__in=known.values())
    members = Member.objects.filter(status=Member.Status.ACTIVE, enterprise__in=granted.values("enterprise"))
    people: dict[UUID, list[User]] = {}
    for member in members.select_related("user"):
        people.setdefault(member.enterprise_id, []).append(member.user)
    for filing in filings if people else []:
        units = [known[code].pk for code in filing.uscc_codes if code in known]
        users = [user for unit in units for user in people.get(unit, []) if user.is_active]
        if users:
            notify(users, "permit.pulled", about=filing, link=filing.get_absolute_url(), filing=filing)


# A permit that changed


@transaction.atomic
def follow_permit(pk: UUID) -> None:
    """Bring the news of one permit to its filings; once for each change."""
    for filing_pk in Filing.objects.filter(permit=pk).order_by("pk").values_list("pk", flat=True):
        filing = locked_filing(filing_pk)
        permit = ConstructionPermit.objects.locked(pk)
        if filing.status == Filing.Status.PULLED and permit.status != REVOKED:
            refill(filing, permit)
        elif filing.status in (*Filing.OPEN, *Filing.LIVE):
            tell_of(filing, permit)
    ConstructionPermit.objects.filter(pk=pk).update(passed_on_at=timezone.now())


def refill(filing: Filing, permit: ConstructionPermit) -> None:
    """Nobody has written on it yet, so it goes on saying what the permit says."""
    fill_from(filing, permit)
    filing.permit_no, filing.uscc_codes = permit.permit_no_shown, list(permit.uscc_codes)
    filing.parties.all().delete()
    add_parties_from(filing, permit)
    filing.changed_at = timezone.now()
    filing.index_search()
    filing.save()
    record("filing.permit_changed", filing, by=None)


def tell_of(filing: Filing, permit: ConstructionPermit) -> None:
    """Write down what the source says now; a revocation is told to the stations and to whoever filed it."""
    filing.uscc_codes = sorted({*filing.uscc_codes, *permit.uscc_codes})
    filing.save(update_fields=["uscc_codes"])
    last = entries_about(filing).filter(event__startswith="filing.permit_").last()
    was_revoked = last is not None and last.event == "filing.permit_revoked"
    if permit.status != REVOKED:
        if was_revoked or differing(filing):
            record("filing.permit_changed", filing, by=None, fields=[said.name for said in differing(filing)])
    elif not was_revoked:
        record("filing.permit_revoked", filing, by=None)
        facts = {"filing": filing, "permit": permit}
        notify(applicants_of(filing), "permit.revoked", about=filing, link=filing.get_absolute_url(), **facts)
        for review in Review.objects.filter(filing=filing).select_related("station"):
            link = reverse("review:detail", args=[review.pk])
            notify(officers_of(review.station, review.role), "permit.revoked", about=review, link=link, **facts)


# 采用


@transaction.atomic
def adopt_source(filing: Filing, name: str, *, version: int | None, by) -> Filing:
    """采用: let a field say what the permit or the award says; a change like any other, by the person who chose it."""
    source = source_of(filing)
    if source is None or name not in SOURCE_FIELDS:
        raise Refused(_("没有可以采用的来源数据。"))
    forget_typed(opened(filing, Section.BASICS, version, by), Section.BASICS, [name])
    return save_basics(filing, {name: getattr(source, SOURCE_FIELDS[name])}, version=version, by=by)


@transaction.atomic
def adopt_party(filing: Filing, key: str, *, version: int | None, by) -> Filing:
    """采用: let a party be the one that the permit or the award names; what else is written stays."""
    filing, source = opened(filing, Section.PARTIES, version, by), source_of(filing)
    named = next((one for one in source.parties if key_of_party(one) == key), None) if source else None
    if named is None:
        raise Refused(_("来源数据中已没有这家单位，请刷新页面后核对。"), safe=_("已填写的内容没有改变。"))
    parties = list(filing.parties.all())
    if any(party.party_type == named["party_type"] and is_same_unit(party, named) for party in parties):
        return filing
    target, taken = written_for(named, parties, source), taken_from(named)
    if target and target.head_name == taken.get("head_name"):
        taken = {name: value for name, value in taken.items() if name in UNIT_FIELDS}
    place = places_of(parties)[target.pk] if target else named["party_type"]
    forget_typed(filing, Section.PARTIES, [f"{place}.{name}" for name in taken])
    rows = [{"id": str(one.pk), "party_type": one.party_type} | (taken if one is target else {}) for one in parties]
    if target is None:
        rows.append(taken | {"party_type": named["party_type"]} | beside(named["party_type"], parties))
    return save_parties(filing, rows, version=version, by=by)


UNIT_FIELDS = ("unit_name", "uscc", "legal_representative")


def taken_from(named: dict[str, str]) -> dict[str, Any]:
    """What a source says of a party; another head's numbers are not those of the one before."""
    uscc = named.get("uscc", "")
    known = Enterprise.objects.filter(uscc=uscc).first() if uscc else None
    unit = (named["unit_name"], uscc, known.legal_representative if known else "")
    taken = dict(zip(UNIT_FIELDS, unit, strict=True))
    if head := named.get("head_name"):
        taken |= {"head_name": head, "head_id_number": "", "head_phone": "", "certificate_no": ""}
    return taken


def beside(party_type: str, parties: list[FilingParty]) -> dict[str, Any]:
    """A second unit of a sort joins the consortium of the first."""
    has_lead = party_type not in SEVERAL and any(party.party_type == party_type for party in parties)
    return {"consortium_role": FilingParty.Consortium.MEMBER} if has_lead else {}
