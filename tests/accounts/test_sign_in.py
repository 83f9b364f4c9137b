"""Who gets in at which tab, what a guess costs, and that nothing tells who has an account."""

import threading
import time

import pytest
from django.db import connection
from django.test import Client, override_settings

from portal.audit.models import AuditEntry
from portal.limits import LimitWindow
from tests import make
from tests.accounts.steps import is_signed_in, last_code, page, sign_in, stripped, texts

WRONG = "账号或密码错误"
LOCKED = "登录失败次数过多，请 15 分钟后再试或使用“忘记密码”"
pytestmark = pytest.mark.django_db


def test_a_person_signs_in_with_the_phone_in_any_spelling(client):
    make.person(phone="13800138000")
    for spelling in ["13800138000", " 138 0013-8000 ", "+8613800138000", "１３８００１３８０００", "008613800138000"]:
        browser = Client()
        response = sign_in(browser, spelling)
        assert (response.status_code, response.url, is_signed_in(browser)) == (302, "/home/", True), spelling


def test_an_enterprise_signs_in_with_its_code_in_any_spelling():
    code = make.enterprise().uscc
    for spelling in [code, code.lower(), f" {code[:6]} {code[6:]}", "".join(chr(ord(c) + 0xFEE0) for c in code)]:
        browser = Client()
        assert sign_in(browser, spelling).status_code == 302, spelling
        assert is_signed_in(browser)


def test_staff_sign_in_at_their_own_tab_only():
    make.staff(username="ja-safety")
    browser = Client()
    assert sign_in(browser, "JA-safety ", side="staff").url == "/home/"
    other = sign_in(Client(), "ja-safety", side="enterprise")
    assert WRONG in page(other)


def test_the_staff_tab_takes_neither_persons_nor_enterprises():
    person, code = make.person(phone="13800138000"), make.enterprise().uscc
    for account in ["13800138000", code, person.username]:
        response = sign_in(Client(), account, side="staff")
        assert (response.status_code, WRONG in page(response)) == (200, True), account
    assert WRONG in page(sign_in(Client(), person.username, side="enterprise"))
    assert WRONG in page(sign_in(Client(), person.id_number, side="enterprise"))


def test_unknown_and_known_accounts_get_the_same_answer():
    make.person(phone="13800138000")
    make.person(phone="13800138001", is_active=False)
    known, unknown = sign_in(Client(), "13800138000", "wrong"), sign_in(Client(), "13800138009", "wrong")
    closed = sign_in(Client(), "13800138001")
    answers = {(reply.status_code, stripped(reply).replace(number, "")) for reply, number in
               [(known, "13800138000"), (unknown, "13800138009"), (closed, "13800138001")]}  # fmt: skip
    assert len(answers) == 1
    assert WRONG in answers.pop()[1]


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"])
def test_unknown_and_known_accounts_take_the_same_time():
    person = make.person(phone="13800138000")
    person.set_password(make.PASSWORD)
    person.save()

    took: dict[str, list[float]] = {"13800138000": [], "13800138009": []}
    for n in range(5):
        for account, times in took.items():
            began = time.thread_time()  # of the processor: the machine may be busy with other things
            sign_in(Client(), account, "wrong", address=f"10.0.0.{n}")
            times.append(time.thread_time() - began)
    known, unknown = map(min, took.values())
    assert min(known, unknown) > 0.05  # a hash was made for both; without one it would be a hundredth
    assert 0.5 < known / unknown < 2


def test_five_failures_lock_the_account_at_this_address_whatever_the_spelling():
    make.person(phone="13800138000")
    for spelling in ["13800138000", "138 0013 8000", "+8613800138000", "１３８００１３８０００", "138-0013-8000"]:
        assert WRONG in page(sign_in(Client(), spelling, "wrong"))
    assert LOCKED in page(sign_in(Client(), "13800138000"))
    elsewhere = Client()
    assert sign_in(elsewhere, "13800138000", address="10.1.1.1").status_code == 302


def test_an_unknown_account_is_locked_like_any_other():
    make.person(phone="13800138000")
    pages = []
    for account in ["13800138000", "13800138009"]:
        pages.append([stripped(sign_in(Client(), account, "wrong")).replace(account, "") for _ in range(7)])
    assert pages[0] == pages[1]
    assert [LOCKED in text for text in pages[1]] == [False] * 5 + [True] * 2


def test_the_right_password_starts_the_count_anew():
    make.person(phone="13800138000")
    for _ in range(3):
        for _ in range(4):
            sign_in(Client(), "13800138000", "wrong")
        assert sign_in(Client(), "13800138000").status_code == 302


def test_a_lock_ends_after_a_quarter_of_an_hour():
    make.person(phone="13800138000")
    for _ in range(6):
        sign_in(Client(), "13800138000", "wrong")
    assert LOCKED in page(sign_in(Client(), "13800138000"))
    with connection.cursor() as cursor:  # the clock is the database's
        cursor.execute(
            "UPDATE portal_limitwindow SET moments = (SELECT array_agg(m - interval '15 minutes') FROM unnest(moments) m)"
        )
    assert sign_in(Client(), "13800138000").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_forty_guesses_at_once_five_are_looked_at():
    make.person(phone="13800138000")
    start, said = threading.Barrier(40, timeout=60), []

    def guess() -> None:
        browser = Client()
        start.wait()
        said.append(page(sign_in(browser, "13800138000", "wrong")))
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(WRONG in text for text in said), sum(LOCKED in text for text in said)) == (5, 35)
    assert AuditEntry.objects.filter(event="account.sign_in_failed").count() == 5


