"""A filing: a project handed in under one module, for one or two stations."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import StationPost, Target
from enterprises.models import Enterprise
from enterprises.permissions import enterprises_granted
from portal.audit import masked
from portal.crypto import EncryptedJSONField
from portal.ids import Identified
from portal.links import link_to
from portal.places import District, JurisdictionArea
from portal.search import Searchable
from portal.together import Together
from portal.workflow import LockingQuerySet, Workflow
from portal.written import IsAnyOf, any_of
from projects.models import AwardRecord, ConstructionPermit, Project
from projects.permissions import memberships_granted
from supervision.catalogue import (
    SPECS,
    SYSTEM,
    ConstructionStatus,
    Datum,
    Module,
    ProjectCategory,
    Spec,
)


def is_any_of(field: str, values) -> IsAnyOf:
    """`field = ANY (ARRAY(SELECT …))`: unlike IN (SELECT …), an index serves it where it stands beside an OR."""
    return IsAnyOf(F(field), ArraySubquery(values))


class FilingQuerySet(LockingQuerySet):
    def visible_to(self, user):
        """The filings this account may know of; every list, counter, search, export and page begins here."""
        if user.is_personal:
            return self.of_applicant(user)
        if user.kind == user.Kind.STAFF:
            return self.held_by_stations_of(user)
        return self.none()

    def of_applicant(self, user, codes=None):
        """Of the person's own enterprises and projects, where that enterprise has 项目报监 (decisions 5, 8, 11).

        `codes`: the credit codes of these enterprises, by a caller that has just read them.
        """
        codes = enterprises_granted(user, SYSTEM).values_list("uscc") if codes is None else sorted(codes)
        projects = memberships_granted(user, SYSTEM).values("project")
        of_project = Q(is_any_of("project", projects)) & Q(status__in=Filing.KNOWN_TO_PROJECT)
        return self.filter(Q(uscc_codes__overlap=codes) | of_project)

    def within(self, codes, projects):
        """The same, of a person whose credit codes and projects are in hand (supervision.permissions.reach_of)."""
        named = Q(uscc_codes__overlap=Value(codes, ArrayField(models.CharField(max_length=18))))
        if not projects:
            return self.filter(named)
        return self.filter(named | any_of("project", projects) & Q(status__in=Filing.KNOWN_TO_PROJECT))

    def held_by_stations_of(self, user):
        """What a station's reviews hold, so that a later change of jurisdiction strands nothing (decisions 9)."""
        held = StationPost.objects.held().filter(user=user, station__reviews__role=F("role"))
        return self.exclude(status__in=[Filing.Status.PULLED, Filing.Status.DRAFT]).filter(
            pk__in=held.values("station__reviews__filing")
        )

    def live(self):
        return self.filter(status__in=Filing.LIVE)


