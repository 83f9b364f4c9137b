"""One-time codes sent by text message; only their hash is kept (decisions 4, 14)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified


class VerificationCode(Identified):
    """A six-digit code for one phone, one purpose and one browser; dies when used, old, or guessed at too often."""

    class Purpose(models.TextChoices):
        ENTERPRISE_REGISTRATION = "enterprise_registration", _("企业注册")
        PROJECT_USER_REGISTRATION = "project_user_registration", _("项目用户注册")
        FIRST_PASSWORD = "first_password", _("首次登录修改密码")
        SIGN_IN = "sign_in", _("登录")
        PASSWORD_RESET = "password_reset", _("密码重置")
        APPLICATION_STATUS = "application_status", _("申请进度查询")
        APPROVAL = "approval", _("审核项目用户")
        PHONE_CHANGE = "phone_change", _("手机号更换")
        NEW_PHONE = "new_phone", _("绑定新手机号")
        TICKET_STOP = "ticket_stop", _("撤销手机号更换申请")

    purpose = models.CharField(max_length=30, choices=Purpose)
    phone_index = models.CharField(max_length=64)
    binding = models.CharField(max_length=64)  # hash of what ties it to the browser that asked
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone_index", "purpose", "-created_at"], name="code_by_phone")]

    def __str__(self):
        return f"{self.get_purpose_display()} {self.created_at:%Y-%m-%d %H:%M}"
