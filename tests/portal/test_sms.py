"""The two providers against stand-ins that take every request apart again and work its signature out their own way."""

import hashlib
import hmac
import json
import re
import threading
import urllib.parse
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace as Thing

import pytest

from portal.notifications import sms
from portal.notifications.providers import NotSent, Refusal

KEY, SECRET = "key-id-1", "a secret of theirs"


def acs3_as_the_provider_sees_it(handler, body: bytes) -> str:
    """Work out the signature from what arrived, by the rules of the published V3 description."""
    path, _mark, query = handler.path.partition("?")
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True))
    escaped = "&".join("=".join(urllib.parse.quote(part, safe="") for part in pair) for pair in pairs)
    names = re.search(r"SignedHeaders=([^,]+)", handler.headers["Authorization"])[1]
    head = [f"{name}:{handler.headers[name].strip()}" for name in names.split(";")]
    lines = [handler.command, path, escaped, *head, "", names, hashlib.sha256(body).hexdigest()]
    digest = hashlib.new("sha256", "\n".join(lines).encode()).hexdigest()
    return hmac.digest(SECRET.encode(), b"ACS3-HMAC-SHA256\n" + digest.encode(), "sha256").hex()


def tc3_as_the_provider_sees_it(handler, body: bytes) -> str:
    names = re.search(r"SignedHeaders=([^,]+)", handler.headers["Authorization"])[1]
    head = "".join(f"{name}:{handler.headers[name].lower()}\n" for name in names.split(";"))
    seen = "\n".join([handler.command, handler.path, "", head, names, hashlib.sha256(body).hexdigest()])
    at = handler.headers["X-TC-Timestamp"]
    day = datetime.fromtimestamp(int(at), UTC).date().isoformat()
    text = "\n".join(["TC3-HMAC-SHA256", at, f"{day}/sms/tc3_request", hashlib.sha256(seen.encode()).hexdigest()])
    step = hmac.digest(hmac.digest(b"TC3" + SECRET.encode(), day.encode(), "sha256"), b"sms", "sha256")
    return hmac.digest(hmac.digest(step, b"tc3_request", "sha256"), text.encode(), "sha256").hex()


