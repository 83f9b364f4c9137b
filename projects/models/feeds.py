"""What the permit feed and the award feed brought, as they brought it (domain §5.5)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.backup.sources import holds_file
from portal.ids import Identified
from portal.places import District
from portal.search import Searchable
from portal.workflow import LockingQuerySet, Workflow
from projects.models.project import Project


class Feed(models.TextChoices):
    """What is fed in from outside (product §11)."""

    PERMITS = "permits", _("施工许可证")
    AWARDS = "awards", _("中标结果")


class SourceRecord(Searchable, Identified):
    """Facts about a project from outside; a person's edits lie on the filing and are never overwritten."""

    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="+")
    project_no = models.CharField(_("项目编号"), max_length=20, blank=True)
    project_name = models.CharField(_("项目名称"), max_length=200)
    works_name = models.CharField(_("工程名称"), max_length=200)
    category = models.CharField(_("项目类别"), max_length=6, blank=True)
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, related_name="+")
    address = models.CharField(_("工程地址"), max_length=200, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    construction_area_m2 = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    contract_amount_wan = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    planned_start_date = models.DateField(null=True, blank=True)
    planned_completion_date = models.DateField(null=True, blank=True)
    construction_scale = models.CharField(max_length=500, blank=True)
    parties = models.JSONField(default=list)  # [{"party_type", "unit_name", "uscc", "head_name"}]
    uscc_codes = ArrayField(models.CharField(max_length=18), default=list)  # the enterprises it names: who may see it
    source_version = models.CharField(max_length=60, blank=True)
    digest = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256 of the row as last taken in
    # Of the row before it was read: one that comes again as it was needs no reading.
    raw_digest = models.CharField(max_length=32, blank=True, db_default="", default="", editable=False)
    received_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    is_sample = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def __str__(self):
        return self.works_name


class ConstructionPermit(SourceRecord):
    """施工许可证: opens 联合报监 for the enterprises it names (decisions 11)."""

    class Status(models.TextChoices):
        VALID = "valid", _("有效")
        CHANGED = "changed", _("已变更")
        LAPSED = "lapsed", _("已失效")
        REVOKED = "revoked", _("已撤销")

    permit_no = models.CharField(_("施工许可证编号"), max_length=50, unique=True)  # normalised
    permit_no_shown = models.CharField(max_length=60)
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.VALID)
    issued_on = models.DateField(_("发证日期"), null=True, blank=True)
    passed_on_at = models.DateTimeField(null=True, editable=False)  # 联合报监 has taken note of it as it is now

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("施工许可证")
        verbose_name_plural = _("施工许可证")
        indexes = [
            GinIndex(fields=["search_tokens"], name="permit_search"),
            GinIndex(fields=["uscc_codes"], name="permit_uscc"),
            models.Index(fields=["changed_at", "id"], name="permit_to_pass_on", condition=Q(passed_on_at=None)),
        ]

    def search_parts(self):
        return [self.works_name, self.project_name, self.project_no, self.permit_no], {"status": self.status}


class AwardRecord(SourceRecord):
    """中标结果: a project whose bidding is finished, to be chosen in 先行介入 新建 (guide §四.5)."""

    award_no = models.CharField(_("中标通知书编号"), max_length=50, unique=True)
    awarded_on = models.DateField(_("中标日期"), null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("中标项目")
        verbose_name_plural = _("中标项目")
        indexes = [
            GinIndex(fields=["search_tokens"], name="award_search"),
            GinIndex(fields=["uscc_codes"], name="award_uscc"),
        ]

    def search_parts(self):
        return [self.works_name, self.project_name, self.project_no, self.award_no], {}


class FeedState(models.Model):
    """How far a feed has been read, and who is reading now: one row a feed, locked by every page that is taken in."""

    feed = models.CharField(max_length=10, choices=Feed, primary_key=True)
    cursor = models.CharField(max_length=200, blank=True)  # kept in the transaction of the rows before it
    etag = models.CharField(max_length=200, blank=True)  # of the last answer at this very cursor
    last_page = models.CharField(max_length=64, blank=True)  # digest of the last page, to notice it coming again
    holder = models.UUIDField(null=True)  # who has the lease
    lease_until = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)  # the source answered soundly
    due_at = models.DateTimeField(default=timezone.now)  # not asked before

    objects = LockingQuerySet.as_manager()

    def __str__(self):
        return str(self.get_feed_display())


