from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class EnterprisesConfig(AppConfig):
    name = "enterprises"
    verbose_name = _("企业与业务系统")

    def ready(self) -> None:
        autodiscover_modules("catalogue", "permissions")  # kinds of documents, and who may read them
        import_module("enterprises.actions.agents")  # it asks to be told when operators replaced an agent
