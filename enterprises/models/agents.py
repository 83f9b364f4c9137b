"""Who administers an enterprise: the agent behind its own account, and the people it appointed beside them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprise import Enterprise
from enterprises.models.members import Member
from portal.crypto import EncryptedTextField
from portal.ids import Identified
from portal.workflow import LockingQuerySet, Workflow


class Appointment(models.Model):
    """企业管理员: a member who manages the enterprise with the personal account, from one moment to another."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="appointments")
    appointed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    appointed_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="appointment_is_in_force_once", fields=["member"], condition=Q(ended_at=None)),
        ]

    def __str__(self):
        return f"{self.member} {self.appointed_at:%Y-%m-%d}"


class AgentChange(Workflow, Identified):
    """经办人变更: somebody is asked to act for the enterprise, and agrees or not; what came of it is kept.

    A change by a recovery ticket (经办人已离职) is written down here when it has taken effect.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("待本人确认")
        DONE = "done", _("已变更")
        DECLINED = "declined", _("本人未同意")
        WITHDRAWN = "withdrawn", _("已撤回")
        LAPSED = "lapsed", _("已过期")

    MOVES = {
        "accept": ({Status.WAITING}, Status.DONE),
        "decline": ({Status.WAITING}, Status.DECLINED),
        "withdraw": ({Status.WAITING}, Status.WITHDRAWN),
        "lapse": ({Status.WAITING}, Status.LAPSED),
    }

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="agent_changes")
    former_name = models.CharField(_("原经办人"), max_length=100)
    name = models.CharField(_("新经办人"), max_length=100)
    phone = EncryptedTextField(_("手机号"), null=True)  # emptied once nobody is asked any more
    phone_index = models.CharField(max_length=64, null=True, editable=False)
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.WAITING)
    ticket_no = models.CharField(max_length=20, blank=True)  # of the recovery ticket that did it
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("经办人变更")
        verbose_name_plural = _("经办人变更")
        constraints = [
            models.UniqueConstraint(
                name="agent_change_waits_once", fields=["enterprise"], condition=Q(status="waiting")
            ),
            models.CheckConstraint(
                name="agent_change_is_decided_at_some_time",
                condition=Q(status="waiting", decided_at=None) | ~Q(status="waiting") & Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.proposed_at:%Y-%m-%d}"
