"""Texts through Alibaba Cloud and Tencent Cloud, by their signed HTTPS interfaces and nothing but the standard library.

Both send only templates that they approved, so SMS_TEMPLATES says for each event (or "*") which, and which values fill
it in which order. Neither keeps keys: the key travels along (OutId, SessionContext) for finding a text in their records.

Sources: Alibaba Cloud, "V3 request structure and signature" (ACS3-HMAC-SHA256) and Dysmsapi 2017-05-25 SendSms;
Tencent Cloud, "TC3-HMAC-SHA256" and sms 2021-01-11 SendSms.
"""

import hashlib
import hmac
import json
import secrets
import time
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings

from portal.notifications.providers import TIMEOUT, NotSent, Refusal

LONGEST_VALUE = 35  # characters of one value of a template; both providers refuse more for most templates


class Unclear(Exception):
    """The provider answered that it does not know itself."""


class Template(NamedTuple):
    code: str
    values: dict[str, str]  # in the order of the template


def template_of(event: str, values: dict[str, str]) -> Template:
    """The approved template and what fills it. Refusal if none is set for the event."""
    kept = settings.SMS_TEMPLATES.get(event) or settings.SMS_TEMPLATES.get("*")
    if not kept or not settings.SMS_SIGN:
        raise Refusal(f"SMS_TEMPLATES has no template for {event}, or SMS_SIGN is not set.")
    filled = {name: str(values.get(name, ""))[:LONGEST_VALUE] for name in kept.get("values", [])}
    return Template(kept["code"], filled)


