"""责任主体信息: three cards that are always there, others on demand, and numbers that are never shown again."""

import pytest
from django.db import connection
from django.test import Client

from portal.errors import Refused
from supervision.actions import Outdated, save_parties
from supervision.gaps import badges, gaps_in
from supervision.models import Filing, FilingParty
from tests import make
from tests.supervision.acts import submit
from tests.supervision.screen import encoded, form_on, words
from tests.supervision.test_corrections import give_back
from tests.supervision.test_save_basics import FORM, picks

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def filing(author):
    return make.draft_filing(by=author)


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def url(filing):
    return f"/filing/{filing.pk}/edit/parties/"


def typed(browser, filing, **changes):
    """The page's form; `contractor__uscc` is the control contractor.uscc."""
    return form_on(browser.get(url(filing))) | {name.replace("__", "."): value for name, value in changes.items()}


def sent(browser, filing, values, **headers):
    return browser.post(url(filing), encoded(values), content_type=FORM, headers=headers)


def fresh(filing):
    return Filing.objects.get(pk=filing.pk)


def card(party: str, **changes) -> dict:
    unit = make.uscc()
    values = {"unit_name": "武汉某某公司", "uscc": unit, "legal_representative": "周明远", "head_name": "陈建桥"}
    values |= {"head_id_number": make.id_number(), "head_phone": make.phone(), "certificate_no": "鄂142"} | changes
    return {f"{party}__{name}": value for name, value in values.items()}


# The action


def test_rows_are_made_changed_and_taken_away(author, filing):
    save_parties(
        filing,
        [{"party_type": "owner", "unit_name": "甲"}, {"party_type": "design", "unit_name": "乙"}],
        version=0,
        by=author,
    )
    owner = filing.parties.get(party_type="owner")
    save_parties(filing, [{"id": str(owner.pk), "party_type": "owner", "unit_name": "丙"}], version=1, by=author)
    assert list(filing.parties.values_list("pk", "unit_name")) == [(owner.pk, "丙")]


def test_a_known_credit_code_ties_the_party_to_its_enterprise(author, filing):
    unit = make.enterprise()
    save_parties(filing, [{"party_type": "owner", "uscc": unit.uscc}], version=0, by=author)
    assert filing.parties.get().enterprise == unit


def test_an_empty_number_leaves_what_is_kept(author, filing):
    number = make.id_number()
    row = {"party_type": "owner", "head_id_number": number, "head_phone": "13800138000"}
    save_parties(filing, [row], version=0, by=author)
    party = filing.parties.get()
    assert party.head_id_index
    save_parties(filing, [{"id": str(party.pk), "party_type": "owner", "head_id_number": None}], version=1, by=author)
    assert filing.parties.get().head_id_number == number


def test_two_of_a_sort_are_refused_but_for_subcontractors(author, filing):
    with pytest.raises(Refused, match="只能填写一个"):
        save_parties(filing, [{"party_type": "design"}, {"party_type": "design"}], version=0, by=author)
    save_parties(filing, [{"party_type": "labour_sub"}, {"party_type": "labour_sub"}], version=0, by=author)
    assert filing.parties.count() == 2


def test_another_filings_party_cannot_be_taken_over(author, filing):
    other = make.ready_filing()
    theirs = other.parties.first()
    save_parties(filing, [{"id": str(theirs.pk), "party_type": "owner", "unit_name": "我"}], version=0, by=author)
    assert FilingParty.objects.get(pk=theirs.pk).filing == other
    assert filing.parties.get().pk != theirs.pk


def test_an_older_version_is_refused(author, filing):
    save_parties(filing, [{"party_type": "owner"}], version=0, by=author)
    with pytest.raises(Outdated):
        save_parties(filing, [], version=0, by=author)
    assert filing.parties.count() == 1


def test_a_return_opens_one_party_and_neither_its_neighbours_nor_new_ones(author):
    filing = submit(make.ready_filing(by=author), author)
    give_back(filing, ("parties", "contractor.head_name"))
    rows = [{"id": str(party.pk), "party_type": party.party_type} for party in filing.parties.all()]
    contractor = next(row for row in rows if row["party_type"] == "contractor")
    save_parties(
        filing, [row | {"head_name": "新经理"} if row is contractor else row for row in rows], version=1, by=author
    )
    for wrong in (
        [row | {"unit_name": "另一家"} if row is contractor else row for row in rows],
        [row | {"head_name": "别人"} if row["party_type"] == "owner" else row for row in rows],
        [row for row in rows if row["party_type"] != "owner"],
        [*rows, {"party_type": "design", "unit_name": "新增"}],
    ):
        with pytest.raises(Refused, match="只能修改被指出的部分"):
            save_parties(filing, wrong, version=2, by=author)
    assert filing.parties.get(party_type="contractor").head_name == "新经理"


# The page


def test_three_cards_with_the_posts_of_the_guide(browser, filing):
    text = words(browser.get(url(filing)))
    for title in ("建设单位", "施工单位", "监理单位", "项目负责人", "项目经理", "总监理工程师"):
        assert title in text


def test_three_cards_filled_in_complete_the_section(browser, filing):
    for party in ("owner", "contractor", "supervisor"):
        answer = sent(browser, filing, typed(browser, filing, **card(party)))
        assert answer.status_code == 302
    assert [gap for gap in gaps_in(fresh(filing)) if gap.section == "parties"] == []
    assert badges(fresh(filing))["parties"] == "已填"
    assert sorted(filing.parties.values_list("party_type", flat=True)) == ["contractor", "owner", "supervisor"]


def test_saving_twice_makes_no_second_row(browser, filing):
    sent(browser, filing, typed(browser, filing, **card("owner")))
    sent(browser, filing, typed(browser, filing, owner__head_name="换人"))
    assert filing.parties.get().head_name == "换人"


