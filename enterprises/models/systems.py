"""Business systems, and which enterprise and person may enter them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprise import Enterprise
from enterprises.models.members import Member


class BusinessSystem(models.Model):
    """One of the systems behind the portal. 安全监督 and 安全监管 are one, with two labels (decisions 24)."""

    code = models.SlugField(_("代码"), max_length=40, primary_key=True)
    name = models.CharField(_("系统名称"), max_length=40)  # in 系统授权 and 应用中心
    home_name = models.CharField(_("首页名称"), max_length=40)  # in 应用集成 on 首页
    purpose = models.CharField(_("用途"), max_length=200)
    icon = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField(_("排序"), default=0)
    is_open = models.BooleanField(_("已建成"), default=False)  # otherwise its page says what it will do
    url_name = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("业务系统")
        verbose_name_plural = _("业务系统")
        ordering = ["order"]

    def __str__(self):
        return self.name


class SystemGrant(models.Model):
    """系统授权: an enterprise may use a system, from one moment to another; history is kept (decisions 5)."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="grants")
    system = models.ForeignKey(BusinessSystem, models.PROTECT, related_name="grants")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(_("授权时间"), default=timezone.now)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("系统授权")
        verbose_name_plural = _("系统授权")
        constraints = [
            models.UniqueConstraint(
                name="system_grant_is_in_force_once", fields=["enterprise", "system"], condition=Q(revoked_at=None)
            ),
            models.CheckConstraint(
                name="system_grant_is_revoked_by_someone_at_some_time",
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} · {self.system}"


class MemberExclusion(models.Model):
    """A system that the administrator switched off for one person, although the enterprise has it."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="exclusions")
    system = models.ForeignKey(BusinessSystem, models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(name="member_exclusion_is_kept_once", fields=["member", "system"])]

    def __str__(self):
        return f"{self.member} · {self.system}"
