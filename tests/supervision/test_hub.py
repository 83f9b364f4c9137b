"""编辑: the list of the four sections, and a returned filing in the editor."""

import pytest
from django.test import Client

from supervision.models import Filing
from tests import make
from tests.supervision.acts import submit
from tests.supervision.screen import encoded, form_on, words
from tests.supervision.test_corrections import give_back
from tests.supervision.test_save_basics import FORM

QUERIES = 7  # four of them for the session, the person and the frame of the page

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def hub(filing):
    return f"/filing/{filing.pk}/edit/"


def test_an_empty_draft_lists_what_is_missing_with_links(browser, author):
    filing = make.draft_filing(by=author)
    page = browser.get(hub(filing))
    text, html = words(page), page.content.decode()
    assert "草稿 · 尚未报监" in text
    assert text.count("未填") >= 3
    assert "选填" in text
    assert f"/filing/{filing.pk}/edit/basics/#works_name" in html
    assert f"/filing/{filing.pk}/edit/parties/#owner" in html
    assert f"/filing/{filing.pk}/submit/" not in html


def test_a_complete_draft_may_be_handed_in(browser, author):
    filing = make.ready_filing(by=author)
    page = browser.get(hub(filing))
    assert f"/filing/{filing.pk}/submit/" in page.content.decode()
    assert "四项信息已填写完整，可以报监" in words(page)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_a_fixed_number_of_questions(browser, author, rows, django_assert_num_queries):
    filing = make.ready_filing(by=author)
    for _ in range(rows):
        make.add_unit_works(filing)
    browser.get(hub(filing))
    with django_assert_num_queries(QUERIES):
        browser.get(hub(filing))


def test_what_was_handed_in_is_not_edited(browser, author):
    filing = submit(make.ready_filing(by=author), author)
    assert browser.get(hub(filing))["Location"] == filing.get_absolute_url()


def test_strangers_and_the_administrator(author):
    filing = make.draft_filing(by=author)
    client = Client()
    client.force_login(make.site_officer())
    assert client.get(hub(filing)).status_code == 404
    client.force_login(make.administrator_of(make.employer_of(author)))
    assert client.get(hub(filing)).status_code == 403


def test_after_a_return_the_remark_stands_at_the_field_and_the_others_are_closed(browser, author):
    filing = submit(make.ready_filing(by=author), author)
    give_back(filing, ("basics", "works_name"), ("parties", "contractor.head_name"))
    assert "退回补正，共 2 处" in words(browser.get(hub(filing)))
    page = browser.get(f"{hub(filing)}basics/")
    values = form_on(page)
    assert "请核实。" in words(page)
    assert "works_name" in values
    assert "address" not in values
    assert set(form_on(browser.get(f"{hub(filing)}parties/"))) >= {"contractor.head_name", "contractor.head_phone"}
    assert "owner.unit_name" not in form_on(browser.get(f"{hub(filing)}parties/"))
    answer = browser.post(
        f"{hub(filing)}basics/", encoded(values | {"works_name": "更正后", "address": "偷改"}), content_type=FORM
    )
    assert answer.status_code == 302
    changed = Filing.objects.get(pk=filing.pk)
    assert (changed.works_name, changed.address) == ("更正后", filing.address)


def test_corrected_parties_are_saved_around_the_closed_ones(browser, author):
    filing = submit(make.ready_filing(by=author), author)
    give_back(filing, ("parties", "contractor.head_name"))
    number = filing.parties.get(party_type="contractor").head_id_number
    values = form_on(browser.get(f"{hub(filing)}parties/")) | {"contractor.head_name": "新经理"}
    browser.post(f"{hub(filing)}parties/", encoded(values), content_type=FORM)
    contractor = filing.parties.get(party_type="contractor")
    assert (contractor.head_name, contractor.head_id_number, filing.parties.count()) == ("新经理", number, 3)


def test_a_permit_says_what_it_decides_and_where_the_rest_is_from(browser, author):
    permit = make.permit(contractor=make.employer_of(author))
    filing = make.draft_filing(
        "joint",
        by=author,
        permit=permit,
        permit_no=permit.permit_no_shown,
        works_name=permit.works_name,
        address="改过的地址",
    )
    page = browser.get(f"{hub(filing)}basics/")
    values, text = form_on(page), words(page)
    assert "permit_no" not in values
    assert "works_name" not in values
    assert "来自施工许可证，不能修改" in text
    assert "许可证数据：" in text and permit.address in text
