"""附件: the material list, editable by operators, and what was handed in for it."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.documents.kinds import DocumentKind
from portal.documents.models import Document
from portal.ids import Identified
from portal.workflow import LockingQuerySet
from supervision.catalogue import MATERIAL_KINDS, Accepts, Module, Need
from supervision.models.filing import Filing, FilingVersion


class Material(models.Model):
    """材料: one line of the list (domain §2.6)."""

    code = models.CharField(_("代码"), max_length=6, primary_key=True)
    name = models.CharField(_("材料名称"), max_length=100)
    help_text = models.CharField(_("说明"), max_length=300, blank=True)
    accepts = models.CharField(_("允许的文件"), max_length=20, choices=Accepts, default=Accepts.SCANS, blank=True)
    read_by_safety = models.BooleanField(_("安监查看"), default=True)
    read_by_quality = models.BooleanField(_("质监查看"), default=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=0)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("材料")
        verbose_name_plural = _("材料")
        ordering = ["order", "code"]

    def __str__(self):
        return self.name

    @property
    def kind(self) -> DocumentKind:
        """The rules for its files."""
        return MATERIAL_KINDS[self.accepts or Accepts.SCANS]


class MaterialRuleQuerySet(models.QuerySet):
    def in_force(self, day: Any) -> "MaterialRuleQuerySet":
        """The rules that hold on a day (a date, or an expression), with their materials, in the list's order.

        Of two that hold for a material the one that began later counts.
        """
        begun = Q(valid_from=None) | Q(valid_from__lte=day)
        lasting = Q(valid_to=None) | Q(valid_to__gte=day)
        found = self.filter(begun, lasting, material__is_active=True).select_related("material")
        latest_first = F("valid_from").desc(nulls_last=True)
        return found.order_by("material__order", "material_id", latest_first).distinct("material__order", "material_id")

    def for_filing(self, filing: Filing) -> "MaterialRuleQuerySet":
        """What its module asks on the day it was first handed in; later changes of the list do not reach back."""
        return self.in_force_for(filing.module, filing.pk if filing.round else None)

    def in_force_for(self, module: str, handed_in: UUID | None) -> "MaterialRuleQuerySet":
        """What a module asks on the day on which a filing was first handed in; today where there is none."""
        first = FilingVersion.objects.filter(filing=handed_in, number=1).values(day=TruncDate("submitted_at"))
        day = Coalesce(Subquery(first), timezone.localdate()) if handed_in else timezone.localdate()
        return self.filter(module=module).in_force(day)


class MaterialRule(models.Model):
    """How one module asks for a material from a day to a day; no row means it is not asked."""

    material = models.ForeignKey(Material, models.CASCADE, related_name="rules")
    module = models.CharField(_("模块"), max_length=20, choices=Module)
    need = models.CharField(_("要求"), max_length=12, choices=Need)
    valid_from = models.DateField(_("施行日期"), null=True, blank=True)
    valid_to = models.DateField(_("截止日期"), null=True, blank=True)

    objects = MaterialRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("材料要求")
        verbose_name_plural = _("材料要求")
        constraints = [
            models.UniqueConstraint(
                name="material_rule_begins_once_per_module",
                fields=["material", "module", "valid_from"],
                nulls_distinct=False,
                violation_error_message=_("同一模块已有从这一天起的要求。"),
            ),
            models.CheckConstraint(
                name="material_rule_ends_after_it_begins",
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("截止日期不能早于施行日期。"),
            ),
        ]

    def __str__(self):
        return f"{self.material} · {self.get_module_display()} · {self.get_need_display()}"


class MaterialFileQuerySet(LockingQuerySet):
    def in_force(self) -> QuerySet:
        """What may be downloaded today; of several versions the highest number counts."""
        begun = self.filter(withdrawn_at=None, valid_from__lte=timezone.localdate())
        return begun.filter(document__state=Document.State.READY).select_related("document").order_by("number")


class MaterialFile(Identified):
    """A blank form or an example that an operator published for a material; a new one is a new version."""

    class Purpose(models.TextChoices):
        TEMPLATE = "template", _("模板")
        EXAMPLE = "example", _("样例")

    material = models.ForeignKey(Material, models.PROTECT, related_name="files", verbose_name=_("材料"))
    purpose = models.CharField(_("用途"), max_length=10, choices=Purpose)
    number = models.PositiveSmallIntegerField(_("版本"))
    document = models.OneToOneField(Document, models.PROTECT, related_name="+", verbose_name=_("文件"))
    note = models.CharField(_("版本说明"), max_length=200, blank=True)
    valid_from = models.DateField(_("启用日期"), default=timezone.localdate)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("上传人"))
    added_at = models.DateTimeField(_("上传时间"), default=timezone.now)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("停用时间"), null=True)

    objects = MaterialFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("材料模板与样例")
        verbose_name_plural = _("材料模板与样例")
        ordering = ["material__order", "material_id", "purpose", "-number"]
        constraints = [
            models.UniqueConstraint(name="material_file_is_numbered_once", fields=["material", "purpose", "number"]),
            models.CheckConstraint(
                name="material_file_is_withdrawn_by_someone_at_some_time",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        ]

    def __str__(self):
        facts = {"material": self.material, "purpose": self.get_purpose_display(), "number": self.number}
        return _("%(material)s · %(purpose)s 第 %(number)d 版") % facts


class Attachment(Identified):
    """One document handed in for a material; replacing adds a row and keeps the old one."""

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="attachments")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")  # a copied filing shares it
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    order = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="attachment_is_removed_by_someone_at_some_time",
                condition=Q(removed_at=None, removed_by=None) | Q(removed_at__isnull=False, removed_by__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.material_id} {self.document_id}"


class AddendumQuerySet(LockingQuerySet):
    def handed_in(self) -> "AddendumQuerySet":
        return self.exclude(handed_in_at=None)


class Addendum(Identified):
    """补充材料: files added for a material after approval, with the reason; no version changes (domain §5.7, 45).

    A draft until it is handed in. Its documents are held by it; handed in, each becomes an attachment as well.
    """

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="addenda")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+", verbose_name=_("材料"))
    replaces = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("替换的文件")
    )
    reason = models.CharField(_("补充原因"), max_length=300)
    number = models.PositiveSmallIntegerField(_("次序"), null=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    handed_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    handed_in_at = models.DateTimeField(null=True)

    objects = AddendumQuerySet.as_manager()

    class Meta:
        verbose_name = _("补充材料")
        verbose_name_plural = _("补充材料")
        ordering = ["number", "opened_at", "id"]
        constraints = [
            models.UniqueConstraint(name="addendum_is_numbered_once", fields=["filing", "number"]),
            models.CheckConstraint(name="addendum_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="addendum_is_handed_in_by_someone_at_some_time",
                condition=Q(number=None, handed_in_by=None, handed_in_at=None)
                | Q(number__isnull=False, handed_in_by__isnull=False, handed_in_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.filing} · {self.material}"
