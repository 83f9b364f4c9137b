"""Walks the steps of 企业注册 as a browser does."""

import re

from django.urls import reverse

from portal.notifications.models import Delivery
from tests import make

STEP_2, STEP_3 = reverse("enterprises:register-step", args=[2]), reverse("enterprises:register-step", args=[3])
REGISTER = reverse("enterprises:register")
EXISTS, DONE = reverse("enterprises:register-exists"), reverse("enterprises:register-done")
PASSWORD = "Chun-tian-2026"


def enterprise(**values) -> dict:
    return {
        "name": "武汉青山造船厂建设有限公司",
        "uscc": make.uscc(),
        "types": ["contractor", "owner"],
        "legal_representative": "周明远",
        "district": "420102",
        "address": "江岸区中山大道1号",
        "phone": "",
        "licence": make.jpeg("执照.jpg"),
    } | values


def agent(**values) -> dict:
    return {
        "agent_name": "张三丰",
        "agent_id_number": make.id_number(),
        "agent_phone": make.phone(),
        "password": PASSWORD,
        "password_again": PASSWORD,
    } | values


def agree(client) -> None:
    make.reference()
    assert client.post(REGISTER, {"agree": "on"}).url == STEP_2


def code_for(client, phone: str, page: str = STEP_3, field: str = "agent_phone") -> str:
    """Press 获取验证码 without a script and read the text message."""
    client.post(page, {field: phone, "send_code": "1"})
    return code_sent()


def code_sent() -> str:
    text = Delivery.objects.filter(event="account.code").latest("created_at").text
    return re.search(r"\d{6}", text)[0]


def walk(client, **values):
    """All steps with valid values; the response of the last."""
    agree(client)
    first = {name: values.pop(name) for name in list(values) if name in enterprise()}
    assert client.post(STEP_2, enterprise(**first)).url == STEP_3
    second = agent(**values)
    second.setdefault("code", code_for(client, second["agent_phone"]))
    return client.post(STEP_3, second)
