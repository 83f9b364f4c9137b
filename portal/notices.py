"""The messages of the kernel; the texts are templates/messages/<event>.txt."""

from django.utils.translation import gettext_lazy as _

from portal.notifications import Kind, register

register(Kind("calendar.missing", _("工作日历待维护")))
