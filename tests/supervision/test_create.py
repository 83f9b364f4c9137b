"""新建: a project and its draft come into being together, once."""

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.audit.models import AuditEntry
from portal.errors import Refused
from projects.models import Project
from supervision.actions import create_filing, pull_permit
from supervision.catalogue import Module
from supervision.models import Filing
from tests import make
from tests.supervision.acts import together
from tests.supervision.screen import Screen, form_on, words

NEW = {module: f"/filing/{slug}/new/" for module, slug in {"advance": "advance", "early": "early"}.items()}


@pytest.fixture
def author(db):
    return make.site_officer()


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def test_a_filing_by_hand_gets_a_project_with_a_temporary_number(author):
    filing = create_filing(module=Module.ADVANCE, enterprise=make.employer_of(author), by=author)
    assert (filing.status, filing.created_by, filing.uscc_codes) == ("draft", author, [make.employer_of(author).uscc])
    assert filing.project.temporary_no == f"LS{timezone.localdate():%Y%m%d}0001"
    assert AuditEntry.objects.get(event="filing.created").subject_id == str(filing.pk)


@pytest.mark.django_db(transaction=True)
def test_temporary_numbers_are_given_once_when_two_people_create_at_the_same_moment():
    people = [make.site_officer(), make.site_officer()]
    acts = [
        lambda by=person: create_filing(module=Module.ADVANCE, enterprise=make.employer_of(by), by=by)
        for person in people
    ]
    assert together(*acts) == ["done", "done"]
    assert len(set(Project.objects.values_list("temporary_no", flat=True))) == 2


def test_an_award_fills_in_what_it_knows(author):
    owner = make.enterprise(types=["owner"])
    award = make.award(owner=owner, contractor=make.employer_of(author))
    filing = create_filing(module=Module.EARLY, enterprise=make.employer_of(author), award=award, by=author)
    assert (filing.works_name, filing.project_no, filing.district) == (
        award.works_name,
        award.project_no,
        award.district,
    )
    assert {party.party_type: party.enterprise for party in filing.parties.all()} == {
        "owner": owner,
        "contractor": make.employer_of(author),
    }
    assert filing.project.project_no == award.project_no


def test_an_award_that_names_others_does_not_exist_for_us(author):
    with pytest.raises(Http404):
        create_filing(module=Module.EARLY, enterprise=make.employer_of(author), award=make.award(), by=author)
    with pytest.raises(Http404):
        create_filing(module=Module.EARLY, enterprise=make.employer_of(author), by=author)


def test_nobody_files_for_an_enterprise_of_others(author):
    with pytest.raises(Http404):
        create_filing(module=Module.ADVANCE, enterprise=make.granted(make.enterprise()), by=author)


def test_joint_filings_come_from_permits_alone(author):
    with pytest.raises(Refused):
        create_filing(module=Module.JOINT, enterprise=make.employer_of(author), by=author)


def test_a_permit_is_pulled_once_and_seen_by_whom_it_names(author):
    contractor = make.employer_of(author)
    permit = make.permit(contractor=contractor)
    filing = pull_permit(permit)
    assert pull_permit(permit) == filing
    assert (filing.status, filing.permit_no, filing.uscc_codes) == ("pulled", permit.permit_no, [contractor.uscc])
    assert list(Filing.objects.visible_to(author)) == [filing]


# The pages


def test_the_page_creates_one_draft_however_often_it_is_sent(browser, author):
    page = browser.get(NEW["advance"])
    assert page.status_code == 200
    values = form_on(page, "once")
    first, second = browser.post(NEW["advance"], values), browser.post(NEW["advance"], values)
    filing = Filing.objects.get()
    assert first["Location"] == second["Location"]
    assert str(filing.pk) in first["Location"]
    assert filing.created_by == author


def test_somebody_of_two_enterprises_chooses_one(browser, author):
    other = make.granted(make.enterprise("武汉东湖营造有限公司"))
    make.member(other, author)
    page = browser.get(NEW["advance"])
    assert "武汉东湖营造有限公司" in words(page)
    values = form_on(page, "once") | {"enterprise": str(other.pk)}
    browser.post(NEW["advance"], values)
    assert Filing.objects.get().enterprise == other


def test_an_enterprise_of_others_cannot_be_slipped_in(browser):
    values = form_on(browser.get(NEW["advance"]), "once")
    stranger = make.granted(make.enterprise())
    answer = browser.post(NEW["advance"], values | {"enterprise": str(stranger.pk)})
    assert answer.status_code in {200, 404}
    assert not Filing.objects.exists()


def test_only_awards_that_name_the_enterprise_are_offered_and_one_is_chosen(browser, author):
    award = make.award(contractor=make.employer_of(author), works_name="白沙洲保障房一期")
    make.award(contractor=make.enterprise(), works_name="别家中标的工程")
    page = browser.get(NEW["early"], {"q": "白沙"})
    assert "白沙洲保障房一期" in words(page)
    assert "别家中标的工程" not in words(browser.get(NEW["early"]))
    [form] = [
        form
        for form in Screen(page.content.decode()).forms
        if form["method"] == "post" and "once" in dict(form["fields"])
    ]
    answer = browser.post(NEW["early"], dict(form["fields"]))
    filing = Filing.objects.get()
    assert (answer.status_code, filing.award, filing.works_name) == (302, award, award.works_name)


def test_an_award_taken_up_already_leads_to_its_filing(browser, author):
    award = make.award(contractor=make.employer_of(author))
    filing = create_filing(module=Module.EARLY, enterprise=make.employer_of(author), award=award, by=author)
    page = browser.get(NEW["early"])
    assert str(filing.pk) in page.content.decode()
    with pytest.raises(Refused):
        create_filing(module=Module.EARLY, enterprise=make.employer_of(author), award=award, by=author)


def test_joint_has_no_new(browser):
    assert browser.get("/filing/joint/new/").status_code == 404


def test_the_administrator_is_told_which_account_to_use(author):
    client = Client()
    client.force_login(make.administrator_of(make.employer_of(author)))
    answer = client.get(NEW["advance"])
    assert answer.status_code == 403
    assert "企业管理员账号仅用于管理企业用户，办理业务请使用个人账号" in answer.content.decode()
    assert reverse("filing:new", args=["advance"]) == NEW["advance"]
