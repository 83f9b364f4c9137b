"""注销: an account ends at once, what it was bound to ends with it, and after thirty days nothing tells who it was."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import end_sessions, locked
from accounts.models import DataCopy, DataRequest, Registration, User
from accounts.privacy.copies import wipe
from accounts.privacy.sections import files_about
from portal.audit.actions import record
from portal.crypto import blind_index
from portal.documents.actions import purge
from portal.errors import Refused
from portal.notifications.models import Delivery, Message

NOBODY = _("已注销用户")

_obstacles: list[Callable[[User], list[str]]] = []
_closed: list[Callable[..., object]] = []
_forgotten: list[Callable[[User], object]] = []


def register_obstacle(fn: Callable[[User], list[str]]) -> None:
    """`fn(user)` says in sentences why the account cannot be closed yet."""
    _obstacles.append(fn)


def register_closing(fn: Callable[..., object]) -> None:
    """`fn(user, by=…)` runs in the transaction in which an account is closed."""
    _closed.append(fn)


def register_forgetting(fn: Callable[[User], object]) -> None:
    """`fn(user)` removes what an app keeps of a closed account; it runs in one transaction with the rest."""
    _forgotten.append(fn)


def why_not_close(user: User) -> list[str]:
    """What stands against closing the account now, in sentences."""
    found = [] if user.is_personal else [_("只有个人账号可以注销。企业账号请联系平台运营人员。")]
    return [*found, *(str(sentence) for fn in _obstacles for sentence in fn(user))]


@transaction.atomic
def close_account(user: User, *, by: User | None) -> None:
    """Close a personal account: nobody signs in with it any more, and its places end. Refused while something stands against it."""
    user = locked(user)
    if user.closed_at:
        raise Refused(_("该账号已注销。"))
    if reasons := why_not_close(user):
        raise Refused(*reasons, heading=_("账号暂不能注销"))
    for fn in _closed:
        fn(user, by=by)
    user.is_active, user.closed_at = False, timezone.now()
    user.set_unusable_password()
    user.save(update_fields=["is_active", "closed_at", "password"])
    end_sessions(user)
    record("account.closed", user, by=by)


def forget_account(user: User) -> None:
    """Erase who a closed account was: name, numbers, messages, files, copies. The row and its acts stay, without a name.

    What lies in filings that were handed in is kept by law as it was. Not to be undone; call it outside of transactions.
    """
    if user.closed_at is None:
        raise ValueError("Only a closed account is forgotten.")
    purge([held.document for held in files_about(user)])
    for copy in user.data_copies.exclude(key=""):
        wipe(copy)
    with transaction.atomic():
        user = locked(user)
        for fn in _forgotten:
            fn(user)
        Delivery.objects.filter(message__user=user).delete()
        Message.objects.filter(user=user).delete()
        DataRequest.objects.filter(user=user).update(values=None, reason="")
        DataCopy.objects.filter(user=user).delete()
        Registration.objects.filter(owner=user).delete()
        Authenticator.objects.filter(user=user).delete()
        user.name, user.phone, user.phone_index, user.phone_tail = str(NOBODY), None, None, ""
        user.id_number, user.id_index = None, blind_index(str(user.pk), purpose="closed_account")
        user.forgotten_at = timezone.now()
        user.save()
        record("account.forgotten", user, by=None)
