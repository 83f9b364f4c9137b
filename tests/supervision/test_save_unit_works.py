"""单位工程信息: rows that are added, copied, changed and taken away; their sums stand beside the whole."""

from decimal import Decimal

import pytest
from django.test import Client

from portal.errors import Refused
from supervision.actions import save_unit_works
from supervision.gaps import badges
from supervision.models import Filing, UnitWork
from tests import make
from tests.supervision.acts import submit
from tests.supervision.screen import encoded, form_on, words
from tests.supervision.test_corrections import give_back
from tests.supervision.test_save_basics import FORM

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def filing(author):
    return make.draft_filing(by=author, construction_area_m2=Decimal("3000"), contract_amount_wan=Decimal("900"))


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def url(filing):
    return f"/filing/{filing.pk}/edit/unit-works/"


def page_of(browser, filing):
    return form_on(browser.get(url(filing)))


def sent(browser, filing, values, **headers):
    return browser.post(url(filing), encoded(values), content_type=FORM, headers=headers)


def with_row(values, key="new1", **fields):
    return values | {"row": [*values.get("row", []), key]} | {f"{key}.{name}": value for name, value in fields.items()}


def names(filing):
    return list(filing.unit_works.values_list("name", flat=True))


HOUSE = {"name": "1#楼", "structure_type": "005", "area_above_m2": "2,000", "area_below_m2": "500", "cost_wan": "800"}


def test_a_row_is_added_without_script(browser, filing):
    answer = sent(browser, filing, page_of(browser, filing) | {"add": "1"})
    values = form_on(browser.get(answer["Location"].split("#")[0]))
    [key] = values["row"]
    sent(browser, filing, values | {f"{key}.{name}": value for name, value in HOUSE.items()})
    work = filing.unit_works.get()
    assert (work.name, work.structure_type, work.area_above_m2) == ("1#楼", "005", Decimal("2000"))
    assert badges(Filing.objects.get(pk=filing.pk))["unit_works"] == "已填"


def test_an_empty_row_is_not_kept(browser, filing):
    sent(browser, filing, with_row(page_of(browser, filing)))
    assert names(filing) == []


def test_rows_are_copied_behind_the_original_and_removed(browser, filing):
    sent(browser, filing, with_row(with_row(page_of(browser, filing), "new1", **HOUSE), "new2", name="门卫"))
    first = filing.unit_works.first()
    sent(browser, filing, page_of(browser, filing) | {"copy": str(first.pk)})
    assert names(filing) == ["1#楼", "1#楼", "门卫"]
    assert filing.unit_works.all()[1].area_above_m2 == Decimal("2000")
    sent(browser, filing, page_of(browser, filing) | {"drop": str(first.pk)})
    assert names(filing) == ["1#楼", "门卫"]
    assert not UnitWork.objects.filter(pk=first.pk).exists()


def test_changing_a_row_keeps_its_identity(browser, filing):
    sent(browser, filing, with_row(page_of(browser, filing), **HOUSE))
    work = filing.unit_works.get()
    values = page_of(browser, filing)
    assert values[f"{work.pk}.area_above_m2"] == ["2000"]
    sent(browser, filing, values | {f"{work.pk}.floors_above": "26"})
    assert (filing.unit_works.get().pk, filing.unit_works.get().floors_above) == (work.pk, 26)


def test_the_sums_stand_beside_area_and_contract(browser, filing):
    sent(browser, filing, with_row(page_of(browser, filing), **HOUSE))
    text = words(browser.get(url(filing)))
    assert "面积合计 2500 m²，施工面积 3000 m²" in text
    assert "造价合计 800 万元，合同金额 900 万元" in text
    assert "相差超过 1%" in text


