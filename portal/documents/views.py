"""The way in for views of the apps (`receive`, `take_uploads`), and the one way out."""

import logging
import re
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.files import File
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.audit import record
from portal.documents import handing, remote, storage
from portal.documents.actions import NoRoom, check_quota, remove, same_bytes, store
from portal.documents.arrivals import ArrivingFile
from portal.documents.forms import DocumentField
from portal.documents.kinds import DocumentKind, kind_of
from portal.documents.models import Document
from portal.documents.permissions import may_open
from portal.documents.transfers import OutOfStep, Place, append, begin, cancel, finish, next_part
from portal.documents.transfers import described as progress_of
from portal.documents.watermark import marked
from portal.errors import Refused, wants_json
from portal.facts import facts
from portal.masking import mask_name

logger = logging.getLogger(__name__)

# The way in. Whether the person may add to or take from the holder is for the calling view to settle.


def receive(
    request: HttpRequest, *, kind: str | DocumentKind, holder: models.Model, by: Any = None
) -> JsonResponse | None:
    """Answer a script that posts one file (`file`, perhaps `replaces`) or takes one away (`remove`) for `holder`.

    None if it is no script that asks: a plain form brings its files along (`take_uploads`). A visitor's uploads
    (`by` None) are counted against the limits.
    """
    if request.method != "POST" or not wants_json(request):
        return None
    held = Document.objects.held_by(holder, kind)

    def keep(file: File, replaces: str) -> Document:
        other = one_of(held, replaces) if replaces else None
        return store(file, kind=kind, holder=holder, by=by, replaces=other)

    address = request.get_full_path()
    if answer := transferred(request, Place(address, kind_of(kind), holder, by, held, keep)):
        return answer
    try:
        if "remove" in request.POST:
            gone = one_of(held, request.POST["remove"])
            remove(gone, by=by)
            return JsonResponse({"removed": str(gone.pk)})
        replaces = one_of(held, request.POST["replaces"]) if request.POST.get("replaces") else None
        document = add(request.FILES.get("file"), kind=kind, holder=holder, by=by, replaces=replaces)
    except NoRoom as refusal:
        return refusal_to_script(refusal, status=507)
    except Refused as refusal:
        return refusal_to_script(refusal, status=422)
    return JsonResponse(described(document, name=request.POST.get("field", "file")), status=201)


# A file in pieces: `transfer=begin|look|part|finish|cancel`, and the pieces themselves as bare bytes.

PIECES = "application/octet-stream"


def transferred(request: HttpRequest, place: Place) -> JsonResponse | None:
    """Answer one step of a file that comes in pieces to `place`; None if the request is no such step."""
    if not is_transfer(request):
        return None
    try:
        return piece(request, place) if request.content_type == PIECES else step(request, place)
    except OutOfStep as missing:
        return JsonResponse({"offset": missing.offset, "reasons": [missing.reason]}, status=409)
    except NoRoom as refusal:
        return refusal_to_script(refusal, status=507)
    except Refused as refusal:
        return refusal_to_script(refusal, status=422)


def is_transfer(request: HttpRequest) -> bool:
    """Whether a script sends a piece of a file, or asks about one in pieces."""
    return request.content_type == PIECES or "transfer" in request.POST


def piece(request: HttpRequest, place: Place) -> JsonResponse:
    """The bytes are streamed from the request to their place; headers say where they belong and what their hash is."""
    headers = request.headers
    transfer = append(
        place,
        headers.get("Upload-Transfer", ""),
        request,
        offset=number(headers.get("Upload-Offset", "")),
        length=number(request.META.get("CONTENT_LENGTH", "")),
        sha256=headers.get("Upload-Checksum", ""),
    )
    return JsonResponse({"offset": transfer.offset})


