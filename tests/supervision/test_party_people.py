"""Consortia, safety officers and the people behind a party: chosen from colleagues, never listed to strangers."""

import pytest
from django.test import Client

from portal.errors import Refused
from portal.limits import hit
from supervision.actions import save_parties
from supervision.frozen import changes_between, snapshot
from supervision.gaps import gaps_in
from supervision.heads import ASKED_A_DAY, DAY, asking
from supervision.models import Filing
from tests import make
from tests.supervision.acts import submit
from tests.supervision.screen import encoded, form_on, words
from tests.supervision.test_corrections import give_back
from tests.supervision.test_save_basics import FORM
from tests.supervision.test_save_parties import card, fresh, sent, typed, url

pytestmark = pytest.mark.django_db
QUERIES = 11


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


def roles(filing, party_type):
    rows = filing.parties.filter(party_type=party_type).order_by("unit_name")
    return dict(rows.values_list("unit_name", "consortium_role"))


def added(browser, filing, what, **values):
    """Press 添加, fill in the new card, save; its key."""
    page = browser.get(sent(browser, filing, typed(browser, filing, add=what))["Location"].split("#")[0])
    form = form_on(page)
    key = next(key for key in reversed(form["row"]) if not form.get(f"{key}.id", [""])[0] and key not in MAIN)
    sent(browser, filing, form | {f"{key}.{name}": value for name, value in values.items()})
    return key


MAIN = {"owner", "contractor", "supervisor"}

# 30: consortia


def test_30_several_contractors_are_one_consortium_with_exactly_one_lead(browser, filing):
    sent(browser, filing, typed(browser, filing, **card("contractor", unit_name="甲公司")))
    for name in ("乙公司", "丙公司"):
        added(browser, filing, "member:contractor", unit_name=name, uscc=make.uscc())
    assert roles(filing, "contractor") == {"甲公司": 1, "乙公司": 2, "丙公司": 2}
    assert [gap for gap in gaps_in(fresh(filing)) if gap.place.startswith("contractor")] == []


def test_30_who_is_made_the_lead_takes_the_place_of_the_other(browser, filing):
    sent(browser, filing, typed(browser, filing, **card("contractor", unit_name="甲公司")))
    added(browser, filing, "member:contractor", unit_name="乙公司", uscc=make.uscc())
    sent(browser, filing, form_on(browser.get(url(filing))) | {"contractor#2.consortium_role": "1"})
    assert roles(filing, "contractor") == {"甲公司": 2, "乙公司": 1}
    page = form_on(browser.get(url(filing)))
    assert (page["contractor.unit_name"], page["contractor#2.unit_name"]) == (["乙公司"], ["甲公司"])
    places = {gap.place for gap in gaps_in(fresh(filing)) if gap.place.startswith("contractor")}
    assert "contractor.head_name" in places and not any("#2" in place for place in places)


def test_30_the_last_of_a_consortium_stands_alone_again(browser, filing):
    sent(browser, filing, typed(browser, filing, **card("contractor", unit_name="甲公司")))
    added(browser, filing, "member:contractor", unit_name="乙公司", uscc=make.uscc())
    sent(browser, filing, typed(browser, filing, drop="contractor#2"))
    assert roles(filing, "contractor") == {"甲公司": 0}


def test_30_only_the_lead_of_a_consortium_leads_the_project(author):
    filing = make.ready_filing(by=author)
    rows = [{"id": str(party.pk), "party_type": party.party_type} for party in filing.parties.all()]
    partner = {"party_type": "contractor", "unit_name": "乙公司", "uscc": make.uscc(), "head_name": "王五"}
    partner |= {"head_id_number": make.id_number(), "consortium_role": 2}
    save_parties(filing, [*rows, partner], version=1, by=author)
    filing = submit(fresh(filing), author)
    for review in filing.reviews.all():
        make.approved(review)
    named = filing.project.parties.filter(party_type="contractor").order_by("lead_id_index")
    assert [bool(party.lead_id_index) for party in named] == [True, False]


def test_a_role_changed_by_two_at_once_is_refused_and_nothing_changes(author, filing):
    rows = [{"party_type": "contractor", "unit_name": name, "consortium_role": 1} for name in "甲乙"]
    with pytest.raises(Refused, match="联合体成员"):
        save_parties(filing, rows, version=0, by=author)
    assert filing.parties.count() == 0


# Safety officers


