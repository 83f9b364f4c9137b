from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("账号与监督机构")

    def ready(self) -> None:
        autodiscover_modules("catalogue", "drafts", "readers")  # the last two answer for documents
        autodiscover_modules("factors")  # it hears of second factors
        import_module("accounts.privacy.requests")  # it answers for the documents of proofs
        import_module("accounts.privacy.rules")
        autodiscover_modules("privacy")  # each app says what it holds about a person
