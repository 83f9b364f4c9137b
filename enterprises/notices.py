"""The kinds of messages about enterprises and their people."""

from django.utils.translation import gettext_lazy as _

from portal.notifications.kinds import Area, Kind, To, register

register(
    Kind("enterprise.registered", _("企业注册成功"), sms=True, to=To.ENTERPRISE),
    Kind("enterprise.join_requested", _("有人申请加入企业"), sms=True, to=To.ENTERPRISE, asks=Area.PLATFORM),
    Kind("enterprise.renamed", _("企业更名完成"), sms=True, to=To.ENTERPRISE),
    Kind("enterprise.suspended", _("企业已被暂停"), sms=True, to=To.ENTERPRISE),
    Kind("enterprise.restored", _("企业已恢复"), sms=True, to=To.ENTERPRISE),
    Kind("enterprise.verified", _("企业信息已核验"), to=To.ENTERPRISE),
    Kind("enterprise.mismatched", _("企业信息核验不一致"), sms=True, to=To.ENTERPRISE),
    Kind("administrator.appointed", _("您已成为企业管理员"), sms=True, security=True),
    Kind("administrator.removed", _("您不再是企业管理员"), sms=True, security=True),
    Kind("administrator.announced", _("企业管理员有变动"), sms=True, security=True, to=To.ENTERPRISE),
    Kind("agent.asked", _("企业请您担任经办人"), sms=True, asks=Area.HOME),
    Kind("agent.invited", _("企业请您担任经办人（短信）"), sms=True),
    Kind("agent.announced", _("经办人变更待本人确认"), sms=True, security=True, to=To.ENTERPRISE),
    Kind("agent.declined", _("本人未同意担任经办人"), to=To.ENTERPRISE),
    Kind("agent.changed", _("经办人已变更"), sms=True, security=True, to=To.ENTERPRISE),
    Kind("agent.taken", _("您已成为企业经办人"), security=True),
    Kind("agent.released", _("您不再是企业经办人（短信）"), sms=True, security=True),
    Kind("member.created", _("企业为您创建了账号"), sms=True),
    Kind("member.invited", _("企业邀请您加入"), sms=True, asks=Area.HOME),
    Kind("member.accepted", _("本人同意加入"), to=To.ENTERPRISE),
    Kind("member.declined", _("本人未同意加入"), to=To.ENTERPRISE),
    Kind("member.admitted", _("企业同意您加入"), sms=True),
    Kind("member.moved", _("所在企业已合并"), sms=True),
    Kind("member.refused", _("企业未同意您加入")),
    Kind("member.disabled", _("企业用户已停用"), sms=True),
    Kind("member.enabled", _("企业用户已启用")),
    Kind("member.left", _("已办理离职"), sms=True),
    Kind("member.password_reset", _("密码已重置"), sms=True, security=True),
    Kind("member.recovery_sent", _("找回密码提示"), sms=True, security=True),
)