def test_officers_are_added_changed_and_taken_away_and_their_numbers_masked(browser, filing):
    number = make.id_number()
    added(browser, filing, "officer", name="赵敏", id_number=number, certificate_no="鄂建安C001")
    added(browser, filing, "officer", name="刘志勇", id_number=make.id_number())
    html = browser.get(url(filing)).content.decode()
    assert (number in html, f"{number[:3]}***********{number[-4:]}" in html) == (False, True)
    sent(browser, filing, typed(browser, filing) | {"officer#1.name": "赵敏敏"})
    assert list(filing.safety_officers.values_list("name", flat=True)) == ["赵敏敏", "刘志勇"]
    assert filing.safety_officers.first().id_number == number
    sent(browser, filing, typed(browser, filing, drop="officer#1"))
    assert list(filing.safety_officers.values_list("name", flat=True)) == ["刘志勇"]


def test_an_officers_mistyped_number_comes_back_and_lies_sealed(browser, filing):
    wrong = make.id_number()[:-1]
    added(browser, filing, "officer", name="赵敏", id_number=wrong)
    assert wrong not in str(fresh(filing).malformed)
    assert form_on(browser.get(url(filing)))["officer#1.id_number"] == [wrong]
    sent(browser, filing, typed(browser, filing) | {"officer#1.id_number": wrong, "owner.unit_name": "甲"})
    assert form_on(browser.get(url(filing)))["officer#1.id_number"] == [wrong]


def test_autosave_tells_which_row_an_officer_has_become(browser, filing):
    page = browser.get(sent(browser, filing, typed(browser, filing, add="officer"))["Location"].split("#")[0])
    values = form_on(page) | {"officer#1.name": "赵敏", "owner.unit_name": "甲"}
    said = sent(browser, filing, values, accept="application/json").json()
    assert said["ids"] == {"owner": str(filing.parties.get().pk), "officer#1": str(filing.safety_officers.get().pk)}
    again = values | {"version": said["version"]} | {f"{key}.id": pk for key, pk in said["ids"].items()}
    sent(browser, filing, again | {"officer#1.name": "赵敏敏"}, accept="application/json")
    assert filing.safety_officers.get().name == "赵敏敏"


def test_another_filings_officer_cannot_be_taken_over(author, filing):
    theirs = make.add_officer(make.draft_filing(), "别人")
    save_parties(filing, [], officers=[{"id": str(theirs.pk), "name": "我"}], version=0, by=author)
    theirs.refresh_from_db()
    assert (theirs.name, filing.safety_officers.get().name) == ("别人", "我")


def test_a_change_of_officers_is_one_change_with_masked_numbers(author):
    filing = make.ready_filing(by=author)
    before = snapshot(filing)
    officer = filing.safety_officers.last()
    number = officer.id_number
    officer.delete()
    (change,) = changes_between(before, snapshot(fresh(filing)))
    assert (change.place, change.label) == ("officers", "专职安全员")
    assert number[-4:] in change.old and number not in change.old


def test_a_return_opens_the_officers_as_one_place(author):
    filing = submit(make.ready_filing(by=author), author)
    rows = [{"id": str(party.pk), "party_type": party.party_type} for party in filing.parties.all()]
    give_back(filing, ("parties", "officers"))
    client = Client()
    client.force_login(author)
    page = client.get(url(filing)).content.decode()
    assert page.count('class="comment"') == 1
    assert 'value="officer"' in page and 'name="officer#1.name"' in page
    save_parties(filing, rows, officers=[{"name": "新人", "id_number": make.id_number()}], version=1, by=author)
    with pytest.raises(Refused, match="只能修改被指出的部分"):
        save_parties(filing, [rows[0] | {"unit_name": "另一家"}, *rows[1:]], version=2, by=author)
    other = submit(make.ready_filing(by=author), author)
    give_back(other, ("parties", "contractor.head_name"))
    rows = [{"id": str(party.pk), "party_type": party.party_type} for party in other.parties.all()]
    with pytest.raises(Refused, match="只能修改被指出的部分"):
        save_parties(other, rows, officers=[], version=1, by=author)


# Who leads: colleagues, and who has an account


def own_card(author, **changes):
    unit = make.employer_of(author)
    return card("contractor", unit_name=unit.name, uscc=unit.uscc, **changes)


def test_colleagues_are_offered_with_masked_phone_and_last_digits_and_taken_over_whole(browser, filing, author):
    manager = make.person("陈建桥")
    membership = make.member(make.employer_of(author), manager, position="1009")
    nobody = {"head_name": "", "head_id_number": "", "head_phone": ""}
    sent(browser, filing, typed(browser, filing, **own_card(author, **nobody)))
    page = browser.get(url(filing))
    html = page.content.decode()
    assert f"身份证尾号 {manager.id_number[-4:]}" in html
    assert (manager.phone in html, manager.id_number in html) == (False, False)
    sent(browser, filing, form_on(page) | {"contractor.person": str(membership.pk), "take": "contractor"})
    party = filing.parties.get()
    assert (party.head_name, party.head_id_number, party.head_phone) == ("陈建桥", manager.id_number, manager.phone)
    page = browser.get(url(filing))
    assert "已注册" in words(page)
    assert manager.id_number not in page.content.decode()


