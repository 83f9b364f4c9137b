"""该选哪个模块？: at most three questions, one module, and what it needs (guide §四.5, §四.6)."""

import itertools
import re

import pytest
from django.urls import reverse

from supervision.actions import create_filing
from supervision.catalogue import SPECS, Module
from supervision.models import Filing, MaterialRule
from supervision.triage import QUESTIONS, next_question, read_answers, way_of
from tests import make

URL = "/filing/which/"
ROADS = {
    "?permit=yes": Module.JOINT,
    "?permit=no&bidding=no": Module.ADVANCE,
    "?permit=no&bidding=yes&papers=no": Module.ADVANCE,
    "?permit=no&bidding=yes&papers=yes": Module.EARLY,
}


def test_every_combination_of_answers_leads_to_a_module_after_three_questions_at_most():
    for values in itertools.product(("yes", "no"), repeat=3):
        answers = dict(zip(("permit", "bidding", "papers"), values, strict=True))
        assert way_of(read_answers(answers)) is not None and next_question(read_answers(answers)) is None
    assert len(QUESTIONS) == 3


@pytest.mark.parametrize("given", [{}, {"permit": "maybe"}, {"papers": "yes"}, {"bidding": "no"}])
def test_answers_out_of_order_or_unknown_are_as_if_not_said(given):
    assert read_answers(given) == {} and next_question({}).code == "permit"


@pytest.fixture
def person(client):
    user = make.site_officer()
    client.force_login(user)
    return user


def page(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize(("road", "module"), ROADS.items())
def test_each_road_ends_at_its_module_with_the_reason_and_what_is_needed(client, person, road, module):
    found = page(client, URL + road)
    assert f"<h1>请在{module.label}报监</h1>" in found
    assert str(way_of(read_answers(dict(part.split("=") for part in road[1:].split("&")))).why) in found
    rules = MaterialRule.objects.filter(module=module, material__is_active=True, need="required")
    required = [rule.material.name for rule in rules.select_related("material")]
    assert required == [] if module == Module.ADVANCE else len(required) > 10
    assert all(f"<li>{name}</li>" in found for name in required)
    for words in ("建设单位：项目负责人", "施工单位：项目经理", "监理单位：总监理工程师", "目标 3 个、最长 5 个工作日"):
        assert words in found
    assert reverse("filing:list", args=[SPECS[module].slug]) in found
    assert (reverse("filing:new", args=["advance"]) in found) == (module == Module.ADVANCE)
    assert ("不代表准予开工" in found) == SPECS[module].early


@pytest.mark.django_db
def test_the_questions_come_one_by_one_and_each_may_be_answered_anew(client, person):
    assert "项目有施工许可证了吗？" in page(client, URL)
    assert "项目走完招投标流程了吗？" in page(client, f"{URL}?permit=no")
    third = page(client, f"{URL}?permit=no&bidding=yes")
    assert "报监所需的手续齐全吗？" in third and "第 3 问，最多 3 问" in third
    assert 'href="?permit=no"' in third and '<input type="hidden" name="bidding" value="yes">' in third


@pytest.mark.django_db
def test_the_hints_are_the_guides_word_for_word(client, person):
    assert "项目在任意模块报监就行，无需在多个模块重复报监" in page(client, URL)
    assert "有施工许可证的项目优先在联合报监模块内进行报监" in page(client, URL)
    assert "项目报监的时候附件有必填要求。" in page(client, f"{URL}?permit=no&bidding=yes&papers=yes")
    assert "在该模块报监项目没有文件必填权限。" in page(client, f"{URL}?permit=no&bidding=no")
    assert "自动被拉取到联合报监列表内无需手动创建" in page(client, f"{URL}?permit=yes")


@pytest.mark.django_db
@pytest.mark.parametrize("road", ["", "?permit=yes"])
def test_a_permit_of_ones_own_enterprise_leads_to_its_row_at_once(client, person, road):
    filing = make.draft_filing(Module.JOINT, by=person, works_name="二七云栖府")
    strange = make.draft_filing(Module.JOINT, works_name="别人的工程")
    found = page(client, URL + road)
    assert f'href="/filing/{filing.pk}/edit/"' in found and "二七云栖府" in found
    assert str(strange.pk) not in found and "别人的工程" not in found


@pytest.mark.django_db
def test_without_a_permit_in_the_list_it_says_where_to_look(client, person):
    assert "联合报监里没有您单位待报监的项目" in page(client, f"{URL}?permit=yes")


@pytest.mark.django_db
def test_an_award_of_ones_own_enterprise_is_offered_and_once_begun_leads_to_its_filing(client, person):
    own = make.employer_of(person)
    award = make.award(contractor=own, works_name="临江商务中心")
    make.award(contractor=make.enterprise(), works_name="别人的中标")
    road = f"{URL}?permit=no&bidding=yes&papers=yes"
    found = page(client, road)
    assert f"/filing/early/new/?q={award.award_no}" in found and "别人的中标" not in found
    filing = create_filing(module=Module.EARLY, enterprise=own, award=award, by=person)
    assert f'href="{filing.get_absolute_url()}"' in page(client, road)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/filing/early/new/", "/filing/advance/new/"])
def test_who_has_a_permit_and_opens_another_module_is_led_to_the_pulled_row(client, person, address):
    """§5.7 2: has permit but user opens 先行介入."""
    filing = make.draft_filing(Module.JOINT, by=person)
    found = page(client, address)
    assert "有施工许可证的项目优先在联合报监模块内进行报监" in found
    assert f'href="/filing/{filing.pk}/edit/"' in found
    Filing.objects.filter(pk=filing.pk).update(
        status="withdrawn", round=1, submitted_by=person, submitted_at="2026-11-02T10:00+08:00"
    )
    assert f"/filing/{filing.pk}/edit/" not in page(client, address)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/filing/joint/", "/filing/early/", "/filing/advance/", "/filing/advance/new/", "/apps/"]
)
def test_the_question_stands_where_the_choice_is_made(client, person, address):
    assert 'href="/filing/which/">该选哪个模块？</a>' in page(client, address)


@pytest.mark.django_db
def test_who_may_not_file_is_not_asked(client):
    client.force_login(make.person())
    assert client.get(URL).status_code == 403
    assert "/filing/which/" not in client.get("/apps/").content.decode()
    client.force_login(make.administrator_of(make.enterprise()))
    assert client.get(URL).status_code == 403
    client.force_login(make.officer())
    assert client.get(URL)["Location"] == "/review/"


@pytest.mark.django_db
@pytest.mark.parametrize(("road", "queries"), [("", 6), ("?permit=yes", 7), ("?permit=no&bidding=yes&papers=yes", 8)])
def test_the_page_asks_the_database_equally_often(client, person, django_assert_num_queries, road, queries):
    for count in (1, 3):
        while Filing.objects.filter(module=Module.JOINT).count() < count:
            make.draft_filing(Module.JOINT, by=person)
            make.award(contractor=make.employer_of(person))
        client.get(URL)
        with django_assert_num_queries(queries):
            client.get(URL + road)
