import pytest

from portal.notifications.models import TrayEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    return TrayEntry.objects.create(key="k", channel="sms", address="19900000001", text="验证码 482913\n<b>")


def test_the_tray_shows_what_would_have_been_sent(site, entry):
    page = site.get("/dev/outbox/").content.decode()
    assert "19900000001" in page and "验证码 482913<br>&lt;b&gt;" in page


def test_the_newest_text_is_on_top(site, entry):
    TrayEntry.objects.create(key="k2", channel="sms", address="19900000001", text="newer")
    page = site.get("/dev/outbox/").content.decode()
    assert page.index("newer") < page.index("482913")


def test_an_empty_tray_says_so(site):
    assert "还没有内容" in site.get("/dev/outbox/").content.decode()


def test_another_machine_needs_the_key(site, settings, entry):
    settings.TRAY_KEY = "printed-at-start"
    there = {"REMOTE_ADDR": "10.0.0.5"}
    assert site.get("/dev/outbox/", **there).status_code == 404
    assert site.get("/dev/outbox/?key=wrong", **there).status_code == 404
    assert site.get("/dev/outbox/?key=printed-at-start", **there).status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.5", ""])
def test_without_a_key_no_other_machine_gets_in(site, settings, address):
    settings.TRAY_KEY = ""
    assert site.get("/dev/outbox/?key=", REMOTE_ADDR=address).status_code == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_needs_none(site, address):
    assert site.get("/dev/outbox/", REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
def test_a_proxy_on_this_machine_does_not_open_it_to_the_world(site, header):
    assert site.get("/dev/outbox/", REMOTE_ADDR="127.0.0.1", headers={header: "127.0.0.1"}).status_code == 404


def test_there_is_none_in_production(site, settings):
    settings.PRODUCTION, settings.TRAY_KEY = True, "k"
    assert site.get("/dev/outbox/?key=k").status_code == 404


def test_there_is_none_while_providers_are_in_use(site, settings):
    settings.SMS_PROVIDER = settings.EMAIL_PROVIDER = "city.gateway.Sms"
    assert site.get("/dev/outbox/").status_code == 404


def test_it_only_shows(site):
    assert site.post("/dev/outbox/").status_code == 405
