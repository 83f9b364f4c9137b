import pytest
from django.db import connection
from django.test import Client
from django.utils.translation import gettext_lazy

from portal.errors import Refused, bad_request, own_words, refused

pytestmark = pytest.mark.django_db


def test_a_refusal_is_explained_with_its_reasons_and_the_way_on(site):
    response = site.get("/refuse/")

    page = response.content.decode()
    assert response.status_code == 409
    for words in ["不能报监", "还没有填写建设单位。", "还没有上传合同。", "草稿已保存。", 'href="/a/"', "去填写"]:
        assert words in page


def test_a_script_gets_the_refusal_as_json(site):
    response = site.get("/refuse/", headers={"accept": "application/json"})

    assert response.status_code == 409
    assert response.json() == {
        "heading": "不能报监",
        "reasons": ["还没有填写建设单位。", "还没有上传合同。"],
        "safe": "草稿已保存。",
    }


def test_a_refusal_without_heading_still_has_one(site, rf):
    page = refused(rf.get("/"), Refused("附件还没有通过检查。")).content.decode()
    assert "现在不能执行此操作" in page and "附件还没有通过检查。" in page


def test_our_own_sentence_is_shown_when_permission_is_denied(site):
    page = site.get("/forbid/企业管理员账号仅用于管理企业用户/").content.decode()
    assert "企业管理员账号仅用于管理企业用户" in page


def test_a_library_s_words_are_not_shown_when_permission_is_denied(site):
    response = site.get("/forbid/object 7 of table x/")

    assert response.status_code == 403
    assert "table x" not in response.content.decode()
    assert "没有权限" in response.content.decode()


def test_a_translatable_sentence_is_ours():
    assert own_words(PermissionError(gettext_lazy("Ask your manager."))) == "Ask your manager."


def test_a_missing_page_tells_nothing_about_what_was_looked_for(site):
    response = site.get("/miss/")

    assert response.status_code == 404
    assert "没有找到" in response.content.decode()
    assert "filing 7" not in response.content.decode()


def test_a_failure_shows_the_request_number_and_nothing_of_the_inside(site):
    response = site.get("/fail/")

    page = response.content.decode()
    assert response.status_code == 500
    assert response["X-Request-ID"] in page
    assert "secret" not in page and "/srv" not in page and "Traceback" not in page


def test_a_failure_is_told_even_when_no_template_can_be_rendered(site, settings):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [], "APP_DIRS": False}]

    response = site.get("/fail/")

    assert (response.status_code, response["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert response.content.decode().startswith("系统出现错误\n")


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_is_a_pause_and_not_a_fault(site):
    response = site.get("/lose/")
    connection.close()

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "系统暂时无法使用" in response.content.decode()
    assert "psycopg" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_cannot_be_reached_is_the_same_pause(site):
    connection.close()
    good = connection.settings_dict["HOST"]
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        response = site.get("/store/")
    finally:
        connection.settings_dict["HOST"] = good
        connection.close()
    assert response.status_code == 503


def test_too_much_posted_text_is_413(site, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    response = site.post("/echo/", {"q": "长" * 200}, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 413
    assert "超过了允许的大小" in response.content.decode()


def test_an_old_form_is_told_to_refresh_and_that_nothing_was_sent(site):
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/echo/", {"q": "x"}, headers={"referer": "http://testserver/echo/?page=2"})

    page = response.content.decode()
    assert response.status_code == 403
    assert "请刷新页面重试" in page and "没有发送，也没有保存" in page
    assert 'href="http://testserver/echo/?page=2"' in page


def test_the_way_back_of_an_old_form_leads_nowhere_else(site):
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/echo/", {"q": "x"}, headers={"referer": "http://evil.example/"})

    assert "evil.example" not in response.content.decode()
    assert 'href="/echo/"' in response.content.decode()


def test_a_bad_request_needs_no_exception(rf, site):
    assert bad_request(rf.get("/")).status_code == 400
