"""One-time codes by text message: six digits, five minutes, five tries (decisions 4).

A code belongs to one phone, one purpose and one browser. Only its keyed hash is kept; the text that carries it is
wiped when it was sent. Nobody learns here whether a number or an account is known.
"""

import hmac
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import VerificationCode
from portal.crypto import blind_index
from portal.facts import facts
from portal.limits import HIT, hit, hits, index_of
from portal.notifications.actions import send_text
from portal.validators import normalise_mobile

TRIES = 5
WAIT = 60  # seconds between two codes
A_DAY = 10  # codes for one number
A_NETWORK = 60  # codes an hour asked for from one address, then a question
AFTER_ANSWER = 5  # codes for the browser that answered it
HOUR, DAY = 3600, 24 * 3600
ALLOWED, QUESTION_KEPT = "codes_allowed", "code_question"  # in the session

WRONG = _("验证码错误或已过期")
TOO_SOON = _("验证码一分钟只能获取一次，请稍后再试。")
TOO_MANY = _("获取验证码的次数已达今天的上限（10 次），请 24 小时后再试。")
QUESTION = _("您所在的网络一小时内获取验证码过多。请先打开 %(url)s 回答一个问题，再返回这里获取验证码。")


def send_code(phone: str, *, purpose: str, request: HttpRequest) -> None:
    """Text a new code to `phone`; earlier ones of this browser and purpose are void.

    Raises ValidationError with a sentence when over a limit. For a number that its owner just typed; where the
    number comes from an account that may not exist, use `send_code_to_account`.
    """
    phone = normalise_mobile(phone)
    require_calm_network(request)
    require_calm(phone)
    issue(phone, purpose, request)


@contextmanager
def steady(seconds: float = 0.3) -> Iterator[None]:
    """Takes at least this long, so that the time does not tell whether somebody was found inside."""
    until = time.monotonic() + seconds
    try:
        yield
    finally:
        time.sleep(max(0, until - time.monotonic()))


def send_code_to_account(phone: str | None, *, account: str, purpose: str, request: HttpRequest) -> None:
    """Text a code to the number kept for `account`, or to nobody (None), with the same answer.

    Raises ValidationError when asked too often from here; that says nothing about the account either. Look the
    account up and call this under `steady`.
    """
    require_calm_network(request)
    require_calm(f"{account}@{facts().network}")
    if is_calm(phone or f"nobody:{account}"):
        issue(phone, purpose, request)


def require_calm_network(request: HttpRequest) -> None:
    """60 an hour from one address, then only for browsers that answered a question. ValidationError names its page."""
    if hit(f"code-network:{facts().network}", limit=A_NETWORK, seconds=HOUR):
        return
    if not (allowed := request.session.get(ALLOWED, 0)):
        raise ValidationError(QUESTION % {"url": reverse("accounts:code-question")}, code="question")
    request.session[ALLOWED] = allowed - 1


def ask_question(request: HttpRequest) -> str:
    """A small sum in words, kept in the session until it is answered. No picture: everybody can read it."""
    if QUESTION_KEPT not in request.session:
        request.session[QUESTION_KEPT] = [secrets.randbelow(80) + 10, secrets.randbelow(9) + 1]
    return _("%(first)d 加上 %(second)s 等于几？") % {
        "first": request.session[QUESTION_KEPT][0],
        "second": "零一二三四五六七八九"[request.session[QUESTION_KEPT][1]],
    }


def answer_question(request: HttpRequest, answer: int) -> bool:
    """Allow this browser a few more codes if the sum is right; each question is asked once."""
    asked = request.session.pop(QUESTION_KEPT, None)
    if asked is None or sum(asked) != answer:
        return False
    request.session[ALLOWED] = AFTER_ANSWER
    return True


