"""Messages in people's inboxes, what is to be sent out, and the tray that shows it while no provider is set."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto import EncryptedJSONField, EncryptedTextField
from portal.ids import Identified
from portal.workflow import LockingQuerySet


class MessageQuerySet(models.QuerySet):
    def of(self, user):
        return self.filter(user=user)

    def unread(self):
        """Neither opened nor made pointless because somebody did what it asked for."""
        return self.filter(read_at=None, handled_at=None)

    def asking(self):
        """Somebody has to act and nobody has, read or not."""
        return self.filter(handled_at=None).exclude(area="")

    def about(self, thing):
        return self.filter(about_type=thing._meta.label_lower, about_id=str(thing.pk))


class Message(Identified):
    """Something a person was told, in the transaction in which it happened."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="inbox")
    event = models.CharField(_("事件"), max_length=60)
    subject = models.CharField(_("标题"), max_length=200)
    body = EncryptedTextField(_("内容"), blank=True)
    link = models.CharField(max_length=500, blank=True)
    about_type = models.CharField(max_length=60, blank=True)
    about_id = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(_("时间"), default=timezone.now)
    read_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    area = models.CharField(max_length=20, blank=True)  # whose badge counts it until the matter is handled

    objects = MessageQuerySet.as_manager()

    class Meta:
        app_label = "portal"
        verbose_name = _("消息")
        verbose_name_plural = _("消息")
        indexes = [
            models.Index(fields=["user", "-created_at"], name="message_inbox"),
            models.Index(fields=["user"], name="message_unread", condition=Q(read_at=None, handled_at=None)),
            models.Index(fields=["about_type", "about_id"], name="message_about"),
            models.Index(fields=["user", "handled_at"], name="message_handled", condition=Q(handled_at__isnull=False)),
            models.Index(fields=["user", "area"], name="message_asks", condition=Q(handled_at=None) & ~Q(area="")),
        ]

    def __str__(self) -> str:
        return self.subject


class DeliveryQuerySet(LockingQuerySet):
    def due(self):
        """What waits for its time, and what a worker took and never finished."""
        now = timezone.now()
        waiting = Q(state__in=["queued", "failed"], due_at__lte=now)
        return self.filter(waiting | Q(state="sending", lease_until__lt=now)).order_by("due_at")


class Delivery(Identified):
    """One text to one address. Of a code (`wipe`) the text goes when it is sent or no longer valid."""

    class Channel(models.TextChoices):
        SMS = "sms", _("短信")
        EMAIL = "email", _("邮件")

    class State(models.TextChoices):
        QUEUED = "queued", _("待发送")
        SENDING = "sending", _("发送中")
        SENT = "sent", _("已发送")
        FAILED = "failed", _("发送失败，将重试")
        DEAD = "dead", _("发送失败")
        UNKNOWN = "unknown", _("发送结果未知")

    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="deliveries")
    event = models.CharField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel)
    address = EncryptedTextField()
    subject = EncryptedTextField(blank=True)  # of an e-mail
    text = EncryptedTextField(blank=True)
    values = EncryptedJSONField(null=True)  # what a template kept at the provider is filled with
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    key = models.CharField(max_length=160, unique=True)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    wipe = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)  # not worth sending afterwards

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        app_label = "portal"
        verbose_name = _("发送记录")
        verbose_name_plural = _("发送记录")
        indexes = [
            models.Index(
                fields=["due_at"], name="delivery_open", condition=Q(state__in=["queued", "failed", "sending"])
            ),
            models.Index(
                fields=["due_at"],
                name="delivery_open_codes",
                condition=Q(state__in=["queued", "failed", "sending"], wipe=True),
            ),
            models.Index(fields=["state", "-created_at"], name="delivery_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                name="delivery_state_is_known",
                condition=Q(state__in=["queued", "sending", "sent", "failed", "dead", "unknown"]),
            ),
            models.CheckConstraint(
                name="delivery_under_way_has_a_lease", condition=~Q(state="sending") | Q(lease_until__isnull=False)
            ),
            models.CheckConstraint(
                name="delivery_of_a_code_expires", condition=Q(wipe=False) | Q(expires_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"


class MessageSettings(Identified):
    """What a person wants to get besides the inbox: an address for e-mails, and the kinds that are off."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="message_settings")
    email = EncryptedTextField(blank=True)
    muted = ArrayField(models.CharField(max_length=80), default=list)  # "event:channel"
    gathered_until = models.DateTimeField(default=timezone.now)  # what came later is in no digest yet

    objects = LockingQuerySet.as_manager()

    class Meta:
        app_label = "portal"

    def __str__(self) -> str:
        return str(self.user_id)

    def wants(self, event: str, channel: str) -> bool:
        return f"{event}:{channel}" not in self.muted


class Heartbeat(models.Model):
    """When a process behind the pages was last at work."""

    name = models.CharField(max_length=20, primary_key=True)  # relay, worker, beat
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "portal"

    def __str__(self) -> str:
        return self.name


class Notified(models.Model):
    """That something was told, once and for all, however often and by how many tasks it is looked at."""

    key = models.CharField(max_length=160, primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "portal"

    def __str__(self) -> str:
        return self.key


class TrayEntry(Identified):
    """A text that would have been sent if a provider were configured."""

    key = models.CharField(max_length=160, unique=True)
    channel = models.CharField(max_length=10, choices=Delivery.Channel)
    address = EncryptedTextField()
    text = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "portal"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.key
