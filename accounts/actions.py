"""What may be done to accounts. The only code that writes them."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Acceptance, Agreement, Registration, User
from accounts.models.users import opaque_username
from portal.audit.actions import record, record_each
from portal.errors import Refused
from portal.facts import facts
from portal.notifications.actions import notify


@transaction.atomic
def create_person(
    *,
    name: str,
    phone: str,
    id_number: str,
    password: str | None = None,
    initial: str = "",
    by: User | None,
    is_sample: bool = False,
) -> User:
    """The account of a human. Without a password it gets the initial one, which opens only its own change.

    Phone and ID number come checked and normalised. `initial` is the hash of the initial password, for many accounts
    at once: making it takes half a second. Refused if either has an account: nobody is seized (decisions 2).
    """
    taken = Refused(_("该手机号或身份证号已有账号，请直接登录。"))
    if User.objects.by_phone(phone) or User.objects.by_id_number(id_number):
        raise taken
    user = User(kind=User.Kind.PERSONAL, username=opaque_username(), name=name, created_by=by, is_sample=is_sample)
    user.set_phone(phone)
    user.set_id_number(id_number)
    user.phone_verified_at = timezone.now() if password else None
    fill_in_password(user, password, initial=initial)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:  # somebody was quicker by a moment
        raise taken from None
    record("account.created", user, by=by or user, kind=user.kind)
    return user


@transaction.atomic
def create_people(people: Iterable[dict[str, str]], *, initial: str, by: User) -> list[User]:
    """`create_person` for many at once, by name, phone and id_number; IntegrityError if one of them has an account."""
    users = []
    for person in people:
        user = User(kind=User.Kind.PERSONAL, username=opaque_username(), name=person["name"], created_by=by)
        user.set_phone(person["phone"])
        user.set_id_number(person["id_number"])
        fill_in_password(user, None, initial=initial)
        users.append(user)
    User.objects.bulk_create(users)
    record_each("account.created", users, by=by, kind=User.Kind.PERSONAL)
    return users


@transaction.atomic
def create_enterprise_account(*, uscc: str, name: str, password: str) -> User:
    """The administrator account of an enterprise: its user name is the credit code (decisions 1)."""
    user = User(kind=User.Kind.ENTERPRISE, username=uscc, name=name)
    fill_in_password(user, password)
    user.save(force_insert=True)
    record("account.created", user, by=user, kind=user.kind)
    return user


@transaction.atomic
def create_staff(*, username: str, name: str, duty: str = "", by: User | None = None) -> User:
    """An account of the authority, without a password until its owner sets one through a one-time link."""
    user = User(kind=User.Kind.STAFF, username=username.lower(), name=name, duty=duty, created_by=by)
    user.set_unusable_password()
    user.save(force_insert=True)
    record("account.created", user, by=by, kind=user.kind, duty=duty)
    return user


@transaction.atomic
def set_password(user: User, password: str, *, by: User | None) -> None:
    """Set the password that the owner chose, end all sessions of the account and tell the owner.

    Sessions end because they carry a hash of the password that opened them.
    """
    user = locked(user)
    fill_in_password(user, password)
    user.password_changed_at = timezone.now()
    user.save(update_fields=[*PASSWORD_FIELDS, "password_changed_at"])
    record("account.password_changed", user, by=by)
    notify([user], "account.password_changed", at=user.password_changed_at)


@transaction.atomic
def set_first_password(user: User, password: str) -> None:
    """The owner proved the phone with a code and replaced the initial password."""
    set_password(user, password, by=user)
    user.phone_verified_at = timezone.now()
    user.save(update_fields=["phone_verified_at"])


@transaction.atomic
def set_initial_password(user: User, *, by: User) -> None:
    """Back to the printed initial password: it opens only its own change, with a code to the owner's phone.

    An account that closed because nobody came for it opens again.
    """
    user = locked(user)
    user.is_active = user.is_active or is_unused(user)
    fill_in_password(user, None)
    user.save(update_fields=[*PASSWORD_FIELDS, "is_active"])
    record("account.password_reset", user, by=by)


PASSWORD_FIELDS = ["password", "must_change_password", "initial_until"]


def fill_in_password(user: User, password: str | None, *, initial: str = "") -> None:
    """`password`, or the initial one for INITIAL_PASSWORD_DAYS; `initial` if its hash is known already."""
    if password is None:
        user.password = initial or initial_hash()
    else:
        user.set_password(password)
    user.must_change_password = password is None
    days = timedelta(days=settings.INITIAL_PASSWORD_DAYS)
    user.initial_until = timezone.now() + days if password is None else None


def initial_hash() -> str:
    """Of the initial password, which takes half a second; of none where people get a link (ACTIVATION_BY_LINK)."""
    return make_password(None if settings.ACTIVATION_BY_LINK else settings.INITIAL_PASSWORD)


def is_unused(user: User) -> bool:
    """Whether the initial password was not replaced within its days."""
    return user.must_change_password and user.initial_until is not None and user.initial_until < timezone.now()


def locked(user: User) -> User:
    """The row as it is now, kept from others until the transaction ends; what the caller holds is brought up to date."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    user.refresh_from_db()
    return user


def end_sessions(user: User, *, except_key: str | None = None) -> int:
    """Sign the account out everywhere, or everywhere else; returns how many sessions ended.

    Reads every live session, so it is for single cases; a changed password or a closed account needs no such search.
    """
    live = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=except_key or "")
    own = [row.pk for row in live.iterator() if row.get_decoded().get("_auth_user_id") == str(user.pk)]
    Session.objects.filter(pk__in=own).delete()
    return len(own)


@transaction.atomic
def accept_agreement(
    agreement: Agreement,
    *,
    user: User | None = None,
    registration: Registration | None = None,
    address: str | None = None,
) -> Acceptance:
    """Keep who accepted which text, when and from where (PIPL art. 14). Accepting again changes nothing."""
    seen = {
        "text_hash": hashlib.sha256(agreement.body.encode()).hexdigest(),
        "address": address or facts().address or None,
    }
    whose: dict[str, Any] = {"user": user} if user else {"registration": registration}
    acceptance, is_new = Acceptance.objects.get_or_create(agreement=agreement, **whose, defaults=seen)
    if is_new:
        record("agreement.accepted", agreement, by=user, version=agreement.version, text_hash=seen["text_hash"])
    return acceptance


def accept_photo_consent(user: User) -> None:
    """The form was only valid with the box ticked, or the person had agreed before (PIPL art. 29)."""
    if agreement := Agreement.objects.current(Agreement.Kind.ID_PHOTO):
        accept_agreement(agreement, user=user)


def hand_over_acceptances(registration: Registration, user: User) -> None:
    """What was accepted in a draft was accepted by the person whose account it became."""
    known = Acceptance.objects.filter(user=user).values("agreement_id")
    registration.acceptances.exclude(agreement_id__in=known).update(user=user)


def has_accepted(agreement: Agreement, *, user: User | None = None, registration: Registration | None = None) -> bool:
    """Whether this very version was accepted."""
    whose: dict[str, Any] = {"user": user} if user else {"registration": registration}
    return Acceptance.objects.filter(agreement=agreement, **whose).exists()


@transaction.atomic
def close_unused_accounts() -> int:
    """Close the accounts whose initial password was never replaced in time; returns how many."""
    due = User.objects.filter(must_change_password=True, is_active=True, initial_until__lt=timezone.now())
    users = list(due.select_for_update(of=("self",), no_key=True, skip_locked=True))
    for user in users:
        user.is_active = False
        user.save(update_fields=["is_active"])
        record("account.closed_unused", user, by=None)
    return len(users)
