"""What open pages look for: cheap while nothing happens, right when something does, no sign of life of its own."""

import pytest

from portal.notifications import mark_handled
from portal.notifications.models import Message
from tests import make
from tests.home.steps import signed_in, told

pytestmark = pytest.mark.django_db


def test_nothing_new_is_an_empty_answer_of_few_questions(django_assert_num_queries):
    browser = signed_in(make.site_officer())
    first = browser.get("/live/")
    assert first.json()["counts"]["unread"] == 0
    with django_assert_num_queries(3):  # session, account, news
        again = browser.get("/live/", headers={"If-None-Match": first["ETag"], "X-Live": "1"})
    assert (again.status_code, again.content) == (304, b"")


def test_news_change_the_answer_and_what_is_handled_leaves_the_badge():
    officer = make.officer("safety")
    browser = signed_in(officer)
    empty = browser.get("/live/")
    review = make.submitted_filing().reviews.get(role="safety")
    news = browser.get("/live/", headers={"If-None-Match": empty["ETag"]})
    assert (news.status_code, news.json()["counts"]["review"], news.json()["counts"]["unread"]) == (200, 1, 1)
    Message.objects.filter(user=officer).update(read_at=review.created_at)
    assert browser.get("/live/").json()["counts"]["review"] == 1  # read, but nobody has done it
    mark_handled(review)
    done = browser.get("/live/").json()
    assert done["counts"].get("review", 0) == 0 and done["stamp"] != news.json()["stamp"]


def test_the_page_and_the_answer_carry_the_same_stamp():
    person = make.person()
    told(person, "一件新事")
    browser = signed_in(person)
    stamp = browser.get("/live/").json()["stamp"]
    assert f'data-stamp="{stamp}"' in browser.get("/messages/").content.decode()


def test_looking_for_news_does_not_keep_a_session_alive():
    browser = signed_in(make.person())
    session = browser.session
    session["seen_at"] = 1_000_000_000
    session.save()
    assert browser.get("/live/", headers={"X-Live": "1", "Accept": "application/json"}).status_code == 401


def test_others_news_are_nobody_s_business():
    told(make.person(), "别人的事")
    assert signed_in(make.person()).get("/live/").json()["counts"]["unread"] == 0
