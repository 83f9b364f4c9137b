"""通知公告: what the authority says to everybody."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified
from portal.places import District


class NoticeQuerySet(models.QuerySet):
    def published(self, now: datetime | None = None):
        """Those to be read now: the pinned ones, then the newest first."""
        lasting = Q(shown_until=None) | Q(shown_until__gte=timezone.localdate())
        begun = self.filter(lasting, published_at__lte=now or timezone.now(), withdrawn_at=None)
        return begun.order_by("-is_pinned", "-published_at", "-id")

    def public(self, now: datetime | None = None):
        """Those that visitors may read."""
        return self.published(now).filter(is_public=True)

    def coming(self):
        return self.filter(published_at__gt=timezone.now(), withdrawn_at=None)

    def over(self):
        """Ended early, or after their last day."""
        return self.filter(Q(shown_until__lt=timezone.localdate()) | ~Q(withdrawn_at=None))


class Notice(Identified):
    """A notice on 首页 of those it is for; a public one on the landing page too."""

    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("所有人")
        ENTERPRISES = "enterprises", _("企业")
        PROJECT_USERS = "project_users", _("项目用户")
        STATIONS = "stations", _("监督机构")

    title = models.CharField(_("标题"), max_length=120)
    body = models.TextField(_("正文"))
    published_at = models.DateTimeField(_("发布时间"), default=timezone.now)
    shown_until = models.DateField(_("最后显示日期"), null=True, blank=True)
    audience = models.CharField(
        _("对象"), max_length=20, choices=Audience, default=Audience.EVERYONE, db_default=Audience.EVERYONE
    )
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("限定区域")
    )
    is_pinned = models.BooleanField(_("置顶"), default=False, db_default=False)
    is_public = models.BooleanField(_("公开"), default=True, db_default=True)
    withdrawn_at = models.DateTimeField(_("撤下时间"), null=True, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_sample = models.BooleanField(default=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        app_label = "portal"
        verbose_name = _("通知公告")
        verbose_name_plural = _("通知公告")

    def __str__(self):
        return self.title


class NoticeHidden(models.Model):
    """Somebody has read a notice and wants it no more on 首页; under 全部公告 it stays."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    hidden_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "portal"
        constraints = [models.UniqueConstraint(name="notice_is_hidden_once", fields=["user", "notice"])]

    def __str__(self):
        return str(self.notice_id)
