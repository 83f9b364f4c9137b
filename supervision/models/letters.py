"""沟通: what the applicant and one station write to each other about a filing."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified
from supervision.models.review import Review

User = settings.AUTH_USER_MODEL


class Letter(Identified):
    """One message of the thread between the applicant and the station that reviews a role; never changed."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="letters")
    from_station = models.BooleanField()
    text = models.CharField(_("内容"), max_length=500)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("沟通记录")
        verbose_name_plural = _("沟通记录")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["review", "at", "id"], name="letter_thread")]
        constraints = [models.CheckConstraint(name="letter_says_something", condition=~Q(text=""))]

    def __str__(self):
        return self.text
