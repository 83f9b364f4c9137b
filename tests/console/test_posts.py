"""岗位: an operator gives, moves and ends posts; rights end at once, and what was in hand is the chief's."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Delegation, StationPost
from portal.audit.models import AuditEntry
from portal.notifications.models import Message
from supervision.actions import accept_review, claim_review, hand_on_after_posts
from supervision.models import DeclaredTie, Review
from tests import make
from tests.home.steps import signed_in, text

pytestmark = pytest.mark.django_db
LEFT = {"reason": "工作调动"}


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def post_of(officer) -> StationPost:
    return officer.station_posts.latest("pk")


def end(browser, officer, **typed):
    return browser.post(f"/console/posts/{post_of(officer).pk}/end/", LEFT | typed)


def taken_by(officer, role: str = "safety") -> Review:
    review = make.submitted_filing().reviews.get(role=role)
    accept_review(review, by=officer)
    return Review.objects.get(pk=review.pk)


def now_of(review: Review) -> tuple:
    return tuple(Review.objects.values_list("assignee", "status").get(pk=review.pk))


def test_a_post_ended_at_once_ends_the_right_in_an_open_session_and_gives_the_reviews_to_the_chief():
    make.reference()
    operator, officer, chief = signed_in(make.operator()), make.officer(), make.officer(chief=True)
    review, desk = taken_by(officer), signed_in(officer)
    assert desk.get(f"/review/{review.pk}/").status_code == 200
    asked = text(operator.get(f"/console/posts/{post_of(officer).pk}/end/"))
    assert review.filing.number in asked and f"转给站长：{chief.name}" in asked
    assert end(operator, officer)["Location"] == f"/console/officers/{officer.pk}/"
    assert desk.get(f"/review/{review.pk}/").status_code == desk.get("/review/").status_code == 404
    assert now_of(review) == (chief.pk, "accepted") and Review.objects.get(pk=review.pk).due_on == review.due_on
    assert {(m.user_id, m.event) for m in Message.objects.filter(event__startswith="officer.")} == {
        (officer.pk, "officer.post_ended"),
        (chief.pk, "officer.post_ended"),
        (chief.pk, "officer.handed_over"),
    }
    entry = AuditEntry.objects.get(event="station.post_ended")
    assert entry.details["last_day"] == day(0) and entry.details["reason"] == "工作调动"
    page = text(operator.get(f"/console/officers/{officer.pk}/"))
    assert "结束岗位 · " in page and "工作调动" in page and "已结束" in page
    assert end(operator, officer).status_code == 409


def test_a_post_that_ends_with_a_day_works_until_then_and_hands_over_when_the_day_is_over():
    make.reference()
    operator, officer, chief = signed_in(make.operator()), make.officer(), make.officer(chief=True)
    review, desk = taken_by(officer), signed_in(officer)
    end(operator, officer, last_day=day(2))
    assert post_of(officer).last_day == timezone.localdate() + timedelta(days=2)
    assert desk.get(f"/review/{review.pk}/").status_code == 200 and hand_on_after_posts() == 0
    end(operator, officer, last_day=day(1))  # another day, until it is over
    StationPost.objects.filter(user=officer).update(ended_at=timezone.now())
    assert desk.get(f"/review/{review.pk}/").status_code == 404
    assert (hand_on_after_posts(), hand_on_after_posts()) == (1, 0)
    assert now_of(review) == (chief.pk, "accepted")


def test_what_no_chief_may_have_waits_for_anybody_of_the_station():
    make.reference()
    operator, officer, chief = signed_in(make.operator()), make.officer(), make.officer(chief=True)
    tied, both = taken_by(officer), taken_by(officer)
    DeclaredTie.objects.create(officer=chief, uscc=tied.filing.uscc_codes[0], reason="曾任职。")
    Review.objects.filter(filing=both.filing, role="quality").update(assignee=chief)
    end(operator, officer)
    assert now_of(tied) == now_of(both) == (None, "waiting")
    told = Message.objects.get(event="officer.handed_over")
    assert told.user == chief and "2 件审核待领取" in told.subject
    colleague = make.officer()
    claim_review(tied, by=colleague)
    alone = taken_by(colleague)
    end(operator, chief)
    page = text(operator.get(f"/console/posts/{post_of(colleague).pk}/end/"))
    assert "该站该职责没有站长" in page and "退回待领取" in page
    end(operator, colleague)
    assert now_of(alone) == (None, "waiting")


def test_a_returned_filing_comes_back_to_the_chief():
    make.reference()
    operator, officer, chief = signed_in(make.operator()), make.officer(), make.officer(chief=True)
    review = make.returned(make.submitted_filing().reviews.get(role="safety"), by=officer)
    end(operator, officer)
    assert now_of(review) == (chief.pk, "returned")


def test_an_officer_moves_to_another_station_on_a_day():
    make.reference()
    operator, officer, chief = signed_in(make.operator()), make.officer(), make.officer(chief=True)
    elsewhere, here = make.station_of("quality", "HY"), make.submitted_filing().reviews.get(role="safety")
    typed = {"station": str(elsewhere.pk), "role": "quality", "first_day": day(3)} | LEFT
    old, desk = post_of(officer), signed_in(officer)
    operator.post(f"/console/posts/{old.pk}/move/", typed)
    new = post_of(officer)
    assert (new.station, new.role, str(new.since)) == (elsewhere, "quality", day(3))
    assert str(StationPost.objects.get(pk=old.pk).last_day) == day(2)
    assert list(StationPost.objects.held().filter(user=officer)) == [old]
    assert desk.get(f"/review/{here.pk}/").status_code == 200
    assert operator.post(f"/console/posts/{new.pk}/move/", typed).status_code == 409  # the same again
    StationPost.objects.filter(pk=old.pk).update(ended_at=timezone.now())
    StationPost.objects.filter(pk=new.pk).update(since=timezone.localdate())
    assert desk.get(f"/review/{here.pk}/").status_code == 404 and desk.get("/review/").status_code == 200
    assert chief.pk not in Message.objects.filter(event="officer.post_given").values_list("user", flat=True)


def test_a_second_post_is_given_once_and_never_backwards():
    make.reference()
    operator, officer = signed_in(make.operator()), make.officer()
    station = post_of(officer).station
    typed = {"station": str(station.pk), "role": "quality", "first_day": day(0)}
    path = f"/console/officers/{officer.pk}/posts/new/"
    assert operator.post(path, typed).status_code == 302
    assert "不需要再次任命" in text(operator.post(path, typed))
    assert "不能早于今天" in text(operator.post(path, typed | {"role": "safety", "first_day": day(-1)}))
    assert sorted(post.role for post in StationPost.objects.held().filter(user=officer)) == ["quality", "safety"]
    assert end(operator, officer, last_day=day(-1)).status_code == 409


def test_standing_in_ends_with_the_last_post():
    make.reference()
    operator, officer, colleague = signed_in(make.operator()), make.officer(), make.officer()
    days = {"first_day": timezone.localdate(), "last_day": timezone.localdate() + timedelta(days=5)}
    Delegation.objects.create(officer=officer, delegate=colleague, made_by=officer, **days)
    end(operator, officer)
    assert not Delegation.objects.on(timezone.localdate()).exists()


def test_to_others_the_pages_of_posts_do_not_exist():
    make.reference()
    officer, operator = make.officer(), make.operator()
    post = post_of(officer)
    places = [f"/console/officers/{officer.pk}/", f"/console/officers/{officer.pk}/posts/new/"]
    places += [f"/console/posts/{post.pk}/{move}/" for move in ("end", "move")]
    for user in (make.officer(chief=True), make.auditor(), make.site_officer()):
        browser = signed_in(user)
        assert {browser.get(place).status_code for place in places} == {404}
        assert browser.post(places[2], LEFT).status_code == 404
    assert signed_in(operator).get(f"/console/officers/{operator.pk}/").status_code == 404
    assert StationPost.objects.held().filter(user=officer).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_an_officer_asks_as_often_for_three_reviews_as_for_one(count, django_assert_num_queries):
    make.reference()
    operator, officer = signed_in(make.operator()), make.officer()
    for _each in range(count):
        taken_by(officer)
    with django_assert_num_queries(7):
        page = operator.get(f"/console/officers/{officer.pk}/")
    assert text(page).count("安监 · 审核中") == count


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_who_end_a_post_at_once_one_does():
    make.reference()
    officer = make.officer()
    browsers, start, said = [signed_in(make.operator()) for _two in range(2)], threading.Barrier(2, timeout=30), []

    def go(browser) -> None:
        start.wait()
        said.append(end(browser, officer).status_code)
        connection.close()

    threads = [threading.Thread(target=go, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [302, 409]
    assert AuditEntry.objects.filter(event="station.post_ended").count() == 1
