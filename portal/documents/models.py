"""What was uploaded, whose it is, and whether it is sound."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.documents.addresses import address_of
from portal.documents.kinds import DocumentKind, kind_of, size_text
from portal.ids import Identified
from portal.workflow import LockingQuerySet


class DocumentQuerySet(LockingQuerySet):
    def of(self, holder: models.Model) -> DocumentQuerySet:
        """Everything `holder` ever had, replaced and removed files too."""
        return self.filter(holder_type=holder._meta.label_lower, holder_id=holder.pk)

    def held_by(self, holder: models.Model, kind: str | DocumentKind | None = None) -> DocumentQuerySet:
        """What `holder` has now, in the order of upload."""
        held = self.of(holder).exclude(state=Document.State.REMOVED).order_by("uploaded_at", "id")
        return held.filter(kind=kind_of(kind).code) if kind else held

    def ready(self) -> DocumentQuerySet:
        return self.filter(state=Document.State.READY)

    def kept(self) -> DocumentQuerySet:
        """Those whose bytes still lie in the storage."""
        return self.exclude(key="")


class Document(Identified):
    """A file, held by one row of another model. Nothing unchecked may be submitted or shown to others."""

    class State(models.TextChoices):
        CHECKING = "checking", _("检查中")
        READY = "ready", _("可用")
        REFUSED = "refused", _("未通过")
        STUCK = "stuck", _("检查未完成")  # tried often enough or for too long; an operator has it checked again
        REMOVED = "removed", _("已删除")

    class Scan(models.TextChoices):
        """What a malware scanner said. Without a scanner nothing is ever called clean."""

        UNSCANNED = "unscanned", _("未扫描")
        CLEAN = "clean", _("已扫描")
        INFECTED = "infected", _("有风险")

    kind = models.CharField(_("类别"), max_length=40)
    holder_type = models.CharField(max_length=60)  # "app.model"
    holder_id = models.UUIDField()
    name = models.CharField(_("文件名"), max_length=200)  # cleaned; only ever shown
    size = models.BigIntegerField(_("大小"))  # bytes of the plain file
    sha256 = models.CharField(max_length=64)  # of the plain file as it is stored now
    sent_sha256 = models.CharField(max_length=64, blank=True)  # of the plain file as it was sent
    shared = models.BooleanField(default=False)  # its bytes lie under the key of an earlier document with the same
    media_type = models.CharField(max_length=100)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.CHECKING)
    problem = models.CharField(_("原因"), max_length=300, blank=True)
    scan = models.CharField(_("病毒扫描"), max_length=10, choices=Scan, default=Scan.UNSCANNED)
    key = models.CharField(max_length=100, blank=True)  # in the storage; empty once the bytes are purged
    sealed = models.BooleanField(default=False)  # encrypted at rest
    thumbnail = models.BooleanField(default=False)
    previews = models.PositiveSmallIntegerField(default=0)  # how many page images there are
    pages = models.PositiveIntegerField(_("页数"), null=True)
    width = models.PositiveIntegerField(null=True)  # pixels
    height = models.PositiveIntegerField(null=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField(_("上传时间"), default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    lease_until = models.DateTimeField(null=True)  # until then a worker has it, or it waits for its next try
    attempts = models.PositiveSmallIntegerField(default=0)
    requeued_at = models.DateTimeField(null=True)  # an operator asked for another check

    objects = DocumentQuerySet.as_manager()
    repeated = False  # set on what answers a second upload of the same bytes to the same place

    class Meta:
        app_label = "portal"
        verbose_name = _("文件")
        verbose_name_plural = _("文件")
        indexes = [
            models.Index(name="document_of_a_holder", fields=["holder_type", "holder_id", "kind"]),
            models.Index(name="document_to_check", fields=["uploaded_at"], condition=Q(state="checking")),
            models.Index(name="document_stuck", fields=["checked_at"], condition=Q(state="stuck")),
            models.Index(name="document_of_the_same_bytes", fields=["sent_sha256"], condition=~Q(key="")),
            models.Index(name="document_under_a_key", fields=["key"], condition=~Q(key="")),
        ]
        constraints = [
            models.UniqueConstraint(
                name="document_has_its_own_bytes", fields=["key"], condition=~Q(key="") & Q(shared=False)
            ),
            models.CheckConstraint(name="document_sealed_shares_nothing", condition=Q(sealed=False) | Q(shared=False)),
            models.CheckConstraint(name="document_is_not_empty", condition=Q(size__gt=0)),
            models.CheckConstraint(
                name="document_refused_says_why", condition=~Q(state__in=["refused", "stuck"]) | ~Q(problem="")
            ),
            models.CheckConstraint(
                name="document_ready_was_checked",
                condition=~Q(state="ready") | Q(checked_at__isnull=False, problem=""),
            ),
            models.CheckConstraint(
                name="document_removed_at_some_time",
                condition=Q(state="removed", removed_at__isnull=False)
                | ~Q(state="removed") & Q(removed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_label(self) -> str:
        """Not the file's name: people put names and numbers into those, and the audit trail is for ever."""
        return str(self.label)

    @property
    def label(self) -> str | Promise:
        try:
            return kind_of(self.kind).label
        except KeyError:
            return self.kind

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def is_checking(self) -> bool:
        return self.state == self.State.CHECKING

    @property
    def is_refused(self) -> bool:
        """Others will not see it as it is: it is unsound, or nobody could find out."""
        return self.state in {self.State.REFUSED, self.State.STUCK}

    @property
    def is_stuck(self) -> bool:
        return self.state == self.State.STUCK

    @property
    def was_sound(self) -> bool:
        """Ready now, or replaced after it had been found sound: an earlier version that may still be looked at."""
        return self.checked_at is not None and not self.problem

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def has_preview(self) -> bool:
        return self.is_image or self.previews > 0

    @property
    def size_text(self) -> str:
        return size_text(self.size)

    @property
    def view_url(self) -> str:
        """The page on which its app shows it, where there is one."""
        return address_of(self, "view")

    @property
    def manage_url(self) -> str:
        """The page on which it is renamed, replaced and so on, where there is one."""
        return address_of(self, "manage")

    @property
    def preview_numbers(self) -> range:
        """The numbers of its page images, from 1."""
        return range(1, self.previews + 1)


