"""附件: the material list, editable by operators, and what was handed in for it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.documents.models import Document
from portal.ids import Identified
from supervision.catalogue import Module, Need
from supervision.models.filing import Filing


class Material(models.Model):
    """材料: one line of the list (domain §2.6)."""

    code = models.CharField(_("代码"), max_length=6, primary_key=True)
    name = models.CharField(_("材料名称"), max_length=100)
    help_text = models.CharField(_("说明"), max_length=300, blank=True)
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


class MaterialRule(models.Model):
    """How one module asks for a material; no row means it is not asked."""

    material = models.ForeignKey(Material, models.CASCADE, related_name="rules")
    module = models.CharField(_("模块"), max_length=20, choices=Module)
    need = models.CharField(_("要求"), max_length=12, choices=Need)

    class Meta:
        verbose_name = _("材料要求")
        verbose_name_plural = _("材料要求")
        constraints = [models.UniqueConstraint(name="material_rule_is_one_per_module", fields=["material", "module"])]

    def __str__(self):
        return f"{self.material} · {self.get_module_display()} · {self.get_need_display()}"


class Attachment(Identified):
    """One document handed in for a material; replacing adds a row and keeps the old one."""

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="attachments")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")  # a copied filing shares it
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
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
