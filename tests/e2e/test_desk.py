"""A station's desk in a browser: the chief hands it out, a survey, 不予通过 proposed and confirmed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supervision.models import DecisionNotice, Filing, Review
from tests import make
from tests.e2e.walk import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def filing(reference):
    return make.submitted_filing()


def at_desk(people, user):
    person = people(phone=True)
    sign_in(person, user.username, make.PASSWORD, side="管理端")
    return person


def test_the_chief_hands_out_the_officer_surveys_and_refuses_and_the_chief_confirms(people, filing):
    review = filing.reviews.get(role="safety")
    chief, officer = make.officer("safety", chief=True), make.officer("safety")
    desk = f"/review/{review.pk}/"

    boss = at_desk(people, chief)
    page = boss.opens("/review/")
    boss.looks()
    page.locator("input[name=row]").first.check()
    page.get_by_label("指派给", exact=True).select_option(str(officer.pk))
    page.get_by_role("button", name="批量指派").click()
    assert boss.sees("已指派给 李审核 1 件")
    boss.looks()

    clerk = at_desk(people, officer)
    page = clerk.opens(desk)
    page.get_by_text("已阅", exact=True).wait_for()  # the page says so by itself
    clerk.looks()
    page.get_by_role("button", name="受理").click()
    for leaf in (f"{desk}points/", f"{desk}letters/", "/review/phrases/"):
        clerk.opens(leaf)
        clerk.looks()
    page = clerk.opens(desk)
    page.get_by_role("link", name="现场踏勘").click()
    page.get_by_label("踏勘日期").fill(f"{timezone.localdate() + timedelta(days=1):%Y-%m-%d}")
    page.get_by_role("button", name="确定安排").click()
    assert clerk.sees("暂停计时。完成后请填写踏勘结果。")
    clerk.looks()
    page.locator(".bar").get_by_role("link", name="填写踏勘结果").click()
    page.get_by_role("textbox", name="踏勘结果").fill("现场尚未取得用地手续。")
    page.get_by_role("button", name="完成踏勘").click()
    assert clerk.sees("踏勘结果已保存")

    page.locator(".bar").get_by_role("link", name="不予通过").click()
    page.get_by_role("textbox", name="审核意见").fill("未取得用地手续，不具备报监条件。")
    clerk.looks()
    page.get_by_role("button", name="提交决定").click()
    assert clerk.sees("待站长确认")
    clerk.looks()

    page = boss.opens(desk)
    page.locator(".bar").get_by_role("link", name="确认不予通过").click()
    page.get_by_label("同意不予通过").check()
    page.get_by_role("button", name="提交", exact=True).click()
    assert boss.sees("安监不予通过")
    boss.looks()
    assert Filing.objects.get().status == "rejected"
    boss.opens(f"/verify/{DecisionNotice.objects.get().code}/")
    boss.looks()
    assert Review.objects.get(role="quality").status == "cancelled"


def test_what_is_typed_on_the_decision_page_is_there_again(people, filing):
    review, officer = filing.reviews.get(role="safety"), make.officer("safety")
    clerk = at_desk(people, officer)
    page = clerk.opens(f"/review/{review.pk}/")
    page.get_by_role("button", name="受理").click()
    page.locator(".bar").get_by_role("link", name="通过", exact=True).click()
    with page.expect_response(lambda reply: reply.url.endswith("/decide/draft/") and reply.ok):
        page.get_by_label("审核意见").fill("资料齐全，拟同意。")
    page = clerk.opens(f"/review/{review.pk}/decide/")
    assert page.get_by_label("审核意见").input_value() == "资料齐全，拟同意。"
