"""The messages about projects and who works on them."""

from django.utils.translation import gettext_lazy as _

from portal.notifications import Kind, register

register(
    Kind("feed.failed", _("数据接入失败")),
    Kind("feed.held", _("数据接入已暂停，待核实")),
    Kind("project.lead_appointed", _("您已成为项目负责人"), sms=True),
    Kind("project_user.applied", _("待审核的项目用户"), sms=True),
    Kind("project_user.waiting", _("项目用户等待审核"), sms=True),
    Kind("project_user.escalated", _("项目用户转企业管理员审核"), sms=True),
    Kind("project_user.approved", _("加入项目的申请已通过"), sms=True),
    Kind("project_user.rejected", _("加入项目的申请被驳回"), sms=True),
    Kind("project_user.joined", _("本单位人员加入项目")),
    Kind("project_user.ended", _("项目用户已结束"), sms=True),
    Kind("project_user.expired", _("加入项目的申请已过期"), sms=True),
)
