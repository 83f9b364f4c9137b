"""Supervision bodies, the roles they hold in their areas, and the officers' posts."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified
from portal.places import JurisdictionArea


class Target(models.TextChoices):
    """报监对象: what is reviewed. A station may hold one or both roles (guide §四, decisions 7)."""

    SAFETY = "safety", _("安监")
    QUALITY = "quality", _("质监")


class Station(Identified):
    """A supervision body, such as 江岸区建筑管理站."""

    name = models.CharField(_("监督机构"), max_length=100, unique=True)
    phone = models.CharField(_("联系电话"), max_length=40, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    separate_reviewers = models.BooleanField(
        _("安监、质监须由不同人员审核"),
        default=True,
        help_text=_("取消勾选后，同一人可以审核同一报监的安监和质监，系统会在日志中注明。"),
    )
    confirm_approvals = models.BooleanField(
        _("通过须站长确认"),
        default=False,
        help_text=_("勾选后，审核员选择“通过”时先提交站长，由另一位站长确认后才生效；不予通过总是须站长确认。"),
    )
    is_sample = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("监督机构")
        verbose_name_plural = _("监督机构")

    def __str__(self):
        return self.name


class StationRoleQuerySet(models.QuerySet):
    def on(self, day):
        """The roles in force on a day."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)


class StationRole(models.Model):
    """One body reviews safety or quality in one area from one day to another."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="roles")
    role = models.CharField(_("职责"), max_length=10, choices=Target)
    area = models.ForeignKey(JurisdictionArea, models.PROTECT, related_name="station_roles", verbose_name=_("管辖区域"))
    valid_from = models.DateField(_("生效日期"), default=timezone.localdate)
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)

    objects = StationRoleQuerySet.as_manager()

    class Meta:
        verbose_name = _("管辖职责")
        verbose_name_plural = _("管辖职责")
        constraints = [
            models.UniqueConstraint(
                name="station_role_is_held_once_per_area",
                fields=["role", "area"],
                condition=Q(valid_to=None),
                violation_error_message=_("该区域的这项职责已由另一监督机构承担，请先填写其失效日期。"),
            ),
            models.CheckConstraint(
                name="station_role_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
        ]

    def __str__(self):
        return f"{self.station} · {self.get_role_display()} · {self.area}"


class StationPostQuerySet(models.QuerySet):
    def held(self):
        """Those that give rights at this moment, by the clock of the database: a query kept for the day stays true."""
        lasting = Q(ended_at=None) | Q(ended_at__gt=Now())
        return self.filter(lasting, since__lte=timezone.localdate())

    def over(self):
        return self.filter(ended_at__lte=Now())


class StationPost(models.Model):
    """An officer's post: reviews one role for one station, or leads it as its chief."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="station_posts")
    station = models.ForeignKey(Station, models.PROTECT, related_name="posts")
    role = models.CharField(_("职责"), max_length=10, choices=Target)
    is_chief = models.BooleanField(_("站长"), default=False)
    since = models.DateField(_("任职日期"), default=timezone.localdate)
    ended_at = models.DateTimeField(_("离任时间"), null=True, blank=True)  # may lie ahead: the first moment without it
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = StationPostQuerySet.as_manager()

    class Meta:
        verbose_name = _("岗位")
        verbose_name_plural = _("岗位")
        constraints = [
            models.UniqueConstraint(
                name="station_post_is_held_once",
                fields=["user", "station", "role"],
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self):
        return f"{self.user} · {self.station} · {self.get_role_display()}"

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None and self.ended_at <= timezone.now()

    @property
    def last_day(self) -> date | None:
        """The last day on which it gives rights; None while no end is set."""
        return timezone.localdate(self.ended_at - timedelta(microseconds=1)) if self.ended_at else None


class DelegationQuerySet(models.QuerySet):
    def on(self, day):
        """Those in force on a day."""
        return self.filter(ended_at=None, first_day__lte=day, last_day__gte=day)


class Delegation(Identified):
    """代办: while an officer is on leave, a colleague of the same station and role acts for him."""

    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="delegations")
    delegate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="delegated_to_me")
    first_day = models.DateField(_("开始日期"))
    last_day = models.DateField(_("结束日期"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("代办")
        verbose_name_plural = _("代办")
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(name="delegation_ends_after_it_begins", condition=Q(last_day__gte=F("first_day"))),
            models.CheckConstraint(name="delegation_is_to_somebody_else", condition=~Q(officer=F("delegate"))),
        ]

    def __str__(self):
        return f"{self.officer} → {self.delegate}"
