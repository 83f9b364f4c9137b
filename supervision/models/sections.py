"""责任主体信息 and 单位工程信息: the rows below a filing."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise
from portal.crypto import EncryptedTextField
from portal.ids import Identified
from projects.models import PartyType
from supervision.catalogue import LEAD_TITLES, ConcurrentCase, StructureType
from supervision.models.filing import Filing


class FilingParty(Identified):
    """A responsible party as the filing names it: picked from those known, or typed."""

    class Consortium(models.IntegerChoices):
        NONE = 0, _("非联合体")
        LEAD = 1, _("联合体牵头")
        MEMBER = 2, _("联合体成员")

    filing = models.ForeignKey(Filing, models.CASCADE, related_name="parties")
    party_type = models.CharField(_("责任主体"), max_length=16, choices=PartyType)
    consortium_role = models.PositiveSmallIntegerField(_("联合体"), choices=Consortium, default=Consortium.NONE)
    order = models.PositiveSmallIntegerField(default=0)
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, null=True, blank=True, related_name="+")
    unit_name = models.CharField(_("单位名称"), max_length=200, blank=True)
    uscc = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    legal_representative = models.CharField(_("法定代表人"), max_length=100, blank=True)
    head_name = models.CharField(_("负责人姓名"), max_length=100, blank=True)
    head_id_number = EncryptedTextField(_("身份证号"), null=True, blank=True)
    head_id_index = models.CharField(max_length=64, null=True, blank=True, db_index=True)
    head_phone = EncryptedTextField(_("手机号"), null=True, blank=True)
    certificate_no = models.CharField(_("注册证书编号"), max_length=60, blank=True)
    exempt = models.BooleanField(_("依法不实行监理"), default=False)  # the row then says that there is no such party
    exception_case = models.CharField(_("同时任职的情形"), max_length=1, choices=ConcurrentCase, blank=True)
    note = models.CharField(_("情况说明"), max_length=500, blank=True)  # what the stations are to know about this party

    class Meta:
        ordering = ["order", "id"]
        indexes = [models.Index(fields=["uscc", "party_type"], name="filing_party_uscc", condition=~Q(uscc=""))]
        constraints = [
            models.UniqueConstraint(
                name="filing_party_has_one_lead_per_type",
                fields=["filing", "party_type"],
                condition=Q(consortium_role__in=[0, 1]) & ~Q(party_type__in=["specialty_sub", "labour_sub"]),
            ),
        ]

    def __str__(self):
        return f"{self.get_party_type_display()} · {self.unit_name}"

    @property
    def is_member(self) -> bool:
        """Of a consortium that another party leads."""
        return self.consortium_role == self.Consortium.MEMBER

    @property
    def lead_title(self):
        return LEAD_TITLES[PartyType(self.party_type)]


class SafetyOfficer(Identified):
    """专职安全生产管理人员 of the works: counted by size, and compared with other projects (domain §3.7)."""

    filing = models.ForeignKey(Filing, models.CASCADE, related_name="safety_officers")
    order = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("姓名"), max_length=100, blank=True)
    id_number = EncryptedTextField(_("身份证号"), null=True, blank=True)
    id_index = models.CharField(max_length=64, null=True, blank=True, db_index=True)
    certificate_no = models.CharField(_("安全生产考核合格证编号（C证）"), max_length=60, blank=True)

    class Meta:
        ordering = ["order", "id"]

    def __str__(self):
        return self.name


class UnitWork(Identified):
    """单位工程: a building or section (domain §3.6)."""

    filing = models.ForeignKey(Filing, models.CASCADE, related_name="unit_works")
    order = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(_("单位工程编码"), max_length=30, blank=True)
    name = models.CharField(_("单位工程名称"), max_length=200, blank=True)
    structure_type = models.CharField(_("结构类型"), max_length=3, choices=StructureType, blank=True)
    area_above_m2 = models.DecimalField(_("地上面积(m²)"), max_digits=14, decimal_places=2, null=True, blank=True)
    area_below_m2 = models.DecimalField(_("地下面积(m²)"), max_digits=14, decimal_places=2, null=True, blank=True)
    floors_above = models.PositiveSmallIntegerField(_("地上层数"), null=True, blank=True)
    floors_below = models.PositiveSmallIntegerField(_("地下层数"), null=True, blank=True)
    height_m = models.DecimalField(_("高度(m)"), max_digits=8, decimal_places=2, null=True, blank=True)
    span_m = models.DecimalField(_("跨度(m)"), max_digits=8, decimal_places=2, null=True, blank=True)
    length_m = models.DecimalField(_("长度(m)"), max_digits=10, decimal_places=2, null=True, blank=True)
    cost_wan = models.DecimalField(_("造价(万元)"), max_digits=16, decimal_places=4, null=True, blank=True)
    is_prefabricated = models.BooleanField(_("装配式"), null=True, blank=True)
    foundation_type = models.CharField(_("基础类型"), max_length=100, blank=True)
    seismic_grade = models.CharField(_("抗震等级"), max_length=40, blank=True)
    fire_class = models.CharField(_("耐火等级"), max_length=40, blank=True)
    drawing_review_cert_no = models.CharField(_("审图合格书编号"), max_length=60, blank=True)
    planned_start_date = models.DateField(_("计划开工日期"), null=True, blank=True)
    planned_completion_date = models.DateField(_("计划竣工日期"), null=True, blank=True)
    quality_supervision_no = models.CharField(_("质量监督注册号"), max_length=60, blank=True)

    class Meta:
        ordering = ["order", "id"]

    def __str__(self):
        return self.name
