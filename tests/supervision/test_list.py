"""The lists of the three modules: who sees what, how it is found, and what can be done with it now."""

import pytest
from django.http import QueryDict
from django.test import Client

from supervision.actions import accept_review
from supervision.catalogue import Module
from supervision.filing_list import searched
from supervision.models import Filing
from tests import make
from tests.supervision.acts import review_of, submit
from tests.supervision.screen import words
from tests.supervision.test_corrections import give_back

QUERIES = 9  # four of them for the session, the person and the frame of the page

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def listed(browser, slug="advance", **conditions) -> str:
    answer = browser.get(f"/filing/{slug}/", conditions)
    assert answer.status_code == 200
    return words(answer)


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_asks_the_same_number_of_questions_however_long_it_is(author, browser, count, django_assert_num_queries):
    for _ in range(count):
        make.submitted_filing(by=author)
    browser.get("/filing/advance/")
    with django_assert_num_queries(QUERIES):
        browser.get("/filing/advance/")


CONDITIONS = [
    "",
    "q=云栖",
    "q=GC%2025_",
    "q=x%25",
    "permit=4201",
    "status=draft",
    "district=420102",
    "sort=due",
    "page=2",
]
CONDITIONS += [
    "since=2026-01-01&until=2100-01-01",
    "papers=missing",
    "q=云栖&status=submitted&district=420106&sort=due",
]


@pytest.mark.parametrize("query", CONDITIONS)
def test_a_page_holds_what_the_search_finds_in_its_order(author, browser, query):
    make.submitted_filing(by=author, works_name="云栖一期x%工程")
    for name in ("云栖二期工程", "谌家矶还建工程"):
        make.draft_filing("advance", by=author, works_name=name)
    make.draft_filing("advance", works_name="云栖别人的工程")
    page = browser.get(f"/filing/advance/?{query}").context["page"]
    visible = Filing.objects.visible_to(author)
    assert page.rows == list(searched(visible, Module.ADVANCE, QueryDict(query)))
    assert page.total == len(page.rows)


def test_each_module_lists_its_own_filings(author, browser):
    made = {module: make.draft_filing(module, by=author, works_name=f"{module.label}的工程") for module in Module}
    for slug, module in [("joint", Module.JOINT), ("early", Module.EARLY), ("advance", Module.ADVANCE)]:
        text = listed(browser, slug)
        assert [name.works_name for name in made.values() if name.works_name in text] == [made[module].works_name]


def test_filings_of_another_enterprise_are_not_there(browser):
    other = make.ready_filing()
    assert other.works_name not in listed(browser)
    assert browser.get(other.get_absolute_url()).status_code == 404
    assert browser.get(f"/filing/{other.pk}/edit/").status_code == 404


def test_two_characters_find_a_project(author, browser):
    make.draft_filing(by=author, works_name="谌家矶安置房南区")
    make.draft_filing(by=author, works_name="临江商务中心")
    text = listed(browser, q="家矶")
    assert "谌家矶安置房南区" in text
    assert "临江商务中心" not in text


def test_the_permit_number_finds_a_project_however_it_is_typed(author, browser):
    permit = make.permit(contractor=make.employer_of(author), permit_no="420102202603150188")
    make.draft_filing(Module.JOINT, by=author, permit=permit, permit_no=permit.permit_no, works_name="有证的工程")
    make.draft_filing(Module.JOINT, by=author, works_name="另一个工程")
    for typed in ("420102202603150188", " ４２０１０２２０２６０３１５０１８８ ", "4201022026-0315-0188"):
        text = listed(browser, "joint", permit=typed)
        assert "有证的工程" in text
        assert "另一个工程" not in text


def test_status_and_district_narrow_the_list_and_can_be_taken_back(author, browser):
    make.draft_filing(by=author, works_name="草稿工程", district_id="420106")
    submitted = make.submitted_filing(by=author)
    text = listed(browser, status="submitted", district="420102")
    assert submitted.works_name in text
    assert "草稿工程" not in text
    assert "清除全部条件" in text
    assert "草稿工程" in listed(browser, status="nonsense", district="999999")