class FeedRun(Workflow, Identified):
    """One reading of a source, or of a file that an operator handed in."""

    class Kind(models.TextChoices):
        PULL = "pull", _("接口拉取")
        FILE = "file", _("文件导入")

    class Status(models.TextChoices):
        WAITING = "waiting", _("等待运行")
        RUNNING = "running", _("运行中")
        RETRYING = "retrying", _("等待重试")
        HELD = "held", _("已暂停，待核实")
        DONE = "done", _("已完成")
        FAILED = "failed", _("失败")

    OPEN = (Status.WAITING, Status.RUNNING, Status.RETRYING)
    MOVES = {
        "start": ({Status.WAITING, Status.RETRYING, Status.RUNNING}, Status.RUNNING),
        "retry": ({Status.RUNNING}, Status.RETRYING),
        "hold": ({Status.RUNNING}, Status.HELD),
        "release": ({Status.HELD}, Status.WAITING),
        "drop": ({Status.HELD}, Status.FAILED),
        "finish": ({Status.RUNNING}, Status.DONE),
        "fail": ({Status.RUNNING}, Status.FAILED),
    }

    feed = models.CharField(_("数据"), max_length=10, choices=Feed)
    kind = models.CharField(_("方式"), max_length=4, choices=Kind)
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.WAITING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    started_at = models.DateTimeField(_("开始时间"), null=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True)
    due_at = models.DateTimeField(default=timezone.now)  # not gone on with before
    attempts = models.PositiveSmallIntegerField(default=0)  # that failed in a row
    cursor_from = models.CharField(max_length=200, blank=True)
    cursor_to = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)  # rows of the file that are done with
    pages = models.PositiveIntegerField(default=0)
    rows_read = models.PositiveIntegerField(_("读取"), default=0)
    rows_new = models.PositiveIntegerField(_("新增"), default=0)
    rows_changed = models.PositiveIntegerField(_("变更"), default=0)
    rows_unchanged = models.PositiveIntegerField(_("未变"), default=0)
    rows_outdated = models.PositiveIntegerField(_("旧版本"), default=0)
    rows_revoked = models.PositiveIntegerField(default=0)
    rows_quarantined = models.PositiveIntegerField(_("隔离"), default=0)
    problems = models.JSONField(default=list)  # [{"at", "text"}], what the source did wrong
    file_name = models.CharField(_("文件"), max_length=200, blank=True)
    file_key = models.CharField(max_length=100, blank=True)  # in the storage until the run has ended
    file_sha256 = models.CharField(max_length=64, blank=True)
    allows_much = models.BooleanField(default=False)  # a person looked and let many changes pass

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = _("数据接入记录")
        verbose_name_plural = _("数据接入记录")
        indexes = [
            models.Index(fields=["feed", "-created_at", "-id"], name="feed_run_list"),
            models.Index(
                fields=["due_at"], name="feed_run_due", condition=Q(status__in=["waiting", "running", "retrying"])
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="feed_is_pulled_by_one_run_at_a_time",
                fields=["feed"],
                condition=Q(kind="pull", status__in=["waiting", "running", "retrying", "held"]),
            ),
            models.CheckConstraint(
                name="feed_run_that_ended_says_when",
                condition=Q(status__in=["done", "failed"], finished_at__isnull=False)
                | ~Q(status__in=["done", "failed"]) & Q(finished_at=None),
            ),
        ]

    def __str__(self):
        return f"{self.get_feed_display()} · {self.get_kind_display()}"

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN


class QuarantinedRow(Identified):
    """A row that could not be taken in, kept aside with the reasons; it leaves when it comes again repaired."""

    feed = models.CharField(max_length=10, choices=Feed)
    run = models.ForeignKey(FeedRun, models.CASCADE, related_name="quarantined")
    key = models.CharField(max_length=80)  # its normalised number, or "row:" and a digest where it has none
    row_no = models.PositiveIntegerField(_("行号"))
    raw = models.JSONField(_("内容"))  # the columns we know, as they came
    reasons = models.JSONField(_("原因"))  # sentences
    kept_at = models.DateTimeField(_("隔离时间"), default=timezone.now)

    class Meta:
        verbose_name = _("隔离的数据")
        verbose_name_plural = _("隔离的数据")
        constraints = [models.UniqueConstraint(name="quarantined_row_is_kept_once", fields=["feed", "key"])]
        indexes = [models.Index(fields=["run", "row_no"], name="quarantined_of_run")]

    def __str__(self):
        return self.key


holds_file(FeedRun, "file_key")
