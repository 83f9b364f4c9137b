"""审计记录: auditors find every act, take copies that are recorded, and see whether the chain is sound."""

import csv
import io
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.audit import record
from portal.audit.checks import LEASE, ask_for_check, run_checks
from portal.audit.models import AuditCheck, AuditEntry
from portal.audit.seals import seal, unsealed_entries
from portal.audit.tasks import check_audit_nightly
from tests import make
from tests.home.steps import menu, signed_in, text

pytestmark = pytest.mark.django_db
PAGES = ("/audit/", "/audit/chain/")


@pytest.fixture
def auditor():
    return signed_in(make.auditor())


def test_an_auditor_finds_the_trail_in_the_menu_and_every_act_in_it(auditor):
    person = make.person("王五")
    record("account.password_changed", person, by=person)
    page = auditor.get("/audit/")
    assert menu(page) == ["首页", "审计记录"]
    assert "修改密码" in text(page) and "王*" in text(page) and "王五" not in text(page)


@pytest.mark.parametrize("path", [*PAGES, "/audit/1/"])
def test_to_everybody_else_the_trail_does_not_exist(path):
    for user in (make.operator(), make.officer(), make.site_officer(), make.administrator_of(make.enterprise())):
        assert signed_in(user).get(path).status_code == 404
        assert signed_in(user).post("/audit/export.csv").status_code == 404


def test_a_search_finds_by_who_what_and_when(auditor):
    wang, li = make.person("王五"), make.person("李四光")
    record("account.password_changed", wang, by=wang)
    mine = record("account.revealed", li, by=li)

    def rows(**conditions):
        return [line.entry.pk for line in auditor.get("/audit/", conditions).context["lines"]]

    assert rows(event="account.revealed") == [mine.pk]
    assert rows(q=str(li.pk)) == [mine.pk]
    assert rows(q="李**", event="account.revealed") == [mine.pk]
    assert rows(event="account.revealed", until=timezone.localdate() - timedelta(days=1)) == []
    assert rows(q="10.0.0.999") == [] and rows(q="%") == []


def test_nonsense_in_the_search_row_is_no_error(auditor):
    assert auditor.get("/audit/?since=gestern&event=none&page=x&q=%25").status_code == 200


def test_an_entry_says_everything_and_what_else_happened_to_the_same_thing(auditor):
    person = make.person("王五")
    first = record("account.created", person, by=person, kind="personal")
    second = record("account.password_changed", person, by=person)
    while seal():
        pass
    page = auditor.get(f"/audit/{first.pk}/")
    assert "personal" in text(page) and first.subject_id in text(page)
    assert second.pk in [line.entry.pk for line in page.context["others"]]
    assert auditor.get("/audit/999999999/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_many_questions_for_three_rows_as_for_one(auditor, count, django_assert_num_queries):
    for _number in range(count):
        record("system.granted", make.person(), by=None)
    with django_assert_num_queries(5):
        auditor.get("/audit/?event=system.granted")


def test_a_copy_holds_exactly_what_is_shown_and_is_itself_recorded(auditor):
    person = make.person("王五")
    wanted = record("account.revealed", person, by=person, field="=cmd")
    record("account.created", person, by=person)
    reply = auditor.post("/audit/export.csv?event=account.revealed")
    rows = list(csv.reader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [str(wanted.pk)]
    taken = AuditEntry.objects.get(event="audit.exported")
    assert taken.details["rows"] == 1 and taken.details["conditions"] == {"event": "account.revealed"}


def test_a_copy_is_never_calculated_by_a_spreadsheet(auditor):
    enterprise = make.enterprise()
    AuditEntry.objects.create(actor_label="=1+1", event="x", subject_label="@SUM(A1)", enterprise_id=enterprise.pk)
    reply = auditor.post("/audit/export.csv?event=x")
    assert auditor.get("/audit/export.csv").status_code == 405
    text_of = b"".join(reply.streaming_content).decode()
    assert "'=1+1" in text_of and "'@SUM(A1)" in text_of


def seal_everything() -> None:
    """Until transactions of other tests beside this one let the last entry be sealed."""
    until = time.monotonic() + 90
    while unsealed_entries().exists():
        assert time.monotonic() < until, "somebody holds a transaction open"
        if not seal():
            time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_a_check_that_is_asked_for_says_that_the_trail_is_sound(auditor):
    record("account.created", make.person(), by=None)
    seal_everything()
    assert auditor.post("/audit/chain/").status_code == 302
    assert "校验中" in text(auditor.get("/audit/chain/"))
    assert run_checks() == 1 and run_checks() == 0
    assert "没有被改动" in text(auditor.get("/audit/chain/"))


@pytest.mark.django_db(transaction=True)
def test_a_changed_entry_is_found_and_said(auditor):
    entry = record("account.created", make.person(), by=None)
    seal_everything()
    with connection.cursor() as cursor:  # as the owner of the table can
        cursor.execute("ALTER TABLE portal_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE portal_auditentry SET event = 'account.closed' WHERE id = %s", [entry.pk])
        cursor.execute("ALTER TABLE portal_auditentry ENABLE TRIGGER USER")
    check_audit_nightly()
    run_checks()
    assert "审计记录被改动过" in text(auditor.get("/audit/chain/"))
    assert AuditCheck.objects.get().seals < AuditEntry.objects.count()


def test_who_asks_while_a_check_waits_gets_that_one():
    auditor = make.auditor()
    assert ask_for_check(by=auditor) == ask_for_check(by=None)
    assert AuditEntry.objects.filter(event="audit.check_asked").count() == 1


def test_a_check_that_was_cut_off_is_begun_again_once_its_lease_is_over():
    check = ask_for_check(by=None)
    AuditCheck.objects.filter(pk=check.pk).update(begun_at=timezone.now())
    assert run_checks() == 0
    AuditCheck.objects.filter(pk=check.pk).update(begun_at=timezone.now() - LEASE - timedelta(seconds=1))
    assert run_checks() == 1