def test_another_enterprises_people_are_neither_offered_nor_taken_over(browser, filing, author):
    strangers = make.member(make.granted(make.enterprise("别家建设有限公司")), make.person("毛志强"))
    values = typed(browser, filing, **card("contractor", uscc=strangers.enterprise.uscc, head_name=""))
    sent(browser, filing, values)
    page = browser.get(url(filing))
    assert "毛志强" not in page.content.decode()
    sent(browser, filing, form_on(page) | {"contractor.person": str(strangers.pk), "take": "contractor"})
    assert filing.parties.get().head_name == ""


@pytest.mark.parametrize(
    ("name", "phone", "said"),
    [("毛志强", True, "已注册"), ("毛志刚", True, "尚未注册"), ("毛志强", False, "尚未注册")],
)
def test_of_strangers_only_an_exact_match_is_told(browser, filing, name, phone, said):
    person = make.person("毛志强")
    values = card("contractor", head_name=name, head_phone=person.phone if phone else make.phone())
    sent(browser, filing, typed(browser, filing, **values))
    assert said in words(browser.get(url(filing))).split()


def test_who_has_no_account_is_told_what_follows(browser, filing):
    sent(browser, filing, typed(browser, filing, **card("supervisor")))
    assert "报监完毕后凭手机号注册，经所在企业确认即成为总监理工程师。" in words(browser.get(url(filing)))


def test_after_too_many_names_nothing_more_is_told_today(browser, filing, author):
    for _ in range(ASKED_A_DAY):
        hit(asking(author), limit=ASKED_A_DAY, seconds=DAY)
    person = make.person("毛志强")
    values = typed(browser, filing, **card("contractor", head_name="毛志强", head_phone=person.phone))
    said = sent(browser, filing, values, accept="application/json").json()
    assert "注册" not in said["heads"]["contractor"]


def test_autosave_draws_anew_who_leads(browser, filing):
    said = sent(browser, filing, typed(browser, filing, **card("contractor")), accept="application/json").json()
    assert "尚未注册" in said["heads"]["contractor"]
    assert said["heads"]["owner"].strip() == ""


@pytest.mark.parametrize("rows", [1, 4])
def test_the_page_asks_a_fixed_number_of_questions(browser, filing, author, rows, django_assert_num_queries):
    for n in range(rows):
        make.add_party(filing, "specialty_sub", make.enterprise(), order=n)
        make.add_officer(filing, order=n)
        make.member(make.employer_of(author), make.person(f"某{n}"))
    browser.get(url(filing))
    with django_assert_num_queries(QUERIES):
        browser.get(url(filing))


# What only few have to say


def test_the_case_and_the_note_are_saved_with_the_card(browser, filing):
    values = typed(browser, filing, **card("contractor"))
    sent(browser, filing, values | {"contractor.exception_case": "b", "contractor.note": "原项目已验收。"})
    party = filing.parties.get()
    assert (party.exception_case, party.note) == ("b", "原项目已验收。")


def test_the_box_不实行监理_alone_makes_the_card_and_can_be_taken_back(browser, filing):
    sent(browser, filing, typed(browser, filing) | {"supervisor.exempt": "on"})
    assert filing.parties.get().exempt is True
    page = browser.get(url(filing))
    values = form_on(page)
    values.pop("supervisor.exempt")
    sent(browser, filing, values)
    assert filing.parties.get().exempt is False


def test_the_stations_read_officers_and_rare_fields_and_findings(author):
    filing = make.ready_filing(by=author)
    filing.safety_officers.last().delete()
    filing = submit(fresh(filing), author)
    review, officer = filing.reviews.get(role="quality"), make.officer("quality")
    client = Client()
    client.force_login(officer)
    text = words(client.get(f"/review/{review.pk}/"))
    assert "责任主体核查" in text and "已填写 2 人" in text and "建质〔2008〕91号" in text
    assert "第 2 名" in text
    client.force_login(author)
    assert "专职安全员" in words(client.get(filing.get_absolute_url()))


def test_the_form_type_is_needed(browser, filing):
    assert browser.post(url(filing), encoded({"row": ["x"]}), content_type=FORM).status_code == 409
    assert Filing.objects.get(pk=filing.pk).parties_version == 0
