"""Known and unknown accounts cost the same work: as many questions to the database, as many passwords hashed.

The seconds themselves are printed by `python manage.py shell -c "import bench.sign_in"` (docs/performance.md).
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import make
from tests.accounts.steps import code_to, sign_in

PHONE = "13800138000"
pytestmark = pytest.mark.django_db


@contextmanager
def work(monkeypatch) -> Iterator[Counter]:
    """What is done inside: statements by table and verb, and hashes."""
    done: Counter = Counter()
    whole = MD5PasswordHasher.encode

    def counted(self, *args, **kwargs):
        done["hash"] += 1
        return whole(self, *args, **kwargs)

    with monkeypatch.context() as patch, CaptureQueriesContext(connection) as seen:
        patch.setattr(MD5PasswordHasher, "encode", counted)
        yield done
    for query in seen:
        sql = query["sql"]
        verb = sql.split()[0]
        table = re.search(r'(?:FROM|INTO|UPDATE) "?([a-z_]+)', sql)
        if verb in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            done[f"{verb} {table[1] if table else ''}"] += 1


def cost(monkeypatch, act) -> Counter:
    with work(monkeypatch) as done:
        act()
    return done


@pytest.fixture
def accounts():
    """(known, unknown) of each sort, and what ends the ID number."""
    person, enterprise = make.person(phone=PHONE), make.enterprise()
    make.staff(username="ja-safety")
    return {
        "person": (PHONE, "13900139009", person.id_number[-6:], "enterprise"),
        "enterprise": (enterprise.uscc, make.uscc(), enterprise.agent_id_number[-6:], "enterprise"),
        "staff": ("ja-safety", "ja-nobody", "000000", "staff"),
    }


@pytest.mark.parametrize("sort", ["person", "enterprise", "staff"])
@pytest.mark.parametrize("tries", [1, 5, 6])
def test_a_wrong_password_costs_the_same(accounts, monkeypatch, sort, tries):
    known, unknown, _tail, side = accounts[sort]

    def attempts(account):
        for _each in range(tries):
            sign_in(Client(), account, "wrong-password", side, address="10.1.1.1")

    first, second = (cost(monkeypatch, lambda name=name: attempts(name)) for name in (known, unknown))
    assert first == second
    assert first["hash"] == min(tries, 5)


@pytest.mark.parametrize("sort", ["person", "enterprise"])
@pytest.mark.parametrize("path", ["/recover/", "/recover/phone/change/"])
def test_asking_for_recovery_costs_the_same(accounts, monkeypatch, sort, path):
    known, unknown, tail, _side = accounts[sort]

    def ask(account, id_tail, address):
        browser = Client(REMOTE_ADDR=address)
        assert browser.post(path, {"account": account, "id_tail": id_tail}).status_code == 302

    asked = [(known, tail, "10.2.2.1"), (known, "000001", "10.2.2.2"), (unknown, tail, "10.2.2.3")]
    costs = [cost(monkeypatch, lambda who=who: ask(*who)) for who in asked]
    assert costs[0] == costs[1] == costs[2]
    assert costs[0]["INSERT accounts_verificationcode"] == 1 and costs[0]["hash"] == 0


def test_an_application_costs_the_same(accounts, monkeypatch):
    costs = []
    for n, number in enumerate([make.person(phone="13700137000").id_number, make.id_number()]):
        browser = Client(REMOTE_ADDR=f"10.3.{n}.1")
        browser.post("/recover/phone/", {"kind": "phone"})
        phone = f"1390013900{n}"
        browser.post("/codes/?purpose=new_phone", {"phone": phone})
        posted = {"name": "张建国", "id_number": number, "phone": phone, "code": code_to(phone), "held_id": make.jpeg()}
        costs.append(cost(monkeypatch, lambda b=browser, p=posted: b.post("/recover/apply/phone/", p)))
    assert costs[0] == costs[1]
    assert costs[0]["INSERT accounts_recoveryticket"] == 1
