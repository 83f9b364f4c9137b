"""People of an enterprise."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprise import Enterprise
from portal.ids import Identified
from portal.workflow import LockingQuerySet, Workflow


class Position(models.Model):
    """职务: the dictionary of posts on a site (domain §3.7)."""

    code = models.CharField(_("代码"), max_length=4, primary_key=True)
    name = models.CharField(_("职务"), max_length=40)
    order = models.PositiveSmallIntegerField(_("排序"), default=0)
    leads = models.BooleanField(
        _("项目负责人类岗位"), default=False
    )  # confirmed by an administrator, not by a peer (S5)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("职务")
        verbose_name_plural = _("职务")
        ordering = ["order", "code"]

    def __str__(self):
        return self.name


class Member(Workflow, Identified):
    """A personal account belongs to an enterprise: 企业用户."""

    class Status(models.TextChoices):
        INVITED = "invited", _("待本人确认")
        ACTIVE = "active", _("在职")
        DISABLED = "disabled", _("已停用")
        LEFT = "left", _("已离职")
        DECLINED = "declined", _("本人未同意")

    MOVES = {
        "accept": ({Status.INVITED}, Status.ACTIVE),
        "decline": ({Status.INVITED}, Status.DECLINED),
        "disable": ({Status.ACTIVE, Status.INVITED}, Status.DISABLED),
        "enable": ({Status.DISABLED}, Status.ACTIVE),
        "leave": ({Status.ACTIVE, Status.DISABLED, Status.INVITED}, Status.LEFT),
    }

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    position = models.ForeignKey(Position, models.PROTECT, verbose_name=_("职务"), related_name="+")
    department = models.CharField(_("部门"), max_length=100, blank=True)
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.ACTIVE)
    created_account = models.BooleanField(default=False)  # the account was made here, so its password may be reset here
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("企业用户")
        verbose_name_plural = _("企业用户")
        constraints = [
            models.UniqueConstraint(
                name="member_belongs_once_to_an_enterprise",
                fields=["enterprise", "user"],
                condition=~Q(status__in=["left", "declined"]),
                violation_error_message=_("此人已是本企业用户。"),
            ),
        ]

    def __str__(self):
        return f"{self.user} · {self.enterprise}"
