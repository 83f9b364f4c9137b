"""The kernel's own messages; the texts are templates/messages/<event>.txt."""

from django.utils.translation import gettext_lazy as _

from portal.notifications import Kind, register
from portal.notifications.kinds import To

register(
    Kind("calendar.missing", _("工作日历待维护"), to=To.OPERATOR),
    Kind("reveals.many", _("查看个人信息次数异常"), security=True, to=To.OPERATOR),
    Kind("export.ready", _("导出已完成")),
    Kind("export.failed", _("导出未完成")),
)
