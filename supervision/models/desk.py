"""What lies around a review on the desk: surveys, drafts, looks, notes, recusals, requests to withdraw."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ids import Identified
from supervision.models.filing import Filing, FilingVersion
from supervision.models.review import Review

User = settings.AUTH_USER_MODEL


class Survey(Identified):
    """现场踏勘: an officer goes to look; the review's clock stands until the result is written down."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="surveys")
    round = models.PositiveSmallIntegerField()
    day = models.DateField(_("踏勘日期"))
    place = models.CharField(_("踏勘地点"), max_length=200)
    note = models.CharField(_("需申请单位准备的事项"), max_length=300, blank=True)
    ordered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField(default=timezone.now)
    result = models.CharField(_("踏勘结果"), max_length=1000, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("现场踏勘")
        verbose_name_plural = _("现场踏勘")
        ordering = ["ordered_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="survey_of_a_review_is_one_at_a_time", fields=["review"], condition=Q(ended_at=None)
            ),
        ]

    def __str__(self):
        return f"{self.day} {self.place}"


class OpinionDraft(Identified):
    """What an officer has typed on the decision page and not yet sent; nobody else reads it."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="opinion_drafts")
    officer = models.ForeignKey(User, models.PROTECT, related_name="+")
    move = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="opinion_draft_is_one_per_officer", fields=["review", "officer"]),
        ]

    def __str__(self):
        return f"{self.review_id} {self.officer_id}"


class Look(Identified):
    """An officer has seen this version of a review: the next one is compared with it."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="looks")
    officer = models.ForeignKey(User, models.PROTECT, related_name="+")
    version = models.ForeignKey(FilingVersion, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="look_at_a_version_is_noted_once", fields=["review", "officer", "version"]),
        ]

    def __str__(self):
        return f"{self.review_id} {self.version_id}"


class Note(Identified):
    """A word between officers that the applicant never reads, or a request to bring both stations together."""

    class Kind(models.TextChoices):
        INTERNAL = "internal", _("内部备注")
        COORDINATION = "coordination", _("站间协调")

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="notes")
    review = models.ForeignKey(Review, models.PROTECT, null=True, related_name="notes")  # None: the applicant asks
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.CharField(_("内容"), max_length=1000)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                name="note_inside_a_station_belongs_to_a_review",
                condition=Q(kind="coordination") | Q(review__isnull=False),
            ),
        ]

    def __str__(self):
        return self.text


class Recusal(Identified):
    """回避: this officer has nothing to do with this review, for a reason that the chief may read."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="recusals")
    officer = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(_("回避事由"), max_length=300)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="recusal_is_declared_once", fields=["review", "officer"]),
        ]

    def __str__(self):
        return f"{self.review_id} {self.officer_id}"


class DeclaredTie(Identified):
    """An enterprise that an officer has ties to, declared beforehand: its filings never come to him."""

    officer = models.ForeignKey(User, models.PROTECT, related_name="declared_ties")
    uscc = models.CharField(_("统一社会信用代码"), max_length=18)
    reason = models.CharField(_("关系说明"), max_length=300)
    declared_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["declared_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="declared_tie_is_one_per_enterprise", fields=["officer", "uscc"], condition=Q(ended_at=None)
            ),
        ]

    def __str__(self):
        return self.uscc


class WithdrawalRequest(Identified):
    """Taking a filing back after a station has passed it: that station confirms, or its silence does."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("待确认")
        AGREED = "agreed", _("已同意")
        SILENT = "silent", _("逾期未答复，视为同意")
        DECLINED = "declined", _("未同意")
        VOID = "void", _("不再需要")

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="withdrawal_requests")
    review = models.ForeignKey(Review, models.PROTECT, related_name="withdrawal_requests")  # whose approval it ends
    reason = models.CharField(_("撤回原因"), max_length=300)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateField(_("答复期限"))
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("撤回申请")
        verbose_name_plural = _("撤回申请")
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="withdrawal_request_is_one_at_a_time", fields=["filing"], condition=Q(outcome="open")
            ),
        ]

    def __str__(self):
        return f"{self.filing_id} {self.get_outcome_display()}"
