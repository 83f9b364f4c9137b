"""回执: what anyone may verify about a completed filing (product §2)."""

from django.db import models
from django.utils import timezone

from portal.ids import Identified
from supervision.models.filing import Filing, FilingVersion


class Receipt(Identified):
    """Issued on 报监完毕; its code is random, its facts hold nothing personal."""

    filing = models.OneToOneField(Filing, models.PROTECT, related_name="receipt")
    version = models.ForeignKey(FilingVersion, models.PROTECT, related_name="+")
    code = models.CharField(max_length=32, unique=True)
    facts = models.JSONField()  # number, project, stations with their supervision numbers, date
    issued_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.code
