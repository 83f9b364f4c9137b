"""A form that is sent twice takes effect once: double click, reload, back button, a retry after a lost reply.

The page carries `{% once_token %}`, a random number made when it is rendered. The view says

    form = FilingForm(**posted(request))
    if form.is_valid():
        with transaction.atomic():
            if url := repeated(request):
                return redirect(url)
            filing = submit_filing(...)
            settle_once(request, filing.get_absolute_url())
        return redirect(filing)

or, which is the same, stands under `@once`. The row is written in the action's transaction, so it is there if and
only if the action happened; a twin waits for that transaction and is led to its result.
Not for pages that save again and again on purpose (a section of a filing): those compare versions.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.db import connection, models, transaction
from django.db.transaction import TransactionManagementError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto import blind_index
from portal.errors import Refused

FIELD = "once"
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
KEPT_DAYS = 30


class OnceToken(models.Model):
    """One rendered form that was sent: where its result is, or no address while that is being worked out."""

    key = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    digest = models.CharField(max_length=64)  # keyed, of what was sent
    url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        app_label = "portal"

    def __str__(self) -> str:
        return self.url


class Once(Exception):
    """This form has already taken effect; its result is at `url`. The middleware leads there."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


def new_token() -> str:
    """What `{% once_token %}` puts into a form: 128 random bits."""
    return secrets.token_urlsafe(16)


def repeated(request: HttpRequest) -> str | None:
    """Where the result of this very form is, if it was sent before; else None, as for a form without token.

    Inside a transaction it also waits for a twin that is being worked on, and makes later twins wait.
    Refused if the form comes again with other content: it must not seem to be saved.
    """
    if not (key := key_of(request)):
        return None
    if connection.in_atomic_block:
        url, digest = claim(request, key)
    else:
        url, digest = OnceToken.objects.filter(pk=key).values_list("url", "digest").first() or ("", "")
    if url and digest != digest_of(request):
        raise Refused(
            _("您修改后的内容没有保存。请打开已提交的结果，在那里继续办理或修改。"),
            heading=_("这份表单已经提交过"),
            safe=_("先前提交的内容已保存，没有变化。"),
            action=(_("查看已提交的结果"), url),
        )
    return url or None


def settle_once(request: HttpRequest, url: str) -> None:
    """Note in the action's transaction that the form took effect and its result is at `url`.

    Raises Once if a twin did so first: everything that this transaction did is undone then.
    """
    if not (key := key_of(request)):
        return
    if not connection.in_atomic_block:
        raise TransactionManagementError("settle_once belongs into the transaction of the action.")
    sql = "UPDATE portal_oncetoken SET url = %s, digest = %s WHERE key = %s AND url = ''"
    with connection.cursor() as cursor:
        cursor.execute(sql, [url, digest_of(request), key])
        if cursor.rowcount:  # claimed when the form came, and nobody was quicker
            return
    earlier, _digest = claim(request, key)
    if earlier:
        raise Once(earlier)
    OnceToken.objects.filter(pk=key).update(url=url, digest=digest_of(request))


def once(view: Callable) -> Callable:
    """For a view whose POST is one action that ends in a redirect: run it once, in one transaction.

    A page that is shown again (because of an error) settles nothing and gets a new token.
    """

    @wraps(view)
    def run_once(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            if url := repeated(request):
                raise Once(url)
            response = view(request, *args, **kwargs)
            if 300 <= response.status_code < 400:
                settle_once(request, response["Location"])
            return response

    return run_once


def claim(request: HttpRequest, key: str) -> tuple[str, str]:
    """Lock the form's row, made now if need be, and tell its (url, digest). Twins wait here."""
    sql = """
        INSERT INTO portal_oncetoken AS token (key, user_id, digest, url, created_at)
        VALUES (%s, %s, '', '', clock_timestamp())
        ON CONFLICT (key) DO UPDATE SET key = token.key RETURNING url, digest
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [key, user_id(request)])
        return cursor.fetchone()


def key_of(request: HttpRequest) -> str | None:
    """The row's key: one for each token, person and address, so that nobody meets another's result."""
    token = request.POST.get(FIELD, "")
    if not TOKEN.fullmatch(token):
        return None
    return hashlib.sha256(f"{user_id(request)}:{request.path}:{token}".encode()).hexdigest()


def digest_of(request: HttpRequest) -> str:
    """A keyed digest of the posted texts (they may hold a password) and of the names and sizes of files."""
    texts = sorted((name, request.POST.getlist(name)) for name in request.POST if name != "csrfmiddlewaretoken")
    uploads = [(name, file) for name in request.FILES for file in request.FILES.getlist(name)]
    files = sorted((name, file.name or "", file.size or 0) for name, file in uploads)
    return blind_index(json.dumps([texts, files]), purpose="once")


def user_id(request: HttpRequest):
    user = getattr(request, "user", None)
    return user.pk if user is not None and user.is_authenticated else None


def forget_old_tokens() -> None:
    """Drop tokens of forms that nobody has open any more."""
    OnceToken.objects.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()
