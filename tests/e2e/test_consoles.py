"""The cards of the operators and the pages of one's own account, looked at together at both widths."""

from accounts.models import StationPost
from tests import make
from tests.e2e.test_accounts import sign_in

ACCOUNT = [
    "/account/",
    "/account/devices/",
    "/account/log/",
    "/account/phone/",
    "/messages/settings/",
]


def test_an_officer_gets_a_post_and_loses_one_on_a_phone(reference, people):
    """运营管理 → 审核人员 → the officer → 增加岗位 → 结束岗位; the pages in between are looked at."""
    officer, person = make.officer("safety"), people(phone=True)
    sign_in(person, make.operator().username, make.PASSWORD, "staff").wait_for_url("**/home/")
    page = person.opens("/console/officers/")
    page.get_by_role("link", name=officer.name).click()
    page.get_by_role("link", name="增加岗位").click()
    page.select_option("[name=station]", label="江岸区建筑管理站")
    page.select_option("[name=role]", value="quality")
    person.looks()
    page.get_by_role("button", name="任命").click()
    assert person.sees("岗位已任命")
    for move in ("调岗", "结束岗位"):
        person.looks()
        page.get_by_role("link", name=f"{move} 江岸区建筑管理站 安监").click()
        person.looks()
        if move == "调岗":
            page.get_by_role("link", name="取消").click()
    page.fill("[name=reason]", "工作调动")
    page.get_by_role("button", name="结束岗位").click()
    assert person.sees("岗位的结束已办理")
    assert [post.role for post in StationPost.objects.held().filter(user=officer)] == ["quality"]


def test_every_card_of_the_operators_and_the_own_account_reads_well(reference, people):
    """The cards come from the page itself, so a new one is looked at as soon as it is there."""
    person = people(phone=True)
    sign_in(person, make.operator().username, make.PASSWORD, "staff").wait_for_url("**/home/")
    page = person.opens("/console/")
    person.looks()
    cards = page.locator("main a[href^='/console/']").evaluate_all("links => links.map(link => link.pathname)")
    assert "/console/officers/" in cards
    for path in [*dict.fromkeys(cards), "/console/officers/new/", *ACCOUNT]:
        answer = page.goto(path)
        assert (path, answer.status) == (path, 200)
        person.looks()