class TransferQuerySet(LockingQuerySet):
    def unfinished(self) -> TransferQuerySet:
        return self.filter(document=None)


class Transfer(Identified):
    """A file on its way in pieces. It belongs to one person, or to one visitor's draft, and to the place it is for."""

    place = models.CharField(max_length=300)  # the address that takes it, which asks for the right at each piece
    kind = models.CharField(max_length=40)
    holder_type = models.CharField(max_length=60)
    holder_id = models.UUIDField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()  # bytes of the whole file
    sha256 = models.CharField(max_length=64)  # of the whole file, as the browser says
    offset = models.BigIntegerField(default=0)  # bytes from the beginning that have arrived whole
    remote = models.CharField(
        max_length=300, blank=True
    )  # the store's name of the upload, where pieces go straight there
    key = models.CharField(max_length=100, blank=True)  # where they go then
    document = models.ForeignKey(Document, models.CASCADE, null=True, related_name="+")  # what became of it
    started_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        app_label = "portal"
        verbose_name = _("未完成的上传")
        verbose_name_plural = _("未完成的上传")
        indexes = [
            models.Index(name="transfer_of_a_holder", fields=["holder_type", "holder_id"]),
            models.Index(name="transfer_of_a_person", fields=["started_by", "started_at"]),
        ]
        constraints = [
            models.CheckConstraint(name="transfer_is_not_empty", condition=Q(size__gt=0)),
            models.CheckConstraint(
                name="transfer_has_no_more_than_its_size", condition=Q(offset__gte=0, offset__lte=models.F("size"))
            ),
        ]

    def __str__(self) -> str:
        return self.name
