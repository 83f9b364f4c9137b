"""The switcher of the top bar, and 最近打开: filters and fills in, never widens, and looking writes nothing."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from enterprises.models import Enterprise, Member
from portal.audit.models import AuditEntry
from portal.exports.models import Export
from portal.home.places import COOKIE
from projects.places import CHOSEN
from supervision.models import Filing
from tests import make
from tests.home.steps import digest, managed_project, signed_in, text

pytestmark = pytest.mark.django_db
LIST = "/filing/advance/"


@pytest.fixture
def person():
    """Works for two enterprises with 项目报监, with one draft for each."""
    found = make.site_officer()
    make.member(make.granted(make.enterprise("武汉第二建筑有限公司")), found)
    for enterprise in employers(found):
        make.draft_filing(by=found, enterprise=enterprise, works_name=f"{enterprise.name}的工程")
    return found


def employers(person) -> list[Enterprise]:
    return [one.enterprise for one in person.memberships.select_related("enterprise").order_by("created_at", "pk")]


def switch(browser: Client, place, page: str = "/home/"):
    code = place if isinstance(place, str) else f"{place._meta.model_name}:{place.pk}"
    return browser.post("/switch/", {"place": code, "next": page})


def here(response) -> str:
    """What the top bar says the person acts for."""
    return response.content.decode().partition('class="top__where">')[2].partition("<")[0]


def test_one_press_changes_for_whom_somebody_acts_and_leads_back_to_the_page(person):
    browser, (first, second) = signed_in(person), employers(person)
    assert here(browser.get("/home/")) == "全部单位和项目"

    assert switch(browser, second, "/messages/?show=all").url == "/messages/?show=all"
    assert here(browser.get("/home/")) == second.name
    switch(browser, first)
    assert here(browser.get("/home/")) == first.name
    switch(browser, "all")
    assert here(browser.get("/home/")) == "全部单位和项目"


def test_lists_show_the_chosen_enterprise_with_a_way_to_all(person):
    browser, (first, second) = signed_in(person), employers(person)
    switch(browser, second)

    page = text(browser.get(LIST, follow=True))
    assert f"{second.name}的工程" in page and f"{first.name}的工程" not in page
    assert f"当前只显示“{second.name}”的内容" in page
    page = text(browser.get(f"{LIST}?place=all"))
    assert f"{second.name}的工程" in page and f"{first.name}的工程" in page


def test_switching_on_a_narrowed_list_begins_the_list_anew(person):
    browser, (first, second) = signed_in(person), employers(person)
    switch(browser, first)
    narrowed = browser.get(LIST).url
    assert switch(browser, second, narrowed).url == LIST
    assert f"{second.name}的工程" in text(browser.get(LIST, follow=True))


def test_an_export_holds_what_the_narrowed_list_shows_and_says_so(person):
    enterprise, _other = employers(person)
    query = urlencode({CHOSEN: f"enterprise:{enterprise.pk}"})
    signed_in(person).post("/exports/new/", {"list": "filing-advance", "query": query})
    export = Export.objects.get()
    assert export.query == query and enterprise.name in export.words


def test_a_new_filing_begins_for_the_chosen_enterprise(person):
    browser = signed_in(person)
    for enterprise in employers(person):
        switch(browser, enterprise)
        page = browser.get(f"{LIST}new/").content.decode()
        assert "checked" in page.partition(f'value="{enterprise.pk}"')[2].partition(">")[0]


def test_a_project_can_be_chosen_by_its_lead(person):
    project = managed_project(person, employers(person)[0])
    browser = signed_in(person)
    switch(browser, project)
    assert here(browser.get("/home/")) == project.name
    page = browser.get("/projects/", follow=True)
    assert page.redirect_chain[-1][0].endswith(str(project.pk)) and project.name in text(page)


def test_an_officer_of_two_roles_looks_at_one_of_them():
    station = make.station()
    officer = make.officer("safety", at=station)
    post = officer.station_posts.get()
    officer.station_posts.create(station=station, role="quality")
    make.submitted_filing()
    browser = signed_in(officer)
    assert browser.get("/review/").content.decode().count('<th scope="row">') == 2
    switch(browser, f"post:{post.pk}")
    page = browser.get("/review/", follow=True).content.decode()
    assert page.count('<th scope="row">') == 1 and "安监" in here(browser.get("/review/?place=all"))


@pytest.mark.parametrize("code", ["enterprise:{}", "nonsense", "", "post:999999999999"])
def test_nobody_acts_for_whom_they_do_not_belong_to(person, code):
    stranger = make.granted(make.enterprise())
    browser = signed_in(person)
    assert switch(browser, code.format(stranger.pk)).status_code == 404
    assert browser.get("/switch/").status_code == 405
    assert CHOSEN not in browser.session


def test_a_place_in_the_address_never_widens_what_is_seen(person):
    other = make.draft_filing(by=make.site_officer(), works_name="别人的工程")
    page = signed_in(person).get(f"{LIST}?place=enterprise:{other.enterprise_id}")
    assert page.status_code == 200 and "别人的工程" not in text(page)


def test_who_left_the_chosen_enterprise_sees_everything_again(person):
    browser, (first, second) = signed_in(person), employers(person)
    switch(browser, second)
    Member.objects.filter(user=person, enterprise=second).update(status="left")
    assert here(browser.get("/home/")) == ""  # one place is left: nothing to choose
    assert f"{first.name}的工程" in text(browser.get(LIST))


def test_somebody_with_one_place_has_nothing_to_switch():
    assert "top__where" not in signed_in(make.site_officer()).get("/home/").content.decode()


def test_the_frame_asks_as_often_for_many_places_as_for_one(django_assert_num_queries):
    person = make.site_officer()
    for count in (1, 3):
        while person.memberships.count() < count:
            make.member(make.enterprise(), person)
        browser = signed_in(person)
        with django_assert_num_queries(3):  # session, account, frame
            browser.get("/recent/")
        if count > 1:
            switch(browser, employers(person)[0])
            with django_assert_num_queries(3):
                browser.get("/recent/")


# 最近打开


def opened(browser: Client) -> list[str]:
    page = browser.get("/recent/").content.decode()
    return [part.partition("</a>")[0].partition(">")[2] for part in page.partition('class="items"')[2].split("<a ")[1:]]


def test_what_was_opened_last_stands_first_at_most_eight_and_each_once(person):
    browser = signed_in(person)
    filings = [make.draft_filing(by=person, works_name=f"工程{n}") for n in range(9)]
    for filing in [*filings, filings[3]]:
        browser.get(filing.get_absolute_url(), follow=True)
    assert opened(browser)[:8] == ["工程3", *(f"工程{n}" for n in (8, 7, 6, 5, 4, 2, 1))]
    assert "工程3" in text(browser.get("/workbench/"))


def test_opening_writes_nothing_on_the_server(person):
    browser, filing = signed_in(person), Filing.objects.first()
    before, trail = digest(), AuditEntry.objects.count()
    browser.get(filing.get_absolute_url(), follow=True)
    browser.get("/recent/")
    assert (digest(), AuditEntry.objects.count()) == (before, trail)


def test_only_what_the_person_may_still_see_is_shown(person):
    browser, filing = signed_in(person), Filing.objects.order_by("created_at").last()
    browser.get(filing.get_absolute_url(), follow=True)
    assert opened(browser)[:1] == [str(filing)]
    Member.objects.filter(user=person, enterprise=filing.enterprise).update(status="left")
    assert str(filing) not in text(browser.get("/recent/"))


def test_what_one_account_opened_another_of_the_same_browser_does_not_see(person):
    browser, filing = signed_in(person), Filing.objects.first()
    browser.get(filing.get_absolute_url(), follow=True)
    colleague = make.person()
    make.member(filing.enterprise, colleague)
    browser.force_login(colleague)
    assert opened(browser) == []


def test_a_forged_list_is_no_list(person):
    browser = signed_in(person)
    browser.cookies[COOKIE] = f"f{Filing.objects.first().pk.hex}.forged"
    assert opened(browser) == []
    browser.cookies[COOKIE] = ""
    assert opened(browser) == []


def test_operators_have_no_lists_and_no_such_page():
    assert signed_in(make.operator()).get("/recent/").status_code == 404


def test_recently_opened_things_cost_one_question_for_each_sort(person, django_assert_num_queries):
    browser = signed_in(person)
    for count in (1, 3):
        for n in range(count):
            browser.get(make.draft_filing(by=person, works_name=f"工程{n}").get_absolute_url(), follow=True)
        with django_assert_num_queries(4):
            browser.get("/recent/")
