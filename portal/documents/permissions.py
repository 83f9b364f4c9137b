"""Who may have a document: each app answers for the holders it owns."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest

from portal.documents.models import Document

# (user or None, document, request) -> whether they may have it. The request is there for drafts, which a cookie owns.
Ask = Callable[[Any, Document, HttpRequest], bool]


class Readers(NamedTuple):
    may_read: Ask
    unready: Ask


_readers: dict[str, Readers] = {}


def uploaded_it(user: Any, document: Document, request: HttpRequest) -> bool:
    return user is not None and document.uploaded_by_id == user.pk and document.state != Document.State.REMOVED


def register_reader(holder: str, may_read: Ask, *, unready: Ask = uploaded_it) -> None:
    """Say who may have the documents held by "app.Model".

    `may_read` is asked about documents that are ready. `unready` is asked instead about all others, those still
    being checked, refused or replaced; unless it is given, only the uploader gets them, and replaced ones nobody.
    """
    _readers[holder.lower()] = Readers(may_read, unready)


def may_open(user: Any, document: Document, request: HttpRequest) -> bool:
    """Whether `user` (None: a visitor) may have the document now. A holder nobody answers for is closed."""
    readers = _readers.get(document.holder_type)
    if readers is None or not document.key:
        return False
    ask = readers.may_read if document.is_ready else readers.unready
    return bool(ask(user, document, request))
