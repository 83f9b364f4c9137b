"""An enterprise and its administration."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto import EncryptedTextField, blind_index
from portal.ids import Identified
from portal.places import District
from portal.search import Searchable
from portal.workflow import LockingQuerySet, Workflow


class EnterpriseType(models.TextChoices):
    """企业类型, several may apply (product §3)."""

    OWNER = "owner", _("建设")
    CONTRACTOR = "contractor", _("施工")
    SUPERVISOR = "supervisor", _("监理")
    SURVEY = "survey", _("勘察")
    DESIGN = "design", _("设计")
    TESTING = "testing", _("检测")
    OTHER = "other", _("其他")


class Enterprise(Workflow, Searchable, Identified):
    """A body with a unified social credit code: company, public institution, or authority."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("正常")
        SUSPENDED = "suspended", _("已暂停")
        MERGED = "merged", _("已合并")
        DEREGISTERED = "deregistered", _("已注销")

    class Verification(models.TextChoices):
        UNVERIFIED = "unverified", _("未核验")
        VERIFIED = "verified", _("已核验")
        MISMATCH = "mismatch", _("核验不一致")

    MOVES = {
        "suspend": ({Status.ACTIVE}, Status.SUSPENDED),
        "restore": ({Status.SUSPENDED}, Status.ACTIVE),
        "merge": ({Status.ACTIVE, Status.SUSPENDED}, Status.MERGED),
        "deregister": ({Status.ACTIVE, Status.SUSPENDED}, Status.DEREGISTERED),
    }
    READING = (Status.ACTIVE, Status.SUSPENDED)  # its people still read and reply

    name = models.CharField(_("企业名称"), max_length=200)
    uscc = models.CharField(
        _("统一社会信用代码"), max_length=18, unique=True, error_messages={"unique": _("统一社会信用代码已经存在")}
    )
    types = ArrayField(models.CharField(max_length=12, choices=EnterpriseType), verbose_name=_("企业类型"))
    legal_representative = models.CharField(_("法定代表人"), max_length=100)
    district = models.ForeignKey(District, models.PROTECT, verbose_name=_("所属区域"), related_name="+")
    address = models.CharField(_("注册地址"), max_length=200)
    phone = models.CharField(_("联系电话"), max_length=40, blank=True)

    agent_name = models.CharField(_("经办人姓名"), max_length=100)
    agent_id_number = EncryptedTextField(_("经办人身份证号"), null=True)
    agent_id_index = models.CharField(max_length=64, null=True, editable=False)
    agent_phone = EncryptedTextField(_("经办人手机号"), null=True)
    agent_phone_index = models.CharField(max_length=64, null=True, editable=False)

    status = models.CharField(_("状态"), max_length=12, choices=Status, default=Status.ACTIVE)
    verification = models.CharField(max_length=12, choices=Verification, default=Verification.UNVERIFIED)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")
    suspended_reason = models.CharField(_("暂停原因"), max_length=300, blank=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(_("核验时间"), null=True, blank=True)
    verification_note = models.CharField(
        _("核验说明"), max_length=300, blank=True, db_default=""
    )  # with what it was compared
    is_sample = models.BooleanField(default=False)
    registered_at = models.DateTimeField(_("注册时间"), default=timezone.now)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("企业")
        verbose_name_plural = _("企业")
        indexes = [GinIndex(fields=["search_tokens"], name="enterprise_search")]
        constraints = [
            models.CheckConstraint(
                name="enterprise_names_where_it_went_when_merged",
                condition=~Q(status="merged") | Q(merged_into__isnull=False),
            )
        ]

    def __str__(self):
        return self.name

    @property
    def verification_mark(self) -> str:
        """已核验 with the day; what was never compared, or differs, says so."""
        label = str(self.get_verification_display())  # type: ignore[attr-defined]
        return f"{label} {timezone.localdate(self.verified_at):%Y-%m-%d}" if self.verified_at else label

    def search_parts(self):
        return [self.name, self.uscc], {"status": self.status}

    def set_agent(self, *, name: str, id_number: str, phone: str) -> None:
        """Name the person who acts for the enterprise; codes and texts go to this number."""
        self.agent_name = name
        self.agent_id_number, self.agent_id_index = id_number, blind_index(id_number, purpose="id_number")
        self.agent_phone, self.agent_phone_index = phone, blind_index(phone, purpose="phone")


class EnterpriseName(models.Model):
    """A name the enterprise had, so that documents can show the name of their time (edge case 25)."""

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    used_until = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.name


class Administrator(models.Model):
    """An enterprise administrator account's seat; the account can do nothing outside 平台管理."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="administrator")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="administrators")
    since = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.enterprise} · {self.user.username}"


class JoinRequest(Identified):
    """请经办人添加我: a visitor leaves word for the administrator of an enterprise that exists already.

    Somebody with an account asks as `user`, for the post of `position`: then nothing is left to be typed or uploaded.
    """

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="join_requests")
    name = models.CharField(_("姓名"), max_length=100)
    phone = EncryptedTextField(_("手机号"))
    phone_index = models.CharField(max_length=64)
    message = models.CharField(_("留言"), max_length=200, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="join_requests")
    position = models.ForeignKey("enterprises.Position", models.PROTECT, null=True, related_name="+")
    is_added = models.BooleanField(null=True)  # how it was answered
    created_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="join_request_waits_once_per_phone",
                fields=["enterprise", "phone_index"],
                condition=Q(handled_at=None),
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.created_at:%Y-%m-%d %H:%M}"
