"""停工 and 恢复施工: works that stand still, as the 建设单位 reports it (建筑法 art. 10, domain §5.7 53)."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified
from portal.workflow import LockingQuerySet
from projects.models.project import Project

RECHECK_YEARS = 1  # from then on the permit is verified before the works go on (建筑法 art. 10)


class Standstill(Identified):
    """One interruption of the works of a project; its papers are held by it."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="standstills")
    since = models.DateField(_("停工日期"))
    reason = models.CharField(_("停工原因"), max_length=300)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now)
    resumed_on = models.DateField(_("恢复施工日期"), null=True)
    resumed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    resumed_at = models.DateTimeField(null=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("停工记录")
        verbose_name_plural = _("停工记录")
        constraints = [
            models.UniqueConstraint(
                name="project_stands_still_once_at_a_time", fields=["project"], condition=Q(resumed_on=None)
            ),
            models.CheckConstraint(name="works_resume_after_they_stopped", condition=Q(resumed_on__gte=F("since"))),
            models.CheckConstraint(
                name="works_are_resumed_by_someone_at_some_time",
                condition=Q(resumed_on=None, resumed_by=None, resumed_at=None)
                | Q(resumed_on__isnull=False, resumed_by__isnull=False, resumed_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.project} · {self.since}"

    def needs_recheck(self, day: date) -> bool:
        """Whether the permit has to be verified before the works go on that day: they stood still for a year."""
        return (day.year - RECHECK_YEARS, day.month, day.day) >= (self.since.year, self.since.month, self.since.day)
