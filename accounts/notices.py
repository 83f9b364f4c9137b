"""The kinds of messages about accounts."""

from django.utils.translation import gettext_lazy as _

from portal.notifications.kinds import Kind, register

register(
    Kind("account.code", _("短信验证码"), sms=True, security=True),
    Kind("account.password_changed", _("密码已修改"), sms=True, security=True),
)
