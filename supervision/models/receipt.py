"""回执: what anyone may verify about a completed filing (product §2)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified
from supervision.models.filing import Filing, FilingVersion
from supervision.models.review import ReviewDecision


class Receipt(Identified):
    """Issued on 报监完毕; its code is random, its facts hold nothing personal."""

    filing = models.OneToOneField(Filing, models.PROTECT, related_name="receipt")
    version = models.ForeignKey(FilingVersion, models.PROTECT, related_name="+")
    code = models.CharField(max_length=32, unique=True)
    facts = models.JSONField()  # number, project, stations with their supervision numbers, date
    issued_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.code


class DecisionNotice(Identified):
    """告知书 or 决定书: the paper that goes with a return or a refusal; what it says was fixed when it was decided."""

    decision = models.OneToOneField(ReviewDecision, models.PROTECT, related_name="notice")
    filing = models.ForeignKey(Filing, models.PROTECT, related_name="notices")
    code = models.CharField(max_length=32, unique=True)
    facts = models.JSONField()  # number, works, station, version, the opinion and the items; no person
    issued_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)  # the chief took the decision back

    class Meta:
        verbose_name = _("审核文书")
        verbose_name_plural = _("审核文书")

    def __str__(self):
        return self.code
