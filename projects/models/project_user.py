"""项目用户: a person works on a filed project once its manager agreed (domain §5.3)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise, Position
from portal.ids import Identified
from portal.masking import mask_name
from portal.search import Searchable
from portal.workflow import LockingQuerySet, Workflow
from projects.models.project import Project


class ProjectUser(Workflow, Searchable, Identified):
    """An application to work on a project, and the membership it becomes."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("待审核")
        APPROVED = "approved", _("已通过")
        REJECTED = "rejected", _("已驳回")
        WITHDRAWN = "withdrawn", _("已撤回")
        EXPIRED = "expired", _("已过期")
        ENDED = "ended", _("已结束")

    class Part(models.TextChoices):
        """What whoever sends an application back may mark as to be mended."""

        POSITION = "position", _("职务")
        PERSON = "person", _("姓名、身份证号")
        ID_PHOTO = "id_photo", _("身份证照片")
        LETTER = "letter", _("办理承诺函")

    MOVES = {
        "approve": ({Status.SUBMITTED}, Status.APPROVED),
        "reject": ({Status.SUBMITTED}, Status.REJECTED),
        "resubmit": ({Status.REJECTED}, Status.SUBMITTED),
        "withdraw": ({Status.SUBMITTED}, Status.WITHDRAWN),
        "expire": ({Status.SUBMITTED}, Status.EXPIRED),
        "end": ({Status.APPROVED}, Status.ENDED),
    }

    project = models.ForeignKey(Project, models.PROTECT, related_name="project_users")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="project_users", verbose_name=_("企业名称"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="project_memberships")
    position = models.ForeignKey(Position, models.PROTECT, related_name="+", verbose_name=_("职务"))
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.SUBMITTED)
    is_party = models.BooleanField(
        default=True
    )  # False: the enterprise is no party of the project; the approver is told
    applied_at = models.DateTimeField(_("注册时间"), default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("驳回原因"), max_length=300, blank=True)
    marked = ArrayField(models.CharField(max_length=10, choices=Part), default=list, blank=True)  # none: a final no
    nudged_at = models.DateTimeField(null=True, blank=True)  # when the applicant last asked the approver to look
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("项目用户")
        verbose_name_plural = _("项目用户")
        indexes = [
            GinIndex(fields=["search_tokens"], name="project_user_search"),
            models.Index(fields=["project", "status", "-applied_at"], name="project_user_queue"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="project_user_joins_a_project_once",
                fields=["project", "user"],
                condition=Q(status__in=["submitted", "approved"]),
                violation_error_message=_("您已是该项目用户。"),
            ),
            models.CheckConstraint(
                name="project_user_is_decided_by_someone_at_some_time",
                condition=Q(status__in=["approved", "rejected"], decided_by__isnull=False, decided_at__isnull=False)
                | ~Q(status__in=["approved", "rejected"]),
            ),
            models.CheckConstraint(
                name="project_user_is_told_why_it_is_rejected", condition=~Q(status="rejected") | ~Q(reason="")
            ),
        ]

    def __str__(self):
        return f"{self.user} · {self.project}"

    @property
    def may_mend(self) -> bool:
        """Sent back to be mended, which a plain no is not."""
        return self.status == self.Status.REJECTED and bool(self.marked)

    @property
    def marked_labels(self) -> list[str]:
        return [str(self.Part(part).label) for part in self.Part.values if part in self.marked]

    @property
    def audit_label(self) -> str:
        """How the trail names it: the person masked."""
        return f"{mask_name(self.user.name)} · {self.project}"

    def search_parts(self):
        return [self.user.name, self.project.name, self.project.works_name], {
            "status": self.status,
            "phone": self.user.phone_index or "",
            "tail": self.user.phone_tail,
        }
