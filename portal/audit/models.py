"""The audit trail. Its rows are added and read; the database refuses to change them."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class TransactionId(models.Func):
    """The number of the transaction that writes the row, which tells what may still be on its way."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class AuditEntry(models.Model):
    """One act: who did what to which thing, when and from where."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("时间"), db_default=Now(), editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(_("操作人"), max_length=100)  # masked; 访客 or 系统 without an actor
    event = models.CharField(_("事件"), max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    subject_label = models.CharField(_("对象"), max_length=200)
    enterprise_id = models.UUIDField(null=True)
    address = models.GenericIPAddressField(_("地址"), null=True)
    request_id = models.CharField(_("请求编号"), max_length=32, blank=True)
    details = models.JSONField(_("详情"), default=dict, encoder=DjangoJSONEncoder)
    txid = models.BigIntegerField(db_default=TransactionId(), editable=False)

    class Meta:
        app_label = "portal"
        verbose_name = _("审计记录")
        verbose_name_plural = _("审计记录")
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="audit_of_subject"),
            models.Index(fields=["enterprise_id", "-at"], name="audit_of_enterprise"),
            models.Index(fields=["actor", "-at"], name="audit_of_actor"),
            models.Index(fields=["-at"], name="audit_by_time"),
            models.Index(fields=["txid", "id"], name="audit_by_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject_label}"


class AuditSeal(models.Model):
    """An entry's place in the chain: its hash covers the entry and the seal before it."""

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … without gaps
    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="seal")
    previous = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64)
    horizon = models.BigIntegerField()  # entries of transactions before this one are all sealed
    sealed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        app_label = "portal"

    def __str__(self) -> str:
        return f"{self.number} {self.hash[:12]}"


class AuditCheck(models.Model):
    """The chain was recomputed once: how far it is sound, and the first fault if there is one."""

    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # None: nightly
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seals = models.BigIntegerField(default=0)
    unsealed = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True)
    fault = models.CharField(max_length=200, blank=True)

    class Meta:
        app_label = "portal"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), name="audit_check_is_one_at_a_time", condition=models.Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"
