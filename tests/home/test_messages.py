"""消息: mine only, read and unread, by kind; looking changes nothing, a post does."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import make
from tests.home.steps import rows, signed_in, tabs, text, told

pytestmark = pytest.mark.django_db


def test_the_list_shows_what_is_unread_first_and_counts_both():
    person = make.person()
    told(person, "一件新事")
    told(person, "看过的事", read_at=timezone.now())
    told(person, "办完的事", handled_at=timezone.now())
    told(make.person(), "别人的事")
    browser = signed_in(person)
    page = browser.get("/messages/")
    assert tabs(page) == {"未读": 1, "已读": 2, "全部": 3}
    assert "一件新事" in text(page) and "看过的事" not in text(page) and "别人的事" not in text(page)
    read = text(browser.get("/messages/?show=read"))
    assert "看过的事" in read and "办完的事" in read and "已处理" in read and "一件新事" not in read
    assert rows(browser.get("/messages/?show=all")) == 3


def test_a_kind_can_be_chosen_among_those_one_has():
    person = make.person()
    told(person, "受理了", event="review.accepted")
    told(person, "退回了", event="review.returned")
    page = signed_in(person).get("/messages/?kind=review.returned")
    assert "退回了" in text(page) and "受理了" not in text(page) and tabs(page)["全部"] == 1
    assert "监督站已受理" in text(page) and "报监完毕" not in text(page)
    assert rows(signed_in(person).get("/messages/?kind=nonsense")) == 2


def test_the_button_of_the_list_marks_read_and_leads_to_the_message():
    person = make.person()
    message = told(person, "退回补正：某某工程", link="/filing/x/")
    browser = signed_in(person)
    response = browser.post(f"/messages/{message.pk}/")
    assert response["Location"] == reverse("message-open", args=[message.pk])
    message.refresh_from_db()
    assert message.read_at is not None
    page = browser.get(response["Location"])
    assert "退回补正：某某工程" in text(page) and "请留意办理进度。" in text(page)
    assert 'href="/filing/x/"' in page.content.decode() and "标为已读" not in text(page)


def test_opening_a_second_time_keeps_when_it_was_read():
    person = make.person()
    message = told(person)
    browser = signed_in(person)
    browser.post(f"/messages/{message.pk}/")
    message.refresh_from_db()
    first = message.read_at
    browser.post(f"/messages/{message.pk}/")
    message.refresh_from_db()
    assert message.read_at == first


def test_looking_at_a_message_does_not_mark_it():
    person = make.person()
    message = told(person)
    assert "标为已读" in text(signed_in(person).get(f"/messages/{message.pk}/"))
    message.refresh_from_db()
    assert message.read_at is None


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_strangers_message_is_not_there(method):
    message = told(make.person())
    assert getattr(signed_in(make.person()), method)(f"/messages/{message.pk}/").status_code == 404
    message.refresh_from_db()
    assert message.read_at is None


def test_all_can_be_marked_at_once_but_only_ones_own():
    person, other = make.person(), make.person()
    told(person), told(person), told(other)
    browser = signed_in(person)
    assert browser.get("/messages/read/").status_code == 405
    page = browser.post("/messages/read/", follow=True)
    assert "2 条消息已标为已读。" in text(page) and "全部已读" not in text(page)
    assert (person.inbox.unread().count(), other.inbox.unread().count()) == (0, 1)


def test_a_link_to_elsewhere_is_not_offered():
    person = make.person()
    message = told(person, link="https://evil.example/")
    assert "evil" not in signed_in(person).get(f"/messages/{message.pk}/").content.decode()


def test_an_empty_inbox_says_what_would_be_there():
    assert "没有未读消息。" in text(signed_in(make.person()).get("/messages/"))
