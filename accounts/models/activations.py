"""激活链接: the one-time link by which a new person sets their first password; only its hash is kept."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified


class Activation(Identified):
    """One link, sent to one number; dies when used, old, replaced by a newer one, or when the number is another."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="activations")
    token_hash = models.CharField(max_length=64, unique=True)
    phone_index = models.CharField(max_length=64)  # where it was sent
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("激活链接")
        verbose_name_plural = _("激活链接")
        constraints = [
            models.UniqueConstraint(
                name="activation_is_open_once_per_person",
                fields=["user"],
                condition=Q(used_at=None, replaced_at=None),
            ),
        ]

    def __str__(self):
        return f"{self.created_at:%Y-%m-%d %H:%M}"
