"""A number on 首页 is the number of rows of the list behind it (pain #84), and looking is cheap and changes nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from enterprises.models import JoinRequest
from enterprises.shown import is_waiting
from portal.home.models import Notice
from portal.home.piles import pile_named, piles_of, prepared_by
from supervision.models import Filing, Review
from supervision.permissions import can_prepare
from tests import make
from tests.home.steps import applied, digest, managed_project, rows, signed_in, stats, tabs, told

pytestmark = pytest.mark.django_db
PAGES = ("/home/", "/workbench/", "/apps/", "/messages/", "/messages/?show=all")


def busy_site_officer():
    """Somebody with filings in every state, who also manages a project."""
    person = make.site_officer()
    make.draft_filing(by=person)
    make.draft_filing("joint", by=person)
    make.submitted_filing(by=person)
    make.returned(make.submitted_filing(by=person).reviews.get(role="safety"))
    make.approved(make.submitted_filing(by=person, targets=["safety"]).reviews.get())
    make.filed_filing(by=person)
    applied(make.person(), managed_project(person, make.employer_of(person)), make.enterprise())
    return person


def busy_officer():
    person = make.officer("safety")
    make.submitted_filing()
    make.returned(make.submitted_filing().reviews.get(role="safety"), by=person)
    late = make.submitted_filing().reviews.get(role="safety")
    Review.objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=9))
    return person


def busy_administrator():
    enterprise = make.enterprise()
    make.member(enterprise)
    make.member(enterprise, created_account=True)
    JoinRequest.objects.create(enterprise=enterprise, name="刘洋", phone="19912340000", phone_index="x" * 64)
    applied(make.person(), managed_project(None, enterprise), enterprise)
    return make.administrator_of(enterprise)


BUSY = [busy_site_officer, busy_officer, busy_administrator]


@pytest.mark.parametrize("busy", BUSY)
def test_every_number_is_the_length_of_the_list_it_leads_to(busy):
    person = busy()
    browser = signed_in(person)
    page = browser.get("/home/")
    piles = piles_of(person, manages=True)
    shown = {str(pile.label): pile for pile in piles if str(pile.label) in stats(page)}
    assert stats(page) and any(stats(page).values())
    for label, number in stats(page).items():
        assert shown[label].url.replace("&", "&amp;") in page.content.decode()
        listed = browser.get(shown[label].url)
        assert rows(listed) == number == tabs(listed)[label], label


def test_the_numbers_of_a_busy_site_officer_are_right():
    page = signed_in(busy_site_officer()).get("/home/")
    expected = {"退回补正": 1, "待补报": 1, "待完善": 1, "草稿": 1, "审核中": 1, "报监完毕": 1, "待审核用户": 1}
    assert stats(page) == expected


def test_the_numbers_of_a_busy_officer_are_right():
    page = signed_in(busy_officer()).get("/home/")
    assert stats(page) == {"我经办": 0, "待领取": 2, "已超期": 1, "已退回": 1}


def test_the_numbers_of_a_busy_administrator_are_right():
    page = signed_in(busy_administrator()).get("/home/")
    assert stats(page) == {"加入申请": 1, "尚未登录": 1, "企业用户": 2, "待审核用户": 1}


def test_what_is_to_be_done_counts_only_where_the_person_may_do_it():
    person = make.site_officer()
    own = make.draft_filing(by=person)
    make.draft_filing(
        "joint", permit=make.permit(owner=make.employer_of(person)), enterprise=None, by=make.site_officer()
    )
    foreign = make.submitted_filing(by=make.site_officer())
    Filing.objects.filter(pk=foreign.pk).update(uscc_codes=[make.employer_of(person).uscc])  # a party, not the maker
    make.returned(foreign.reviews.get(role="safety"))
    seen = Filing.objects.visible_to(person)
    assert {filing.pk for filing in seen.filter(prepared_by(person))} == {
        filing.pk for filing in seen if can_prepare(person, filing)
    }
    assert foreign in seen and own in seen.filter(prepared_by(person))
    assert stats(signed_in(person).get("/home/"))["退回补正"] == 0


def test_who_was_never_here_is_the_same_here_as_in_user_management():
    enterprise = make.enterprise()
    make.member(enterprise, status="invited")
    make.member(enterprise, created_account=True)
    make.member(enterprise, created_account=True, status="disabled")
    seen = make.member(enterprise, created_account=True)
    User.objects.filter(pk=seen.user_id).update(last_login=timezone.now())
    waiting = pile_named(piles_of(make.administrator_of(enterprise)), "waiting")
    expected = {member.pk for member in enterprise.members.select_related("user") if is_waiting(member)}
    assert set(waiting.rows.values_list("pk", flat=True)) == expected and len(expected) == 2


def test_an_unknown_pile_shows_the_first_that_holds_something():
    person = make.site_officer()
    make.draft_filing(by=person)
    page = signed_in(person).get("/workbench/?show=nonsense&page=99")
    assert page.status_code == 200 and rows(page) == 1


@pytest.mark.parametrize("busy", BUSY)
def test_looking_changes_nothing(busy):
    person = busy()
    told(person)
    Notice.objects.create(title="通知", body="正文")
    browser, before = signed_in(person), digest()
    addresses = [*PAGES, "/notices/", f"/messages/{person.inbox.first().pk}/"]
    for address in [*addresses, *(pile.url for pile in piles_of(person, manages=True))]:
        assert browser.get(address).status_code == 200, address
    assert digest() == before


# Queries: the session, the account, the frame's one, and what the page itself asks.


def more(person, count):
    """`count` of everything that the pages of a site officer list."""
    project = managed_project(person, make.employer_of(person))
    while Filing.objects.count() < count:
        told(person)
        Notice.objects.create(title="通知", body="正文")
        make.returned(make.submitted_filing(by=person).reviews.get(role="safety"))
        applied(make.person(), project, make.enterprise(), applied_at=timezone.now() - timedelta(days=5))


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/home/", 17),
        ("/workbench/?show=returned", 11),
        ("/workbench/?show=approvals", 9),
        ("/apps/", 7),
        ("/messages/?show=all", 8),
    ],
)
def test_pages_ask_as_often_for_three_rows_as_for_one(address, queries, django_assert_num_queries):
    person = make.site_officer()
    for count in (1, 3):
        more(person, count)
        browser = signed_in(person)
        with django_assert_num_queries(queries):
            assert browser.get(address).status_code == 200


@pytest.mark.parametrize(("address", "queries"), [("/home/", 12), ("/workbench/?show=queue", 9)])
def test_an_officers_pages_ask_as_often_for_three_rows_as_for_one(address, queries, django_assert_num_queries):
    person = make.officer("safety")
    for count in (1, 3):
        while Review.objects.count() < 2 * count:
            make.submitted_filing()
        browser = signed_in(person)
        with django_assert_num_queries(queries):
            assert browser.get(address).status_code == 200


@pytest.mark.parametrize(
    ("address", "queries"), [("/home/", 9), ("/workbench/?show=members", 9), ("/workbench/?show=requests", 8)]
)
def test_an_administrators_pages_ask_as_often_for_three_rows_as_for_one(address, queries, django_assert_num_queries):
    enterprise = make.enterprise()
    for count in (1, 3):
        while enterprise.members.count() < count:
            make.member(enterprise, status="invited")
            JoinRequest.objects.create(
                enterprise=enterprise,
                name="刘洋",
                phone="19912340000",
                phone_index=f"{enterprise.members.count():064d}",
            )
        browser = signed_in(make.administrator_of(enterprise))
        with django_assert_num_queries(queries):
            assert browser.get(address).status_code == 200
