"""Issuing the receipt of a completed filing."""

import secrets

from django.utils import timezone
from django.utils.translation import gettext as _

from supervision.actions.numbers import numbers_of_works
from supervision.models import Filing, FilingVersion, Receipt


def issue_receipt(filing: Filing, version: FilingVersion) -> Receipt:
    """The receipt with a code nobody can guess; its facts name bodies and numbers, no person."""
    reviews = filing.reviews.select_related("station").order_by("-role")
    works = [(role, number) for (role, _name), number in numbers_of_works(filing.project_id).items()]
    facts = {
        "number": filing.number,
        "module": str(filing.get_module_display()),
        "is_early": filing.spec.early,
        "project_name": filing.project_name,
        "works_name": filing.works_name,
        "project_no": filing.project_no,
        "permit_no": filing.permit_no,
        "district": str(filing.district or ""),
        "address": filing.address,
        "units": [
            {
                "type": str(party.get_party_type_display()),
                "name": str(_("依法不实行监理")) if party.exempt else party.unit_name,
            }
            for party in filing.parties.all()
            if party.party_type in filing.spec.parties
        ],
        "stations": [
            {
                "role": review.role,
                "station": review.station.name,
                "number": review.supervision_no,
                "works": span_of(works, review.role),
            }
            for review in reviews
        ],
        "filed_on": timezone.localdate(filing.filed_at).isoformat(),
        "digest": version.digest,
    }
    return Receipt.objects.create(filing=filing, version=version, code=secrets.token_urlsafe(18), facts=facts)


def span_of(works: list[tuple[str, str]], role: str) -> str:
    """-001 至 -006 of a station's unit works."""
    endings = sorted({number.rpartition("-")[2] for of, number in works if of == role})
    return f"-{endings[0]}" + (f" 至 -{endings[-1]}" if len(endings) > 1 else "") if endings else ""
