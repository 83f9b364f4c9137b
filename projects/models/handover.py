"""企业合并与分立: what one enterprise has goes over to another; one operator proposes, another confirms (domain §5.7 26)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise
from portal.ids import Identified
from portal.workflow import LockingQuerySet, Workflow


class EnterpriseHandover(Workflow, Identified):
    """The whole of `source` goes over to `target` (merge), or the named projects of it (split)."""

    class Kind(models.TextChoices):
        MERGE = "merge", _("合并")
        SPLIT = "split", _("分立")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("待复核")
        DONE = "done", _("已办结")
        DECLINED = "declined", _("复核未通过")
        WITHDRAWN = "withdrawn", _("已撤回")

    MOVES = {
        "confirm": ({Status.PROPOSED}, Status.DONE),
        "decline": ({Status.PROPOSED}, Status.DECLINED),
        "withdraw": ({Status.PROPOSED}, Status.WITHDRAWN),
    }

    kind = models.CharField(_("类型"), max_length=5, choices=Kind)
    source = models.ForeignKey(Enterprise, models.PROTECT, related_name="handovers")
    target = models.ForeignKey(Enterprise, models.PROTECT, related_name="+")
    projects = ArrayField(models.UUIDField(), default=list)  # of a split: which of them go over
    evidence = models.CharField(_("依据"), max_length=300)
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    opinion = models.CharField(_("复核意见"), max_length=300, blank=True)
    moved = models.JSONField(default=dict)  # how many rows of each sort went over

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("企业合并与分立")
        verbose_name_plural = _("企业合并与分立")
        constraints = [
            models.UniqueConstraint(
                name="handover_of_an_enterprise_waits_once", fields=["source"], condition=Q(status="proposed")
            ),
            models.CheckConstraint(name="handover_is_between_two_enterprises", condition=~Q(source=F("target"))),
            models.CheckConstraint(
                name="handover_is_decided_by_a_second_person",
                condition=~Q(status__in=["done", "declined"])
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decided_by=F("proposed_by")),
            ),
        ]

    def __str__(self):
        return f"{self.source} → {self.target}"
