"""What a visitor finds: the sign-in card, notices, and the two ways to register."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.demo import MARKER
from portal.home.models import Notice
from portal.numbers import NumberSeries
from tests import make
from tests.home.steps import signed_in, text

pytestmark = pytest.mark.django_db


def test_the_landing_page_has_the_platforms_name_both_tabs_and_the_links_below_the_card(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "武汉市智慧建管一体化服务平台</h1>" in page.content.decode()
    card = re.search(r'<section class="signin.*?</section>', page.content.decode(), re.S)[0]
    assert card.index("企业端") < card.index("管理端") < card.index("统一社会信用代码 / 手机号")
    assert card.index("忘记密码") < card.index(">注册<")  # lower left and lower right, as the guide says
    assert text(client.get("/?side=staff")).count("统一社会信用代码 / 手机号") == 0


def test_signing_in_on_the_landing_page_leads_home(client):
    person = make.person()
    page = client.post("/", {"side": "enterprise", "account": person.phone, "password": make.PASSWORD})
    assert page.status_code == 302 and page["Location"] == reverse("home")


def test_a_wrong_password_shows_the_card_again_with_one_sentence(client):
    person = make.person()
    page = client.post("/", {"side": "enterprise", "account": person.phone, "password": "falsch"})
    assert page.status_code == 200
    assert "账号或密码错误" in text(page)


def test_whoever_is_signed_in_is_led_home():
    assert signed_in(make.person()).get("/")["Location"] == reverse("home")


def test_what_runs_the_platform_is_said_where_it_is_set(client, settings):
    settings.AUTHORITY_NAME, settings.SUPPORT_CONTACT = "某某建设局", "027-12345678"
    settings.RECORD_NUMBERS = ["鄂ICP备00000000号"]
    said = text(client.get("/"))
    assert "主管部门：某某建设局" in said and "系统运维联系人：027-12345678" in said and "鄂ICP备00000000号" in said


def test_what_is_not_set_is_absent(client, settings):
    settings.AUTHORITY_NAME = settings.SUPPORT_CONTACT = ""
    settings.RECORD_NUMBERS = []
    said = text(client.get("/"))
    assert "主管部门" not in said and "系统运维联系人" not in said and "备00" not in said


def test_notices_are_shown_when_their_time_has_come_and_until_they_are_withdrawn(client):
    shown = Notice.objects.create(title="已发布的通知", body="正文一。")
    later = Notice.objects.create(title="以后的通知", body="正文二。", published_at=timezone.now() + timedelta(days=1))
    gone = Notice.objects.create(title="撤下的通知", body="正文三。", withdrawn_at=timezone.now())
    for address in ("/", "/notices/"):
        said = text(client.get(address))
        assert "已发布的通知" in said and "以后的通知" not in said and "撤下的通知" not in said
    assert "正文一。" in text(client.get(f"/notices/{shown.pk}/"))
    assert client.get(f"/notices/{later.pk}/").status_code == client.get(f"/notices/{gone.pk}/").status_code == 404


def test_the_list_of_notices_asks_as_often_for_three_as_for_one(client, settings, django_assert_num_queries):
    settings.DEMO_BANNER = False
    for count in (1, 3):
        while Notice.objects.count() < count:
            Notice.objects.create(title="通知", body="正文")
        with django_assert_num_queries(2):
            client.get("/notices/")


def test_registration_offers_two_ways_each_saying_for_whom_and_what_to_prepare(client):
    page = client.get("/register/")
    choices = re.findall(r'<section class="choice".*?</section>', page.content.decode(), re.S)
    assert [re.search(r"</svg>(.*?)</h2>", choice, re.S)[1].strip() for choice in choices] == [
        "企业注册",
        "项目用户注册",
    ]
    assert reverse("enterprises:register") in choices[0] and "营业执照" in choices[0]
    assert reverse("projects:user-register") in choices[1] and "《办理承诺函》" in choices[1]
    assert "仅支持报监通过的项目" in choices[1]


def test_a_visitors_page_asks_the_database_only_for_what_it_shows(client, settings, django_assert_num_queries):
    settings.DEMO_BANNER = False
    with django_assert_num_queries(0):
        client.get("/register/")
        client.get("/healthz")
    with django_assert_num_queries(1):  # the notices
        client.get("/")


def test_the_process_says_that_it_is_alive(client):
    page = client.get("/healthz")
    assert (page.status_code, page.content) == (200, b"ok")


def test_the_demo_says_so_on_every_page_and_nobody_else_does(client, settings):
    make.reference()
    assert "演示环境" not in text(client.get("/"))
    NumberSeries.objects.create(series=MARKER)
    assert "演示环境" in text(client.get("/"))
    assert "演示环境" in text(signed_in(make.person()).get("/home/"))
    settings.DEMO_BANNER = False
    assert "演示环境" not in text(client.get("/"))


def test_the_size_of_the_text_is_kept_on_the_device(client):
    page = client.post("/text-size/", {"size": "xlarge", "next": "/register/"})
    assert page["Location"] == "/register/" and page.cookies["text_size"].value == "xlarge"
    assert 'class="text-xlarge"' in client.get("/").content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_the_switch_leads_nowhere_else(client, target):
    assert client.post("/text-size/", {"size": "large", "next": target})["Location"] == "/"


def test_an_unknown_size_is_not_kept_and_looking_does_not_set_one(client):
    assert not client.post("/text-size/", {"size": '"><b>'}).cookies
    assert client.get("/text-size/?size=large").status_code == 405
