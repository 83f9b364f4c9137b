"""申请进度查询 without signing in: who has the phone learns how it stands, others learn nothing."""

import pytest
from django.urls import reverse

from projects.actions import approve_application, reject_application
from tests import make
from tests.projects.acts import applied, code_sent_to, site

pytestmark = pytest.mark.django_db
URL = "/register/project-user/status/"


def html(response):
    return response.content.decode()


def ask(client, phone):
    """Phone, code, and the page that follows."""
    client.post("/codes/?purpose=application_status", {"phone": phone}, headers={"Accept": "application/json"})
    answer = client.post(URL, {"phone": phone, "code": code_sent_to(phone)})
    assert answer.status_code == 302, html(answer)
    return html(client.get(answer.url))


def test_the_way_there_begins_on_the_first_page(client):
    assert URL in html(client.get("/")) and URL in html(client.get("/register/"))


def test_who_has_the_phone_reads_how_it_stands(client):
    project, contractor, _manager = site()
    person = make.person("赵敏")
    applied(project, contractor, person)
    page = ask(client, person.phone)
    assert "待审核" in page and "二七云栖府" in page and "由 陈** 审核" in page
    assert "赵*" in page and "赵敏" not in page and person.id_number not in page and person.phone not in page


def test_after_a_rejection_the_reason_and_the_way_to_mend_it(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    reject_application(application, reason="承诺函未盖章。", marked=["letter"], by=manager)
    page = ask(client, application.user.phone)
    assert "承诺函未盖章。" in page and "办理承诺函" in page and "登录后修改并重新提交" in page
    assert f"/projects/applications/{application.pk}/".replace("/", "%2F") in page


def test_an_approved_application_says_so(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    approve_application(application, by=manager)
    assert "已通过" in ask(client, application.user.phone)


def test_a_phone_without_application_is_answered_alike_until_the_code_is_given(client):
    project, contractor, _manager = site()
    person = applied(project, contractor).user
    answers = []
    for phone in (person.phone, make.phone()):
        sent = client.post(
            "/codes/?purpose=application_status", {"phone": phone}, headers={"Accept": "application/json"}
        )
        wrong = client.post(URL, {"phone": phone, "code": "000000"})
        answers.append((sent.json(), wrong.status_code, "验证码错误或已过期" in html(wrong)))
    assert answers[0] == answers[1] == (answers[0][0], 200, True)
    assert "没有查到申请" in ask(client, make.phone())


def test_without_a_code_there_is_no_result(client):
    assert client.get(reverse("projects:status-result")).url == URL


def test_a_code_of_another_purpose_opens_nothing(client):
    person = applied(*site()[:2]).user
    client.post(
        "/codes/?purpose=project_user_registration", {"phone": person.phone}, headers={"Accept": "application/json"}
    )
    assert client.post(URL, {"phone": person.phone, "code": code_sent_to(person.phone)}).status_code == 200


def test_without_script_the_button_sends_the_code_and_keeps_the_number(client):
    phone = make.phone()
    page = html(client.post(URL, {"phone": phone, "send_code": "1"}))
    assert "验证码已发送" in page and phone in page and code_sent_to(phone)


@pytest.mark.parametrize("count", [1, 3])
def test_many_applications_cost_the_same(client, count, django_assert_num_queries):
    person = make.person("赵敏")
    for number in range(count):
        project, contractor, _manager = site(f"工程{number}")
        applied(project, contractor, person)
    ask(client, person.phone)
    with django_assert_num_queries(STATUS_QUERIES):
        client.get(reverse("projects:status-result"))


STATUS_QUERIES = 6
