from importlib import import_module

from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "supervision"

    def ready(self) -> None:
        import_module("supervision.actions.handover")  # filings go over with their enterprise
        import_module("supervision.actions.clocks")  # a change of the calendar moves its dates
        import_module("supervision.actions.leaver")  # who leaves hands over what they began
