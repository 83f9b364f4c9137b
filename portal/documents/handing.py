"""The bytes on their way out, once the person's right is settled: by nginx, by the bucket, or streamed from here."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from portal.documents import remote

BLOCK = 256 * 1024
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class Form(NamedTuple):
    """The form in which bytes are handed out: never one that a browser would run."""

    name: str
    media_type: str
    as_attachment: bool


def by_others(key: str, form: Form) -> HttpResponseBase | None:
    """The answer that has nginx or the bucket send what lies under `key`; None if it has to go through here.

    Raises FileNotFoundError. Pictures in a page stay here: the content policy lets them come from nowhere else.
    """
    if settings.ACCEL_LOCATION and not hasattr(default_storage, "bucket_name"):
        require_there(key)
        response = HttpResponse(content_type=form.media_type)
        response["X-Accel-Redirect"] = f"{settings.ACCEL_LOCATION.rstrip('/')}/{key}"
        if disposition := content_disposition_header(form.as_attachment, form.name):
            response["Content-Disposition"] = disposition
        return response
    if form.as_attachment and remote.is_remote():
        require_there(key)
        return HttpResponseRedirect(
            remote.address_to_fetch(key, name=form.name, media_type=form.media_type, as_attachment=True)
        )
    return None


def require_there(key: str) -> None:
    if not default_storage.exists(key):
        raise FileNotFoundError(key)


def streamed(request: HttpRequest, file: File, form: Form) -> HttpResponseBase:
    """The file, or the part of it that the browser asks for to go on with a download (RFC 9110 §14)."""
    size = file.size
    wanted = part_of(request.headers.get("Range", ""), size) if "If-Range" not in request.headers else None
    if wanted is None:
        whole = FileResponse(file, as_attachment=form.as_attachment, filename=form.name, content_type=form.media_type)
        whole["Accept-Ranges"] = "bytes"
        return whole
    if not wanted:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = StreamingHttpResponse(blocks(file, wanted), status=206, content_type=form.media_type)
    response["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    response["Content-Length"] = str(len(wanted))
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = content_disposition_header(form.as_attachment, form.name) or "inline"
    return response


def part_of(header: str, size: int) -> range | None:
    """The bytes that a Range header names; an empty range if there are none such, None for the whole file."""
    match = RANGE.fullmatch(header.strip())
    if not match or match.groups() == ("", ""):
        return None  # several parts, or no bytes: the whole file is a right answer too
    first, last = match.groups()
    if not first:
        return range(max(size - int(last), 0), size)
    return range(int(first), min(int(last) + 1 if last else size, size))


def blocks(file: File, wanted: range) -> Iterator[bytes]:
    with file:
        file.seek(wanted.start)
        left = len(wanted)
        while left and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block
