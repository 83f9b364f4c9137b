"""What a person makes of a list: columns, views, order. Theirs alone, and the same without scripts."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from portal.errors import Refused
from portal.lists.actions import MOST, save_view, views_of
from portal.lists.kinds import list_kind
from portal.lists.models import SavedView
from supervision.models import Filing, Review
from tests import make
from tests.supervision.acts import together
from tests.supervision.screen import words

pytestmark = pytest.mark.django_db
LIST, COLUMNS, VIEWS = "/filing/advance/", "/lists/filing-advance/columns/", "/lists/filing-advance/views/"
KIND = "filing-advance"
FIRST = ["工程名称", "项目编号", "所属区域", "安监", "质监", "状态", "更新时间", "操作"]


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


def headings(browser, url=LIST):
    return re.findall(r'<th scope="col">([^<]*)</th>', browser.get(url).content.decode())


def names(browser, url=LIST):
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', browser.get(url).content.decode())


def keep(browser, name, conditions, **more):
    return browser.post(f"{VIEWS}?{urlencode({'from': urlencode(conditions)})}", {"name": name} | more)


# Columns


def test_the_columns_are_those_of_the_guide_until_somebody_chooses(author, browser):
    make.draft_filing(by=author)
    assert headings(browser) == FIRST


def test_chosen_columns_stand_in_the_table_and_are_remembered_for_that_person_alone(author, browser):
    filing = make.submitted_filing(by=author, works_name="有列的工程")
    answer = browser.post(COLUMNS, {"columns": ["contractor", "number", "amount"]})
    assert answer.status_code == 302
    assert headings(browser) == ["工程名称", "报监编号", "合同金额(万元)", "施工单位", "操作"]
    row = words(browser.get(LIST))
    assert filing.number in row and make.employer_of(author).name in row and "46,280.00" in row
    assert headings(signed_in(author)) == headings(browser)  # another device
    colleague = make.member(make.employer_of(author)).user
    assert headings(signed_in(colleague)) == FIRST


def test_every_column_can_be_shown_with_what_it_says(author, browser):
    make.submitted_filing(by=author)
    codes = [column.code for column in list_kind(KIND).columns]
    browser.post(COLUMNS, {"columns": [code for code in codes if code != "name"]})
    assert len(headings(browser)) == len(codes) + 1


def test_the_first_columns_come_back(author, browser):
    make.draft_filing(by=author)
    browser.post(COLUMNS, {"columns": ["number"]})
    browser.post(COLUMNS, {"reset": "1"})
    assert headings(browser) == FIRST


def test_a_table_without_columns_is_refused_beside_the_boxes(browser):
    answer = browser.post(COLUMNS, {})
    assert answer.status_code == 200 and "请至少选择一列" in answer.content.decode()
    assert browser.post(COLUMNS, {"columns": ["no_such_column"]}).status_code == 200


def test_choosing_columns_comes_back_to_the_list_as_it_was(browser):
    conditions = urlencode({"q": "谌家", "status": "draft"})
    answer = browser.post(f"{COLUMNS}?{urlencode({'from': conditions})}", {"columns": ["number"]})
    assert answer["Location"] == f"{LIST}?{conditions}"
    elsewhere = browser.post(f"{COLUMNS}?from=next%3Dhttps://elsewhere.example", {"columns": ["number"]})
    assert elsewhere["Location"] == f"{LIST}?view=all"


@pytest.mark.parametrize("count", [1, 3])
def test_columns_of_the_parties_cost_one_question_however_many_rows(author, browser, count, django_assert_num_queries):
    for _ in range(count):
        make.submitted_filing(by=author)
    browser.post(COLUMNS, {"columns": ["owner", "contractor", "supervisor", "due"]})
    browser.get(LIST)
    with django_assert_num_queries(10):
        browser.get(LIST)


# Order


def test_by_deadline_the_nearest_comes_first_and_what_has_none_last(author, browser):
    made = {name: make.submitted_filing(by=author, works_name=name) for name in ("后到期", "先到期", "暂停计时")}
    make.draft_filing(by=author, works_name="还没有报")
    today = timezone.localdate()
    for name, days in (("后到期", 9), ("先到期", 2), ("暂停计时", 1)):
        Review.objects.filter(filing=made[name]).update(due_on=today + timedelta(days=days))
    Review.objects.filter(filing=made["暂停计时"]).update(clock_started_at=None)
    assert names(browser, f"{LIST}?sort=due")[:2] == ["先到期", "后到期"]
    assert set(names(browser, f"{LIST}?sort=due")[2:]) == {"暂停计时", "还没有报"}


def test_without_a_wish_the_latest_change_comes_first(author, browser):
    for name in ("一", "二", "三"):
        make.draft_filing(by=author, works_name=f"第{name}个工程")
    Filing.objects.filter(works_name="第一个工程").update(changed_at=timezone.now())
    assert names(browser)[0] == "第一个工程"


# Views


def test_a_view_is_one_click_to_the_same_rows(author, browser):
    make.draft_filing(by=author, works_name="谌家矶安置房")
    make.draft_filing(by=author, works_name="临江商务中心")
    answer = keep(browser, "谌家矶的草稿", {"q": "谌家", "status": "draft"})
    assert names(browser, answer["Location"]) == ["谌家矶安置房"]
    page = browser.get(LIST).content.decode()
    link = re.search(r'<a href="(\?[^"]*)"[^>]*>谌家矶的草稿</a>', page).group(1).replace("&amp;", "&")
    assert names(browser, LIST + link) == ["谌家矶安置房"]
    assert re.search(r'aria-current="true">谌家矶的草稿</a>', browser.get(LIST + link).content.decode())


def test_a_view_keeps_conditions_and_nothing_else(author, browser):
    keep(browser, "草稿", {"status": "draft", "page": "7", "next": "//elsewhere.example", "district": "nonsense"})
    assert SavedView.objects.get(name="草稿").query == "status=draft"


def test_without_conditions_there_is_nothing_to_keep(author, browser):
    page = browser.get(VIEWS).content.decode()
    assert "还没有视图" in page and "保存为视图</h1>" not in page
    answer = keep(browser, "空的", {})
    assert answer.status_code == 409 and "没有可保存的条件" in answer.content.decode()


def test_the_same_name_takes_the_new_conditions(author, browser):
    keep(browser, "常用", {"status": "draft"})
    keep(browser, "常用", {"status": "returned"})
    assert [view.query for view in SavedView.objects.filter(name="常用")] == ["status=returned"]


def test_views_are_private(author, browser):
    keep(browser, "我的草稿", {"status": "draft"})
    view = SavedView.objects.get(name="我的草稿")
    colleague = signed_in(make.member(make.employer_of(author)).user)
    assert "我的草稿" not in colleague.get(LIST).content.decode() + colleague.get(VIEWS).content.decode()
    for door in ("rename", "default", "delete"):
        assert colleague.post(f"{VIEWS}{view.pk}/{door}/", {"name": "拿走"}).status_code == 404
    view.refresh_from_db()
    assert (view.name, view.is_default) == ("我的草稿", False)


def test_a_default_view_stands_there_when_the_list_is_opened_and_steps_aside_when_asked(author, browser):
    make.draft_filing(by=author, works_name="草稿工程")
    make.submitted_filing(by=author, works_name="已报工程")
    keep(browser, "草稿", {"status": "draft"}, is_default="on")
    assert browser.get(LIST)["Location"] == f"{LIST}?status=draft"
    assert set(names(browser, f"{LIST}?view=all")) == {"草稿工程", "已报工程"}
    page = browser.get(f"{LIST}?status=draft").content.decode()
    assert '<a href="?view=all">清除全部条件</a>' in page
    assert names(browser, f"{LIST}?q=&status=&page=1") != []  # an emptied search form is not led back


def test_one_view_is_the_default(author, browser):
    keep(browser, "一", {"status": "draft"}, is_default="on")
    keep(browser, "二", {"status": "returned"}, is_default="on")
    assert [view.name for view in SavedView.objects.filter(is_default=True)] == ["二"]
    first, second = SavedView.objects.get(name="一"), SavedView.objects.get(name="二")
    browser.post(f"{VIEWS}{first.pk}/default/")
    assert [view.name for view in SavedView.objects.filter(is_default=True)] == ["一"]
    browser.post(f"{VIEWS}{first.pk}/default/")
    assert browser.get(LIST).status_code == 200
    assert views_of(author, list_kind(KIND)).count() == 2 and second.name == "二"


def test_views_are_renamed_and_deleted(author, browser):
    keep(browser, "一", {"status": "draft"})
    keep(browser, "二", {"status": "returned"})
    first = SavedView.objects.get(name="一")
    taken = browser.post(f"{VIEWS}{first.pk}/rename/", {"name": "二"})
    assert taken.status_code == 409 and "您已有名为“二”的视图" in taken.content.decode()
    browser.post(f"{VIEWS}{first.pk}/rename/", {"name": "甲"})
    assert [view.name for view in views_of(author, list_kind(KIND))] == ["甲", "二"]
    browser.post(f"{VIEWS}{first.pk}/delete/")
    assert [view.name for view in views_of(author, list_kind(KIND))] == ["二"]
    assert browser.get(f"{VIEWS}{first.pk}/delete/").status_code == 405


def test_there_are_twenty_views_of_a_list_at_most(author, browser):
    for number in range(MOST):
        save_view(list_kind(KIND), name=f"视图{number}", query="status=draft", by=author)
    answer = keep(browser, "多一个", {"status": "draft"})
    assert answer.status_code == 409 and "最多保存 20 个视图" in answer.content.decode()
    assert keep(browser, "视图3", {"status": "returned"}).status_code == 302
    save_view(list_kind("filing-early"), name="另一个列表", query="status=draft", by=author)


@pytest.mark.django_db(transaction=True)
def test_views_saved_at_the_same_moment_are_not_too_many(reference):
    author = make.site_officer()
    for number in range(MOST - 1):
        save_view(list_kind(KIND), name=f"视图{number}", query="status=draft", by=author)
    outcomes = together(*(lambda name=name: save(author, name) for name in ("甲", "乙", "丙")))
    assert sorted(outcomes) == ["Refused", "Refused", "done"]
    assert views_of(author, list_kind(KIND)).count() == MOST


@pytest.fixture
def reference(transactional_db):
    make.reference()


def save(author, name):
    save_view(list_kind(KIND), name=name, query="status=draft", by=author)


def test_lists_that_somebody_may_not_open_cannot_be_made_their_own(author):
    officer, visitor = make.officer("safety"), make.person()
    administrator = make.administrator_of(make.employer_of(author))
    for stranger in (officer, visitor, administrator, make.operator()):
        client = signed_in(stranger)
        assert client.get(COLUMNS).status_code == 404
        assert client.post(VIEWS, {"name": "x"}).status_code == 404
    assert signed_in(author).get("/lists/review/columns/").status_code == 404
    assert signed_in(author).get("/lists/no-such-list/columns/").status_code == 404


# The stations' inbox


def test_the_inbox_has_columns_views_and_an_order_of_its_own(client):
    officer = make.officer("safety")
    first = make.submitted_filing(works_name="先报的工程")
    make.submitted_filing(works_name="后报的工程")
    Review.objects.filter(filing=first).update(due_on=timezone.localdate() - timedelta(days=3))
    client.force_login(officer)
    client.post("/lists/review/columns/", {"columns": ["number", "due", "submitted_at"]})
    assert headings(client, "/review/") == ["工程名称", "报监编号", "期限", "提交时间", "操作"]
    assert names(client, "/review/") == ["先报的工程", "后报的工程"]
    assert names(client, "/review/?sort=latest") == ["后报的工程", "先报的工程"]
    conditions = urlencode({"state": "closed", "scope": "mine"})
    client.post(f"/lists/review/views/?{urlencode({'from': conditions})}", {"name": "我办结的"})
    assert SavedView.objects.get(name="我办结的").query == conditions
    assert "状态：已办结；范围：我经办" in client.get("/lists/review/views/").content.decode()


def test_the_station_reads_the_name_that_was_handed_in_while_a_returned_filing_is_mended(client):
    filing = make.submitted_filing(works_name="报监时的名称")
    review = make.returned(filing.reviews.get(role="safety"))
    Filing.objects.filter(pk=filing.pk).update(works_name="正在修改的名称")
    client.force_login(review.assignee)
    assert names(client, "/review/?state=returned") == ["报监时的名称"]
    for page in ("/review/?state=returned", "/workbench/?show=sent_back", "/home/"):
        assert "正在修改的名称" not in client.get(page).content.decode()


def test_the_name_that_was_handed_in_is_found_and_never_rewritten():
    filing = make.submitted_filing(works_name="谌家矶安置房")
    version = filing.versions.get()
    assert version.works_name == "谌家矶安置房"
    make.returned(filing.reviews.get(role="safety"))
    filing = Filing.objects.get(pk=filing.pk)
    filing.works_name = "改过的名称"
    filing.index_search()
    assert {"谌家", "改过"} <= set(filing.search_tokens)


@pytest.mark.django_db(transaction=True)
def test_the_database_keeps_the_name_of_a_version(reference):
    version = make.submitted_filing().versions.get()
    with pytest.raises(Exception, match="not rewritten"):
        type(version).objects.filter(pk=version.pk).update(works_name="改写")


def test_a_refused_view_says_so_in_words(author):
    with pytest.raises(Refused, match="没有任何条件"):
        save_view(list_kind(KIND), name="空", query="", by=author)