def test_what_cannot_be_read_in_a_new_row_is_kept_with_the_row(browser, filing):
    sent(browser, filing, with_row(page_of(browser, filing), name="1#楼", height_m="约八十"))
    work = filing.unit_works.get()
    assert page_of(browser, filing)[f"{work.pk}.height_m"] == ["约八十"]
    assert badges(Filing.objects.get(pk=filing.pk))["unit_works"] == "有误"
    sent(browser, filing, page_of(browser, filing) | {f"{work.pk}.height_m": "80"})
    assert filing.unit_works.get().height_m == 80
    assert Filing.objects.get(pk=filing.pk).malformed == {}


@pytest.mark.parametrize("storeys", ["99999", "-3", "2.5", "九"])
def test_storeys_that_cannot_be_are_said(browser, filing, storeys):
    answer = sent(browser, filing, with_row(page_of(browser, filing), name="1#楼", floors_above=storeys))
    assert answer.status_code == 302
    assert filing.unit_works.get().floors_above is None


def test_autosave_of_a_new_row_makes_one_row(browser, filing):
    values = with_row(page_of(browser, filing), **HOUSE)
    said = sent(browser, filing, values, accept="application/json").json()
    work = filing.unit_works.get()
    assert said["ids"] == {"new1": str(work.pk)}
    assert "面积合计" in said["hints"]
    later = values | {"version": said["version"], "new1.id": str(work.pk), "new1.name": "2#楼"}
    sent(browser, filing, later, accept="application/json")
    assert filing.unit_works.get().pk == work.pk
    assert names(filing) == ["2#楼"]


def test_a_lost_answer_makes_no_second_row(browser, filing):
    values = with_row(page_of(browser, filing), **HOUSE)
    for _time in range(2):
        answer = sent(browser, filing, values, accept="application/json")
        assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert names(filing) == ["1#楼"]


def test_two_people_each_add_a_row_and_both_stay(browser, filing, author):
    mine = with_row(page_of(browser, filing), **HOUSE | {"name": "我的楼"})
    save_unit_works(filing, [{"name": "对方的楼"}], version=0, by=author)
    page = sent(browser, filing, mine)
    assert page.status_code == 409
    assert "我的楼" in words(page)
    sent(browser, filing, form_on(page) | {"all": "mine"})
    assert sorted(names(filing)) == ["对方的楼", "我的楼"]


def test_a_row_somebody_changed_is_not_deleted_unseen(browser, filing, author):
    save_unit_works(filing, [{"name": "1#楼"}], version=0, by=author)
    work = filing.unit_works.get()
    mine = page_of(browser, filing) | {"drop": str(work.pk)}
    save_unit_works(filing, [{"id": str(work.pk), "name": "1#楼（改）"}], version=1, by=author)
    page = sent(browser, filing, mine)
    assert page.status_code == 409
    assert names(filing) == ["1#楼（改）"]
    sent(browser, filing, form_on(page))
    assert names(filing) == ["1#楼（改）"]


def test_rows_of_another_filing_cannot_be_taken_over(browser, filing):
    theirs = make.ready_filing().unit_works.get()
    values = with_row(page_of(browser, filing), "x", name="我", id=str(theirs.pk))
    sent(browser, filing, values)
    assert UnitWork.objects.get(pk=theirs.pk).name == theirs.name
    assert filing.unit_works.get().pk != theirs.pk


def test_the_table_is_open_after_a_return_that_names_it_and_closed_otherwise(author, browser):
    filing = submit(make.ready_filing(by=author), author)
    give_back(filing, ("basics", "works_name"))
    html = browser.get(url(filing)).content.decode()
    assert "不能修改" in html
    assert "data-autosave" not in html
    with pytest.raises(Refused, match="只能修改被指出的部分"):
        save_unit_works(filing, [], version=1, by=author)
    give_back(filing, ("unit_works", ""), role="quality")
    assert "data-autosave" in browser.get(url(filing)).content.decode()


def test_too_many_rows_are_refused(author, filing):
    with pytest.raises(Refused, match="最多"):
        save_unit_works(filing, [{"name": "楼"}] * 501, version=0, by=author)
