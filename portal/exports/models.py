"""An export that somebody asked for."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.backup.sources import holds_file
from portal.ids import Identified
from portal.lists.kinds import list_kind
from portal.workflow import LockingQuerySet, Workflow

KEPT = timedelta(days=7)


class Export(Workflow, Identified):
    """A list as its owner saw it when it was made. The row stays a while after its file is gone."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("排队中")
        RUNNING = "running", _("生成中")
        READY = "ready", _("可下载")
        FAILED = "failed", _("未完成")
        EXPIRED = "expired", _("已过期")

    MOVES = {
        "begin": ({Status.WAITING, Status.RUNNING}, Status.RUNNING),
        "finish": ({Status.RUNNING}, Status.READY),
        "fail": ({Status.WAITING, Status.RUNNING}, Status.FAILED),
        "expire": ({Status.READY}, Status.EXPIRED),
    }
    UNDONE = (Status.WAITING, Status.RUNNING)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=40)  # portal.lists.kinds
    query = models.CharField(max_length=1000, blank=True)
    words = models.CharField(_("条件"), max_length=500, blank=True)  # the query as people read it
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.WAITING)
    problem = models.CharField(_("原因"), max_length=300, blank=True)
    rows = models.PositiveIntegerField(_("条数"), null=True)
    size = models.PositiveBigIntegerField(_("大小"), null=True)  # bytes
    key = models.CharField(max_length=100, blank=True)  # in the storage; empty once the file is gone
    asked_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(_("有效期至"), null=True)
    lease_until = models.DateTimeField(null=True)  # until then a worker has it
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = LockingQuerySet.as_manager()

    class Meta:
        app_label = "portal"
        verbose_name = _("导出")
        verbose_name_plural = _("导出")
        indexes = [
            models.Index(name="export_to_make", fields=["asked_at"], condition=Q(status__in=["waiting", "running"])),
            models.Index(name="export_of_a_person", fields=["user", "-asked_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="export_ready_has_its_file_for_a_while",
                condition=~Q(status="ready") | ~Q(key="") & Q(rows__isnull=False, expires_at__isnull=False),
            ),
            models.CheckConstraint(name="export_failed_says_why", condition=~Q(status="failed") | ~Q(problem="")),
        ]

    def __str__(self) -> str:
        return str(self.label)

    @property
    def audit_label(self) -> str:
        return str(self.label)

    @property
    def label(self):
        try:
            return list_kind(self.kind).label
        except LookupError:
            return self.kind

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def file_name(self) -> str:
        """联合报监_20261122_1830.xlsx."""
        return f"{self.label}_{timezone.localtime(self.made_at):%Y%m%d_%H%M}.xlsx"


holds_file(Export, "key")