def step(request: HttpRequest, place: Place) -> JsonResponse:
    given = request.POST
    pk, field = given.get("id", ""), given.get("field", "file")
    match given["transfer"]:
        case "begin":
            size = number(given.get("size", ""))
            begun = begin(place, name=given.get("name", ""), size=size, sha256=given.get("sha256", ""))
            if isinstance(begun, Document):
                return JsonResponse(described(begun, name=field), status=201)
            return JsonResponse(progress_of(begun))
        case "look":
            transfer = place.find(pk)
            if transfer.document:
                return JsonResponse(described(transfer.document, name=field), status=201)
            return JsonResponse(progress_of(transfer))
        case "part":
            transfer, url = next_part(place, pk)
            return JsonResponse({"offset": transfer.offset, "url": url, "piece": remote.PART})
        case "finish":
            document = finish(place, pk, given.get("replaces", ""))
            return JsonResponse(described(document, name=field), status=201)
        case "cancel":
            cancel(place, pk)
            return JsonResponse({"cancelled": pk})
    raise Refused(_("上传请求不完整，请刷新页面后重试。"))


def number(text: str) -> int:
    """A whole number from outside, below what a database column holds; Refused if it is none."""
    if not re.fullmatch(r"[0-9]{1,15}", text or ""):
        raise Refused(_("上传请求不完整，请刷新页面后重试。"))
    return int(text)


def take_uploads(
    request: HttpRequest,
    form: forms.BaseForm,
    holder: models.Model,
    kinds: dict[str, str],
    *,
    by: Any = None,
) -> dict[str, list[Document]]:
    """Store what came along with a plain form before it is checked, so that a file survives another field's error.

    `kinds` maps field names to kind codes. Refusals become errors of the form. A button named `remove_<field>`
    takes a file away. Returns what is held now by field; DocumentFields of the form are given it too.
    """
    refusals: dict[str, Refused] = {}
    for field, kind in kinds.items() if request.method == "POST" else ():
        try:
            take_field(request, form.add_prefix(field), kind=kind, holder=holder, by=by)
        except Refused as refusal:
            refusals[field] = refusal
    held = {field: list(Document.objects.held_by(holder, kind)) for field, kind in kinds.items()}
    for name, documents in held.items():
        if isinstance(field_of_form := form.fields.get(name), DocumentField):
            field_of_form.know(documents, refusals.pop(name).reasons if name in refusals else ())
    for rest in refusals.values():  # of fields that the form does not have
        form.add_error(None, [str(reason) for reason in rest.reasons])
    return held


def take_field(request: HttpRequest, name: str, **place: Any) -> None:
    """Store or remove what a plain form says about one field; a removal is told as a refusal to go on."""
    for file in request.FILES.getlist(name):
        add(file, **place)
    if pk := request.POST.get(f"remove_{name}"):
        gone = one_of(Document.objects.held_by(place["holder"], place["kind"]), pk)
        remove(gone, by=place["by"])
        raise Refused(_("已删除“%(name)s”，请继续填写后提交。") % {"name": gone.name})


def add(file: File | None, *, holder: models.Model, by: Any, **place: Any) -> Document:
    if file is None:
        raise Refused(_("没有收到文件，请重新选择。"))
    if by is None:
        check_quota(holder, facts().network)
    if not place.get("replaces") and (same := repeated(file, Document.objects.held_by(holder, place["kind"]))):
        return same
    return store(file, holder=holder, by=by, **place)


def repeated(file: File, held: models.QuerySet[Document]) -> Document | None:
    """What is held already with the same bytes as an upload."""
    return same_bytes(held, file.sha256) if isinstance(file, ArrivingFile) and file.size else None


def one_of(held: models.QuerySet[Document], pk: str) -> Document:
    try:
        return held.get(pk=UUID(pk))
    except (ValueError, Document.DoesNotExist):
        raise Refused(_("这个文件已经被替换或删除，请刷新页面查看最新状态。")) from None


def refusal_to_script(refusal: Refused, *, status: int) -> JsonResponse:
    return JsonResponse({"reasons": [str(reason) for reason in refusal.reasons]}, status=status)


def described(document: Document, *, name: str = "") -> dict[str, Any]:
    """What a script needs to know of a document, and its row as the page shows it in the upload field `name`."""
    row = {"document": document, "name": name}
    return {
        "id": str(document.pk),
        "name": document.name,
        "size": document.size,
        "same": document.repeated,
        "state": document.state,
        "state_label": document.get_state_display(),
        "problem": document.problem,
        "urls": {name: reverse(f"documents:{name}", args=[document.pk]) for name in urls_of(document)},
        "html": render_to_string("components/_document_row.html", row),
    }


