"""Issuing the receipt of a completed filing."""

import secrets

from django.utils import timezone

from supervision.models import Filing, FilingVersion, Receipt


def issue_receipt(filing: Filing, version: FilingVersion) -> Receipt:
    """The receipt with a code nobody can guess; its facts name bodies and numbers, no person."""
    reviews = filing.reviews.select_related("station").order_by("-role")
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
            {"type": str(party.get_party_type_display()), "name": party.unit_name}
            for party in filing.parties.all()
            if party.party_type in filing.spec.parties
        ],
        "stations": [
            {"role": review.role, "station": review.station.name, "number": review.supervision_no} for review in reviews
        ],
        "filed_on": timezone.localdate(filing.filed_at).isoformat(),
        "digest": version.digest,
    }
    return Receipt.objects.create(filing=filing, version=version, code=secrets.token_urlsafe(18), facts=facts)
