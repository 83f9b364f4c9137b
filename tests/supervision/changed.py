"""A filed project whose three parties have people with accounts, and changes of those people in each state."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.models import Target, User
from enterprises.models import Enterprise
from portal.documents.models import Document
from projects.models import PartyType
from supervision.actions import begin_change, confirm_change, consent_to_change, save_change, send_change
from supervision.catalogue import CHANGE_FILES, ChangeFile, Module
from supervision.models import Filing, FilingParty, PersonnelChange
from tests import make
from tests.supervision.acts import submit


@dataclass
class Site:
    """陈建桥 leads for the contractor; 周启明 is the owner's, 吴倩 files, 王铁山 shall follow."""

    filing: Filing
    contractor: Enterprise
    owner: Enterprise
    clerk: User
    manager: User
    principal: User
    successor: User
    officers: dict[str, User]

    @property
    def project(self):
        return Filing.objects.get(pk=self.filing.pk).project


def site(module: str = Module.ADVANCE) -> Site:
    """报监完毕, with a project manager who has an account."""
    clerk = make.site_officer("吴倩")
    contractor = make.employer_of(clerk)
    owner = make.granted(make.enterprise(types=["owner"]))
    manager = make.member(contractor, make.person("陈建桥"), position="1009").user
    successor = make.member(contractor, make.person("王铁山"), position="1009").user
    principal = make.member(owner, make.person("周启明")).user
    filing = make.ready_filing(module, by=clerk)
    FilingParty.objects.filter(filing=filing, party_type=PartyType.OWNER).update(
        enterprise=owner, unit_name=owner.name, uscc=owner.uscc
    )
    named(filing, PartyType.CONTRACTOR, manager)
    named(filing, PartyType.OWNER, principal)
    filing.uscc_codes = sorted({*filing.uscc_codes, owner.uscc})
    filing.save()
    submitted = submitted_by(filing, clerk)
    officers = {role: make.officer(role) for role in Target.values}
    for review in submitted.reviews.all():
        make.approved(review, by=officers[review.role])
    filing = Filing.objects.get(pk=filing.pk)
    return Site(filing, contractor, owner, clerk, manager, principal, successor, officers)


def submitted_by(filing: Filing, clerk: User) -> Filing:
    submit(Filing.objects.get(pk=filing.pk), clerk)
    return Filing.objects.get(pk=filing.pk)


def named(filing: Filing, party_type: str, person: User) -> None:
    party = filing.parties.get(party_type=party_type)
    party.head_name, party.head_id_number, party.head_phone = person.name, person.id_number, person.phone
    party.head_id_index = person.id_index
    party.save()


def drafted(where: Site, *, post: str = PartyType.CONTRACTOR, files=None, by=None, **values) -> PersonnelChange:
    """A change that is filled in, with its papers."""
    by = by or where.clerk
    change = begin_change(where.filing, party_type=post, by=by)
    person = values.pop("person", where.successor)
    given = {
        "new_name": person.name,
        "new_id_number": person.id_number,
        "new_phone": person.phone,
        "certificate_no": "鄂1422026000001",
        "effective_on": timezone.localdate(),
        "reason": "原项目经理调离本单位。",
    }
    save_change(change, given | values, by=by)
    for kind in CHANGE_FILES[PartyType(post)] if files is None else files:
        add_file(change, kind, by)
    return fresh(change)


def add_file(change: PersonnelChange, kind: ChangeFile, by: User, state=Document.State.READY) -> Document:
    document = make.document_row(kind.value, change, by=by)
    document.state = state
    document.save()
    return document


def at_the_stations(where: Site, **options) -> PersonnelChange:
    """Agreed to by the owner, waiting for both stations."""
    change = drafted(where, **options)
    send_change(change, by=where.clerk)
    consent_to_change(fresh(change), by=where.principal)
    return fresh(change)


def confirmed(where: Site, change: PersonnelChange | None = None) -> PersonnelChange:
    change = change or at_the_stations(where)
    for role in Target.values:
        confirm_change(change, role=role, round=change.round, by=where.officers[role])
    return fresh(change)


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)
