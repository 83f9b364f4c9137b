"""What the permit feed and the award feed brought, as they brought it (domain §5.5)."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified
from portal.places import District
from portal.search import Searchable
from portal.workflow import LockingQuerySet
from projects.models.project import Project


class SourceRecord(Searchable, Identified):
    """Facts about a project from outside; a person's edits lie on the filing and are never overwritten."""

    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="+")
    project_no = models.CharField(_("项目编号"), max_length=20, blank=True)
    project_name = models.CharField(_("项目名称"), max_length=200)
    works_name = models.CharField(_("工程名称"), max_length=200)
    category = models.CharField(_("项目类别"), max_length=6, blank=True)
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, related_name="+")
    address = models.CharField(_("工程地址"), max_length=200, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    construction_area_m2 = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    contract_amount_wan = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    planned_start_date = models.DateField(null=True, blank=True)
    planned_completion_date = models.DateField(null=True, blank=True)
    construction_scale = models.CharField(max_length=500, blank=True)
    parties = models.JSONField(default=list)  # [{"party_type", "unit_name", "uscc", "head_name"}]
    uscc_codes = ArrayField(models.CharField(max_length=18), default=list)  # the enterprises it names: who may see it
    source_version = models.CharField(max_length=60, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    is_sample = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def __str__(self):
        return self.works_name


class ConstructionPermit(SourceRecord):
    """施工许可证: opens 联合报监 for the enterprises it names (decisions 11)."""

    class Status(models.TextChoices):
        VALID = "valid", _("有效")
        CHANGED = "changed", _("已变更")
        LAPSED = "lapsed", _("已失效")
        REVOKED = "revoked", _("已撤销")

    permit_no = models.CharField(_("施工许可证编号"), max_length=50, unique=True)  # normalised
    permit_no_shown = models.CharField(max_length=60)
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.VALID)
    issued_on = models.DateField(_("发证日期"), null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("施工许可证")
        verbose_name_plural = _("施工许可证")
        indexes = [
            GinIndex(fields=["search_tokens"], name="permit_search"),
            GinIndex(fields=["uscc_codes"], name="permit_uscc"),
        ]

    def search_parts(self):
        return [self.works_name, self.project_name, self.project_no, self.permit_no], {"status": self.status}


class AwardRecord(SourceRecord):
    """中标结果: a project whose bidding is finished, to be chosen in 先行介入 新建 (guide §四.5)."""

    award_no = models.CharField(_("中标通知书编号"), max_length=50, unique=True)
    awarded_on = models.DateField(_("中标日期"), null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("中标项目")
        verbose_name_plural = _("中标项目")
        indexes = [
            GinIndex(fields=["search_tokens"], name="award_search"),
            GinIndex(fields=["uscc_codes"], name="award_uscc"),
        ]

    def search_parts(self):
        return [self.works_name, self.project_name, self.project_no, self.award_no], {}
