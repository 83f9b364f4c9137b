"""运营管理: operators find what they keep; to everybody else the page does not exist."""

import pytest

from tests import make
from tests.home.steps import menu, signed_in, text

pytestmark = pytest.mark.django_db


def test_an_operator_finds_every_dictionary_behind_a_link_that_opens():
    operator = signed_in(make.operator())
    page = operator.get("/console/")
    assert menu(page) == ["首页", "运营管理", "字典维护"]
    assert "监督站" in text(page) and "退回原因" in text(page)
    for _heading, cards in page.context["groups"]:
        for _card, url, _count in cards:
            assert operator.get(url).status_code == 200


def test_to_everybody_else_the_console_does_not_exist():
    for user in (make.auditor(), make.officer(), make.site_officer(), make.administrator_of(make.enterprise())):
        assert signed_in(user).get("/console/").status_code == 404
