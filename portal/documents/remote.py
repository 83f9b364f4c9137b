"""What only an S3-compatible store can do: signed addresses under which browsers send and fetch bytes themselves."""

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.http import content_disposition_header

PART = 8 * 1024 * 1024  # bytes; stores take no smaller ones, but for the last
SEND_WITHIN = 900  # seconds in which a browser has to begin to send a part
FETCH_WITHIN = 60  # seconds in which it has to begin to fetch: nobody passes the address on


def is_remote() -> bool:
    """Whether documents lie in a bucket, and browsers may be sent there."""
    return bool(settings.S3_DIRECT) and hasattr(default_storage, "bucket_name")


def bucket() -> Any:
    """The default storage, which is an S3Storage wherever this is asked."""
    return default_storage


def client() -> Any:
    return bucket().connection.meta.client


def place_of(key: str) -> dict[str, str]:
    return {"Bucket": bucket().bucket_name, "Key": key}


def begin(key: str, media_type: str) -> str:
    """Open an upload in parts under `key`; returns the store's name of it."""
    return client().create_multipart_upload(**place_of(key), ContentType=media_type)["UploadId"]


def address_of_part(key: str, upload: str, number: int, size: int) -> str:
    """Where a browser PUTs exactly `size` bytes as part `number`."""
    facts = place_of(key) | {"UploadId": upload, "PartNumber": number, "ContentLength": size}
    return client().generate_presigned_url("upload_part", Params=facts, ExpiresIn=SEND_WITHIN)


def parts(key: str, upload: str) -> list[dict[str, Any]]:
    """The parts from the beginning without a gap, as the store has them."""
    listed = client().get_paginator("list_parts").paginate(**place_of(key), UploadId=upload)
    found = {part["PartNumber"]: part for page in listed for part in page.get("Parts", ())}
    number, whole = 1, []
    while number in found:
        whole.append(found[number])
        number += 1
    return whole


def finish(key: str, upload: str) -> int:
    """Join the parts; returns the bytes that lie under `key` now."""
    joined = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts(key, upload)]
    client().complete_multipart_upload(**place_of(key), UploadId=upload, MultipartUpload={"Parts": joined})
    return default_storage.size(key)


def abandon(key: str, upload: str) -> None:
    """Drop an upload in parts and what has arrived of it; that it is gone already is fine."""
    try:
        client().abort_multipart_upload(**place_of(key), UploadId=upload)
    except client().exceptions.NoSuchUpload:
        pass


def address_to_fetch(key: str, *, name: str, media_type: str, as_attachment: bool) -> str:
    """Where a browser fetches the bytes during the next minute, under `name`."""
    facts = place_of(key) | {
        "ResponseContentType": media_type,
        "ResponseContentDisposition": content_disposition_header(as_attachment, name),
        "ResponseCacheControl": "private, no-store",
    }
    return client().generate_presigned_url("get_object", Params=facts, ExpiresIn=FETCH_WITHIN)
