"""The draft that owns what is typed and uploaded before an account exists (decisions 16)."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto import EncryptedJSONField
from portal.ids import Identified


class Registration(Identified):
    """A form under way: found again by a random key in an HttpOnly cookie, or by its owner's sign-in."""

    class Kind(models.TextChoices):
        ENTERPRISE = "enterprise", _("企业注册")
        PROJECT_USER = "project_user", _("项目用户注册")
        MEMBER = "member", _("新建用户")
        ROSTER = "roster", _("批量导入用户")
        RECOVERY = "recovery", _("手机号更换申请")

    kind = models.CharField(max_length=20, choices=Kind)
    key_index = models.CharField(max_length=64, unique=True, null=True)  # blind index of the cookie's key
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    data = EncryptedJSONField(default=dict)
    step = models.PositiveSmallIntegerField(default=1)  # the furthest step reached
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="registration_expiry")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"
