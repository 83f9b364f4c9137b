"""存在, before handing in: waiting for the earlier filing, and taking over what was written there (domain §5.4)."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from supervision.actions.identity import locked_with_project, require_related
from supervision.actions.sections import keep
from supervision.actions.waiting import DRAFTS
from supervision.candidates import AWAITED
from supervision.catalogue import Section
from supervision.frozen import BASICS, attachments_in_force
from supervision.models import Filing, FilingParty, MaterialRule
from supervision.permissions import require_preparer

NOT_TAKEN = {"permit_no", "permit_promised_by", "coordinate_datum"}  # the datum goes with its coordinates
HEAD = ("head_name", "head_id_number", "head_id_index", "head_phone", "certificate_no")

# Waiting


@transaction.atomic
def await_prior(filing: Filing, *, prior: Filing, by) -> Filing:
    """存在 names a filing that is still under review: this one stays a draft with the link, and its people are told
    when the earlier one is decided.
    """
    filing, _project = locked_with_project(filing.pk, prior)
    require_preparer(by, filing)
    prior = require_related(filing, prior, by=by)
    if filing.status not in DRAFTS or prior.status not in AWAITED:
        facts = {"number": prior.number or "", "status": prior.get_status_display()}
        raise Refused(_("%(number)s 当前为“%(status)s”，不需要等待，请重新报监。") % facts)
    filing.prior, filing.changed_by, filing.changed_at = prior, by, timezone.now()
    filing.save(update_fields=["prior", "changed_by", "changed_at"])
    record("filing.waits", filing, by=by, prior=prior.number)
    return filing


# Taking over


@transaction.atomic
def take_over(filing: Filing, *, prior: Filing, by) -> list[str]:
    """Fill what is still empty from the earlier filing: fields, parties with their heads, unit works, documents.

    What was written here, or came with the permit, stays. Returns the sections that were filled.
    """
    filing, _project = locked_with_project(filing.pk, prior)
    require_preparer(by, filing)
    prior = require_related(filing, prior, by=by)
    if filing.status not in DRAFTS:
        raise Refused(_("当前状态为“%(status)s”，不能修改。") % {"status": filing.get_status_display()})
    takers = {
        Section.BASICS: take_basics,
        Section.PARTIES: take_parties,
        Section.UNIT_WORKS: take_unit_works,
        Section.ATTACHMENTS: take_attachments,
    }
    filled = []
    for section, take in takers.items():
        if places := take(filing, prior, by):
            keep(filing, section, malformed=None, by=by, fields=places)
            filled.append(str(section.label))
    record("filing.taken_over", filing, by=by, prior=prior.number, sections=filled)
    return filled


def is_empty(value: Any) -> bool:
    return value in (None, "", [])


def take_basics(filing: Filing, prior: Filing, by) -> list[str]:
    """Empty fields; the coordinates come as one, with their datum."""
    taken = []
    for name in BASICS:
        if name not in NOT_TAKEN and is_empty(getattr(filing, name)) and not is_empty(getattr(prior, name)):
            setattr(filing, name, getattr(prior, name))
            taken.append(name)
    if "longitude" in taken or "latitude" in taken:
        for name in ("longitude", "latitude", "coordinate_datum"):
            setattr(filing, name, getattr(prior, name))
    return taken


def take_parties(filing: Filing, prior: Filing, by) -> list[str]:
    """Parties of a type that is not named yet; to a party of the same unit, its head's papers."""
    own = {party.party_type: party for party in reversed(filing.parties.all())}
    taken = []
    for party in prior.parties.all():
        mine = own.get(party.party_type)
        if mine is None:
            copy_row(party, filing)
        elif not take_head(mine, party):
            continue
        taken.append(party.party_type)
    return taken


def take_head(mine: FilingParty, other: FilingParty) -> bool:
    """The head's number, phone and certificate, where unit and person are the same; whether anything was empty."""
    if not mine.uscc or mine.uscc != other.uscc or mine.head_name not in ("", other.head_name):
        return False
    empty = [name for name in (*HEAD, "legal_representative") if is_empty(getattr(mine, name))]
    taken = [name for name in empty if not is_empty(getattr(other, name))]
    for name in taken:
        setattr(mine, name, getattr(other, name))
    if taken:
        mine.save()
    return bool(taken)


def take_unit_works(filing: Filing, prior: Filing, by) -> list[str]:
    """All of them, where there are none."""
    if filing.unit_works.exists():
        return []
    return [str(copy_row(work, filing).pk) for work in prior.unit_works.all()]


def take_attachments(filing: Filing, prior: Filing, by) -> list[str]:
    """The documents, shared by both filings, of each material that is asked here and has none."""
    asked = set(MaterialRule.objects.for_filing(filing).values_list("material", flat=True))
    held = set(attachments_in_force(filing).values_list("material", flat=True))
    wanted = attachments_in_force(prior).filter(material__in=asked - held)
    for attachment in wanted:
        copy_row(attachment, filing, added_by=by)
    return sorted({attachment.material_id for attachment in wanted})


OWN = {"id", "filing", "added_at", "added_by", "replaces", "removed_by", "removed_at", "removed_because"}
OWN_OF_WORKS = {"quality_supervision_no"}


def copy_row(row: models.Model, filing: Filing, **more: Any) -> models.Model:
    """The same row under another filing, without what only happened to the first."""
    names = [field.name for field in row._meta.concrete_fields if field.name not in OWN | OWN_OF_WORKS]
    copy = type(row)(filing=filing, **{name: getattr(row, name) for name in names}, **more)
    copy.save(force_insert=True)
    return copy
