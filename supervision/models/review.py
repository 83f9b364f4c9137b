"""A station's review of a filing for one role, its rounds, and what has to be corrected."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Station, StationPost, Target
from portal.ids import Identified
from portal.workflow import LockingQuerySet, Workflow
from supervision.catalogue import Section
from supervision.models.attachments import Material
from supervision.models.filing import Filing, FilingVersion


class ReviewQuerySet(LockingQuerySet):
    def visible_to(self, user):
        """The reviews of the stations and roles in which this officer holds a post."""
        posts = StationPost.objects.held().filter(user=user, station=OuterRef("station"), role=OuterRef("role"))
        return self.filter(Exists(posts))

    def undecided(self):
        return self.filter(status__in=Review.UNDECIDED)


class Review(Workflow, Identified):
    """One row per filing and chosen role; the other station's row never waits for it (decisions 9)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("待审核")
        RECHECK = "recheck", _("待复核")
        ACCEPTED = "accepted", _("审核中")
        SURVEY = "survey_ordered", _("现场踏勘")
        RETURNED = "returned", _("已退回")
        APPROVING = "approving", _("待站长确认通过")
        APPROVED = "approved", _("已通过")
        REJECTING = "rejecting", _("待站长确认")
        REJECTED = "rejected", _("不予通过")
        KEPT = "kept", _("沿用原通过意见")
        CANCELLED = "cancelled", _("已终止")

    MOVES = {
        "accept": ({Status.WAITING, Status.RECHECK}, Status.ACCEPTED),
        "release": ({Status.ACCEPTED}, Status.WAITING),
        "release_again": ({Status.ACCEPTED}, Status.RECHECK),
        "hand_over": (
            {Status.WAITING, Status.ACCEPTED, Status.SURVEY, Status.APPROVING, Status.REJECTING},
            Status.WAITING,
        ),
        "hand_over_again": (
            {Status.RECHECK, Status.ACCEPTED, Status.SURVEY, Status.APPROVING, Status.REJECTING},
            Status.RECHECK,
        ),
        "order_survey": ({Status.ACCEPTED}, Status.SURVEY),
        "finish_survey": ({Status.SURVEY}, Status.ACCEPTED),
        "return": ({Status.ACCEPTED}, Status.RETURNED),
        "approve": ({Status.ACCEPTED}, Status.APPROVED),
        "propose_approval": ({Status.ACCEPTED}, Status.APPROVING),
        "decline_approval": ({Status.APPROVING}, Status.ACCEPTED),
        "confirm_approval": ({Status.APPROVING}, Status.APPROVED),
        "propose_rejection": ({Status.ACCEPTED}, Status.REJECTING),
        "decline_rejection": ({Status.REJECTING}, Status.ACCEPTED),
        "reject": ({Status.REJECTING}, Status.REJECTED),
        "undo": ({Status.APPROVED, Status.RETURNED}, Status.ACCEPTED),
        "keep": ({Status.APPROVED}, Status.KEPT),
        "recheck": ({Status.RETURNED, Status.APPROVED, Status.KEPT}, Status.RECHECK),
        "cancel": (
            {
                Status.WAITING,
                Status.RECHECK,
                Status.ACCEPTED,
                Status.SURVEY,
                Status.RETURNED,
                Status.APPROVING,
                Status.REJECTING,
            },
            Status.CANCELLED,
        ),
    }
    PROPOSED = (Status.APPROVING, Status.REJECTING)  # the chief has the word
    UNDECIDED = (Status.WAITING, Status.RECHECK, Status.ACCEPTED, Status.SURVEY, *PROPOSED)
    PASSED = (Status.APPROVED, Status.KEPT)

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="reviews")
    role = models.CharField(_("报监对象"), max_length=10, choices=Target)
    station = models.ForeignKey(Station, models.PROTECT, related_name="reviews")
    status = models.CharField(_("状态"), max_length=16, choices=Status, default=Status.WAITING)
    version = models.ForeignKey(FilingVersion, models.PROTECT, related_name="+")  # what is under review
    round = models.PositiveSmallIntegerField(default=1)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="reviews")
    accepted_at = models.DateTimeField(null=True)
    clock_started_at = models.DateTimeField(null=True)  # None while the clock pauses
    days_used = models.PositiveSmallIntegerField(default=0)  # working days of earlier stretches
    due_on = models.DateField(_("办理期限"), null=True)
    opinion = models.TextField(_("审核意见"), blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    supervision_no = models.CharField(_("监督注册号"), max_length=60, null=True)  # see SupervisionNumber
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("审核")
        verbose_name_plural = _("审核")
        indexes = [models.Index(fields=["station", "role", "status", "due_on", "id"], name="review_queue")]
        constraints = [
            models.UniqueConstraint(name="review_is_one_per_filing_and_role", fields=["filing", "role"]),
            models.CheckConstraint(
                name="review_is_decided_by_someone_at_some_time",
                condition=~Q(status__in=["approved", "returned", "rejected"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.filing} · {self.get_role_display()}"

    @property
    def works_name(self) -> str:
        """As it was handed in: what is being mended meanwhile is the applicant's."""
        return self.version.works_name or str(self.filing)


class ReviewDecision(Identified):
    """What an officer did with a review, kept for ever: the history that both sides read."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField()
    version = models.ForeignKey(FilingVersion, models.PROTECT, related_name="+")
    move = models.CharField(max_length=20)
    opinion = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    station = models.ForeignKey(Station, models.PROTECT, null=True, related_name="+")  # where the review lay then
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self):
        return f"{self.review_id} {self.move}"


class ReturnReason(models.Model):
    """A ready sentence for a return (domain §6, R01–R27); it may be edited when used."""

    code = models.CharField(_("代码"), max_length=6, primary_key=True)
    section = models.CharField(_("所属部分"), max_length=20, choices=Section, blank=True)
    text = models.CharField(_("退回原因"), max_length=300)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=0)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("退回原因")
        verbose_name_plural = _("退回原因")
        ordering = ["order", "code"]

    def __str__(self):
        return self.text


class DeficiencyItem(Identified):
    """One thing to correct: where, why, on what basis, and how the applicant answered."""

    class Reply(models.TextChoices):
        CORRECTED = "corrected", _("已修改")
        EXPLAINED = "explained", _("说明")

    review = models.ForeignKey(Review, models.PROTECT, related_name="items")
    round = models.PositiveSmallIntegerField()
    section = models.CharField(_("所属部分"), max_length=20, choices=Section)
    place = models.CharField(
        max_length=80, blank=True
    )  # a field, "contractor.head_name", a material's code; "" = whole
    material = models.ForeignKey(Material, models.PROTECT, null=True, blank=True, related_name="+")
    reason_code = models.CharField(max_length=6, blank=True)
    text = models.CharField(_("退回原因"), max_length=500)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    old_value = models.CharField(max_length=600, blank=True)
    missed_in_first_round = models.BooleanField(_("首轮遗漏"), default=False)
    late_agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    late_agreed_at = models.DateTimeField(null=True)  # the chief's tick that a late finding may be sent
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)  # None: still the officer's draft
    reply_kind = models.CharField(max_length=10, choices=Reply, blank=True)
    reply = models.CharField(_("答复"), max_length=500, blank=True)
    replied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    replied_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="deficiency_item_late_is_agreed_by_someone_at_some_time",
                condition=Q(late_agreed_at=None, late_agreed_by=None)
                | Q(late_agreed_at__isnull=False, late_agreed_by__isnull=False),
            ),
            models.CheckConstraint(name="deficiency_item_says_what_is_wrong", condition=~Q(text="")),
            models.CheckConstraint(
                name="deficiency_item_is_answered_by_someone_at_some_time",
                condition=Q(replied_at=None, replied_by=None) | Q(replied_at__isnull=False, replied_by__isnull=False),
            ),
        ]

    def __str__(self):
        return self.text
