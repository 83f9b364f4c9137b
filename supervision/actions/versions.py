"""Freezing what is handed in."""

from django.utils import timezone

from supervision.frozen import digest_of, snapshot
from supervision.gaps import Warning
from supervision.models import Filing, FilingVersion


def freeze(filing: Filing, *, warnings: list[Warning], by) -> FilingVersion:
    """Keep the filing as it is now as the version of its round; stations read nothing else."""
    data = snapshot(filing)
    return FilingVersion.objects.create(
        filing=filing,
        number=filing.round,
        data=data,
        digest=digest_of(data),
        works_name=str(filing),
        acknowledged=[{"code": code, "section": section, "text": str(text)} for code, section, text in warnings],
        submitted_by=by,
        submitted_at=filing.submitted_at or timezone.now(),
    )
