"""Finding an enterprise by name (security S3)."""

import pytest
from django.urls import reverse

from enterprises.models import Enterprise
from tests import make

pytestmark = pytest.mark.django_db

FIND = reverse("enterprises:find")


def ask(client, keyword):
    response = client.get(FIND, {"q": keyword}, headers={"Accept": "application/json"})
    return [row["name"] for row in response.json()["rows"]]


@pytest.fixture
def known(db):
    return make.enterprise("武汉天兴洲建筑工程有限公司")


def test_a_visitor_finds_by_four_characters_of_the_name_or_the_whole_code(client, known):
    assert ask(client, "天兴洲建") == ask(client, known.uscc.lower()) == [known.name]


@pytest.mark.parametrize("keyword", ["天兴洲", "", "    ", "____", "%%%%", "91420102", "91420102MA0000"])
def test_a_visitor_finds_nothing_by_less(client, known, keyword):
    assert ask(client, keyword) == []


def test_a_visitor_reads_name_and_district_and_nothing_else(client, known):
    row = client.get(FIND, {"q": known.name}, headers={"Accept": "application/json"}).json()["rows"][0]
    assert row == {"id": str(known.pk), "name": known.name, "district": "江岸区"}


def test_somebody_signed_in_needs_two_characters_and_reads_the_code(client, known):
    client.force_login(make.person())
    row = client.get(FIND, {"q": "天兴"}, headers={"Accept": "application/json"}).json()["rows"][0]
    assert row["uscc"] == known.uscc


def test_percent_and_underscore_are_ordinary_signs(client):
    client.force_login(make.person())
    plain, odd = make.enterprise("武汉甲乙丙丁建设有限公司"), make.enterprise("武汉甲_丙%丁建设有限公司")
    assert ask(client, "甲_丙") == ask(client, "丙%丁") == [odd.name]
    assert ask(client, "甲乙丙丁") == [plain.name]


def test_at_most_ten_are_told(client):
    for number in range(11):
        make.enterprise(f"武汉江南建设第{number}有限公司")
    assert len(ask(client, "武汉江南建设")) == 10


def test_suspended_enterprises_are_not_offered(client, known):
    Enterprise.objects.update(status="suspended")
    assert ask(client, known.name) == []


def test_a_visitor_asks_at_most_thirty_times_a_minute(client, known):
    answers = [client.get(FIND, {"q": "x"}).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


def test_without_a_script_it_is_a_page(client, known):
    page = client.get(FIND, {"q": known.name}).content.decode()
    assert known.name in page and "<form" in page and known.uscc not in page