def fail_from_everywhere(account: str, side: str = "enterprise") -> None:
    for n in range(20):
        sign_in(Client(), account, "wrong", side=side, address=f"10.2.{n // 4}.1")


def test_after_twenty_failures_from_anywhere_a_code_is_asked_for_besides_the_password():
    make.person(phone="13800138000")
    fail_from_everywhere("13800138000")
    browser = Client()
    assert "请填写短信验证码" in page(sign_in(browser, "13800138000"))
    assert not is_signed_in(browser)
    said = browser.post("/codes/?purpose=sign_in", {"phone": "13800138000"}).json()
    assert said == {"ok": True, "text": "如信息无误，验证码已发送到预留手机", "wait": 60}
    refused = sign_in(browser, "13800138000", "wrong", code=last_code())
    assert "账号、密码或短信验证码错误" in page(refused)
    assert sign_in(browser, "13800138000", code=last_code()).status_code == 302


def test_the_code_works_only_in_the_browser_that_asked():
    make.person(phone="13800138000")
    fail_from_everywhere("13800138000")
    browser = Client()
    browser.post("/", {"side": "enterprise", "account": "13800138000", "password": "", "send_code": "1"})
    assert "账号、密码或短信验证码错误" in page(sign_in(Client(), "13800138000", code=last_code()))


def test_an_unknown_account_is_asked_for_a_code_too():
    fail_from_everywhere("13800138009")
    browser = Client()
    assert "请填写短信验证码" in page(sign_in(browser, "13800138009"))
    assert browser.post("/codes/?purpose=sign_in", {"phone": "13800138009"}).json()["ok"]
    assert texts() == []
    assert "账号、密码或短信验证码错误" in page(sign_in(browser, "13800138009", code="123456"))


def test_nobody_can_send_codes_to_an_account_that_was_not_guessed_at():
    make.person(phone="13800138000")
    assert Client().post("/codes/?purpose=sign_in", {"phone": "13800138000"}).json()["ok"]
    assert texts() == []


def test_twenty_failures_lock_staff():
    make.staff(username="ja-safety")
    fail_from_everywhere("ja-safety", side="staff")
    assert LOCKED in page(sign_in(Client(), "ja-safety", side="staff", address="10.9.9.9"))


def test_signing_in_gives_the_session_a_new_key():
    make.person(phone="13800138000")
    browser = Client()
    browser.post("/codes/?purpose=enterprise_registration", {"phone": "13800138005"})
    before = browser.session.session_key
    sign_in(browser, "13800138000")
    assert before and browser.session.session_key != before
    stale = Client()
    stale.cookies["sessionid"] = before
    assert not is_signed_in(stale)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil.example", "/\n/evil",
     "http://testserver/home/", "\\\\evil.example"],
)  # fmt: skip
def test_next_leads_nowhere_else(target):
    make.person(phone="13800138000")
    assert sign_in(Client(), "13800138000", next=target).url == "/home/"


def test_next_leads_back_to_the_page():
    make.person(phone="13800138000")
    browser = Client()
    asked = browser.get("/workbench/?page=2")
    assert asked.url == "/?next=/workbench/%3Fpage%3D2"
    assert 'name="next" value="/workbench/?page=2"' in page(browser.get(asked.url))
    assert sign_in(browser, "13800138000", next="/workbench/?page=2").url == "/workbench/?page=2"


def test_sign_ins_and_failures_are_in_the_audit_without_what_was_typed():
    enterprise = make.enterprise()
    sign_in(Client(), enterprise.uscc, "wrong")
    sign_in(Client(), enterprise.uscc)
    sign_in(Client(), "my-secret-password", "13800138000")
    entries = list(AuditEntry.objects.filter(event__startswith="account.sign").order_by("id"))
    assert [entry.event for entry in entries] == [
        "account.sign_in_failed",
        "account.signed_in",
        "account.sign_in_failed",
    ]
    assert [entry.enterprise_id for entry in entries] == [enterprise.pk, enterprise.pk, None]
    assert (entries[0].address, entries[2].subject_label) == ("127.0.0.1", "M***")


def test_no_password_is_kept_by_the_page_that_refuses_it():
    make.person(phone="13800138000")
    text = page(sign_in(Client(), "13800138000", "My-own-Secret-9"))
    assert "My-own-Secret-9" not in text and 'value="13800138000"' in text


def test_a_megabyte_of_password_is_refused_at_once():
    make.person(phone="13800138000")
    began = time.perf_counter()
    assert WRONG in page(sign_in(Client(), "13800138000", "a" * 1_000_000))
    assert time.perf_counter() - began < 1


def test_the_counts_name_nobody():
    sign_in(Client(), "13800138000", "wrong")
    assert all(len(window.key) == 64 for window in LimitWindow.objects.all())
