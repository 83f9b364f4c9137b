"""The browsers that an account signed in with, and the locks that guessing at a password brought about."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Device(models.Model):
    """One browser of one account, known again by a random cookie of which only a keyed hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices")
    index = models.CharField(max_length=64)  # blind index of cookie and account: browsers of two people do not match
    name = models.CharField(_("设备"), max_length=60)
    address = models.CharField(_("网络地址"), max_length=45, blank=True)  # masked
    first_at = models.DateTimeField(_("首次登录"), default=timezone.now)
    signed_in_at = models.DateTimeField(_("最近登录"), default=timezone.now)
    session_key = models.CharField(max_length=40, blank=True)  # of its last session, over or not

    class Meta:
        verbose_name = _("登录设备")
        constraints = [models.UniqueConstraint(name="device_is_kept_once_per_user", fields=["user", "index"])]

    def __str__(self):
        return self.name


class SignInLockQuerySet(models.QuerySet):
    def in_force(self):
        """Those that nobody lifted and that are not over."""
        return self.filter(lifted_at=None, ends_at__gt=timezone.now())


class SignInLock(models.Model):
    """An account cannot be signed in to from somewhere for a while. Kept for accounts that do not exist, too."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    account = models.CharField(_("账号"), max_length=40)  # as typed, masked
    address = models.CharField(_("网络地址"), max_length=45, blank=True)  # masked
    keys = ArrayField(models.CharField(max_length=64))  # of the limits that lifting forgets, hashed
    began_at = models.DateTimeField(_("锁定时间"), default=timezone.now)
    ends_at = models.DateTimeField(_("自动解锁时间"))
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = SignInLockQuerySet.as_manager()

    class Meta:
        verbose_name = _("登录锁定")
        indexes = [models.Index(fields=["ends_at"], name="sign_in_lock_end")]

    def __str__(self):
        return self.account
