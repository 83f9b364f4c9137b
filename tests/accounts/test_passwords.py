"""Which passwords are accepted, and which never."""

import time

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from tests import make


def codes_of(password: str, user: User | None = None) -> set[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {problem.code or "" for problem in error.error_list}
    return set()


@pytest.mark.parametrize(
    "password",
    [
        "Chuntian26",
        "chun-tian26",
        "CHUN-TIAN26",
        "春天的花都开了Ab1",
        "all lower case but long",
        "a" * 3 + "春秋冬夏" * 15,
        "aB3$" * 32,
    ],
)
def test_long_or_mixed_passwords_are_accepted(password):
    assert codes_of(password) == set()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Chun-26", "too_short"),
        ("chuntian26", "classes"),
        ("CHUNTIAN-X", "classes"),
        ("aB3$" * 32 + "x", "too_long"),
        ("password12345678", ""),
    ],
)
def test_short_plain_and_endless_passwords_are_refused(password, code):
    assert code in codes_of(password) or (code == "" and codes_of("qwertyuiop") != set())


@pytest.mark.parametrize(
    "password",
    [
        "Zjwh@123!",
        "zjwh@123!",
        "ZJWH@123!",
        "Zjwh@123！",
        "Ｚｊｗｈ@123!",
        "Zjwh@123!!",
        "Zjwh@123!2026",
        "xxZjwh@123!xx",
        "Zjwh#123?abc",
    ],
)
def test_the_printed_password_is_refused_in_every_spelling(password):
    assert "published" in codes_of(password)


@pytest.mark.parametrize("password", ["Wuhan-2026-ab", "my-ZGJ-2026x", "The-Portal-99", "WUHAN天气真好-1a"])
def test_words_of_the_platform_are_refused(password):
    assert "platform" in codes_of(password)


@pytest.mark.django_db
def test_what_is_known_of_the_person_is_refused():
    person = make.person("欧阳建国", phone="13812345678", id_number="42010219800101001X")
    for password in ["Ab-欧阳建国-12345", "Ab-13812345678", "Ab-12345678-xy", "Ab-19800101-xy", "xy-AB-01001x-"]:
        assert "personal" in codes_of(password, person), password
    assert codes_of("Ab-春天来了-2468", person) == set()


@pytest.mark.django_db
def test_the_credit_code_is_refused_for_its_enterprise():
    enterprise = make.enterprise()
    account = make.administrator_of(enterprise)
    assert "personal" in codes_of(f"Ab-{enterprise.uscc.lower()}", account)
    assert "personal" in codes_of(f"Ab-{enterprise.uscc[-8:]}-x", account)
    assert "personal" in codes_of(f"Ab-{enterprise.agent_phone[-8:]}-x", account)


def test_a_megabyte_is_refused_in_less_than_a_second():
    began = time.perf_counter()
    assert "too_long" in codes_of("Ａ1" * 500_000)
    assert time.perf_counter() - began < 1
