"""The kernel's start: find every app's kinds of messages and lists, check the settings."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from portal.checks import check_production


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("平台")

    def ready(self) -> None:
        register(check_production)
        autodiscover_modules("notices", "lists")