def urls_of(document: Document) -> list[str]:
    """The names of the addresses that answer for this document now."""
    names = ["status", "file"]
    if document.is_ready and document.has_preview:
        names += ["view", "preview"]
    return [*names, "thumbnail"] if document.thumbnail else names


# The way out. Visitors are let in because drafts belong to them: the reader of the holder's app decides.


@login_not_required
@require_safe
def document_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    document = readable(request, pk)
    return hand_out(request, document, "", document.media_type, as_attachment=True)


@login_not_required
@require_safe
def document_preview(request: HttpRequest, pk: UUID, page: int = 1) -> HttpResponseBase:
    """A photo, or the picture of one page."""
    document = readable(request, pk)
    if document.is_image and page == 1 and document.was_sound:
        return hand_out(request, document, "", document.media_type)
    if page not in document.preview_numbers:
        raise Http404
    return hand_out(request, document, str(page), "image/jpeg")


@login_not_required
@require_safe
def document_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A page with the pictures of all pages; looks at personal files are recorded when the pictures are fetched."""
    document = readable(request, pk)
    if not document.was_sound or not document.has_preview:
        raise Http404
    layout = "base.html" if request.user.is_authenticated else "public.html"
    response = render(request, "documents/document_view.html", {"document": document, "layout": layout})
    response["Cache-Control"] = "no-store"
    return response


@login_not_required
@require_safe
def document_thumbnail(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    document = readable(request, pk)
    if not document.thumbnail:
        raise Http404
    return hand_out(request, document, "thumb", "image/jpeg")


@login_not_required
@require_safe
def document_status(request: HttpRequest, pk: UUID) -> JsonResponse:
    """How far the check is, for the page that waits for it."""
    document = readable(request, pk)
    response = JsonResponse(described(document, name=request.GET.get("field", "")))
    response["Cache-Control"] = "no-store"
    return response


def readable(request: HttpRequest, pk: UUID) -> Document:
    """The document, if the person may have it now; to all others it does not exist."""
    document = Document.objects.filter(pk=pk).first()
    user = request.user if request.user.is_authenticated else None
    if document is None or not may_open(user, document, request):
        raise Http404
    return document


def hand_out(
    request: HttpRequest, document: Document, part: str, media_type: str, *, as_attachment: bool = False
) -> HttpResponseBase:
    """The bytes, under the name we keep, in a form that no browser will run; looks at personal files are recorded."""
    is_marked = is_marked_for(request, document)
    form = handing.Form(document.name, "image/jpeg" if is_marked else media_type, as_attachment)
    key = storage.key_of(document, part) if part else document.key
    try:
        response = None if document.sealed or is_marked else handing.by_others(key, form)
        file = None if response else storage.opened(document, part)
    except FileNotFoundError as error:
        logger.error("The storage has lost a file of document %s.", document.pk)
        raise Http404 from error
    if document.sealed:  # of a personal kind
        with transaction.atomic():
            user = request.user if request.user.is_authenticated else None
            record("document.opened", document, by=user, part=part or "file")
    if response is None and file is not None:
        file = File(marked(file, mark_of(request))) if is_marked else file
        response = handing.streamed(request, file, form)
    assert response is not None
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def is_marked_for(request: HttpRequest, document: Document) -> bool:
    """Whether this look shows a watermark: photos of a watermarked kind, to all but the person they came from."""
    is_own = request.user.is_authenticated and document.uploaded_by_id == request.user.pk
    is_draft = document.uploaded_by_id is None and not request.user.is_authenticated
    return document.is_image and kind_of(document.kind).watermarked and not (is_own or is_draft)


def mark_of(request: HttpRequest) -> str:
    """仅供核验 · 陈** · 2026-11-23 02:16: the purpose, who looks and when."""
    name = mask_name(getattr(request.user, "name", "") or request.user.get_username())
    return _("仅供核验 · %(name)s · %(at)s") % {"name": name, "at": f"{timezone.localtime():%Y-%m-%d %H:%M}"}
