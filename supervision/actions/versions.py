"""Freezing what is handed in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone

from supervision.conflicts import for_stations
from supervision.frozen import digest_of, snapshot
from supervision.gaps import Sheet, Warning, sheet_of
from supervision.models import Filing, FilingVersion


def freeze(
    filing: Filing,
    *,
    warnings: Iterable[Warning] = (),
    by,
    at: datetime | None = None,
    sheet: Sheet | None = None,
    **more: Any,
) -> FilingVersion:
    """Keep the filing as it is now as its next version; stations read nothing else. `more` goes into its data.

    `sheet`: as the act that freezes it has read it, under the lock.
    """
    sheet = sheet or sheet_of(filing)
    data = snapshot(filing, sheet) | {"conflicts": for_stations(sheet.findings)} | more
    last = filing.versions.aggregate(last=Max("number"))["last"] or 0
    return FilingVersion.objects.create(
        filing=filing,
        number=last + 1,
        data=data,
        digest=digest_of(data),
        works_name=str(filing),
        acknowledged=[
            {"code": each.code, "section": each.section, "text": str(each.text), "source": str(each.source)}
            for each in warnings
        ],
        submitted_by=by,
        submitted_at=at or filing.submitted_at or timezone.now(),
    )
