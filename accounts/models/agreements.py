"""Agreements with versions, and who accepted which when (PIPL art. 14, 17)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.registrations import Registration


class AgreementQuerySet(models.QuerySet):
    def standing(self):
        """Those that were not withdrawn before their day."""
        return self.filter(withdrawn_at=None)

    def in_force(self):
        """The newest text of each kind whose day has come."""
        begun = self.standing().filter(effective_from__lte=timezone.now())
        return begun.order_by("kind", "-effective_from").distinct("kind")

    def current(self, kind):
        """The text in force now, or None."""
        begun = self.standing().filter(kind=kind, effective_from__lte=timezone.now())
        return begun.order_by("-effective_from").first()


class Agreement(models.Model):
    """One version of a text that people accept."""

    class Kind(models.TextChoices):
        TERMS = "terms", _("用户协议")
        PRIVACY = "privacy", _("隐私政策")
        ENTERPRISE = "enterprise", _("企业注册协议")
        PROJECT_USER = "project_user", _("项目用户注册协议")
        ID_PHOTO = "id_photo", _("身份证照片处理单独同意书")

    kind = models.CharField(_("类别"), max_length=20, choices=Kind)
    version = models.CharField(_("版本"), max_length=20)
    title = models.CharField(_("标题"), max_length=100)
    body = models.TextField(_("正文"))
    effective_from = models.DateTimeField(_("生效时间"), default=timezone.now)
    changes = models.TextField(_("变更摘要"), blank=True, default="", db_default="")
    is_asked = models.BooleanField(_("登录时须同意"), default=False, db_default=False)
    published_at = models.DateTimeField(_("发布时间"), null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("协议")
        verbose_name_plural = _("协议")
        constraints = [models.UniqueConstraint(name="agreement_version_is_unique", fields=["kind", "version"])]

    def __str__(self):
        return f"{self.title} {self.version}"


class Acceptance(models.Model):
    """A person, or a draft before there is a person, accepted a version."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="acceptances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="acceptances")
    registration = models.ForeignKey(Registration, models.SET_NULL, null=True, related_name="acceptances")
    accepted_at = models.DateTimeField(default=timezone.now)
    address = models.GenericIPAddressField(null=True)
    text_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="acceptance_is_kept_once_per_user", fields=["agreement", "user"], condition=Q(user__isnull=False)
            ),
            models.UniqueConstraint(
                name="acceptance_is_kept_once_per_draft",
                fields=["agreement", "registration"],
                condition=Q(registration__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.agreement} {self.accepted_at:%Y-%m-%d %H:%M}"