def require_calm(key: str) -> None:
    """One a minute and ten a day. ValidationError."""
    if hits(f"code-day:{key}", DAY) >= A_DAY:
        raise ValidationError(TOO_MANY, code="too_many")
    if not hit(f"code-minute:{key}", limit=1, seconds=WAIT):
        raise ValidationError(TOO_SOON, code="too_soon")
    if not hit(f"code-day:{key}", limit=A_DAY, seconds=DAY):
        raise ValidationError(TOO_MANY, code="too_many")


def is_calm(key: str) -> bool:
    try:
        require_calm(key)
    except ValidationError:
        return False
    return True


NOBODY = "10000000000"  # no mobile number: nobody has it


@transaction.atomic
def issue(phone: str | None, purpose: str, request: HttpRequest) -> None:
    """Text a code; for nobody (None) the same work is done and undone."""
    write_code(phone or NOBODY, purpose, request)
    if phone is None:
        transaction.set_rollback(True)


def write_code(phone: str, purpose: str, request: HttpRequest) -> None:
    digits = f"{secrets.randbelow(10**6):06d}"
    code = VerificationCode(
        purpose=purpose,
        phone_index=index_of_phone(phone),
        binding=browser_of(request),
        expires_at=timezone.now() + settings.CODE_LIFETIME,
    )
    code.code_hash = hash_of(code, digits)
    code.save(force_insert=True)
    label = VerificationCode.Purpose(purpose).label
    send_text(phone, "account.code", key=f"code:{code.pk}", wipe=True, code=digits, purpose=label)


def check_code(phone: str | None, code: str, *, purpose: str, request: HttpRequest) -> None:
    """Use up the code that was texted to `phone`. Raises ValidationError for every cause with one sentence."""
    use_code(matching_code(phone, code, purpose=purpose, request=request))


def matching_code(phone: str | None, code: str, *, purpose: str, request: HttpRequest) -> VerificationCode:
    """The code that was texted, if `code` is it; counts as a try but does not use it up. ValidationError."""
    kept = newest_code(phone, purpose, request)
    may_try = count_try(str(kept.pk) if kept else browser_of(request))  # the same work where there is no code
    if kept and may_try and hmac.compare_digest(kept.code_hash, hash_of(kept, code)):
        return kept
    raise ValidationError(WRONG, code="code")


def use_code(kept: VerificationCode) -> None:
    """A code works once, also for two who use it at the same moment. ValidationError for the second."""
    if not VerificationCode.objects.filter(pk=kept.pk, used_at=None).update(used_at=timezone.now()):
        raise ValidationError(WRONG, code="code")


def newest_code(phone: str | None, purpose: str, request: HttpRequest) -> VerificationCode | None:
    """The last one that this browser asked for, unless it was used or is too old."""
    asked = {"phone_index": index_of_phone(phone or ""), "purpose": purpose, "binding": browser_of(request)}
    kept = VerificationCode.objects.filter(**asked).order_by("-created_at").first()
    return kept if kept and kept.used_at is None and kept.expires_at > timezone.now() else None


def count_try(of: str) -> bool:
    """Count a guess; False when the five are used up.

    On a connection of its own: the caller's transaction may be undone because the code was wrong, and the count
    of wrong codes must not be undone with it.
    """
    values: dict[str, Any] = {
        "key": index_of(f"code-try:{of}"),
        "seconds": HOUR,
        "limit": TRIES,
        "span": timedelta(seconds=HOUR),
    }
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(HIT, values)
            return cursor.fetchone()[0]
    finally:
        own.close()


def browser_of(request: HttpRequest) -> str:
    """What ties a code to the browser that asked: a random value in its session, which signing in keeps."""
    if not (secret := request.session.get("browser")):
        secret = request.session["browser"] = secrets.token_urlsafe(24)
    return blind_index(secret, purpose="browser")


def index_of_phone(phone: str) -> str:
    return blind_index(normalise_mobile(phone), purpose="phone")


def hash_of(code: VerificationCode, digits: str) -> str:
    return blind_index(f"{code.pk}:{digits}", purpose="code")
