"""The locks that guessing brought about: when they end, and how an operator lifts one."""

from datetime import timedelta

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import forget_keys, keys_of_lock, locked_until
from accounts.models import SignInLock, User
from portal.audit.actions import record
from portal.errors import Refused
from portal.facts import facts
from portal.masking import mask_address


def note_lock(account: str, shown: str, user: User | None) -> None:
    """Keep that `account` is locked from here, so that an operator can lift it. The same work for unknown accounts."""
    SignInLock.objects.create(
        user=user,
        account=shown,
        address=mask_address(facts().address),
        keys=keys_of_lock(account),
        ends_at=locked_until(account),
    )


@transaction.atomic
def lift_lock(pk: int, *, by: User) -> None:
    """The account may be tried again at once, everywhere. Http404 unless `by` is an operator."""
    if not by.is_operator:
        raise Http404
    lock = SignInLock.objects.select_for_update().filter(pk=pk).exclude(user=None).first()
    if lock is None or lock.user is None:
        raise Http404
    locks = SignInLock.objects.in_force().filter(user=lock.user)
    if not locks.exists():
        raise Refused(_("该账号的锁定已经解除或已到时间，可以直接登录。"))
    for each in locks:
        forget_keys(each.keys)
    locks.update(lifted_at=timezone.now(), lifted_by=by)
    record("account.unlocked", lock.user, by=by)


def forget_old_locks() -> None:
    """Drop locks that ended more than a week ago; the audit trail keeps that they were."""
    SignInLock.objects.filter(ends_at__lt=timezone.now() - timedelta(days=7)).delete()