def test_numbers_are_masked_after_saving(browser, filing):
    number = make.id_number()
    sent(browser, filing, typed(browser, filing, **card("owner", head_id_number=number, head_phone="13800138000")))
    html = browser.get(url(filing)).content.decode()
    assert number not in html
    assert "13800138000" not in html
    assert "138****8000" in html
    assert f"{number[:3]}***********{number[-4:]}" in html
    sent(browser, filing, typed(browser, filing, owner__unit_name="改名"))
    assert filing.parties.get().head_id_number == number


def test_a_mistyped_number_comes_back_and_lies_sealed(browser, filing):
    wrong = make.id_number()[:-1]
    answer = sent(browser, filing, typed(browser, filing, **card("owner", head_id_number=wrong)))
    page = browser.get(answer["Location"])
    assert form_on(page)["owner.head_id_number"] == [wrong]
    assert "17位" in words(page)
    assert badges(fresh(filing))["parties"] == "有误"
    with connection.cursor() as cursor:
        cursor.execute("SELECT malformed::text FROM supervision_filing WHERE id = %s", [filing.pk])
        assert wrong not in cursor.fetchone()[0]
    assert filing.parties.get().head_id_number is None


def test_other_parties_are_added_once_and_subcontractors_often(browser, filing):
    answer = sent(browser, filing, typed(browser, filing, add="design"))
    page = browser.get(answer["Location"])
    values = form_on(page) | {"design.unit_name": "武汉某某设计院"}
    sent(browser, filing, values)
    assert filing.parties.get().party_type == "design"
    html = browser.get(url(filing)).content.decode()
    assert 'value="design"' not in html.split("其他责任主体")[1]
    for name in ("甲分包", "乙分包"):
        page = browser.get(sent(browser, filing, typed(browser, filing, add="specialty_sub"))["Location"])
        values = form_on(page)
        key = [row for row in values["row"] if row.startswith("specialty_sub")][-1]
        sent(browser, filing, values | {f"{key}.unit_name": name})
    assert list(filing.parties.filter(party_type="specialty_sub").values_list("unit_name", flat=True)) == [
        "甲分包",
        "乙分包",
    ]


def test_an_added_party_is_removed_by_its_button(browser, filing, author):
    save_parties(filing, [{"party_type": "design", "unit_name": "设计院"}], version=0, by=author)
    sent(browser, filing, typed(browser, filing, drop="design"))
    assert filing.parties.count() == 0


def test_an_enterprise_is_found_and_chosen_without_script(browser, filing):
    unit = make.enterprise("武汉江城云栖置业有限公司", types=["owner"])
    answer = sent(browser, filing, typed(browser, filing, owner__unit_name="江城云栖", find="owner"))
    page = browser.get(answer["Location"].split("#")[0])
    assert "武汉江城云栖置业有限公司" in words(page)
    sent(browser, filing, form_on(page) | {"owner.pick": unit.uscc})
    party = filing.parties.get()
    assert (party.unit_name, party.uscc, party.enterprise) == (unit.name, unit.uscc, unit)
    assert party.legal_representative == unit.legal_representative


def test_autosave_tells_which_row_a_card_has_become(browser, filing):
    values = typed(browser, filing, **card("owner"))
    said = sent(browser, filing, values, accept="application/json").json()
    party = filing.parties.get()
    assert said["ids"] == {"owner": str(party.pk)}
    sent(browser, filing, values | {"version": said["version"], "owner.id": str(party.pk)}, accept="application/json")
    assert filing.parties.get().pk == party.pk


def test_a_save_whose_answer_was_lost_is_no_conflict(browser, filing):
    values = typed(browser, filing, **card("owner"))
    first = sent(browser, filing, values, accept="application/json").json()
    again = sent(browser, filing, values, accept="application/json")
    assert (again.status_code, again.json()["version"], again.json()["ids"]) == (200, 1, first["ids"])
    assert filing.parties.count() == 1


@pytest.mark.parametrize(("pick", "name"), [("mine", "我的单位"), ("theirs", "对方单位")])
def test_two_people_settle_a_card_field_by_field(browser, filing, author, pick, name):
    number = make.id_number()
    row = {"party_type": "owner", "unit_name": "原单位", "head_id_number": number, "certificate_no": "A1"}
    save_parties(filing, [row], version=0, by=author)
    party = filing.parties.get()
    mine = typed(browser, filing, owner__unit_name="我的单位", owner__head_name="我填的人")
    save_parties(filing, [{"id": str(party.pk), "party_type": "owner", "unit_name": "对方单位"}], version=1, by=author)
    page = sent(browser, filing, mine)
    assert page.status_code == 409
    assert number not in page.content.decode()
    assert sent(browser, filing, form_on(page) | {"pick:owner.unit_name": pick}).status_code == 302
    party = filing.parties.get()
    assert (party.unit_name, party.head_name) == (name, "我填的人")
    assert (party.head_id_number, party.certificate_no) == (number, "A1")


def test_a_card_that_each_of_two_people_added_is_one_card(browser, filing, author):
    mine = typed(browser, filing, **card("owner", unit_name="我的单位"))
    save_parties(filing, [{"party_type": "owner", "unit_name": "对方单位"}], version=0, by=author)
    page = sent(browser, filing, mine)
    assert page.status_code == 409
    sent(browser, filing, form_on(page) | dict.fromkeys(picks(page), "mine"))
    assert filing.parties.get().unit_name == "我的单位"
    assert filing.parties.get().head_phone


def test_strangers_find_nothing(browser):
    assert browser.get(url(make.draft_filing())).status_code == 404
