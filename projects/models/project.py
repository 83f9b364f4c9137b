"""A project is identity; what was filed about it lies on the filings (decisions 8)."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from enterprises.models import Enterprise
from portal.crypto import EncryptedTextField
from portal.ids import Identified
from portal.places import District, JurisdictionArea
from portal.search import Searchable
from portal.workflow import LockingQuerySet


class PartyType(models.TextChoices):
    """责任主体: the parties of a project (domain §1.2). Three are named by every filing."""

    OWNER = "owner", _("建设单位")
    CONTRACTOR = "contractor", _("施工单位")
    SUPERVISOR = "supervisor", _("监理单位")
    SURVEY = "survey", _("勘察单位")
    DESIGN = "design", _("设计单位")
    TESTING = "testing", _("检测单位")
    EPC = "epc", _("工程总承包单位")
    SPECIALTY_SUB = "specialty_sub", _("专业分包单位")
    LABOUR_SUB = "labour_sub", _("劳务分包单位")


class Project(Searchable, Identified):
    """One real construction project, whatever number it carries at the time."""

    project_no = models.CharField(_("项目编号"), max_length=20, null=True, blank=True, unique=True)
    temporary_no = models.CharField(_("临时编号"), max_length=20, null=True, blank=True, unique=True)
    name = models.CharField(_("项目名称"), max_length=200, blank=True)
    works_name = models.CharField(_("工程名称"), max_length=200, blank=True)
    category = models.CharField(_("项目类别"), max_length=6, blank=True)
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, related_name="+")
    jurisdiction_area = models.ForeignKey(JurisdictionArea, models.PROTECT, null=True, blank=True, related_name="+")
    address = models.CharField(_("工程地址"), max_length=200, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    coordinate_datum = models.CharField(max_length=10, default="CGCS2000")
    construction_area_m2 = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    contract_amount_wan = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    construction_status = models.CharField(max_length=3, blank=True)
    filed_at = models.DateTimeField(_("报监完毕时间"), null=True, blank=True)  # opens project-user registration
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")
    merged_at = models.DateTimeField(null=True, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")  # domain §5.7 34
    closed_at = models.DateTimeField(null=True, blank=True)  # nobody may join any more; those who work there stay
    closed_reason = models.CharField(max_length=300, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("项目")
        verbose_name_plural = _("项目")
        permissions = [("approve_project_users", _("审核项目用户"))]
        indexes = [GinIndex(fields=["search_tokens"], name="project_search")]
        constraints = [
            models.CheckConstraint(name="project_is_not_merged_into_itself", condition=~Q(merged_into=F("id"))),
            models.CheckConstraint(name="project_is_not_its_own_part", condition=~Q(parent=F("id"))),
            models.CheckConstraint(name="project_part_has_a_name", condition=Q(parent=None) | ~Q(works_name="")),
            models.CheckConstraint(
                name="project_is_closed_for_a_reason", condition=Q(closed_at=None) | ~Q(closed_reason="")
            ),
        ]

    def __str__(self):
        return self.works_name or self.name or self.number

    @property
    def number(self) -> str:
        return self.project_no or self.temporary_no or ""

    @property
    def survivor(self) -> "Project":
        """Itself, or the project that it was merged into: where an old number or address leads (domain §5.7 33)."""
        project = self
        while project.merged_into is not None:
            project = project.merged_into
        return project

    def search_parts(self):
        earlier = [one.number for one in self.merged_from.all()] if not self._state.adding else []
        return [self.name, self.works_name, self.number, *earlier], {"filed": "yes" if self.filed_at else "no"}


class ProjectParty(Identified):
    """An enterprise that answers for a project, and the person who leads for it."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="parties")
    party_type = models.CharField(_("责任主体"), max_length=16, choices=PartyType)
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, null=True, blank=True, related_name="project_parties")
    unit_name = models.CharField(_("单位名称"), max_length=200)
    uscc = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    lead_name = models.CharField(_("负责人"), max_length=100, blank=True)
    lead_id_number = EncryptedTextField(null=True, blank=True)
    lead_id_index = models.CharField(max_length=64, null=True, blank=True, db_index=True)
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="projects_led"
    )
    lead_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("责任主体")
        verbose_name_plural = _("责任主体")
        indexes = [models.Index(fields=["uscc"], name="project_party_uscc")]
        constraints = [
            models.UniqueConstraint(
                name="project_party_is_named_once",
                fields=["project", "party_type", "uscc"],
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self):
        return f"{self.get_party_type_display()} · {self.unit_name}"


class ProjectGrant(UserObjectPermissionBase):
    """What somebody handed out by exception on one project, kept by guardian (decisions 5).

    With days it is a manager's delegation: it holds on them alone, while its person works there.
    """

    content_object = models.ForeignKey(Project, models.CASCADE)
    since = models.DateField(_("委托开始日期"), null=True)
    until = models.DateField(_("委托截止日期"), null=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta(UserObjectPermissionBase.Meta):
        constraints = [
            models.CheckConstraint(
                name="project_grant_of_days_has_both_and_a_giver",
                condition=Q(since=None, until=None)
                | Q(since__isnull=False, until__gte=F("since"), given_by__isnull=False),
            )
        ]
