"""代理负责人: somebody stands in for a lead who suddenly cannot act (domain §5.7 20)."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified
from portal.masking import mask_name
from portal.workflow import LockingQuerySet
from projects.models.project import ProjectParty

LONGEST = timedelta(days=30)  # of one vacancy, however often somebody is appointed (domain §5.7 20)


class ActingQuerySet(LockingQuerySet):
    def in_force(self, day: date | None = None):
        """Those that hold on this day; one that has run out counts no more, whether or not a job noted it yet."""
        today = day or timezone.localdate()
        return self.filter(ended_at=None, since__lte=today, until__gte=today, party__ended_at=None)


class ActingLead(Identified):
    """One appointment, made by the unit's administrator; the station adds its note. It ends by itself."""

    party = models.ForeignKey(ProjectParty, models.PROTECT, related_name="acting")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="acting_posts")
    stands_in_for = models.CharField(max_length=64, null=True)  # the index of the lead's ID number at the time
    reason = models.CharField(_("原因"), max_length=300)
    since = models.DateField(_("代理开始日期"))
    until = models.DateField(_("代理截止日期"))
    appointed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    appointed_at = models.DateTimeField(default=timezone.now)
    note = models.CharField(_("监督站备注"), max_length=300, blank=True)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ActingQuerySet.as_manager()

    class Meta:
        verbose_name = _("代理负责人")
        verbose_name_plural = _("代理负责人")
        constraints = [
            models.UniqueConstraint(name="acting_lead_is_one_at_a_time", fields=["party"], condition=Q(ended_at=None)),
            models.CheckConstraint(
                name="acting_lead_stays_thirty_days_at_most",
                condition=Q(until__gte=F("since")) & Q(until__lt=F("since") + LONGEST),
            ),
            models.CheckConstraint(
                name="acting_lead_is_noted_by_someone_at_some_time",
                condition=Q(noted_by=None, noted_at=None) | Q(noted_by__isnull=False, noted_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.party} · {mask_name(self.user.name)}"

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1
