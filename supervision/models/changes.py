"""人员变更: another person leads for a party after approval (domain §5.7 19)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Station, StationPost, Target
from enterprises.permissions import enterprises_granted
from portal.crypto import EncryptedTextField
from portal.ids import Identified
from portal.workflow import LockingQuerySet, Workflow
from projects.models import PartyType
from supervision.catalogue import LEAD_TITLES, SYSTEM
from supervision.models.filing import Filing, FilingVersion


class ChangeQuerySet(LockingQuerySet):
    def visible_to(self, user):
        """Of the filings that the person may know of; stations see what was handed in to them."""
        if user.is_personal:
            return self.filter(filing__in=Filing.objects.visible_to(user))
        posts = StationPost.objects.held().filter(user=user)
        held = models.Exists(posts.filter(station=models.OuterRef("station"), role=models.OuterRef("role")))
        return self.filter(pk__in=ChangeConfirmation.objects.filter(held).values("change"))

    def awaiting_consent_of(self, user):
        """Those to which somebody of the owner has yet to agree."""
        codes = enterprises_granted(user, SYSTEM).values("uscc")
        return self.filter(status=PersonnelChange.Status.CONSENT, owner_uscc__in=codes)


class PersonnelChange(Workflow, Identified):
    """What is asked: who follows whom, from when and why. Confirmed by every station, it becomes a version."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("草稿")
        CONSENT = "consent", _("待建设单位同意")
        SUBMITTED = "submitted", _("待监督站确认")
        DECLINED = "declined", _("建设单位不同意")
        RETURNED = "returned", _("已退回")
        CONFIRMED = "confirmed", _("变更完成")
        WITHDRAWN = "withdrawn", _("已撤回")

    MOVES = {
        "ask": ({Status.DRAFT, Status.DECLINED, Status.RETURNED}, Status.CONSENT),
        "submit": ({Status.DRAFT, Status.DECLINED, Status.CONSENT, Status.RETURNED}, Status.SUBMITTED),
        "decline": ({Status.CONSENT}, Status.DECLINED),
        "return": ({Status.SUBMITTED}, Status.RETURNED),
        "confirm": ({Status.SUBMITTED}, Status.CONFIRMED),
        "withdraw": (
            {Status.DRAFT, Status.CONSENT, Status.DECLINED, Status.SUBMITTED, Status.RETURNED},
            Status.WITHDRAWN,
        ),
    }
    EDITABLE = (Status.DRAFT, Status.DECLINED, Status.RETURNED)
    OPEN = (*EDITABLE, Status.CONSENT, Status.SUBMITTED)

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="changes")
    party_type = models.CharField(_("变更岗位"), max_length=16, choices=PartyType)
    status = models.CharField(_("状态"), max_length=12, choices=Status, default=Status.DRAFT)
    unit_name = models.CharField(_("单位名称"), max_length=200)
    uscc = models.CharField(max_length=18, blank=True)
    owner_name = models.CharField(_("建设单位"), max_length=200, blank=True)
    owner_uscc = models.CharField(max_length=18, blank=True)
    old_name = models.CharField(_("原负责人"), max_length=100, blank=True)
    old_id_index = models.CharField(max_length=64, null=True)
    new_name = models.CharField(_("新负责人姓名"), max_length=100, blank=True)
    new_id_number = EncryptedTextField(_("身份证号"), null=True, blank=True)
    new_id_index = models.CharField(max_length=64, null=True, blank=True)
    new_person_at = models.DateTimeField(null=True)  # another one than was handed in; older papers do not count
    new_phone = EncryptedTextField(_("手机号"), null=True, blank=True)
    certificate_no = models.CharField(_("注册证书编号"), max_length=60, blank=True)
    effective_on = models.DateField(_("交接日期"), null=True, blank=True)
    reason = models.CharField(_("变更原因"), max_length=500, blank=True)
    consented_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    consented_at = models.DateTimeField(null=True)
    consent_note = models.CharField(max_length=300, blank=True)  # why the owner declined
    round = models.PositiveSmallIntegerField(default=0)
    due_on = models.DateField(_("办理期限"), null=True)
    version = models.OneToOneField(FilingVersion, models.PROTECT, null=True, related_name="change")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("人员变更")
        verbose_name_plural = _("人员变更")
        indexes = [models.Index(fields=["status", "due_on"], name="personnel_change_queue")]
        constraints = [
            models.UniqueConstraint(
                name="personnel_change_is_open_once_per_post",
                fields=["filing", "party_type"],
                condition=Q(status__in=["draft", "consent", "declined", "submitted", "returned"]),
            ),
            models.CheckConstraint(
                name="personnel_change_in_force_has_its_version",
                condition=~Q(status="confirmed") | Q(version__isnull=False),
            ),
            models.CheckConstraint(
                name="personnel_change_is_submitted_by_someone_at_some_time",
                condition=~Q(status__in=["submitted", "returned", "confirmed"])
                | Q(submitted_by__isnull=False, submitted_at__isnull=False, round__gt=0),
            ),
        ]

    def __str__(self):
        return f"{self.filing} · {self.title}变更"

    def get_absolute_url(self):
        return reverse("filing:change", args=[self.filing_id, self.pk])

    @property
    def title(self) -> str:
        """What the post is called: 项目经理, 总监理工程师, 项目负责人."""
        return str(LEAD_TITLES[PartyType(self.party_type)])

    @property
    def due_text(self) -> str:
        """The day until which the stations answer, as 2026-12-01; "" before it was sent to them."""
        return self.due_on.isoformat() if self.due_on else ""

    @property
    def is_editable(self) -> bool:
        return self.status in self.EDITABLE


class ChangeConfirmation(Identified):
    """What one station says of a change in one round; a new round has new rows."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("待确认")
        CONFIRMED = "confirmed", _("已确认")
        RETURNED = "returned", _("已退回")
        CANCELLED = "cancelled", _("已终止")

    change = models.ForeignKey(PersonnelChange, models.PROTECT, related_name="confirmations")
    role = models.CharField(_("报监对象"), max_length=10, choices=Target)
    station = models.ForeignKey(Station, models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField()
    status = models.CharField(_("状态"), max_length=12, choices=Status, default=Status.WAITING)
    opinion = models.CharField(_("意见"), max_length=500, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("变更确认")
        verbose_name_plural = _("变更确认")
        ordering = ["round", "role"]
        indexes = [models.Index(fields=["station", "role", "status"], name="change_confirmation_queue")]
        constraints = [
            models.UniqueConstraint(name="change_is_confirmed_once_a_round", fields=["change", "role", "round"]),
            models.CheckConstraint(
                name="change_is_decided_by_someone_at_some_time",
                condition=~Q(status__in=["confirmed", "returned"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="change_is_returned_with_a_reason", condition=~Q(status="returned") | ~Q(opinion="")
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()} {self.get_status_display()}"
