"""What a person made of a list."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified


class SavedView(Identified):
    """A search under a name, private to its owner. The row without a name holds the columns chosen for the list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    kind = models.CharField(max_length=40)  # portal.lists.kinds
    name = models.CharField(_("视图名称"), max_length=30, blank=True)
    query = models.CharField(max_length=1000, blank=True)
    columns = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    is_default = models.BooleanField(_("默认视图"), default=False)  # shown when the list is opened without conditions
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "portal"
        verbose_name = _("我的视图")
        verbose_name_plural = _("我的视图")
        constraints = [
            models.UniqueConstraint(name="saved_view_has_its_own_name", fields=["user", "kind", "name"]),
            models.UniqueConstraint(
                name="saved_view_is_default_alone", fields=["user", "kind"], condition=Q(is_default=True)
            ),
            models.CheckConstraint(
                name="saved_view_without_a_name_only_holds_columns",
                condition=~Q(name="") | Q(query="", is_default=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name
