"""手机号更换 without the old number, and what else operators settle about who an account belongs to (product §4)."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto import EncryptedJSONField, EncryptedTextField
from portal.ids import Identified
from portal.workflow import LockingQuerySet, Workflow

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is mistaken when read out


def new_number() -> str:
    """ZH261122-7KQ2M9PD: the day, and enough chance that nobody finds another's by trying."""
    chance = "".join(secrets.choice(LETTERS) for _place in range(8))
    return f"ZH{timezone.localdate():%y%m%d}-{chance}"


class RecoveryTicket(Workflow, Identified):
    """One operator checks and proposes, another confirms, and it takes effect after a time in which it can be stopped.

    `account` is None where what was typed fits no account: the applicant is not told, the operators are.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", _("手机号更换（旧号码无法使用）")
        AGENT = "agent", _("经办人变更")
        RECYCLED = "recycled", _("手机号解绑（号码已换人使用）")

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("待核验")
        PROPOSED = "proposed", _("待复核")
        WAITING = "waiting", _("等待生效")
        DONE = "done", _("已完成")
        REFUSED = "refused", _("未通过")
        STOPPED = "stopped", _("已撤销")

    OPEN = (Status.SUBMITTED, Status.PROPOSED, Status.WAITING)
    MOVES = {
        "propose": ({Status.SUBMITTED}, Status.PROPOSED),
        "send_back": ({Status.PROPOSED}, Status.SUBMITTED),
        "confirm": ({Status.PROPOSED}, Status.WAITING),
        "refuse": ({Status.SUBMITTED, Status.PROPOSED}, Status.REFUSED),
        "stop": (set(OPEN), Status.STOPPED),
        "finish": ({Status.WAITING}, Status.DONE),
        "fail": ({Status.WAITING}, Status.REFUSED),
    }

    number = models.CharField(_("申请编号"), max_length=20, unique=True, default=new_number)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind)
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.SUBMITTED)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="recovery_tickets")
    claim = EncryptedJSONField(default=dict)  # what the applicant typed
    new_phone = EncryptedTextField(_("新手机号"))
    submitted_at = models.DateTimeField(_("提交时间"), default=timezone.now)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    finding = models.CharField(_("核验说明"), max_length=300, blank=True)  # the proposer's, for the second person
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    effective_at = models.DateTimeField(_("生效时间"), null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("原因"), max_length=300, blank=True)  # told to the applicant

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("找回与变更申请")
        ordering = ["submitted_at", "id"]
        indexes = [
            models.Index(fields=["status", "submitted_at"], name="ticket_by_status"),
            models.Index(fields=["effective_at"], name="ticket_to_finish", condition=Q(status="waiting")),
        ]
        constraints = [
            models.CheckConstraint(
                name="ticket_is_confirmed_by_a_second_person",
                condition=Q(confirmed_by=None) | Q(proposed_by__isnull=False) & ~Q(confirmed_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="ticket_takes_effect_at_a_time",
                condition=~Q(status__in=["waiting", "done"])
                | Q(effective_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="ticket_is_pursued_once_per_account",
                fields=["account"],
                condition=Q(status__in=["proposed", "waiting"]),
            ),
        ]

    def __str__(self):
        return self.number