class Filing(Workflow, Searchable, Identified):
    """报监: all fields of the guide; what a station decided lies on its reviews.

    `status` is written by three doors only: submit_filing, withdraw_filing and settle.
    """

    class Status(models.TextChoices):
        PULLED = "pulled", _("待完善")
        DRAFT = "draft", _("草稿")
        SUBMITTED = "submitted", _("已报监")
        UNDER_REVIEW = "under_review", _("审核中")
        RETURNED = "returned", _("退回补正")
        APPROVED = "approved", _("审核通过")
        FILED = "filed", _("报监完毕")
        REJECTED = "rejected", _("不予通过")
        WITHDRAWN = "withdrawn", _("已撤回")
        SUPERSEDED = "superseded", _("已转联合报监")
        VOIDED = "voided", _("作废")

    MOVES = {
        "complete": ({Status.PULLED}, Status.DRAFT),
        "submit": ({Status.PULLED, Status.DRAFT, Status.RETURNED}, Status.SUBMITTED),
        "wait": ({Status.UNDER_REVIEW}, Status.SUBMITTED),  # an officer gave it back, nobody has it now
        "review": ({Status.SUBMITTED, Status.RETURNED, Status.APPROVED}, Status.UNDER_REVIEW),
        "return": ({Status.SUBMITTED, Status.UNDER_REVIEW}, Status.RETURNED),
        "approve": ({Status.SUBMITTED, Status.UNDER_REVIEW}, Status.APPROVED),
        "file": ({Status.SUBMITTED, Status.UNDER_REVIEW, Status.APPROVED}, Status.FILED),
        "reject": ({Status.SUBMITTED, Status.UNDER_REVIEW, Status.RETURNED}, Status.REJECTED),
        "withdraw": ({Status.SUBMITTED, Status.UNDER_REVIEW, Status.RETURNED}, Status.WITHDRAWN),
        "supersede": ({Status.RETURNED, Status.APPROVED, Status.FILED}, Status.SUPERSEDED),
        "void": ({Status.APPROVED, Status.FILED}, Status.VOIDED),
    }
    OPEN = (Status.PULLED, Status.DRAFT, Status.RETURNED)  # the applicant may edit
    LIVE = (Status.SUBMITTED, Status.UNDER_REVIEW, Status.RETURNED, Status.APPROVED, Status.FILED)
    KNOWN_TO_PROJECT = (*LIVE, Status.SUPERSEDED)

    project = models.ForeignKey(Project, models.PROTECT, related_name="filings")
    module = models.CharField(_("模块"), max_length=20, choices=Module)
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, null=True, related_name="filings")
    permit = models.ForeignKey(ConstructionPermit, models.PROTECT, null=True, related_name="filings")
    award = models.ForeignKey(AwardRecord, models.PROTECT, null=True, related_name="filings")
    converts = models.ForeignKey("self", models.PROTECT, null=True, related_name="conversions")
    prior = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+"
    )  # 存在 that waits, or came to nothing
    copied_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="copies")  # rejected or withdrawn
    number = models.CharField(_("报监编号"), max_length=30, null=True, unique=True)
    status = models.CharField(_("状态"), max_length=12, choices=Status, default=Status.DRAFT)
    live_key = models.CharField(max_length=80, null=True, unique=True, editable=False)
    uscc_codes = ArrayField(models.CharField(max_length=18), default=list)  # the enterprises that may see it

    # 基本信息, in the order of the guide's screen
    works_name = models.CharField(_("工程名称"), max_length=200, blank=True)
    project_no = models.CharField(_("项目编号"), max_length=20, blank=True)
    project_name = models.CharField(_("项目名称"), max_length=200, blank=True)
    project_category = models.CharField(_("项目类别"), max_length=6, choices=ProjectCategory, blank=True)
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("所属区域")
    )
    address = models.CharField(_("工程地址"), max_length=200, blank=True)
    longitude = models.DecimalField(_("GIS经度"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("GIS纬度"), max_digits=9, decimal_places=6, null=True, blank=True)
    coordinate_datum = models.CharField(_("坐标系"), max_length=10, choices=Datum, default=Datum.CGCS2000)
    boundary_points = ArrayField(  # 界址点: [longitude, latitude] in order
        ArrayField(models.DecimalField(max_digits=9, decimal_places=6), size=2), default=list, blank=True
    )
    construction_area_m2 = models.DecimalField(
        _("施工面积(m²)"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    contract_amount_wan = models.DecimalField(
        _("合同金额(万元)"), max_digits=16, decimal_places=4, null=True, blank=True
    )
    planned_start_date = models.DateField(_("计划开工日期"), null=True, blank=True)
    planned_completion_date = models.DateField(_("计划竣工日期"), null=True, blank=True)
    duration_days = models.PositiveIntegerField(_("工期(天)"), null=True, blank=True)
    schedule_code = models.CharField(_("工期码"), max_length=50, blank=True)
    is_prefabricated = models.BooleanField(_("是否装配式建筑"), null=True, blank=True)
    construction_status = models.CharField(_("项目状态"), max_length=3, choices=ConstructionStatus, blank=True)
    construction_scale = models.CharField(_("建设规模"), max_length=500, blank=True)
    remarks = models.CharField(_("备注"), max_length=500, blank=True)
    jurisdiction_area = models.ForeignKey(
        JurisdictionArea, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("管辖区域")
    )
    permit_no = models.CharField(_("施工许可证编号"), max_length=60, blank=True)
    permit_promised_by = models.DateField(_("承诺取得施工许可日期"), null=True, blank=True)

    # each section is saved on its own; a save without the version it was read at is refused
    basics_version = models.PositiveIntegerField(default=0)
    parties_version = models.PositiveIntegerField(default=0)
    unit_works_version = models.PositiveIntegerField(default=0)
    attachments_version = models.PositiveIntegerField(default=0)
    malformed = models.JSONField(default=dict, blank=True)  # kept as typed: {section: {field: [text, message]}}

    # what was said when handing in; later changes of catalogue or jurisdiction do not reach back
    round = models.PositiveSmallIntegerField(default=0)
    targets = ArrayField(models.CharField(max_length=10, choices=Target), default=list, blank=True)
    prior_filing_exists = models.BooleanField(null=True)
    overruled_candidate_reason = models.CharField(max_length=300, blank=True)  # why 不存在 although one was found
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True)
    void_reason = models.CharField(_("作废原因"), max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(_("更新时间"), default=timezone.now)
    is_sample = models.BooleanField(default=False)

    objects = FilingQuerySet.as_manager()
    prepared_by: tuple[UUID, bool] | None = None  # of a filing that a page read: by whom, and whether he may prepare it

    class Meta:
        verbose_name = _("报监")
        verbose_name_plural = _("报监")
        indexes = [
            GinIndex(fields=["search_tokens"], name="filing_search"),
            GinIndex(fields=["uscc_codes"], name="filing_uscc"),
            models.Index(fields=["module", "-changed_at", "-id"], name="filing_list"),
            models.Index(fields=["project_no"], name="filing_project_no", condition=~Q(project_no="")),
            models.Index(fields=["permit_no"], name="filing_permit_no", condition=~Q(permit_no="")),
        ]
        constraints = [
            models.CheckConstraint(
                name="filing_that_is_live_holds_its_project",
                condition=~Q(status__in=["submitted", "under_review", "returned", "approved", "filed"])
                | Q(live_key__isnull=False)
                | Q(converts__isnull=False),
            ),
            models.CheckConstraint(
                name="filing_is_submitted_by_someone_at_some_time",
                condition=Q(status__in=["pulled", "draft"], round=0, submitted_by=None, submitted_at=None)
                | ~Q(status__in=["pulled", "draft"])
                & Q(round__gt=0, submitted_by__isnull=False, submitted_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="filing_of_a_permit_is_pulled_once",
                fields=["permit"],
                condition=Q(permit__isnull=False) & ~Q(status__in=["withdrawn", "rejected", "superseded", "voided"]),
            ),
        ]

    def __str__(self):
        return self.works_name or self.project_name or str(_("未命名工程"))

    def get_absolute_url(self):
        return link_to("filing:detail", self.pk)

    @property
    def audit_label(self) -> str:
        """How the trail names it; a works name may hold what looks like somebody's number."""
        return masked(str(self))

    @property
    def spec(self) -> Spec:
        return SPECS[self.module]

    @property
    def is_open(self) -> bool:
        """The applicant may edit it now."""
        return self.status in self.OPEN

    def search_parts(self):
        texts = [self.works_name, self.project_name, self.project_no, self.number or "", self.permit_no]
        filters: dict[str, Any] = {"module": self.module, "status": self.status, "district": self.district_id or ""}
        if self.pk and not self._state.adding:
            known = NAMED.ask(filing=self.pk)
            texts += known["units"]
            if self.round:  # its stations find it by the name that they read (a trigger adds those that come later)
                texts += known["works"]
                filters["station"] = known["stations"]
        return texts, filters


def named_below(filing: UUID) -> dict[str, models.QuerySet]:
    """The names below a filing by which it is found, and its stations."""
    this = Filing(pk=filing)
    return {
        "units": this.parties.values_list("unit_name", flat=True),
        "works": this.versions.order_by("-number").values_list("works_name", flat=True)[:1],
        "stations": this.reviews.values_list("station_id", flat=True),
    }


NAMED = Together(named_below, filing=UUID)


class FilingVersion(Identified):
    """What was handed in, frozen: the whole filing as data, with everything the stations read."""

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("版本"))
    data = EncryptedJSONField()
    digest = models.CharField(max_length=64)  # SHA-256 over the canonical data and the documents' hashes
    acknowledged = models.JSONField(default=list)  # warnings that the applicant ticked 已核实
    works_name = models.CharField(_("工程名称"), max_length=200, blank=True)  # as handed in: what stations' lists show
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(name="filing_version_is_numbered_once", fields=["filing", "number"])]

    def __str__(self):
        return f"{self.filing_id} v{self.number}"
