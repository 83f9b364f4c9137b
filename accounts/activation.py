"""激活: a new person sets their first password through a one-time link texted to their own phone.

The alternative to the initial password, by ACTIVATION_BY_LINK. Of the link only a keyed hash is kept; it dies when it
was used, when a newer one was sent, after ACTIVATION_HOURS, and when the account has another phone by then.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import locked, set_first_password
from accounts.models import Activation, User
from accounts.recovery import is_recoverable
from portal.audit.actions import record
from portal.crypto import blind_index
from portal.errors import Refused
from portal.limits import hit
from portal.notifications.actions import send_text

A_DAY = 5  # links for one person, whoever asks for them
KEPT = timedelta(days=30)


@transaction.atomic
def send_activation(user: User, *, sender: str, by: User | None) -> Activation:
    """Text a new link to the person's phone; the one before is dead from now on. Refused beyond five a day.

    `sender` is who made the account: the person is to know why they are written to.
    """
    user = locked(user)
    if not user.phone or not user.must_change_password:
        raise Refused(_("此人已设置过密码，不需要激活；忘记密码的，请本人使用“忘记密码”。"))
    if not hit(f"activation:{user.pk}", limit=A_DAY, seconds=24 * 3600):
        raise Refused(_("今天已向此人发送 %(count)d 次激活链接，请明天再试。") % {"count": A_DAY})
    now, token = timezone.now(), secrets.token_urlsafe(18)
    user.activations.filter(used_at=None, replaced_at=None).update(replaced_at=now)
    lifetime = timedelta(hours=settings.ACTIVATION_HOURS)
    activation = Activation.objects.create(
        user=user,
        token_hash=hash_of(token),
        phone_index=user.phone_index or "",
        created_by=by,
        expires_at=now + lifetime,
    )
    link = settings.PUBLIC_URL.rstrip("/") + reverse("accounts:activate", args=[token])
    facts = {"sender": sender, "hours": settings.ACTIVATION_HOURS, "link": link, "token": token}
    key = f"activation:{activation.pk}"
    send_text(user.phone, "account.activation", key=key, wipe=True, lifetime=lifetime, **facts)
    record("account.activation_sent", user, by=by)
    return activation


def hash_of(token: str) -> str:
    return blind_index(token, purpose="activation")


def open_activation(token: str, *, lock: bool = False) -> Activation | None:
    """The link, while it opens; None for one that is used, replaced, old, unknown, or meant for another phone."""
    rows = Activation.objects.filter(token_hash=hash_of(token), used_at=None, replaced_at=None)
    rows = rows.filter(expires_at__gt=timezone.now())
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.select_related("user").first()
    if found is None or found.user.phone_index != found.phone_index or not found.user.must_change_password:
        return None
    return found if is_recoverable(found.user) else None


@transaction.atomic
def activate(token: str, password: str) -> User | None:
    """Set the first password, once: a second use of the link waits for the first and finds it used (None)."""
    activation = open_activation(token, lock=True)
    if activation is None:
        return None
    activation.used_at = timezone.now()
    activation.save(update_fields=["used_at"])
    set_first_password(activation.user, password)
    record("account.activated", activation.user, by=activation.user)
    return activation.user


def forget_old_activations() -> None:
    """Links that opened nothing any more a month ago; the trail keeps that they were sent."""
    Activation.objects.filter(expires_at__lt=timezone.now() - KEPT).delete()
