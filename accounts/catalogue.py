"""What is uploaded for 手机号更换, and what the events of sign-in and recovery are called."""

from django.utils.translation import gettext_lazy as _

from portal.audit.names import name_events
from portal.documents.kinds import ID_PHOTO_HINT, IMAGES, MB, SCANS, DocumentKind, register_kind

HELD_ID = DocumentKind(
    "recovery_id", _("本人手持身份证照片"), IMAGES, 5 * MB, personal=True, most=2, hint=ID_PHOTO_HINT, watermarked=True
)
RECOVERY_LICENCE = DocumentKind("recovery_licence", _("营业执照"), SCANS, 10 * MB, personal=True, most=1)
RECOVERY_LETTER = DocumentKind("recovery_letter", _("授权委托书（加盖公章）"), SCANS, 10 * MB, personal=True, most=1)

register_kind(HELD_ID, RECOVERY_LICENCE, RECOVERY_LETTER)

name_events(
    {
        "account.device_ended": _("让设备下线"),
        "account.factor_added": _("启用第二重验证"),
        "account.factor_removed": _("停用第二重验证"),
        "account.phone_changed": _("更换手机号"),
        "account.phone_disputed": _("手机号存在争议"),
        "account.unlocked": _("解除登录锁定"),
        "agreement.published": _("发布协议新版本"),
        "agreement.withdrawn": _("撤回未生效的协议"),
        "agreement.refused": _("不同意协议并退出"),
        "ticket.submitted": _("提交找回与变更申请"),
        "ticket.proposed": _("核验找回与变更申请"),
        "ticket.sent_back": _("复核退回找回与变更申请"),
        "ticket.confirmed": _("复核通过找回与变更申请"),
        "ticket.refused": _("找回与变更申请未通过"),
        "ticket.stopped": _("撤销找回与变更申请"),
        "ticket.done": _("找回与变更申请生效"),
        "ticket.revealed": _("查看申请中的完整号码"),
    }
)
