from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("账号与监督机构")

    def ready(self) -> None:
        autodiscover_modules("catalogue", "drafts", "readers")  # the last two answer for documents
        autodiscover_modules("factors")  # it hears of second factors
