"""What enterprises and members upload, and what the events of their 操作日志 are called."""

from django.utils.translation import gettext_lazy as _

from portal.audit.names import name_events
from portal.documents.kinds import ID_PHOTO_HINT, IMAGES, MB, SCANS, DocumentKind, register_kind

LICENCE = DocumentKind("business_licence", _("营业执照"), SCANS, 10 * MB, most=1)
RENAMED = DocumentKind("renamed_licence", _("更名后的营业执照"), SCANS, 10 * MB, most=1)
LETTER = DocumentKind("authorisation_letter", _("授权委托书"), SCANS, 10 * MB, personal=True, most=1)
ID_PHOTO = DocumentKind(
    "id_photo", _("身份证照片"), IMAGES, 5 * MB, personal=True, most=2, hint=ID_PHOTO_HINT, watermarked=True
)
APPOINTMENT = DocumentKind("appointment", _("任职证明"), SCANS, 10 * MB, personal=True, most=1)

register_kind(LICENCE, RENAMED, LETTER, ID_PHOTO, APPOINTMENT)

name_events(
    {
        "enterprise.registered": _("注册企业"),
        "enterprise.join_requested": _("申请加入企业"),
        "enterprise.renamed": _("企业更名"),
        "enterprise.suspended": _("暂停企业"),
        "enterprise.restored": _("恢复企业"),
        "enterprise.verified": _("企业信息核验一致"),
        "enterprise.mismatched": _("企业信息核验不一致"),
        "administrator.appointed": _("指定企业管理员"),
        "administrator.removed": _("移除企业管理员"),
        "agent.proposed": _("发起经办人变更"),
        "agent.accepted": _("同意担任经办人"),
        "agent.declined": _("不同意担任经办人"),
        "agent.withdrawn": _("撤回经办人变更"),
        "agent.changed": _("变更经办人"),
        "join_request.handled": _("处理加入申请"),
        "join_request.withdrawn": _("本人撤回加入申请"),
        "member.admitted": _("同意加入申请"),
        "system.granted": _("授权业务系统"),
        "system.revoked": _("取消业务系统授权"),
        "member.added": _("新建用户"),
        "member.accepted": _("本人同意加入"),
        "member.declined": _("本人未同意加入"),
        "enterprise.merged": _("企业已合并"),
        "member.moved": _("企业合并，转入用户"),
        "member.changed": _("编辑用户"),
        "member.systems_changed": _("调整个人业务系统"),
        "member.disabled": _("停用用户"),
        "member.enabled": _("启用用户"),
        "member.left": _("办理离职"),
        "member.deleted": _("删除用户"),
        "member.password_reset": _("重置密码"),
        "member.recovery_sent": _("发送找回密码提示"),
    }
)
