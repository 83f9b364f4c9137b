"""合并重复项目: the operator proposes, stations that gave different permits their approval agree (domain §5.7 33)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Station, StationPost, Target
from portal.ids import Identified
from portal.workflow import LockingQuerySet, Workflow
from projects.models import Project


class MergeQuerySet(LockingQuerySet):
    def visible_to(self, user):
        """Operators see all; a station what it is asked about."""
        if user.is_operator:
            return self.all()
        posts = StationPost.objects.held().filter(user=user, is_chief=True)
        held = models.Exists(posts.filter(station=models.OuterRef("station"), role=models.OuterRef("role")))
        return self.filter(pk__in=MergeConsent.objects.filter(held).values("merge"))


class ProjectMerge(Workflow, Identified):
    """One project that turned out to be another; `survivor` is the one that goes on."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("待监督站同意")
        DONE = "done", _("已合并")
        DECLINED = "declined", _("监督站不同意")
        CANCELLED = "cancelled", _("已取消")

    MOVES = {
        "complete": ({Status.WAITING}, Status.DONE),
        "decline": ({Status.WAITING}, Status.DECLINED),
        "cancel": ({Status.WAITING}, Status.CANCELLED),
    }

    survivor = models.ForeignKey(Project, models.PROTECT, related_name="merges")
    duplicate = models.ForeignKey(Project, models.PROTECT, related_name="+")
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.WAITING)
    reason = models.CharField(_("合并理由"), max_length=500)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    moved = models.JSONField(default=dict)  # how many rows of each sort went over

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("项目合并")
        verbose_name_plural = _("项目合并")
        constraints = [
            models.UniqueConstraint(
                name="project_is_merged_away_once", fields=["duplicate"], condition=Q(status__in=["waiting", "done"])
            ),
            models.CheckConstraint(name="merge_is_of_two_projects", condition=~Q(survivor=models.F("duplicate"))),
        ]

    def __str__(self):
        return f"{self.duplicate} → {self.survivor}"

    def get_absolute_url(self):
        return reverse("console:merge", args=[self.pk])


class MergeConsent(Identified):
    """One station and role that must agree, because it approved one of the two."""

    merge = models.ForeignKey(ProjectMerge, models.PROTECT, related_name="consents")
    station = models.ForeignKey(Station, models.PROTECT, related_name="+")
    role = models.CharField(_("报监对象"), max_length=10, choices=Target)
    agreed = models.BooleanField(null=True)
    opinion = models.CharField(_("意见"), max_length=500, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("合并意见")
        verbose_name_plural = _("合并意见")
        ordering = ["role", "station__name"]
        constraints = [
            models.UniqueConstraint(name="merge_is_agreed_once", fields=["merge", "station", "role"]),
            models.CheckConstraint(
                name="merge_is_agreed_by_someone_at_some_time",
                condition=Q(agreed=None, decided_by=None, decided_at=None)
                | Q(agreed__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.station} · {self.get_role_display()}"
