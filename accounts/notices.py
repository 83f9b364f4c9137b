"""The kinds of messages about accounts."""

from django.utils.translation import gettext_lazy as _

from portal.notifications.kinds import Kind, register

register(
    Kind("account.code", _("短信验证码"), sms=True, security=True),
    Kind("data_copy.ready", _("我的数据已生成")),
    Kind("data_copy.failed", _("我的数据生成失败")),
    Kind("data_request.submitted", _("个人信息申请")),
    Kind("data_request.answered", _("个人信息申请已答复"), sms=True),
    Kind("account.password_changed", _("密码已修改"), sms=True, security=True),
)
