"""预警消息: computed from what stands in the tables now, so an alert goes when its cause goes."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from enterprises.models import Member
from supervision.models import Review
from tests import make
from tests.home.steps import applied, managed_project, signed_in
from tests.supervision.acts import resubmit

pytestmark = pytest.mark.django_db


def alerts(user) -> list[str]:
    page = signed_in(user).get("/home/").content.decode()
    card = page[page.index('id="alerts"') :]
    found = re.search(r'<ul class="items">(.*?)</ul>', card, re.S)
    lines = re.findall(r"<li>(.*?)</li>", found[1], re.S) if found else []
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", line)).strip() for line in lines]


def test_a_returned_filing_warns_its_people_until_it_is_handed_in_again():
    person = make.site_officer()
    filing = make.submitted_filing(by=person)
    make.returned(filing.reviews.get(role="safety"))
    assert len(alerts(person)) == 1
    assert str(filing) in alerts(person)[0] and "安监已退回 · 1 处待修改" in alerts(person)[0]
    filing.refresh_from_db()
    resubmit(filing, person)
    assert alerts(person) == []


def test_a_returned_filing_does_not_warn_strangers():
    make.returned(make.submitted_filing().reviews.get(role="safety"))
    assert alerts(make.site_officer()) == []


def test_a_review_warns_its_station_shortly_before_and_after_the_promised_day():
    officer, elsewhere = make.officer("safety"), make.officer("safety", area="WC")
    review = make.submitted_filing().reviews.get(role="safety")
    assert alerts(officer) == []  # all days are left
    due_in(review, -14)
    assert "超 10 个工作日" in alerts(officer)[0] and str(review.filing) in alerts(officer)[0]
    assert alerts(elsewhere) == []
    make.approved(Review.objects.get(pk=review.pk), by=officer)
    assert alerts(officer) == []


def due_in(review, days):
    Review.objects.filter(pk=review.pk).update(due_on=timezone.localdate() + timedelta(days=days))


def test_an_application_warns_the_manager_after_three_days():
    manager = make.site_officer()
    project = managed_project(manager, make.employer_of(manager))
    application = applied(make.person("刘洋"), project, make.enterprise())
    assert alerts(manager) == []
    application.applied_at = timezone.now() - timedelta(days=4)
    application.save()
    assert "刘洋" in alerts(manager)[0] and "已等待 4 天" in alerts(manager)[0]


def test_an_invitation_stands_there_until_it_is_answered():
    person, enterprise = make.person(), make.enterprise("武汉明天建设有限公司")
    member = make.member(enterprise, person, status=Member.Status.INVITED)
    assert "武汉明天建设有限公司" in alerts(person)[0] and "邀请您加入企业" in alerts(person)[0]
    assert alerts(make.person()) == []
    member.status = Member.Status.ACTIVE
    member.save()
    assert alerts(person) == []
