"""审核: whose reviews stand in which tab, and that numbers and lists agree."""

import re
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from supervision.actions import accept_review
from supervision.catalogue import Module
from supervision.models import Review
from supervision.views.review import inbox
from tests import make
from tests.supervision.acts import resubmit, review_of, submit

pytestmark = pytest.mark.django_db
URL = "/review/"
QUERIES = 10  # session, person; posts; views and columns; count and keys, rows; numbers; holidays; districts; frame
STATES = ("waiting", "reviewing", "returned", "closed")
SCOPES = ("queue", "mine", "all")


def listed(client, **query):
    return [row.review for row in client.get(URL, query).context["rows"]]


def filings(number, **fields):
    """So many submitted filings, each of an enterprise of its own."""
    return [make.submitted_filing(**fields) for _ in range(number)]


@pytest.fixture
def mixed(officer, author):
    """One review in every state, and one that somebody else has taken."""
    first, second, third, fourth, fifth = filings(5)
    accept_review(review_of(second, "safety"), by=officer)
    make.returned(review_of(third, "safety"), by=officer)
    make.approved(review_of(fourth, "safety"), by=officer)
    accept_review(review_of(fifth, "safety"), by=make.officer("safety"))
    return {"waiting": first, "reviewing": second, "returned": third, "closed": fourth}


@pytest.fixture
def officer():
    return make.officer("safety")


TABS = [("waiting", "queue"), ("reviewing", "mine"), ("reviewing", "confirm"), ("closed", "done"), ("returned", "all")]
SEARCHES = ["", "q=云栖", "q=x%25&module=advance&district=420102", "papers=missing&sort=latest"]


@pytest.mark.parametrize("search", SEARCHES)
def test_every_page_and_number_is_what_the_querysets_say(mixed, officer, search):
    client = Client()
    client.force_login(officer)
    for state, scope in TABS:
        query = f"state={state}&scope={scope}&{search}"
        page, filter = client.get(f"{URL}?{query}").context, inbox.InboxFilter(QueryDict(query))
        found = inbox.reviews_found(officer, filter)
        assert list(page["page"].rows) == list(inbox.shown(officer, filter, found)), query
        tabs = inbox.tabs_of(RequestFactory().get(URL), filter, inbox.counted(found, officer))
        for row, expected in tabs.items():
            assert [tab["badge"] for tab in page[row]] == [tab["badge"] for tab in expected], query


def test_a_new_filing_waits_under_待审核(desk, review):
    page = desk.get(URL)
    assert [row.review for row in page.context["rows"]] == [review]
    html = page.content.decode()
    assert str(review.filing) in html and review.filing.number in html
    assert "待安监审核" in html and "第 1 轮" in html


def test_each_state_has_its_tab(desk, mixed, officer):
    for state, filing in mixed.items():
        assert listed(desk, state=state, scope="mine" if state != "waiting" else "all") == [review_of(filing, "safety")]


def test_every_number_is_that_of_its_list(desk, mixed):
    for state in STATES:
        for scope in SCOPES:
            context = desk.get(URL, {"state": state, "scope": scope}).context
            for tab in context["tabs"] + context["scopes"]:
                shown = desk.get(URL + tab["url"]).context["page"].total
                assert tab["badge"] == shown, (state, scope, tab["label"])


def test_待领取_is_what_nobody_has_and_我经办_what_I_have(desk, mixed, officer):
    assert [review.assignee for review in listed(desk, state="waiting", scope="queue")] == [None]
    assert [review.assignee for review in listed(desk, state="reviewing", scope="mine")] == [officer]
    assert len(listed(desk, state="reviewing", scope="all")) == 2


def test_the_most_urgent_comes_first_and_says_how_late_it_is(desk):
    late, soon = filings(2)
    today = timezone.localdate()
    Review.objects.filter(filing=late).update(due_on=today - timedelta(days=7))
    Review.objects.filter(filing=soon).update(due_on=today)
    page = desk.get(URL)
    assert [row.review.filing for row in page.context["rows"]] == [late, soon]
    html = page.content.decode()
    assert re.search(r"超 5 个工作日", html) and "今日到期" in html


def test_a_filing_that_came_back_is_marked(desk, author, filing):
    make.returned(review_of(filing, "quality"))
    resubmit(filing, author)
    html = desk.get(URL).content.decode()
    assert "有修改" in html


