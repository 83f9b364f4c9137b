import pytest
from django.test import Client

from portal.facts import facts

pytestmark = pytest.mark.django_db


def told(site, **headers):
    return site.get("/facts/", **headers).json()


def test_every_reply_has_a_request_id_of_our_own(site):
    first = site.get("/facts/", headers={"x-request-id": "forged"})
    second = site.get("/facts/")

    assert first["X-Request-ID"] == first.json()["id"]
    assert len(first.json()["id"]) == 16
    assert first.json()["id"] not in {"forged", second.json()["id"]}


def test_the_facts_end_with_the_request(site):
    site.get("/facts/")
    assert (facts().request_id, facts().address) == ("", "")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "address"),
    [
        (0, "6.6.6.6", "10.0.0.1", "10.0.0.1"),
        (1, "6.6.6.6, 1.2.3.4", "10.0.0.1", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.9", "10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.1", "10.0.0.1"),
        (1, "", "10.0.0.1", "10.0.0.1"),
        (1, "1.2.3.4:5678", "10.0.0.1", "1.2.3.4"),
        (1, "[2001:db8::7]:443", "10.0.0.1", "2001:db8::7"),
        (1, "'; drop table", "10.0.0.1", "10.0.0.1"),
        (1, "1.2.3.4", "", "1.2.3.4"),
        (0, "", "", ""),
        (0, "", "::ffff:1.2.3.4", "1.2.3.4"),
    ],
)
def test_the_address_is_what_our_own_proxies_saw(site, settings, proxies, forwarded, peer, address):
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert told(site, headers=headers, REMOTE_ADDR=peer)["address"] == address


def test_a_subscriber_with_ipv6_has_one_network(site):
    networks = {told(site, REMOTE_ADDR=f"2001:db8:1:2::{n}")["network"] for n in [1, 2, 9]}
    assert networks == {"2001:db8:1:2::/64"}
    assert told(site, REMOTE_ADDR="1.2.3.4")["network"] == "1.2.3.4"


@pytest.mark.parametrize("path", ["/echo/", "/miss/", "/refuse/", "/fail/", "/none/"])
def test_every_reply_carries_the_content_security_policy(site, settings, path):
    response = site.get(path)
    assert response["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY
    assert "camera=()" in response["Permissions-Policy"]


def test_pages_of_somebody_known_are_not_stored(site, person):
    assert "Cache-Control" not in site.get("/echo/").headers
    site.force_login(person())
    assert site.get("/echo/")["Cache-Control"] == "no-store"


def test_pages_of_a_registration_draft_and_replies_to_posts_are_not_stored(site):
    assert site.post("/echo/")["Cache-Control"] == "no-store"
    site.cookies["registration"] = "key"
    assert site.get("/echo/")["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/echo/?q=%00",
        "/store/?q=a%00b",
        "/echo/?q=%ED%A0%80",
        "/echo/?q=%FF",
        "/echo/?%00=1",
        "/echo/a%00b/",
        "/echo/%FF/",
    ],
)
def test_what_no_database_can_store_is_a_bad_request(site, path):
    response = site.get(path)
    assert response.status_code == 400
    assert "无法识别" in response.content.decode()


def test_a_cookie_with_a_nul_is_a_bad_request(site):
    site.cookies["sessionid"] = "abcdefgh\x00ijkl"
    assert site.get("/home/").status_code == 400


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_posted_nul_bytes_are_a_bad_request(site, kind):
    bodies = {
        "application/x-www-form-urlencoded": b"q=a%00b",
        "multipart/form-data; boundary=b": b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\na\x00b\r\n--b--\r\n',
    }
    assert site.generic("POST", "/echo/", bodies[kind], content_type=kind).status_code == 400


def test_posted_text_that_is_not_utf8_is_a_bad_request(site):
    response = site.generic("POST", "/echo/", b"q=%C4%E3", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


@pytest.mark.parametrize("text", ["工程𠮷", "a+b%", "\n第二行", "\ufffd"])
def test_clean_text_passes(site, text):
    assert site.get("/echo/", {"q": text}).content.decode() == text
    assert site.post("/echo/", {"q": text}).content.decode() == text


def test_posted_text_is_not_read_before_a_view_that_reads_it_itself(site):
    strict = Client(raise_request_exception=False, enforce_csrf_checks=True)
    assert strict.post("/exempt/", {"q": "a\x00b"}).status_code == 200
