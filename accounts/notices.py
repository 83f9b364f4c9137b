"""The kinds of messages about accounts."""

from django.utils.translation import gettext_lazy as _

from portal.notifications.kinds import Kind, register

register(
    Kind("account.code", _("短信验证码"), sms=True, security=True),
    Kind("account.activation", _("激活链接（短信）"), sms=True, security=True),
    Kind("data_copy.ready", _("我的数据已生成")),
    Kind("data_copy.failed", _("我的数据生成失败")),
    Kind("data_request.submitted", _("个人信息申请")),
    Kind("data_request.answered", _("个人信息申请已答复"), sms=True),
    Kind("account.password_changed", _("密码已修改"), sms=True, security=True),
    Kind("account.new_device", _("新设备登录"), sms=True, security=True),
    Kind("account.factor_changed", _("第二重验证已变更"), sms=True, security=True),
    Kind("account.phone_changed", _("手机号已更换"), security=True),
    Kind("account.phone_replaced", _("手机号已更换（短信）"), sms=True, security=True),
    Kind("account.phone_disputed", _("手机号存在争议"), security=True),
    Kind("account.phone_claimed", _("手机号已被其他账号使用（短信）"), sms=True, security=True),
    Kind("account.ticket_arrived", _("找回与变更申请待核验")),
    Kind("account.ticket_received", _("手机号更换申请已收到（短信）"), sms=True, security=True),
    Kind("account.ticket_waiting", _("手机号更换等待生效"), security=True),
    Kind("account.ticket_confirmed", _("手机号更换等待生效（短信）"), sms=True, security=True),
    Kind("account.ticket_refused", _("手机号更换未通过（短信）"), sms=True, security=True),
    Kind("account.ticket_stopped", _("手机号更换已撤销（短信）"), sms=True, security=True),
    Kind("account.ticket_done", _("手机号更换已生效"), security=True),
    Kind("account.ticket_finished", _("手机号更换已生效（短信）"), sms=True, security=True),
)
