"""The messages of 项目报监; the texts are templates/messages/<event>.txt."""

from django.utils.translation import gettext_lazy as _

from portal.notifications import Kind, register

register(
    Kind("filing.submitted", _("新的报监待审核")),
    Kind("filing.resubmitted", _("报监已重新提交")),
    Kind("filing.withdrawn", _("报监已撤回")),
    Kind("filing.received", _("报监已提交")),
    Kind("filing.addendum", _("收到补充材料")),
    Kind("filing.approved", _("审核通过，待补报另一监督对象")),
    Kind("filing.filed", _("报监完毕"), sms=True),
    Kind("filing.superseded", _("先期报监已转入")),
    Kind("filing.prior_decided", _("原报监已办结")),
    Kind("permit.pulled", _("新的施工许可证")),
    Kind("permit.revoked", _("施工许可证已撤销"), sms=True),
    Kind("filing.voided", _("报监已作废"), sms=True),
    Kind("change.consent_asked", _("请确认人员变更"), sms=True),
    Kind("change.declined", _("建设单位不同意人员变更"), sms=True),
    Kind("change.submitted", _("人员变更待确认")),
    Kind("change.returned", _("人员变更被退回"), sms=True),
    Kind("change.in_force", _("人员变更完成"), sms=True),
    Kind("acting.appointed", _("项目指定了代理项目经理")),
    Kind("acting.noted", _("监督站已备注代理项目经理")),
    Kind("merge.asked", _("项目合并待同意")),
    Kind("merge.declined", _("监督站不同意合并")),
    Kind("merge.completed", _("项目合并完成")),
    Kind("merge.done", _("项目已合并")),
    Kind("review.accepted", _("监督站已受理")),
    Kind("review.assigned", _("转办给我的审核")),
    Kind("review.approved", _("监督站已通过")),
    Kind("review.returned", _("退回补正"), sms=True),
    Kind("review.due_soon", _("审核即将到期")),
    Kind("review.due", _("审核到期")),
    Kind("filing.promise_near", _("承诺取得施工许可日期将近"), sms=True),
    Kind("filing.promise_passed", _("承诺取得施工许可日期已过"), sms=True),
    Kind("review.promise_passed", _("先期报监的承诺日期已过")),
    Kind("review.promise_changed", _("承诺取得施工许可日期有调整")),
)
