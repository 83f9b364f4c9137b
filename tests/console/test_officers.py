"""审核人员: operators make officers, and nobody else does."""

import re

import pytest

from accounts.models import StationPost, User
from portal.audit.models import AuditEntry
from tests import make
from tests.home.steps import signed_in, text

pytestmark = pytest.mark.django_db


def typed(**more):
    values = {
        "name": "孙立军",
        "username": "sun.lijun",
        "station": str(make.station_of("safety").pk),
        "roles": ["safety"],
    }
    return values | more


def test_a_new_officer_sets_the_password_by_the_link_that_is_shown_once(client):
    operator = signed_in(make.operator())
    page = operator.post("/console/officers/new/", typed(is_chief="on")).content.decode()
    path = re.search(r"http://testserver(/operator/[^<\s]+)", page)[1]
    assert client.get(path).status_code == 200
    post = StationPost.objects.get(user__username="sun.lijun")
    assert (post.role, post.is_chief, post.user.has_usable_password()) == ("safety", True, False)
    events = AuditEntry.objects.order_by("pk").values_list("event", flat=True)
    assert [event for event in events if "post" in event or "link" in event] == [
        "station.post_given",
        "account.link_made",
    ]
    assert path not in operator.get("/console/officers/").content.decode()


def test_a_user_name_that_is_taken_or_odd_is_refused_with_the_reason():
    make.staff(username="sun.lijun")
    operator = signed_in(make.operator())
    assert "这个账号已被使用" in text(operator.post("/console/officers/new/", typed()))
    assert "账号以小写字母开头" in text(operator.post("/console/officers/new/", typed(username="孙立军")))
    assert User.objects.filter(name="孙立军").count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_shows_everybodys_posts_in_as_many_queries_as_for_one(count, django_assert_num_queries):
    operator = signed_in(make.operator())
    for _each in range(count):
        make.officer("safety")
    with django_assert_num_queries(6):
        page = operator.get("/console/officers/")
    assert text(page).count("江岸区建筑管理站 · 安监") == count


def test_to_others_the_pages_do_not_exist():
    for user in (make.auditor(), make.officer(chief=True), make.site_officer()):
        browser = signed_in(user)
        assert browser.get("/console/officers/").status_code == 404
        assert browser.post("/console/officers/new/", typed()).status_code == 404
    assert not User.objects.filter(username="sun.lijun").exists()
