"""The messages about projects and who works on them."""

from django.utils.translation import gettext_lazy as _

from portal.notifications import Kind, register
from portal.notifications.kinds import Area, To

register(
    Kind("feed.failed", _("数据接入失败"), to=To.OPERATOR),
    Kind("feed.held", _("数据接入已暂停，待核实"), to=To.OPERATOR),
    Kind("handover.proposed", _("企业合并或分立待复核"), to=To.OPERATOR),
    Kind("handover.done", _("企业合并或分立已办结")),
    Kind("handover.declined", _("企业合并或分立复核未通过"), to=To.OPERATOR),
    Kind("project.lead_appointed", _("您已成为项目负责人"), sms=True),
    Kind("project.lead_replaced", _("项目负责人已变更"), sms=True),
    Kind("project.manager_left", _("项目经理已离任，待变更"), sms=True),
    Kind("project.manager_changed", _("项目经理已变更")),
    Kind("project.works_suspended", _("项目停工")),
    Kind("project.works_resumed", _("项目恢复施工")),
    Kind("project.part_added", _("项目已划分分期或标段")),
    Kind("project.acting_appointed", _("您已成为代理项目经理"), sms=True),
    Kind("project.acting_told", _("项目经理由他人代理"), to=To.PROJECT),
    Kind("project.acting_ended", _("代理项目经理已结束"), sms=True),
    Kind("project.approval_delegated", _("您受委托审核项目用户"), sms=True),
    Kind("project.delegation_ended", _("审核项目用户的委托已结束")),
    Kind("project_user.nudged", _("申请人提醒您审核"), sms=True, to=To.PROJECT, asks=Area.PROJECTS),
    Kind("project_user.applied", _("待审核的项目用户"), sms=True, to=To.PROJECT, asks=Area.PROJECTS),
    Kind("project_user.handed_over", _("待审核的项目用户已转给您"), sms=True, to=To.PROJECT),
    Kind("project_user.waiting", _("项目用户等待审核"), sms=True, to=To.PROJECT, asks=Area.PROJECTS),
    Kind("project_user.escalated", _("项目用户转企业管理员审核"), sms=True, to=To.PROJECT, asks=Area.PLATFORM),
    Kind("project_user.approved", _("加入项目的申请已通过"), sms=True),
    Kind("project_user.rejected", _("加入项目的申请被驳回"), sms=True),
    Kind("project_user.joined", _("本单位人员加入项目"), to=To.PROJECT),
    Kind("project_user.ended", _("项目用户已结束"), sms=True),
    Kind("project_user.expired", _("加入项目的申请已过期"), sms=True),
)
