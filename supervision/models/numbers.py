"""监督注册号: what a station calls a project, and each of its unit works (domain §5.4 Numbers)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Station, Target
from portal.ids import Identified
from projects.models import Project
from supervision.models.filing import Filing


class SupervisionNumber(Identified):
    """One number in force per project and role, whoever asks a second time (domain §5.7 57)."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="supervision_numbers")
    role = models.CharField(_("报监对象"), max_length=10, choices=Target)
    station = models.ForeignKey(Station, models.PROTECT, related_name="+")
    filing = models.ForeignKey(Filing, models.PROTECT, related_name="+")  # for which it was given
    number = models.CharField(_("监督注册号"), max_length=60, unique=True)
    given_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)  # its project was merged into one that has a number, or voided
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("监督注册号")
        verbose_name_plural = _("监督注册号")
        constraints = [
            models.UniqueConstraint(
                name="project_has_one_number_per_role", fields=["project", "role"], condition=Q(ended_at=None)
            ),
        ]

    def __str__(self):
        return self.number


class WorkNumber(Identified):
    """鄂武质监-420102-2026-0001-001: a unit work under the project's number; kept when the table is saved anew."""

    of = models.ForeignKey(SupervisionNumber, models.PROTECT, related_name="works")
    sequence = models.PositiveSmallIntegerField()
    work = models.UUIDField()  # the row of the version for which it was given
    name = models.CharField(_("单位工程名称"), max_length=200)

    class Meta:
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(name="work_number_is_given_once", fields=["of", "sequence"]),
            models.UniqueConstraint(name="unit_work_has_one_number", fields=["of", "work"]),
        ]

    def __str__(self):
        return f"{self.of.number}-{self.sequence:03d}"
