"""审核要点 and 常用语: what an officer goes through, and what he says again and again."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Target
from portal.ids import Identified
from supervision.catalogue import Module, Section
from supervision.models.attachments import Material
from supervision.models.filing import FilingVersion
from supervision.models.review import DeficiencyItem, ReturnReason, Review

User = settings.AUTH_USER_MODEL


class CheckPointQuerySet(models.QuerySet):
    def for_review(self, review: Review):
        """What this role looks at in a filing of this module."""
        role, module = Q(role__in=["", review.role]), Q(module__in=["", review.filing.module])
        return self.filter(role, module, is_active=True)


class CheckPoint(models.Model):
    """审核要点: one thing to look at, at a section or a material; operators edit the rows."""

    code = models.CharField(_("代码"), max_length=6, primary_key=True)
    section = models.CharField(_("所属部分"), max_length=20, choices=Section)
    material = models.ForeignKey(
        Material, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("材料")
    )
    role = models.CharField(_("审核职责"), max_length=10, choices=Target, blank=True, help_text=_("不选则两站都核对。"))
    module = models.CharField(_("模块"), max_length=20, choices=Module, blank=True, help_text=_("不选则各模块都核对。"))
    text = models.CharField(_("核对内容"), max_length=200)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    reason = models.ForeignKey(
        ReturnReason, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("对应的退回原因")
    )
    order = models.PositiveSmallIntegerField(_("排序"), default=0)
    is_active = models.BooleanField(_("启用"), default=True)

    objects = CheckPointQuerySet.as_manager()

    class Meta:
        verbose_name = _("审核要点")
        verbose_name_plural = _("审核要点")
        ordering = ["order", "code"]
        constraints = [
            models.CheckConstraint(
                name="check_point_of_a_material_is_in_its_section",
                condition=Q(material=None) | Q(section="attachments"),
                violation_error_message=_("选择了材料的，所属部分应为“附件”。"),
            ),
        ]

    def __str__(self):
        return self.text


class CheckMark(Identified):
    """What an officer found at one point, about which version; `text` is the point as it read then."""

    class Outcome(models.TextChoices):
        GOOD = "good", _("符合")
        BAD = "bad", _("不符合")
        NONE = "none", _("不适用")

    review = models.ForeignKey(Review, models.CASCADE, related_name="marks")
    point = models.ForeignKey(CheckPoint, models.PROTECT, related_name="+")
    version = models.ForeignKey(FilingVersion, models.PROTECT, related_name="+")
    outcome = models.CharField(_("核对结果"), max_length=6, choices=Outcome)
    note = models.CharField(_("备注"), max_length=200, blank=True)
    text = models.CharField(max_length=200)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("核对记录")
        verbose_name_plural = _("核对记录")
        constraints = [
            models.UniqueConstraint(name="check_point_is_marked_once_a_version", fields=["review", "point", "version"]),
        ]

    def __str__(self):
        return f"{self.text} {self.get_outcome_display()}"


class Phrase(Identified):
    """常用语: an officer's own sentence, offered beside the library of reasons; nobody else reads it."""

    officer = models.ForeignKey(User, models.PROTECT, related_name="phrases")
    text = models.CharField(_("内容"), max_length=DeficiencyItem._meta.get_field("text").max_length)
    basis = models.CharField(_("依据"), max_length=DeficiencyItem._meta.get_field("basis").max_length, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("常用语")
        verbose_name_plural = _("常用语")
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(name="phrase_is_kept_once", fields=["officer", "text"]),
            models.CheckConstraint(name="phrase_says_something", condition=~Q(text="")),
        ]

    def __str__(self):
        return self.text
