"""One-time codes: one phone, one purpose, one browser, once."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import codes
from accounts.codes import check_code, send_code
from accounts.models import VerificationCode
from portal.facts import serving
from portal.notifications.models import Delivery
from tests.accounts.steps import last_code, page, texts

PURPOSE = "enterprise_registration"
PHONE = "13800138000"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(rf):
    """A request of one browser; its session is a plain dict."""
    return request_of(rf)


def request_of(rf: RequestFactory, address: str = "10.0.0.1"):
    request = rf.get("/", REMOTE_ADDR=address)
    request.session = {}
    return request


def send(request, phone: str = PHONE, purpose: str = PURPOSE) -> str:
    with serving(request):
        send_code(phone, purpose=purpose, request=request)
    return last_code()


def refused(request, code: str, phone: str = PHONE, purpose: str = PURPOSE) -> bool:
    try:
        check_code(phone, code, purpose=purpose, request=request)
    except ValidationError as error:
        assert error.messages == ["验证码错误或已过期"]
        return True
    return False


def may_send_again() -> None:
    """A minute passes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE portal_limitwindow SET moments = (SELECT array_agg(m - interval '61 seconds') FROM unnest(moments) m)"
        )


def test_the_texted_code_is_accepted_once(browser):
    code = send(browser)
    assert [refused(browser, code), refused(browser, code)] == [False, True]


def test_a_code_for_another_purpose_phone_or_browser_is_refused(browser, rf):
    code = send(browser)
    assert refused(browser, code, purpose="project_user_registration")
    assert refused(browser, code, phone="13800138001")
    assert refused(request_of(rf), code)
    assert not refused(browser, code, phone="+86 138 0013 8000")


def test_five_wrong_tries_void_the_code(browser):
    code = send(browser)
    wrong = "000000" if code != "000000" else "111111"
    assert [refused(browser, wrong) for _ in range(5)] == [True] * 5
    assert refused(browser, code)


@pytest.mark.django_db(transaction=True)
def test_tries_count_although_the_action_is_undone(browser):
    code = send(browser)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(ValidationError), transaction.atomic():
            check_code(PHONE, wrong, purpose=PURPOSE, request=browser)
    assert refused(browser, code)


@pytest.mark.django_db(transaction=True)
def test_a_code_survives_an_action_that_is_undone_after_it(browser):
    code = send(browser)
    with pytest.raises(RuntimeError), transaction.atomic():
        check_code(PHONE, code, purpose=PURPOSE, request=browser)
        raise RuntimeError("something else went wrong")
    assert not refused(browser, code)


def test_a_code_dies_after_five_minutes(browser):
    code = send(browser)
    VerificationCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refused(browser, code)


def test_codes_live_for_five_minutes(browser):
    send(browser)
    kept = VerificationCode.objects.get()
    assert timedelta(minutes=4, seconds=50) < kept.expires_at - timezone.now() <= timedelta(minutes=5)


def test_a_newer_code_voids_the_older(browser):
    first = send(browser)
    may_send_again()
    second = send(browser)
    assert (refused(browser, first) or first == second, refused(browser, second)) == (True, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_two_who_use_a_code_at_the_same_moment_use_it_once(browser, attempt):
    code = send(browser)
    start, accepted = threading.Barrier(4, timeout=30), []

    def use() -> None:
        start.wait()
        accepted.append(not refused(browser, code))
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(accepted) == [False, False, False, True]


def test_a_number_gets_one_code_a_minute(browser, rf):
    send(browser)
    with pytest.raises(ValidationError, match="一分钟只能获取一次"):
        send(request_of(rf, "10.0.0.2"), phone="+86 138-0013-8000")
    assert len(texts()) == 1
    may_send_again()
    send(browser)
    assert len(texts()) == 2


def test_a_number_gets_ten_codes_a_day(rf):
    for n in range(10):
        send(request_of(rf, f"10.0.0.{n}"))
        may_send_again()
    with pytest.raises(ValidationError, match="次数已达今天的上限"):
        send(request_of(rf, "10.0.1.1"))
    assert len(texts()) == 10


def test_a_busy_network_answers_a_question_and_goes_on(rf, monkeypatch):
    monkeypatch.setattr(codes, "A_NETWORK", 3)
    for n in range(3):
        send(request_of(rf), phone=f"1380013800{n}")
    client = Client(REMOTE_ADDR="10.0.0.1")
    said = client.post(f"/codes/?purpose={PURPOSE}", {"phone": "13800138005"}).json()
    assert not said["ok"] and "/codes/question/" in said["text"]
    client.get("/codes/question/")
    first, second = client.session["code_question"]
    assert "答案不对" in page(client.post("/codes/question/", {"answer": first + second + 1}))
    first, second = client.session["code_question"]
    assert "可以继续获取验证码" in page(client.post("/codes/question/", {"answer": first + second}))
    assert client.post(f"/codes/?purpose={PURPOSE}", {"phone": "13800138005"}).json()["ok"]
    assert not Client(REMOTE_ADDR="10.0.0.1").post(f"/codes/?purpose={PURPOSE}", {"phone": "13800138006"}).json()["ok"]


def test_neither_code_nor_number_lies_open_in_the_database(browser):
    code = send(browser)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c::text FROM accounts_verificationcode c UNION ALL SELECT d::text FROM portal_delivery d"
        )
        rows = [row for (row,) in cursor.fetchall()]
    assert len(rows) == 2
    assert not any(PHONE in row or f"码 {code}" in row for row in rows)
    assert Delivery.objects.get().wipe


def test_the_script_is_told_what_is_wrong_with_a_number():
    said = Client().post(f"/codes/?purpose={PURPOSE}", {"phone": "1380013"}).json()
    assert (said["ok"], said["wait"]) == (False, 0)
    assert "11位" in said["text"]
    assert Client().get(f"/codes/?purpose={PURPOSE}").status_code == 405
    assert Client().post("/codes/?purpose=phone_change", {"phone": PHONE}).status_code == 404
    assert Client().post("/codes/?purpose=first_password").status_code == 404
    assert Client().post("/codes/?purpose=password_reset").status_code == 404


def test_codes_are_asked_for_with_a_csrf_token():
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/codes/?purpose={PURPOSE}", {"phone": PHONE}).status_code == 403