def test_both_stations_stand_side_by_side_in_their_own_states(author, browser):
    filing = submit(make.ready_filing(by=author), author)
    give_back(filing)
    text = listed(browser)
    assert "安监已退回" in text
    assert "待质监审核" in text


def test_only_what_is_possible_now_is_offered(author, browser):
    def links(filing):
        html = browser.get("/filing/advance/").content.decode()
        names = {"edit": f"/filing/{filing.pk}/edit/", "submit": f"/filing/{filing.pk}/submit/"}
        names |= {"correct": f"/filing/{filing.pk}/corrections/", "view": f'/filing/{filing.pk}/"'}
        return {name for name, url in names.items() if url in html}

    filing = make.ready_filing(by=author)
    assert links(filing) == {"edit", "submit", "view"}
    submit(filing, author)
    assert links(filing) == {"view"}
    give_back(filing)
    assert links(filing) >= {"correct", "view"}
    assert "submit" not in links(filing)


def test_who_only_works_on_the_project_may_look_but_not_edit(author):
    filing = submit(make.ready_filing(by=author), author)
    colleague = make.site_officer()
    Filing.objects.filter(pk=filing.pk).update(uscc_codes=[*filing.uscc_codes, make.employer_of(colleague).uscc])
    give_back(Filing.objects.get(pk=filing.pk))
    client = Client()
    client.force_login(colleague)
    html = client.get("/filing/advance/").content.decode()
    assert filing.works_name in html
    assert f"/filing/{filing.pk}/edit/" not in html
    assert client.get(f"/filing/{filing.pk}/edit/").status_code == 404


def test_joint_has_no_new_and_the_others_have(browser):
    assert "/filing/joint/new/" not in browser.get("/filing/joint/").content.decode()
    assert "/filing/early/new/" in browser.get("/filing/early/").content.decode()
    assert "/filing/advance/new/" in browser.get("/filing/advance/").content.decode()


def test_the_hints_of_the_guide_stand_on_the_lists(browser):
    assert "有施工许可证的项目优先在联合报监模块内进行报监" in listed(browser)
    assert "项目在任意模块报监就行，无需在多个模块重复报监" in listed(browser, "joint")


def test_an_empty_list_says_what_would_stand_there(browser):
    assert "还没有项目" in listed(browser)
    assert "没有符合条件的" in listed(browser, q="不存在的工程")


def test_ten_stand_on_a_page_and_the_second_page_has_the_rest(author, browser):
    for _ in range(11):
        make.draft_filing(by=author)
    assert "共 11 条" in listed(browser)
    assert browser.get("/filing/advance/").content.decode().count("<tr>") == 11
    assert browser.get("/filing/advance/", {"page": 99}).content.decode().count("<tr>") == 2


def test_the_administrator_account_is_turned_away_with_the_sentence(author):
    client = Client()
    client.force_login(make.administrator_of(make.employer_of(author)))
    answer = client.get("/filing/joint/")
    assert answer.status_code == 403
    assert "企业管理员账号仅用于管理企业用户，办理业务请使用个人账号" in answer.content.decode()


def test_without_the_system_one_learns_whom_to_ask():
    enterprise = make.enterprise()
    client = Client()
    client.force_login(make.member(enterprise).user)
    answer = client.get("/filing/joint/")
    assert answer.status_code == 403
    assert "未授权，请联系企业管理员 张*" in answer.content.decode()


def test_an_unknown_module_does_not_exist(browser):
    assert browser.get("/filing/nonsense/").status_code == 404


def test_a_filing_is_listed_with_its_officer_masked(author, browser):
    filing = submit(make.ready_filing(by=author), author)
    review = review_of(filing, "safety")
    officer = make.officer("safety")
    accept_review(review, by=officer)
    assert officer.name not in listed(browser)
