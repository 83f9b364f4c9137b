"""导出: exactly the filter, what the person may see when it is made, once, for a week, for its owner alone."""

import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from enterprises.models import Member
from portal.audit import entries_about
from portal.audit.models import AuditEntry
from portal.exports import actions
from portal.exports.actions import ask_for_export, claim, make_export, wipe_old_exports
from portal.exports.models import Export
from portal.exports.tasks import make_exports
from portal.lists.kinds import list_kind
from portal.notifications.models import Message
from supervision.actions import accept_review
from tests import make
from tests.supervision.acts import review_of, together

pytestmark = pytest.mark.django_db
KIND = "filing-advance"


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def browser(author):
    return signed_in(author)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def ask(browser, query="", kind=KIND):
    return browser.post("/exports/new/", {"list": kind, "query": query})


def fetched(browser, export=None):
    """The first sheet as lists of values, downloaded the way its owner does."""
    export = export or Export.objects.get()
    answer = browser.get(f"/exports/{export.pk}/")
    assert answer.status_code == 200
    return load_workbook(io.BytesIO(b"".join(answer.streaming_content)))


def sheet(book, index=0):
    return [[cell.value for cell in row] for row in book.worksheets[index].iter_rows()]


def test_the_file_holds_exactly_the_rows_of_the_filter(author, browser):
    for name in ("谌家矶安置房", "谌家矶小学", "临江商务中心"):
        make.draft_filing(by=author, works_name=name)
    make.submitted_filing(by=author, works_name="谌家矶已报工程")
    make.draft_filing(works_name="谌家矶别家的工程")
    assert ask(browser, "q=谌家&status=draft").status_code == 302
    assert Export.objects.get().status == "waiting"
    make_exports()
    head, *rows = sheet(fetched(browser))
    assert head[0] == "工程名称" and len(head) == len(list_kind(KIND).columns)
    assert {row[0] for row in rows} == {"谌家矶安置房", "谌家矶小学"}


def test_the_second_sheet_says_whose_it_is_and_what_was_asked(author, browser):
    make.draft_filing(by=author)
    ask(browser, "status=draft")
    make_exports()
    facts = dict(sheet(fetched(browser), 1))
    assert facts["条件"] == "状态：草稿" and facts["条数"] == "1" and facts["导出人"] == "吴*"


def test_figures_and_states_stand_in_the_file_as_in_the_list(author, browser):
    filing = make.submitted_filing(by=author)
    ask(browser)
    make_exports()
    head, row = sheet(fetched(browser))
    values = dict(zip(head, row, strict=True))
    assert values["报监编号"] == filing.number
    assert values["施工面积(m²)"] == 128600.5
    assert (values["安监"], values["状态"]) == ("待安监审核", "已报监")
    assert values["施工单位"] == make.employer_of(author).name
    assert values["报监时间"] == f"{timezone.localtime(filing.submitted_at):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1+1", '=HYPERLINK("http://x")'])
def test_no_text_becomes_a_formula(author, browser, text):
    make.draft_filing(by=author, works_name=text)
    ask(browser)
    make_exports()
    cell = fetched(browser).worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_officers_are_masked_in_the_applicants_file_and_in_the_stations(author, browser):
    filing = make.submitted_filing(by=author)
    officer = make.officer("safety")
    accept_review(review_of(filing, "safety"), by=officer)
    desk = signed_in(officer)
    ask(browser)
    ask(desk, "state=reviewing&scope=mine", kind="review")
    make_exports()
    for client, user in ((browser, author), (desk, officer)):
        text = str(sheet(fetched(client, Export.objects.get(user=user))))
        assert officer.name not in text and "李**" in text


def test_the_stations_file_holds_the_tab_that_was_open():
    one, two = make.submitted_filing(works_name="受理的工程"), make.submitted_filing(works_name="等待的工程")
    officer = make.officer("safety")
    accept_review(review_of(one, "safety"), by=officer)
    desk = signed_in(officer)
    ask(desk, "state=reviewing", kind="review")
    make_exports()
    head, *rows = sheet(fetched(desk))
    assert [row[0] for row in rows] == ["受理的工程"]
    assert two.works_name not in str(rows)


# Rights


def test_what_counts_is_what_the_person_may_see_when_the_file_is_made(author, browser):
    own, other = make.employer_of(author), make.granted(make.enterprise())
    seat = make.member(other, author)
    make.draft_filing(by=make.member(other).user, works_name="将要看不到的工程")
    make.draft_filing(by=make.member(own).user, works_name="自己的工程")
    ask(browser)
    Member.objects.filter(pk=seat.pk).update(status=Member.Status.LEFT, ended_at=timezone.now())
    make_exports()
    _head, *rows = sheet(fetched(browser))
    assert [row[0] for row in rows] == ["自己的工程"]


def test_who_may_no_longer_enter_gets_no_file(author, browser):
    make.draft_filing(by=author)
    ask(browser)
    Member.objects.filter(user=author).update(status=Member.Status.DISABLED)
    make_exports()
    export = Export.objects.get()
    assert (export.status, export.key) == ("failed", "")
    assert "没有查看这份列表的权限" in export.problem


def test_a_file_is_its_owners_alone_and_only_while_the_list_is_open_to_them(author, browser):
    make.draft_filing(by=author)
    ask(browser)
    make_exports()
    export = Export.objects.get()
    colleague = signed_in(make.member(make.employer_of(author)).user)
    assert colleague.get(f"/exports/{export.pk}/").status_code == 404
    assert f"/exports/{export.pk}/" not in colleague.get("/exports/").content.decode()
    Member.objects.filter(user=author).update(status=Member.Status.DISABLED)
    assert browser.get(f"/exports/{export.pk}/").status_code == 404


