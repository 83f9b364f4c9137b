"""What project users upload, and what the events of projects are called in 操作日志."""

from django.utils.translation import gettext_lazy as _

from enterprises.catalogue import ID_PHOTO
from portal.audit.names import name_events
from portal.documents.kinds import MB, SCANS, DocumentKind, register_kind

COMMITMENT = DocumentKind("commitment_letter", _("办理承诺函"), SCANS, 10 * MB, personal=True, most=1)

# Of the authority that issued the permit: asked for when works resume after a year (建筑法 art. 10).
RECHECK_PROOF = DocumentKind("permit_recheck", _("施工许可证核验证明"), SCANS, 20 * MB, personal=False, most=1)

# Of the registration authority, or the agreement of both: an operator compares it before anything goes over.
HANDOVER_PROOF = DocumentKind("handover_proof", _("合并或分立的证明材料"), SCANS, 20 * MB, personal=False, most=1)

register_kind(COMMITMENT)
register_kind(HANDOVER_PROOF)
register_kind(RECHECK_PROOF)

FILES = {"id_photo": ID_PHOTO.code, "letter": COMMITMENT.code}  # by the names of the form's fields

name_events(
    {
        "project.completed": _("报监完毕"),
        "project.lead_appointed": _("确认项目负责人"),
        "project.manager_left": _("项目经理离任，待变更"),
        "project.lead_replaced": _("变更项目负责人"),
        "project.works_suspended": _("登记停工"),
        "project.works_resumed": _("登记恢复施工"),
        "project.part_added": _("划分分期或标段"),
        "project.acting_appointed": _("指定代理项目经理"),
        "project.acting_ended": _("结束代理项目经理"),
        "project.approval_delegated": _("委托审核项目用户"),
        "project.delegation_ended": _("结束审核委托"),
        "project.delegations_ended": _("结束全部审核委托"),
        "project_user.nudged": _("申请人提醒审核"),
        "project_user.applied": _("申请加入项目"),
        "project_user.reapplied": _("重新申请加入项目"),
        "project_user.withdrawn": _("撤回加入项目的申请"),
        "project_user.approved": _("通过项目用户"),
        "project_user.rejected": _("驳回项目用户"),
        "project_user.ended": _("结束项目用户"),
        "project_user.expired": _("项目用户申请过期"),
        "project_user.escalated": _("项目用户申请转企业管理员"),
        "handover.proposed": _("提出企业合并或分立"),
        "handover.done": _("办结企业合并或分立"),
        "handover.declined": _("复核未通过企业合并或分立"),
        "handover.withdrawn": _("撤回企业合并或分立"),
        "identity.revealed": _("查看完整号码"),
        "identity.disputed": _("身份信息存在争议"),
    }
)
