"""What the events of the audit trail are called. Each app names its own, where it declares what it keeps."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.notifications.kinds import kind_of

Text = str | Promise

_events: dict[str, Text] = {
    "account.created": _("创建账号"),
    "account.activated": _("激活账号"),
    "account.activation_sent": _("发送激活链接"),
    "account.closed_unused": _("关闭未启用的账号"),
    "account.signed_in": _("登录"),
    "account.signed_out": _("退出登录"),
    "account.sign_in_failed": _("登录失败"),
    "account.sign_in_locked": _("登录锁定"),
    "account.password_changed": _("修改密码"),
    "account.password_reset": _("找回密码"),
    "account.link_made": _("生成一次性登录链接"),
    "account.closed": _("注销账号"),
    "account.forgotten": _("清除已注销账号的个人信息"),
    "account.identity_corrected": _("更正姓名、身份证号"),
    "account.revealed": _("查看本人完整号码"),
    "agreement.accepted": _("同意用户协议"),
    "audit.check_asked": _("校验审计链"),
    "audit.exported": _("导出审计记录"),
    "calendar.changed": _("修改工作日历"),
    "data_copy.asked": _("申请导出我的数据"),
    "data_copy.made": _("生成我的数据"),
    "data_copy.failed": _("我的数据生成失败"),
    "data_copy.downloaded": _("下载我的数据"),
    "data_copy.wiped": _("清除我的数据导出"),
    "data_request.submitted": _("提交个人信息申请"),
    "data_request.withdrawn": _("撤回个人信息申请"),
    "data_request.done": _("办理个人信息申请"),
    "data_request.declined": _("不予办理个人信息申请"),
    "delivery.resent": _("重发短信或邮件"),
    "dictionary.changed": _("修改字典"),
    "keys.rotated": _("更换数据密钥"),
    "retention.purged": _("按保存期限清理"),
    "notice.published": _("发布公告"),
    "notice.changed": _("修改公告"),
    "notice.ended": _("提前结束公告"),
    "station.post_given": _("任命岗位"),
    "station.post_ended": _("结束岗位"),
    "document.opened": _("查看文件"),
    "document.purged": _("清除文件"),
    "messages.settings_changed": _("修改消息设置"),
    "document.removed": _("删除文件"),
    "document.renamed": _("文件改名"),
    "document.stored": _("上传文件"),
}


def name_events(names: Mapping[str, Text]) -> None:
    """Say what events are called: {"filing.submitted": _("报监")}."""
    _events.update(names)


def event_name(event: str) -> str:
    """What an event is called; where nobody named it, as the message about it is; else its code."""
    if event in _events:
        return str(_events[event])
    try:
        return str(kind_of(event).label)
    except LookupError:
        return event


def named_events() -> list[tuple[str, str]]:
    """(event, name) of every event that has a name, by name."""
    return sorted(((event, str(name)) for event, name in _events.items()), key=lambda pair: (pair[1], pair[0]))