def test_strangers_cannot_ask_for_a_list(author):
    for stranger in (make.officer("safety"), make.person(), make.administrator_of(make.employer_of(author))):
        assert ask(signed_in(stranger)).status_code == 404
    assert ask(signed_in(author), kind="review").status_code == 404
    assert ask(signed_in(author), kind="no-such-list").status_code == 404
    assert Export.objects.count() == 0


# Once, and told


def test_its_owner_is_told_and_the_trail_says_what_left(author, browser):
    make.draft_filing(by=author, works_name="谌家矶安置房")
    ask(browser, "q=谌家")
    make_exports()
    export = Export.objects.get()
    message = Message.objects.get(user=author, event="export.ready")
    assert (message.link, "共 1 条" in message.body) == ("/exports/", True)
    fetched(browser)
    told = {entry.event: entry.details for entry in entries_about(export)}
    assert list(told) == ["export.asked", "export.made", "export.downloaded"]
    assert told["export.downloaded"] == {"list": KIND, "rows": 1, "conditions": "关键字：谌家"}


def test_a_phone_typed_as_a_keyword_stands_masked_in_the_trail(author, browser):
    make.draft_filing(by=author)
    ask(browser, "q=13900001234")
    assert AuditEntry.objects.get(event="export.asked").details["conditions"] == "关键字：139****1234"


def test_the_same_question_that_waits_already_is_not_asked_twice(author, browser):
    make.draft_filing(by=author)
    ask(browser, "status=draft&page=2")
    ask(browser, "status=draft")
    assert Export.objects.count() == 1
    ask(browser, "status=returned")
    assert Export.objects.count() == 2


@pytest.fixture
def reference(transactional_db):
    make.reference()


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_one_file(reference):
    author = make.site_officer()
    make.draft_filing(by=author)
    ask_for_export(list_kind(KIND), "", by=author)
    assert together(make_exports, make_exports) == ["done", "done"]
    export = Export.objects.get()
    assert (export.status, export.attempts) == ("ready", 1)
    assert Message.objects.filter(event="export.ready").count() == 1


def test_a_worker_that_was_lost_is_followed_by_another_and_comes_too_late(author, monkeypatch):
    make.draft_filing(by=author)
    ask_for_export(list_kind(KIND), "", by=author)
    lost = claim()
    assert claim() is None
    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    make_exports()
    first = Export.objects.get()
    keys = []
    monkeypatch.setattr(actions, "new_key", lambda: keys.append(f"exports/late-{first.pk}.xlsx") or keys[0])
    make_export(lost)
    assert Export.objects.get().key == first.key and not default_storage.exists(keys[0])
    assert Message.objects.filter(event="export.ready").count() == 1


def test_a_fault_is_tried_again_and_then_told(author, browser, monkeypatch):
    make.draft_filing(by=author)
    ask(browser)

    def full(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(actions, "write_workbook", full)
    for _attempt in range(actions.ATTEMPTS):
        make_exports()
        Export.objects.filter(status="running").update(lease_until=timezone.now() - timedelta(seconds=1))
    export = Export.objects.get()
    assert (export.status, export.attempts) == ("failed", actions.ATTEMPTS)
    assert Message.objects.get(user=author, event="export.failed").body == export.problem
    assert "未完成" in browser.get("/exports/").content.decode()


# The end


def test_after_seven_days_the_file_is_gone(author, browser):
    make.draft_filing(by=author)
    ask(browser)
    make_exports()
    export = Export.objects.get()
    assert (export.expires_at - export.made_at) == timedelta(days=7)
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused = browser.get(f"/exports/{export.pk}/")
    assert refused.status_code == 409 and "过期后自动删除" in refused.content.decode()
    assert wipe_old_exports() == 1
    assert not default_storage.exists(export.key)
    export.refresh_from_db()
    assert (export.status, export.key) == ("expired", "")
    assert "已过期" in browser.get("/exports/").content.decode()
    assert wipe_old_exports() == 0


def test_what_is_still_good_is_not_wiped(author, browser):
    make.draft_filing(by=author)
    ask(browser)
    make_exports()
    assert wipe_old_exports() == 0
    fetched(browser)


# Limits


def test_more_rows_than_the_limit_are_refused_with_what_to_do(author, browser, settings):
    settings.EXPORT_ROWS = 2
    for _ in range(3):
        make.draft_filing(by=author)
    answer = ask(browser)
    page = answer.content.decode()
    assert answer.status_code == 409 and "超过 2 条" in page and "缩小范围" in page
    assert Export.objects.count() == 0


def test_three_wait_at_once_and_ten_are_made_an_hour(author, browser):
    make.draft_filing(by=author)
    queries = [f"status={status}" for status in ("draft", "submitted", "returned", "filed")]
    assert [ask(browser, query).status_code for query in queries] == [302, 302, 302, 409]
    make_exports()
    for _ in range(7):
        assert ask(browser).status_code == 302
        make_exports()
    refused = ask(browser)
    assert refused.status_code == 409 and "每小时最多导出 10 次" in refused.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_number_of_questions_however_many_exports(
    author, browser, count, django_assert_num_queries
):
    for status in ("draft", "submitted", "returned")[:count]:
        ask(browser, f"status={status}")
    browser.get("/exports/")
    with django_assert_num_queries(5):
        assert browser.get("/exports/").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_making_a_file_asks_the_same_number_of_questions_however_many_rows(author, count, django_assert_num_queries):
    for _ in range(count):
        make.submitted_filing(by=author)
    export = Export.objects.create(user=author, kind=KIND)
    with django_assert_num_queries(5):  # savepoint, filings, reviews, parties, release
        actions.write_rows(io.BytesIO(), export, list_kind(KIND))
