"""通知公告: written by an operator for some, from a day to a day, ended early, with its history."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.audit.models import AuditEntry
from portal.home.audience import told_to
from portal.home.models import Notice, NoticeHidden
from portal.places import District
from tests import make
from tests.home.steps import signed_in, text
from tests.projects.acts import applied, site

pytestmark = pytest.mark.django_db
CONSOLE = "/console/notices/"


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def written(**fields) -> dict[str, str]:
    return {"title": "系统停机维护", "body": "周六停机。", "audience": "everyone", "first_day": day(0)} | fields


def titles(user) -> set[str]:
    return {notice.title for notice in told_to(user)}


def test_an_operator_writes_a_public_notice_that_everybody_reads_until_it_is_ended_early():
    operator, person = signed_in(make.operator()), make.person()
    page = operator.post(f"{CONSOLE}new/", written(is_public="on", is_pinned="on", shown_until=day(3)))
    notice = Notice.objects.get()
    assert page["Location"] == f"{CONSOLE}{notice.pk}/"
    for browser in (Client(), signed_in(person)):
        assert "周六停机。" in text(browser.get(f"/notices/{notice.pk}/"))
    assert "置顶 系统停机维护" in text(Client().get("/")) and "系统停机维护" in text(signed_in(person).get("/home/"))
    operator.post(f"{CONSOLE}{notice.pk}/edit/", written(title="系统停机维护（改期）", is_public="on"))
    operator.post(f"{CONSOLE}{notice.pk}/end/")
    assert "改期" not in text(Client().get("/")) and Client().get(f"/notices/{notice.pk}/").status_code == 404
    kept = text(operator.get(f"{CONSOLE}{notice.pk}/"))
    assert "已提前结束" in kept and "修改公告" in kept and "发布公告" in kept
    assert "改期" in text(operator.get(f"{CONSOLE}?state=over"))
    changed = AuditEntry.objects.get(event="notice.changed")
    assert changed.details["fields"] == ["title", "shown_until", "is_pinned"]
    assert operator.post(f"{CONSOLE}{notice.pk}/end/").status_code == 409
    assert operator.post(f"{CONSOLE}{notice.pk}/edit/", written()).status_code == 409


def test_a_notice_is_told_to_whom_it_is_for_and_to_nobody_else():
    project, contractor, manager = site()
    applicant = applied(project, contractor).user
    administrator = make.administrator_of(make.enterprise())
    make.reference()
    officer = make.officer()
    for audience in Notice.Audience.values:
        Notice.objects.create(title=audience, body="。", audience=audience, is_public=False)
    assert titles(administrator) == {"everyone", "enterprises"}
    assert titles(manager) >= {"everyone", "enterprises"} and "stations" not in titles(manager)
    assert titles(applicant) == {"everyone"}  # nobody has agreed to the application yet
    applicant.project_memberships.update(status="approved", decided_by=manager, decided_at=timezone.now())
    assert titles(applicant) == {"everyone", "project_users"}
    assert titles(officer) == {"everyone", "stations"}
    assert titles(make.person()) == {"everyone"}


def test_a_notice_for_a_district_reaches_who_is_registered_builds_or_supervises_there():
    make.reference()
    here, other = District.objects.get(code="420102"), District.objects.get(code="420103")
    near = make.administrator_of(make.enterprise(district_id=here.pk))
    far = make.administrator_of(make.enterprise(district_id=other.pk))
    for audience in ("everyone", "enterprises", "stations"):
        Notice.objects.create(title=audience, body="。", audience=audience, district=here, is_public=False)
    assert titles(near) == {"everyone", "enterprises"} and titles(far) == set()
    assert titles(make.officer("safety", "JA")) == {"everyone", "stations"}
    assert titles(make.officer("safety", "JH")) == set()
    assert titles(make.officer("safety", "WH-CITY")) == {"everyone", "stations"}  # the whole city


def test_what_is_not_public_is_hidden_from_visitors_and_strangers_alike():
    notice = Notice.objects.create(title="内部", body="。", audience="stations", is_public=False)
    make.reference()
    for browser in (Client(), signed_in(make.person())):
        assert browser.get(f"/notices/{notice.pk}/").status_code == 404
        assert "内部" not in text(browser.get("/notices/"))
    assert signed_in(make.officer()).get(f"/notices/{notice.pk}/").status_code == 200


def test_days_that_cannot_be_are_refused_and_a_notice_ends_after_its_last_day():
    operator = signed_in(make.operator())
    for wrong, why in (
        ({"first_day": day(-1)}, "开始日期不能早于今天"),
        ({"first_day": day(2), "shown_until": day(1)}, "不能早于开始日期"),
    ):
        page = operator.post(f"{CONSOLE}new/", written(**wrong))
        assert page.status_code == 409 and why in text(page)
    last = Notice.objects.create(title="末日", body="。", shown_until=timezone.localdate())
    assert last in Notice.objects.published()
    Notice.objects.update(shown_until=timezone.localdate() - timedelta(days=1))
    assert last not in Notice.objects.published() and last in Notice.objects.over()
    assert operator.post(f"{CONSOLE}{last.pk}/edit/", written()).status_code == 409


def test_the_pinned_notice_stands_first():
    old = Notice.objects.create(
        title="旧而置顶", body="。", is_pinned=True, published_at=timezone.now() - timedelta(days=9)
    )
    new = Notice.objects.create(title="新", body="。")
    assert list(Notice.objects.published()) == [old, new]


def test_the_console_of_notices_asks_as_often_for_three_as_for_one(django_assert_num_queries):
    operator = signed_in(make.operator())
    Notice.objects.create(title="一", body="。")
    for _more in range(2):
        with django_assert_num_queries(5):
            operator.get(CONSOLE)
        Notice.objects.create(title="二", body="。", is_pinned=True)
        Notice.objects.create(title="三", body="。")


def test_a_notice_is_put_away_from_ones_own_first_page_and_brought_back():
    one, other = make.person(), make.person()
    notice = Notice.objects.create(title="周六停机", body="。")
    browser = signed_in(one)
    assert "不再显示" in text(browser.get("/home/"))
    for _twice in range(2):
        assert browser.post(f"/notices/{notice.pk}/hide/").status_code == 302
    assert titles(one) == set() and titles(other) == {"周六停机"}
    assert "周六停机" in text(browser.get("/notices/")) and "周六停机" in text(Client().get("/"))
    assert "恢复显示" in text(browser.get(f"/notices/{notice.pk}/"))
    browser.post(f"/notices/{notice.pk}/hide/", {"show": "1"})
    assert titles(one) == {"周六停机"} and "恢复显示" not in text(browser.get(f"/notices/{notice.pk}/"))


def test_nobody_puts_away_what_is_not_shown_to_them():
    make.reference()
    notice = Notice.objects.create(title="站内", body="。", audience="stations", is_public=False)
    assert signed_in(make.person()).post(f"/notices/{notice.pk}/hide/").status_code == 404
    public = Notice.objects.create(title="站内公开", body="。", audience="stations")
    assert signed_in(make.person()).post(f"/notices/{public.pk}/hide/").status_code == 404
    assert not NoticeHidden.objects.exists()