def test_search_by_keyword_module_and_district(desk):
    one = make.submitted_filing(works_name="谌家矶安置房（南区）")
    two = make.submitted_filing(Module.EARLY, works_name="临江商务中心A座", district_id="420106")
    find = lambda **query: [review.filing for review in listed(desk, **query)]  # noqa: E731
    assert find(q="谌家") == [one]
    assert find(q=two.number) == [two]
    assert find(module=Module.EARLY) == [two]
    assert find(district="420106") == [two]
    assert find(q="谌家", module=Module.EARLY) == []
    assert set(find(module="nonsense", district="x", state="nonsense")) == {one, two}


def test_a_search_keeps_tab_and_second_filter(desk, filing):
    html = desk.get(URL, {"state": "returned", "scope": "mine"}).content.decode()
    assert '<input type="hidden" name="state" value="returned"' in html
    assert '<input type="hidden" name="scope" value="mine"' in html


def test_an_empty_list_says_what_would_appear(desk, officer):
    assert "这里没有报监" in desk.get(URL).content.decode()
    page = desk.get(URL, {"q": "没有这个工程"}).content.decode()
    assert "没有符合条件的报监" in page and "清除条件" in page


@pytest.mark.parametrize("stranger", ["other area", "other role"])
def test_officers_of_other_stations_and_roles_do_not_see_it(client, review, stranger):
    other = make.officer("safety", area="WC") if stranger == "other area" else make.officer("quality", area="WC")
    client.force_login(other)
    assert listed(client) == []
    assert client.get(reverse("review:detail", args=[review.pk])).status_code == 404


def test_the_inbox_is_not_there_for_others(client, author, filing):
    for stranger in (author, make.operator(), make.administrator_of(make.employer_of(author))):
        client.force_login(stranger)
        assert client.get(URL).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_database_equally_often(desk, officer, django_assert_num_queries, number):
    for filing in filings(number):
        accept_review(review_of(filing, "safety"), by=officer)
    query = {"state": "reviewing", "q": "二七", "module": Module.ADVANCE}
    assert len(listed(desk, **query)) == number
    with django_assert_num_queries(QUERIES):
        desk.get(URL, query)


def test_上一件_and_下一件_stay_within_the_filter(desk, filing):
    early = filings(3, module=Module.EARLY)
    for days, each in enumerate(early):
        Review.objects.filter(filing=each).update(due_on=timezone.localdate() + timedelta(days=days))
    query = f"state=waiting&module={Module.EARLY}"
    first, middle, last = (review_of(each, "safety") for each in early)

    def near(review):
        context = desk.get(reverse("review:detail", args=[review.pk]), {"return": query}).context
        return context["previous"], context["next"], context["list_url"]

    def url(review):
        return desk.get("/review/?" + query) and reverse("review:detail", args=[review.pk])

    previous, following, back = near(middle)
    assert (previous.split("?")[0], following.split("?")[0]) == (url(first), url(last))
    assert back == f"/review/?{query}"
    assert desk.get(following).context["previous"].split("?")[0] == url(middle)
    assert near(first)[0] == "" and near(last)[1] == ""


def test_after_a_decision_the_next_one_is_the_first_that_is_left(desk, officer):
    done, left = filings(2)
    make.approved(review_of(done, "safety"), by=officer)
    context = desk.get(
        reverse("review:detail", args=[review_of(done, "safety").pk]), {"return": "state=waiting"}
    ).context
    assert str(review_of(left, "safety").pk) in context["next"]


def test_rows_lead_to_the_review_with_the_way_back(desk, review):
    url = desk.get(URL, {"module": Module.ADVANCE}).context["rows"][0].url
    assert url == f"/review/{review.pk}/?return=module%3D{Module.ADVANCE}"
    assert desk.get(url).context["list_url"] == f"/review/?module={Module.ADVANCE}"


def test_a_chief_sees_what_the_officers_have(client, taken):
    client.force_login(make.officer("safety", chief=True))
    assert listed(client, state="reviewing", scope="all") == [taken]


def test_one_body_with_both_roles_shows_both_reviews_to_who_holds_both_posts(client, author):
    station = make.station(roles=("safety", "quality"))
    both = make.officer("safety", at=station)
    both.station_posts.create(station=station, role="quality")
    submit(make.ready_filing(by=author), author)
    client.force_login(both)
    assert sorted(review.role for review in listed(client)) == ["quality", "safety"]
