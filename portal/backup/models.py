"""That a backup was made, or why not: what the alarm looks at."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified


class BackupRun(Identified):
    """One call of `manage.py backup`. A backup does not hold the row of its own run."""

    begun_at = models.DateTimeField(_("开始时间"), default=timezone.now)
    ended_at = models.DateTimeField(_("完成时间"), null=True)
    place = models.CharField(max_length=300)  # folder, or "-"
    rows = models.BigIntegerField(default=0)
    files = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)  # written this time
    lost = models.PositiveIntegerField(default=0)  # files that the storage should hold and does not
    fault = models.CharField(max_length=300, blank=True)  # the name of what went wrong, never its text

    class Meta:
        app_label = "portal"
        verbose_name = _("备份记录")
        verbose_name_plural = _("备份记录")
        indexes = [models.Index(name="backup_last_good", fields=["-begun_at"], condition=models.Q(fault=""))]

    def __str__(self) -> str:
        return f"{self.begun_at:%Y-%m-%d %H:%M}"


def last_good() -> datetime | None:
    """The moment that the newest whole backup holds."""
    good = BackupRun.objects.filter(fault="", ended_at__isnull=False)
    return good.order_by("-begun_at").values_list("begun_at", flat=True).first()
