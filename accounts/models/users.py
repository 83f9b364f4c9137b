"""One table for the three sorts of account; what a person may do is said by rows elsewhere."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto import EncryptedTextField, blind_index
from portal.ids import Identified


class UserManager(DjangoUserManager):
    """Finds accounts by what people type; creates them only through the actions of the apps."""

    def by_phone(self, phone: str):
        return self.filter(kind=User.Kind.PERSONAL, phone_index=blind_index(phone, purpose="phone")).first()

    def by_id_number(self, id_number: str):
        return self.filter(kind=User.Kind.PERSONAL, id_index=blind_index(id_number, purpose="id_number")).first()

    def get_by_natural_key(self, username):
        return self.get(username=username)


class User(AbstractBaseUser, PermissionsMixin, Identified):
    """An account: of one human, of an enterprise's administration, or of the authority's staff."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", _("个人账号")
        ENTERPRISE = "enterprise", _("企业管理员账号")
        STAFF = "staff", _("管理端账号")

    class Duty(models.TextChoices):
        """What a staff account does besides station posts. One column: nobody is operator and auditor."""

        NONE = "", _("无")
        OPERATOR = "operator", _("平台运营")
        AUDITOR = "auditor", _("审计员")

    kind = models.CharField(_("账号类别"), max_length=10, choices=Kind)
    username = models.CharField(_("账号"), max_length=40, unique=True)
    name = models.CharField(_("姓名"), max_length=100)
    duty = models.CharField(_("职责"), max_length=10, choices=Duty, blank=True, default="")

    phone = EncryptedTextField(_("手机号"), null=True, blank=True)
    phone_index = models.CharField(max_length=64, null=True, unique=True, editable=False)
    phone_tail = models.CharField(max_length=4, blank=True, editable=False)
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    phone_disputed_at = models.DateTimeField(
        null=True, blank=True, editable=False
    )  # somebody else holds the number now
    id_type = models.CharField(_("证件类型"), max_length=20, default="resident")
    id_number = EncryptedTextField(_("身份证号"), null=True, blank=True)
    id_index = models.CharField(max_length=64, null=True, unique=True, editable=False)

    is_active = models.BooleanField(_("启用"), default=True)
    must_change_password = models.BooleanField(default=False)
    initial_until = models.DateTimeField(null=True, blank=True)  # an unused initial password closes the account then
    password_changed_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)  # demo people: never sent a real message
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)  # 注销; who it was is forgotten thirty days later
    forgotten_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("账号")
        verbose_name_plural = _("账号")
        constraints = [
            models.CheckConstraint(
                name="user_who_is_a_person_has_an_id_number",
                condition=~Q(kind="personal") | Q(id_index__isnull=False),
            ),
            models.CheckConstraint(
                name="user_of_an_enterprise_or_station_is_no_person",
                condition=Q(kind="personal") | Q(id_index__isnull=True, phone_index__isnull=True),
            ),
            models.CheckConstraint(name="user_with_a_duty_is_staff", condition=Q(duty="") | Q(kind="staff")),
        ]

    def __str__(self):
        return self.name or self.username

    @property
    def is_staff(self) -> bool:
        """May open the dictionaries of the Django admin."""
        return self.duty == self.Duty.OPERATOR

    @property
    def is_operator(self) -> bool:
        return self.duty == self.Duty.OPERATOR

    @property
    def is_auditor(self) -> bool:
        return self.duty == self.Duty.AUDITOR

    @property
    def is_personal(self) -> bool:
        return self.kind == self.Kind.PERSONAL

    @property
    def is_enterprise_account(self) -> bool:
        return self.kind == self.Kind.ENTERPRISE

    @property
    def audit_label(self) -> str:
        """How the trail names the account: an enterprise by its name, a person masked by `record`."""
        return self.name if self.is_enterprise_account else ""

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name

    def set_phone(self, phone: str | None) -> None:
        """Keep a normalised mobile number together with its index and its last four digits."""
        self.phone = phone or None
        self.phone_index = blind_index(phone, purpose="phone") if phone else None
        self.phone_tail = phone[-4:] if phone else ""

    def set_id_number(self, id_number: str | None) -> None:
        """Keep a normalised resident ID number together with its index."""
        self.id_number = id_number or None
        self.id_index = blind_index(id_number, purpose="id_number") if id_number else None

    def contact_phone(self) -> str | None:
        """Where a text message reaches this account: an enterprise's goes to its agent (decisions 1)."""
        if self.kind == self.Kind.ENTERPRISE:
            administrator = getattr(self, "administrator", None)
            return administrator.enterprise.agent_phone if administrator else None
        return self.phone


def opaque_username() -> str:
    """A personal account's username: nobody types it, and it says nothing about the person."""
    return "p-" + uuid.uuid4().hex[:20]
