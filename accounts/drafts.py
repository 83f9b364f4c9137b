"""Drafts: what is typed and uploaded before an account exists (decisions 16).

A draft belongs to the browser that holds its random key in a cookie, or to the signed-in person who owns it.
Only the blind index of the key is stored.
"""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import Registration, User
from portal.crypto import blind_index
from portal.documents.models import Document
from portal.documents.permissions import register_reader

LIFETIME = timedelta(hours=24)
NEVER_KEPT = ("password", "code", "confirm")  # what fields begin with that no draft may hold


def draft_of(request: HttpRequest, kind: str) -> Registration | None:
    """The draft of this kind that the visitor's cookie or the signed-in person owns, if it still counts."""
    live = Registration.objects.filter(kind=kind, completed_at=None, expires_at__gt=timezone.now())
    if key := request.COOKIES.get(cookie_of(kind)):
        if draft := live.filter(key_index=index_of_key(key), owner=None).first():
            return draft
    if not request.user.is_authenticated:
        return None
    return live.filter(owner=request.user).order_by("-created_at").first()


def open_draft(request: HttpRequest, kind: str, owner: User | None = None) -> Registration:
    """The visitor's draft of this kind, or the owner's; a new one if there is none. Then `remember` it.

    For the post that begins a form: a plain visit should not write.
    """
    found = draft_of(request, kind)
    if found and found.owner == owner:
        return found
    if owner is not None:
        return draft_of_owner(kind, owner)
    draft = Registration(kind=kind, expires_at=timezone.now() + LIFETIME)
    key = draft.__dict__["key"] = secrets.token_urlsafe(32)  # not a field: known only until the reply is sent
    draft.key_index = index_of_key(key)
    draft.save(force_insert=True)
    return draft


@transaction.atomic
def draft_of_owner(kind: str, owner: User) -> Registration:
    """One draft, whoever comes first: the same page keeps what is typed while its first file is on the way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [f"draft:{kind}:{owner.pk}"])
    live = Registration.objects.filter(kind=kind, owner=owner, completed_at=None, expires_at__gt=timezone.now())
    found = live.order_by("-created_at").first()
    return found or Registration.objects.create(kind=kind, owner=owner, expires_at=timezone.now() + LIFETIME)


def remember(response: HttpResponse, draft: Registration) -> None:
    """Give the key of a draft that was just opened to the browser. The key is known only in that request."""
    if key := getattr(draft, "key", None):
        response.set_cookie(
            cookie_of(draft.kind),
            key,
            max_age=LIFETIME,
            httponly=True,
            samesite="Lax",
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )


@transaction.atomic
def save_draft(draft: Registration, values: dict[str, Any], *, step: int) -> None:
    """Add what a step's form holds; earlier steps stay. Passwords and codes are left out."""
    row = Registration.objects.select_for_update().get(pk=draft.pk)
    kept = {name: value for name, value in values.items() if not name.startswith(NEVER_KEPT)}
    draft.data, draft.step, draft.changed_at = row.data | kept, max(row.step, step), timezone.now()
    draft.save(update_fields=["data", "step", "changed_at"])


def close_draft(draft: Registration) -> None:
    """The form has taken effect: nothing typed stays here, and the cookie opens nothing any more."""
    draft.data, draft.key_index, draft.completed_at = {}, None, timezone.now()
    draft.save(update_fields=["data", "key_index", "completed_at"])


def may_read_draft(user: User | None, document: Document, request: HttpRequest) -> bool:
    """Whether this browser holds the draft that holds the document, or this person owns it."""
    live = Registration.objects.filter(pk=document.holder_id, completed_at=None, expires_at__gt=timezone.now())
    draft = live.first()
    if draft is None or document.state == Document.State.REMOVED:
        return False
    if draft.owner_id:
        return user is not None and draft.owner_id == user.pk
    key = request.COOKIES.get(cookie_of(draft.kind), "")
    return bool(key) and draft.key_index == index_of_key(key)


def expired_drafts():
    """Drafts that nobody can open any more; their documents go with them."""
    return Registration.objects.filter(completed_at=None, expires_at__lt=timezone.now())


def cookie_of(kind: str) -> str:
    return f"draft_{kind}"


def index_of_key(key: str) -> str:
    return blind_index(key, purpose="draft")


register_reader("accounts.Registration", may_read_draft, unready=may_read_draft)
