"""通知公告: what the authority says to everybody."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified


class NoticeQuerySet(models.QuerySet):
    def published(self):
        """Those to be read now, newest first."""
        return self.filter(published_at__lte=timezone.now(), withdrawn_at=None).order_by("-published_at", "-id")


class Notice(Identified):
    """A notice on the landing page and 首页."""

    title = models.CharField(_("标题"), max_length=120)
    body = models.TextField(_("正文"))
    published_at = models.DateTimeField(_("发布时间"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("撤下时间"), null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        app_label = "portal"
        verbose_name = _("通知公告")
        verbose_name_plural = _("通知公告")

    def __str__(self):
        return self.title
