"""Projects, their parties, permits and awards, project users."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = _("项目")

    def ready(self) -> None:
        import_module("projects.actions")  # it asks to be told who becomes a member of an enterprise
        import_module("projects.actions.leaver")  # who leaves hands over what they manage
