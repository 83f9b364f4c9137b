"""密码重置: account and the end of an ID number, a code to the number on file, a new password (product §4).

Every answer is the same whether the account exists or not, and takes the same time.
"""

from hmac import compare_digest

from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils.crypto import salted_hmac

from accounts.actions import locked, set_password
from accounts.codes import send_code_to_account, steady
from accounts.models import User
from accounts.signin import ENTERPRISE, canonical_account, find_account
from portal.audit.actions import record
from portal.validators import normalise_resident_id

KEPT = "recovering"  # in the session: which account, and whose it is if the words fitted
CHANGING = "changing_phone"  # the same for 手机号更换
LINK_HOURS = 24


def begin_recovery(
    request: HttpRequest, *, account: str, id_tail: str, kept: str = KEPT, purpose: str = "password_reset"
) -> None:
    """Remember the account in the session and text a code if the words fit. ValidationError when asked too often."""
    account = canonical_account(account, ENTERPRISE)
    with steady():
        user = find_account(account, ENTERPRISE)
        user = user if user and is_recoverable(user) and ends_with(id_number_of(user), id_tail) else None
        request.session[kept] = {"account": account, "user": str(user.pk) if user else ""}
        phone = user.contact_phone() if user else None
        send_code_to_account(phone, account=account, purpose=purpose, request=request)


def is_recoverable(user: User) -> bool:
    """Whether a code to the number on file may open it: not if somebody else holds that number now (edge case 41)."""
    return user.is_active and user.phone_disputed_at is None


def send_recovery_code(request: HttpRequest, kept: str = KEPT, purpose: str = "password_reset") -> None:
    """Another code to whoever is recovering in this browser. ValidationError when asked too often."""
    with steady():
        user = recovering_user(request, kept)
        phone = user.contact_phone() if user else None
        account = request.session[kept]["account"]
        send_code_to_account(phone, account=account, purpose=purpose, request=request)


def is_recovering(request: HttpRequest, kept: str = KEPT) -> bool:
    return kept in request.session


def recovering_user(request: HttpRequest, kept: str = KEPT) -> User | None:
    """The owner, if account and ID number fitted; the page must not tell."""
    stored = request.session.get(kept) or {}
    user = User.objects.filter(pk=stored["user"]).first() if stored.get("user") else None
    return user if user and is_recoverable(user) else None


def id_number_of(user: User) -> str:
    """The number of the human behind the account: an enterprise's agent, or the person."""
    if user.is_enterprise_account:
        administrator = getattr(user, "administrator", None)
        return (administrator.enterprise.agent_id_number if administrator else "") or ""
    return user.id_number or ""


def ends_with(number: str, tail: str) -> bool:
    tail = normalise_resident_id(tail)
    return len(tail) == 6 and len(number) >= 15 and compare_digest(number[-6:].encode(), tail.encode())


# The one-time link by which a staff account gets its password. Nothing is stored: the link carries a signed
# fingerprint of the present password, so it dies with that password.


@transaction.atomic
def one_time_token(user: User, *, by: User | None) -> str:
    """What the link carries. Whoever holds it may set the password, so it is recorded."""
    record("account.link_made", user, by=by)
    return signing.dumps([str(user.pk), fingerprint(user)], salt="accounts.operator")


def user_of_token(token: str) -> User:
    """The staff account that a link of the last 24 hours was made for. Http404 once it was used."""
    try:
        pk, print_of_then = signing.loads(token, salt="accounts.operator", max_age=LINK_HOURS * 3600)
    except signing.BadSignature:
        raise Http404 from None
    user = User.objects.filter(pk=pk, kind=User.Kind.STAFF, is_active=True).first()
    if user is None or not compare_digest(print_of_then, fingerprint(user)):
        raise Http404
    return user


@transaction.atomic
def use_token(token: str, password: str) -> None:
    """Set the password, once: a second use of the link waits for the first and finds it used."""
    user = locked(user_of_token(token))
    user_of_token(token)
    set_password(user, password, by=user)


def fingerprint(user: User) -> str:
    return salted_hmac("accounts.operator", f"{user.pk}{user.password}", algorithm="sha256").hexdigest()[:32]
