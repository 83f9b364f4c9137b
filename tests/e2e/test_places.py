"""One person, many places, in a real browser: the switcher by keyboard, and the pages of joining, verifying, activating."""

from accounts.activation import send_activation
from enterprises.actions import ask_to_belong
from enterprises.models import JoinRequest, Position
from projects.models import EnterpriseHandover
from supervision.models import Filing
from tests import make
from tests.e2e import walk
from tests.e2e.conftest import last_text_to


def test_the_switcher_works_by_keyboard_and_closes_on_escape(reference, people):
    person = make.site_officer()
    second = make.granted(make.enterprise("武汉第二建筑有限公司"))
    make.member(second, person)
    make.draft_filing(by=person, enterprise=second, works_name="第二公司的工程")
    one = people(phone=True)
    walk.sign_in(one, person.phone)
    page = walk.visit(one, "/home/")
    drop = page.locator(".top__place")
    drop.locator("summary").focus()
    page.keyboard.press("Enter")
    one.looks()
    page.keyboard.press("Escape")
    assert not drop.get_attribute("open") and drop.locator("summary").evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    drop.get_by_role("button", name=second.name).focus()
    page.keyboard.press("Enter")
    page.locator(".top__where", has_text=second.name).wait_for()

    walk.visit(one, "/filing/advance/")
    one.sees(f"当前只显示“{second.name}”的内容")
    one.looks()
    walk.visit(one, Filing.objects.get().get_absolute_url())
    walk.visit(one, "/recent/")
    one.sees("第二公司的工程")
    one.looks()
    walk.visit(one, "/enterprises/join/?q=武汉")
    one.looks()


def test_the_pages_of_administrators_operators_and_new_people_are_sound(reference, people):
    enterprise, other = make.enterprise(), make.enterprise()
    asking, new = make.person("赵六"), make.person("王小明", must_change_password=True)
    ask_to_belong(enterprise, position=Position.objects.get(pk="1023"), by=asking)
    send_activation(new, sender=enterprise.name, by=None)
    visitor = people(phone=True)
    link = last_text_to(new.phone, "/activate/").partition("/activate/")[2].partition("/")[0]
    for address in (f"/activate/{link}/", "/activate/x/"):
        visitor.opens(address)
        visitor.looks()

    desk = people(phone=True)
    walk.sign_in(desk, make.administrator_of(enterprise).username)
    walk.visit(desk, f"/platform/enterprises/{enterprise.pk}/users/requests/{JoinRequest.objects.get().pk}/")
    desk.looks()

    operator = make.operator()
    handover = EnterpriseHandover.objects.create(
        kind="merge", source=enterprise, target=other, evidence="合并登记", proposed_by=make.operator("提出人")
    )
    console = people(phone=True)
    walk.sign_in(console, operator.username, side="管理端")
    for address in (
        f"/console/enterprises/{enterprise.pk}/verify/",
        f"/console/enterprises/{enterprise.pk}/handover/",
        "/console/handovers/",
        f"/console/handovers/{handover.pk}/",
        f"/console/handovers/{handover.pk}/confirm/",
    ):
        walk.visit(console, address)
        console.looks()
