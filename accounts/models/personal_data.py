"""What people ask about their own data: a copy of it, a correction, its deletion, the end of the account (PIPL 44–47)."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.backup.sources import holds_file
from portal.crypto import EncryptedJSONField
from portal.ids import Identified
from portal.masking import mask_name
from portal.workflow import LockingQuerySet, Workflow

COPY_KEPT = timedelta(days=7)
ANSWER_WITHIN = timedelta(days=15)  # as the agreements promise


class DataCopy(Workflow, Identified):
    """我的数据导出: a sealed archive of what the portal holds about a person, for a week."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("等待生成")
        RUNNING = "running", _("正在生成")
        READY = "ready", _("可下载")
        FAILED = "failed", _("生成失败")
        EXPIRED = "expired", _("已过期")

    UNDONE = (Status.WAITING, Status.RUNNING)
    MOVES = {
        "begin": ({Status.WAITING, Status.RUNNING}, Status.RUNNING),
        "finish": ({Status.RUNNING}, Status.READY),
        "fail": ({Status.WAITING, Status.RUNNING}, Status.FAILED),
        "expire": ({Status.READY}, Status.EXPIRED),
    }

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="data_copies")
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.WAITING)
    asked_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(_("有效期至"), null=True)
    size = models.PositiveBigIntegerField(_("大小"), null=True)  # bytes of the archive before it was sealed
    key = models.CharField(max_length=100, blank=True)  # in the storage; empty once the file is gone
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    downloads = models.PositiveIntegerField(default=0)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("我的数据导出")
        verbose_name_plural = _("我的数据导出")
        indexes = [
            models.Index(name="data_copy_to_make", fields=["asked_at"], condition=Q(status__in=["waiting", "running"]))
        ]
        constraints = [
            models.UniqueConstraint(
                name="data_copy_is_made_one_at_a_time", fields=["user"], condition=Q(status__in=["waiting", "running"])
            ),
            models.CheckConstraint(
                name="data_copy_ready_has_its_file_for_a_while",
                condition=~Q(status="ready") | ~Q(key="") & Q(size__isnull=False, expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def audit_label(self) -> str:
        return mask_name(self.user.name)

    @property
    def place(self) -> str:
        """What the sealed archive is bound to."""
        return f"data_copy:{self.pk}"

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY and (self.expires_at is None or self.expires_at > timezone.now())


class DataRequest(Workflow, Identified):
    """更正, 删除 or 注销: asked by the person, answered by an operator within fifteen days."""

    class Kind(models.TextChoices):
        CORRECT = "correct", _("更正姓名、身份证号")
        DELETE = "delete", _("删除不再需要的资料")
        CLOSE = "close", _("注销账号")

    class Status(models.TextChoices):
        DRAFT = "draft", _("填写中")
        SUBMITTED = "submitted", _("待处理")
        DONE = "done", _("已办理")
        DECLINED = "declined", _("未予办理")
        WITHDRAWN = "withdrawn", _("已撤回")

    MOVES = {
        "submit": ({Status.DRAFT}, Status.SUBMITTED),
        "do": ({Status.SUBMITTED}, Status.DONE),
        "decline": ({Status.SUBMITTED}, Status.DECLINED),
        "withdraw": ({Status.SUBMITTED}, Status.WITHDRAWN),
    }

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="data_requests")
    kind = models.CharField(_("事项"), max_length=10, choices=Kind)
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.DRAFT)
    values = EncryptedJSONField(null=True)  # what shall stand there and, once done, what stood there before
    reason = models.CharField(_("说明"), max_length=500, blank=True)
    asked_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    due_on = models.DateField(_("答复期限"), null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(_("答复"), max_length=500, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("个人信息申请")
        verbose_name_plural = _("个人信息申请")
        indexes = [models.Index(name="data_request_queue", fields=["status", "due_on"])]
        constraints = [
            models.UniqueConstraint(
                name="data_request_is_open_once",
                fields=["user", "kind"],
                condition=Q(status__in=["draft", "submitted"]),
            ),
            models.CheckConstraint(
                name="data_request_is_decided_by_someone_with_an_answer",
                condition=~Q(status__in=["done", "declined"])
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(answer=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    @property
    def audit_label(self) -> str:
        return f"{self.get_kind_display()} · {mask_name(self.user.name)}"


holds_file(DataCopy, "key")