class StandIn(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        gateway = self.server.gateway
        right = gateway.sign(self, body)
        gateway.good.append(
            f"Signature={right}" in self.headers["Authorization"] and KEY in self.headers["Authorization"]
        )
        gateway.seen.append((self.path, dict(self.headers), body))
        if gateway.answer is None:
            self.connection.close()
            return
        reply = json.dumps(gateway.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *args):
        pass


@pytest.fixture
def gateway(settings):
    """A provider on this machine; the portal's settings point to it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    server.gateway = Thing(good=[], seen=[], sign=None, answer={})
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    settings.ALIYUN = {"endpoint": here, "key_id": KEY, "secret": SECRET}
    settings.TENCENT = settings.ALIYUN | {"region": "ap-guangzhou", "app": "1400006666"}
    settings.SMS_SIGN = "智慧建管"
    settings.SMS_TEMPLATES = {
        "account.code": {"code": "SMS_1", "values": ["code", "purpose"]},
        "*": {"code": "SMS_2", "values": ["subject"]},
    }
    yield server.gateway
    server.shutdown()
    server.server_close()


def send(provider, event="account.code", **values):
    values = values or {"code": "482913", "purpose": "找回密码 & 更换"}
    provider().send(key="code:1", channel="sms", address="19900000001", text="…", event=event, values=values)


def aliyun(gateway, code="OK"):
    gateway.sign, gateway.answer = acs3_as_the_provider_sees_it, code and {"Code": code, "BizId": "9"}
    return sms.Aliyun


def tencent(gateway, code="Ok", whole=False):
    one = {"SendStatusSet": [{"Code": code, "SerialNo": "9"}]}
    gateway.sign = tc3_as_the_provider_sees_it
    gateway.answer = code and {"Response": {"Error": {"Code": code}} if whole else one}
    return sms.Tencent


def test_alibaba_cloud_accepts_the_signature_and_finds_everything_it_needs(gateway):
    send(aliyun(gateway))
    assert gateway.good == [True]
    query = dict(urllib.parse.parse_qsl(gateway.seen[0][0].partition("?")[2]))
    assert query == {
        "PhoneNumbers": "19900000001",
        "SignName": "智慧建管",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"code": "482913", "purpose": "找回密码 & 更换"}',
        "OutId": "code:1",
    }
    assert gateway.seen[0][1]["x-acs-action"] == "SendSms"


def test_tencent_cloud_accepts_the_signature_and_finds_everything_it_needs(gateway):
    send(tencent(gateway))
    assert gateway.good == [True]
    assert json.loads(gateway.seen[0][2]) == {
        "PhoneNumberSet": ["+8619900000001"],
        "SmsSdkAppId": "1400006666",
        "SignName": "智慧建管",
        "TemplateId": "SMS_1",
        "TemplateParamSet": ["482913", "找回密码 & 更换"],
        "SessionContext": "code:1",
    }


def test_the_published_example_of_alibaba_cloud_comes_out(settings):
    settings.ALIYUN = {
        "endpoint": "https://ecs.cn-shanghai.aliyuncs.com",
        "key_id": "YourAccessKeyId",
        "secret": "YourAccessKeySecret",
    }
    query = {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    at, nonce = datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC), "3156853299f313e23d1673dc12e1703d"
    signed = sms.aliyun_headers("RunInstances", "2014-05-26", query, at, nonce)["Authorization"]
    assert signed.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def test_another_secret_would_not_be_accepted(gateway, settings):
    settings.ALIYUN = settings.ALIYUN | {"secret": "wrong"}
    settings.TENCENT = settings.TENCENT | {"secret": "wrong"}
    send(aliyun(gateway))
    send(tencent(gateway))
    assert gateway.good == [False, False]


def test_an_event_without_a_template_of_its_own_uses_the_general_one_and_values_are_cut(gateway):
    send(aliyun(gateway), event="review.returned", subject="字" * 50)
    query = dict(urllib.parse.parse_qsl(gateway.seen[0][0].partition("?")[2]))
    assert (query["TemplateCode"], json.loads(query["TemplateParam"])) == ("SMS_2", {"subject": "字" * 35})


def test_without_a_template_nothing_is_sent(gateway, settings):
    settings.SMS_TEMPLATES = {}
    with pytest.raises(Refusal, match="no template"):
        send(aliyun(gateway))
    assert gateway.seen == []


@pytest.mark.parametrize(
    ("make", "code", "fault"),
    [
        (aliyun, "isv.MOBILE_NUMBER_ILLEGAL", Refusal),
        (aliyun, "isv.SMS_TEMPLATE_ILLEGAL", Refusal),
        (aliyun, "isv.BUSINESS_LIMIT_CONTROL", NotSent),
        (aliyun, "isv.AMOUNT_NOT_ENOUGH", NotSent),
        (aliyun, "SignatureDoesNotMatch", NotSent),
        (aliyun, "isp.SYSTEM_ERROR", sms.Unclear),
        (aliyun, None, sms.Unclear),
        (tencent, "InvalidParameterValue.IncorrectPhoneNumber", Refusal),
        (tencent, "FailedOperation.TemplateUnapprovedOrNotExist", Refusal),
        (tencent, "LimitExceeded.PhoneNumberDailyLimit", NotSent),
        (tencent, "FailedOperation.InsufficientBalanceInSmsPackage", NotSent),
        (tencent, "InternalError.Timeout", sms.Unclear),
        (tencent, None, sms.Unclear),
    ],
)
def test_an_error_is_final_passing_or_unclear_as_the_provider_means_it(gateway, make, code, fault):
    with pytest.raises(fault) as raised:
        send(make(gateway, code))
    assert type(raised.value) is fault


def test_an_error_of_the_whole_request_is_read_too(gateway):
    with pytest.raises(NotSent, match=r"AuthFailure\.SignatureFailure"):
        send(tencent(gateway, "AuthFailure.SignatureFailure", whole=True))


def test_where_nobody_listens_nothing_was_sent(settings, gateway):
    settings.ALIYUN = settings.ALIYUN | {"endpoint": "http://127.0.0.1:9"}
    with pytest.raises(NotSent):
        send(aliyun(gateway))
