"""登录设备, 登录日志, the notice about a new device, and the warning before the session ends."""

import pytest
from django.test import Client

from accounts.devices import device_name
from accounts.models import Device, User
from portal.masking import mask_address
from portal.notifications.models import Message
from tests import make
from tests.accounts.steps import NEW, is_signed_in, page, sign_in, told
from tests.accounts.test_sessions import shift

PHONE = "13800138000"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
PHONE_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.50"
)
pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make.person(phone=PHONE)


def signed_in(agent: str = CHROME, address: str = "203.0.113.9") -> Client:
    browser = Client(headers={"user-agent": agent})
    sign_in(browser, PHONE, address=address)
    return browser


def notices(person: User) -> int:
    return Message.objects.filter(user=person, event="account.new_device").count()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, "Chrome · Windows"),
        (CHROME + " Edg/140.0.0.0", "Edge · Windows"),
        (PHONE_AGENT, "微信 · iPhone"),
        ("curl/8", "未知设备"),
    ],
)
def test_a_browser_is_called_as_its_owner_would(agent, name):
    assert device_name(agent) == name


def test_an_address_is_shown_in_part():
    assert [mask_address(each) for each in ("203.0.113.9", "2001:db8:1:2::7", "", None)] == [
        "203.0.*.*",
        "2001:db8:1:*",
        "",
        "",
    ]


def test_only_a_further_device_is_news(person):
    """42. SMS reset by phone thief: new-device notice."""
    first = signed_in()
    assert notices(person) == 0
    first.post("/signout/")
    sign_in(first, PHONE)
    assert notices(person) == 0 and Device.objects.filter(user=person).count() == 1
    signed_in(PHONE_AGENT, "198.51.100.7")
    assert notices(person) == 1 and told(PHONE) == ["account.new_device"]
    message = Message.objects.get(user=person, event="account.new_device")
    assert "微信 · iPhone" in message.body and "198.51.*.*" in message.body


def test_two_people_at_one_browser_have_a_device_each(person):
    browser = signed_in()
    make.person(phone="13800138001")
    browser.post("/signout/")
    sign_in(browser, "13800138001")
    assert Device.objects.count() == 2
    assert Device.objects.values("index").distinct().count() == 2


def test_the_list_shows_where_one_is_signed_in_and_signs_out_there(person):
    here, there = signed_in(), signed_in(PHONE_AGENT)
    shown = page(here.get("/account/devices/"))
    assert "Chrome · Windows" in shown and "微信 · iPhone" in shown and "本机" in shown
    other = Device.objects.get(user=person, name="微信 · iPhone")
    assert here.post(f"/account/devices/{other.pk}/end/").url == "/account/devices/"
    assert there.get("/home/").status_code == 302
    assert "微信 · iPhone" not in page(here.get("/account/devices/"))
    assert here.get("/home/").status_code == 200


def test_all_others_are_signed_out_at_once(person):
    here, others = signed_in(), [signed_in(), signed_in()]
    assert "其他设备全部下线" in page(here.get("/account/devices/"))
    here.post("/account/devices/end/")
    assert [browser.get("/home/").status_code for browser in (here, *others)] == [200, 302, 302]


def test_a_strangers_device_does_not_exist(person):
    signed_in()
    browser = Client()
    browser.force_login(make.person())
    assert browser.post(f"/account/devices/{Device.objects.get().pk}/end/").status_code == 404


def test_a_changed_password_keeps_this_device_and_ends_the_others(person):
    here, other = signed_in(), signed_in()
    here.post("/account/password/", {"old_password": make.PASSWORD, "password": NEW, "password_again": NEW})
    assert other.get("/home/").status_code == 302
    shown = page(here.get("/account/devices/"))
    assert shown.count("Chrome · Windows") == 1 and "本机" in shown


def test_signing_in_again_with_the_same_browser_ends_its_earlier_session(person):
    browser = signed_in()
    stolen = Client()
    stolen.cookies["sessionid"] = browser.cookies["sessionid"].value
    del browser.cookies["sessionid"]
    sign_in(browser, PHONE)
    assert stolen.get("/home/").status_code == 302 and is_signed_in(browser)


def test_the_log_tells_time_place_device_and_result(person):
    sign_in(Client(headers={"user-agent": PHONE_AGENT}), PHONE, "falsch", address="198.51.100.7")
    browser = signed_in()
    shown = page(browser.get("/account/log/"))
    assert shown.index("登录成功") < shown.index("登录失败")
    assert "203.0.*.*" in shown and "微信 · iPhone" in shown and "198.51.*.*" in shown and "113.9" not in shown


@pytest.mark.parametrize("path", ["/account/log/", "/account/devices/"])
def test_the_pages_ask_a_constant_number_of_questions(person, path, django_assert_num_queries):
    browser = signed_in()
    for number in (1, 3):
        while Device.objects.filter(user=person).count() < number:
            signed_in()
        with django_assert_num_queries(5):
            browser.get(path)


# How long it lasts


def test_asking_how_long_it_lasts_does_not_prolong_it(person):
    browser = signed_in()
    shift(browser, seen_at=1700)
    for _each in range(2):
        assert 95 <= browser.get("/account/left/", headers={"X-Live": "1"}).json()["left"] <= 100
    assert 1790 <= browser.post("/account/stay/", headers={"accept": "application/json"}).json()["left"] <= 1800
    assert 1790 <= browser.get("/account/left/", headers={"X-Live": "1"}).json()["left"] <= 1800


def test_without_a_script_staying_leads_home(person):
    assert signed_in().post("/account/stay/").url == "/home/"


def test_a_session_that_ended_cannot_be_prolonged(person):
    browser = signed_in()
    shift(browser, seen_at=1801)
    assert browser.post("/account/stay/", headers={"accept": "application/json"}).status_code == 401


def test_every_page_knows_its_idle_time(person):
    assert 'data-idle="1800"' in page(signed_in().get("/home/"))
    browser = Client()
    browser.force_login(make.operator())
    assert 'data-idle="900"' in page(browser.get("/console/"))
    assert "data-idle" not in page(Client().get("/"))
