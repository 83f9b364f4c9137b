"""Who acts for an enterprise, and what everybody agreed to, in a real browser."""

from django.urls import reverse

from enterprises.models import Enterprise
from tests import make
from tests.accounts.test_agreements import published
from tests.e2e.test_projects import sign_in


def test_a_colleague_is_asked_and_becomes_the_agent(reference, people):
    """平台管理 → 企业信息 → 经办人和管理员 → 变更经办人 → the colleague agrees at 我的企业."""
    enterprise = make.enterprise()
    administrator = make.administrator_of(enterprise)
    colleague = make.member(enterprise, make.person("宋远桥"))
    desk = people(phone=True)
    sign_in(desk, administrator.username)
    page = desk.opens(reverse("enterprises:administrators", args=[enterprise.pk]))
    desk.looks()
    page.get_by_role("link", name="变更经办人").click()
    page.fill("[name=password]", make.PASSWORD)  # a sensitive act
    page.press("[name=password]", "Enter")
    page.select_option("[name=member]", value=str(colleague.pk))
    desk.looks()
    page.get_by_role("button", name="请对方确认").click()
    assert desk.sees("待本人确认")
    desk.looks()
    person = people(phone=True)
    page = sign_in(person, colleague.user.phone)
    page.goto(reverse("enterprises:invitations"))
    person.looks()
    agree = page.get_by_text("同意担任", exact=True)
    agree.click()
    agree.wait_for(state="detached")
    assert Enterprise.objects.get(pk=enterprise.pk).agent_name == "宋远桥"


def test_a_new_version_is_refused_and_agreed_to_at_the_next_sign_in(reference, people):
    """Sign in → 协议已更新 → 不同意，退出登录 → sign in again → agree → the page that was asked for."""
    user = make.person()
    published()
    person = people(phone=True)
    for button in ("不同意，退出登录", "同意并继续"):
        page = person.opens("/")
        page.fill("[name=account]", user.phone)
        page.fill("[name=password]", make.PASSWORD)
        page.press("[name=password]", "Enter")
        assert person.sees("协议已更新")
        person.looks()
        if button == "同意并继续":
            page.get_by_role("checkbox").check()
        page.get_by_role("button", name=button).click()
        page.get_by_role("heading", name="协议已更新").wait_for(state="detached")
    page.wait_for_url("**/home/")