def post(url: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
    """The status and the JSON answer. NotSent only if nothing was sent; what fails later leaves the end open."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        try:
            connection.connect()
        except OSError as fault:
            raise NotSent(f"{parts.hostname}: {type(fault).__name__}")
        connection.request("POST", path, body, headers)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read(65536))
    except (ValueError, HTTPException) as fault:
        raise Unclear(type(fault).__name__)
    finally:
        connection.close()


def host_of(url: str) -> str:
    return urlsplit(url).netloc


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


# Alibaba Cloud

ALIYUN_NEVER = {
    "isv.MOBILE_NUMBER_ILLEGAL",
    "isv.BLACK_KEY_CONTROL_LIMIT",
    "isv.SMS_TEMPLATE_ILLEGAL",
    "isv.SMS_SIGNATURE_ILLEGAL",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
    "isv.TEMPLATE_MISSING_PARAMETERS",
    "isv.TEMPLATE_PARAMS_ILLEGAL",
    "isv.INVALID_PARAMETERS",
    "isv.PARAM_LENGTH_LIMIT",
    "isv.PARAM_NOT_SUPPORT_URL",
}
ALIYUN_UNCLEAR = {"isp.SYSTEM_ERROR", "isp.RAM_PERMISSION_DENY_UNKNOWN", "InternalError", "ServiceUnavailable"}


class Aliyun:
    """Dysmsapi SendSms, signed by ACS3-HMAC-SHA256."""

    honours_keys = False

    def send(
        self, *, key: str, address: str, event: str = "", values: dict[str, str] | None = None, **more: Any
    ) -> None:
        template = template_of(event, values or {})
        query = {
            "PhoneNumbers": address,
            "SignName": settings.SMS_SIGN,
            "TemplateCode": template.code,
            "TemplateParam": json.dumps(template.values, ensure_ascii=False),
            "OutId": key,
        }
        headers = aliyun_headers("SendSms", "2017-05-25", query)
        _status, answer = post(settings.ALIYUN["endpoint"], f"/?{aliyun_query(query)}", headers, b"")
        code = str(answer.get("Code", ""))
        if code != "OK":
            raise aliyun_fault(code)


def aliyun_fault(code: str) -> Exception:
    if code in ALIYUN_UNCLEAR or not code:
        return Unclear(code)
    return (Refusal if code in ALIYUN_NEVER else NotSent)(f"Alibaba Cloud: {code}")


def aliyun_query(query: dict[str, str]) -> str:
    return urlencode(sorted(query.items()), quote_via=quote, safe="-_.~")


def aliyun_headers(
    action: str, version: str, query: dict[str, str], at: datetime | None = None, nonce: str = ""
) -> dict[str, str]:
    """The headers of a request without a body, with its signature."""
    account, empty = settings.ALIYUN, sha256(b"")
    signed = {
        "host": host_of(account["endpoint"]),
        "x-acs-action": action,
        "x-acs-content-sha256": empty,
        "x-acs-date": (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce or secrets.token_hex(16),
        "x-acs-version": version,
    }
    names = ";".join(signed)
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    canonical = f"POST\n/\n{aliyun_query(query)}\n{lines}\n{names}\n{empty}"
    signature = mac(account["secret"].encode(), f"ACS3-HMAC-SHA256\n{sha256(canonical.encode())}").hex()
    who = f"ACS3-HMAC-SHA256 Credential={account['key_id']},SignedHeaders={names},Signature={signature}"
    return signed | {"Authorization": who, "Accept": "application/json"}


# Tencent Cloud

TENCENT_NEVER = (
    "InvalidParameterValue.",
    "UnsupportedOperation.",
    "FailedOperation.PhoneNumberInBlacklist",
    "FailedOperation.ContainSensitiveWord",
    "FailedOperation.FailResolvePacket",
    "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.TemplateIncorrectOrUnapproved",
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    "FailedOperation.TemplateUnapprovedOrNotExist",
)


class Tencent:
    """sms SendSms of 2021-01-11, signed by TC3-HMAC-SHA256."""

    honours_keys = False

    def send(
        self, *, key: str, address: str, event: str = "", values: dict[str, str] | None = None, **more: Any
    ) -> None:
        template = template_of(event, values or {})
        asked = {
            "PhoneNumberSet": [f"+86{address}"],
            "SmsSdkAppId": settings.TENCENT["app"],
            "SignName": settings.SMS_SIGN,
            "TemplateId": template.code,
            "TemplateParamSet": list(template.values.values()),
            "SessionContext": key,
        }
        body = json.dumps(asked, ensure_ascii=False).encode()
        _status, answer = post(settings.TENCENT["endpoint"], "/", tencent_headers(body), body)
        code = tencent_code(answer.get("Response", {}))
        if code != "Ok":
            raise tencent_fault(code)


def tencent_code(response: dict[str, Any]) -> str:
    """The code of the one number, or that of the whole request."""
    if error := response.get("Error"):
        return str(error.get("Code", ""))
    return str((response.get("SendStatusSet") or [{}])[0].get("Code", ""))


def tencent_fault(code: str) -> Exception:
    if not code or code.startswith("InternalError"):
        return Unclear(code)
    return (Refusal if code.startswith(TENCENT_NEVER) else NotSent)(f"Tencent Cloud: {code}")


def tencent_headers(body: bytes, at: int = 0, service: str = "sms") -> dict[str, str]:
    """The headers of a JSON request, with its signature; `at` in seconds."""
    account, at = settings.TENCENT, at or int(time.time())
    kind, host = "application/json; charset=utf-8", host_of(settings.TENCENT["endpoint"])
    canonical = f"POST\n/\n\ncontent-type:{kind}\nhost:{host}\n\ncontent-type;host\n{sha256(body)}"
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    key = f"TC3{account['secret']}".encode()
    for part in (day, service, "tc3_request"):
        key = mac(key, part)
    signature = mac(key, f"TC3-HMAC-SHA256\n{at}\n{scope}\n{sha256(canonical.encode())}").hex()
    who = f"Credential={account['key_id']}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
    return {
        "Authorization": f"TC3-HMAC-SHA256 {who}",
        "Content-Type": kind,
        "Host": host,
        "X-TC-Action": "SendSms",
        "X-TC-Version": "2021-01-11",
        "X-TC-Timestamp": str(at),
        "X-TC-Region": account["region"],
    }
