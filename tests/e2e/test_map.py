"""The map of a site in a real browser, and what was typed when the session ended (domain §5.7, 13 and 49)."""

import re
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from portal.coordinates import from_cgcs2000
from supervision.actions import save_basics
from supervision.models import Filing
from tests import make
from tests.e2e.test_projects import sign_in
from tests.supervision.acts import submit

SITE = (114.318200, 30.642100)
CORNERS = [["114.317200", "30.641200"], ["114.319200", "30.641200"], ["114.319200", "30.643000"]]


@pytest.fixture
def author(reference):
    return make.site_officer()


def at(people, user, path, **options):
    person = people(**options)
    sign_in(person, user.phone)
    person.opens(path)
    return person, person.page


def basics(filing):
    return f"/filing/{filing.pk}/edit/basics/"


def stored(filing):
    return Filing.objects.get(pk=filing.pk)


def saved(page):
    expect(page.locator("[data-save-line]")).to_have_text(re.compile(r"已自动保存 \d\d:\d\d"))


def sheet(page):
    """The map, once the script has taken it over."""
    expect(page.locator("figure.is-live")).to_be_visible()
    return page.locator(".map__sheet")


def tool(page, name):
    return page.locator(".map__tools").get_by_role("button", name=name, exact=True)


def typed(page, name="longitude"):
    return float(page.locator(f'[name="{name}"]').input_value())


def press_middle(page, right=0, down=0):
    box = sheet(page).bounding_box()
    sheet(page).click(position={"x": box["width"] / 2 + right, "y": box["height"] / 2 + down})


def test_the_map_can_be_seen_and_used_on_every_page_that_has_one(people, author):
    draft = make.draft_filing(by=author, district_id="420102")
    corners = [[Decimal(number) for number in corner] for corner in CORNERS]
    filing = submit(make.ready_filing(by=author, boundary_points=corners), author)
    person, page = at(people, author, basics(draft), phone=True)
    sheet(page)
    person.looks()
    page.goto(filing.get_absolute_url())
    expect(page.get_by_role("img", name="界址点示意图")).to_be_visible()
    tool(page, "看工地").click()
    tool(page, "放大").click()
    person.looks()


def test_a_point_is_set_moved_by_keys_and_mouse_and_taken_back(people, author):
    """49: the map, the datum and the fields always say the same."""
    filing = make.draft_filing(by=author, district_id="420102")
    _person, page = at(people, author, basics(filing))
    press_middle(page)
    first = typed(page), typed(page, "latitude")
    assert 114.25 < first[0] < 114.40 and 30.58 < first[1] < 30.71  # 江岸区 fills the map
    sheet(page).press("ArrowRight")
    second = typed(page), typed(page, "latitude")
    assert second[0] > first[0] and second[1] == first[1]
    expect(page.locator(".map__said")).to_contain_text("工程位置")
    tool(page, "撤销").click()
    assert typed(page) == first[0]
    saved(page)
    assert (float(stored(filing).longitude), float(stored(filing).latitude)) == first


def test_corners_are_set_one_after_the_other_and_removed(people, author):
    filing = make.draft_filing(
        by=author, longitude=Decimal("114.3182"), latitude=Decimal("30.6421"), district_id="420102"
    )
    person, page = at(people, author, basics(filing))
    sheet(page)
    tool(page, "看工地").click()
    tool(page, "界址点1").click()
    for right, down in ((-120, -90), (120, -90), (120, 90), (-120, 90)):
        press_middle(page, right, down)
    saved(page)
    person.looks()
    assert len(stored(filing).boundary_points) == 4
    assert typed(page, "boundary_points.1.lng") < 114.3182 < typed(page, "boundary_points.2.lng")
    tool(page, "界址点2").click()
    tool(page, "删除").click()
    expect(page.locator('[name="boundary_points.4.lng"]')).to_have_value("")
    expect(page.locator("[data-corners] g")).to_have_count(3)
    tool(page, "撤销").click()
    expect(page.locator("[data-corners] g")).to_have_count(4)


def test_a_corner_that_is_dragged_moves_alone(people, author):
    corners = [[Decimal(number) for number in corner] for corner in CORNERS]
    filing = make.draft_filing(
        by=author, longitude=Decimal("114.3182"), latitude=Decimal("30.6421"), boundary_points=corners
    )
    _person, page = at(people, author, basics(filing))
    sheet(page)
    tool(page, "看工地").click()
    box = page.locator("[data-corners] g").nth(0).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 20, y + 10, steps=4)
    page.mouse.move(x - 40, y + 20, steps=4)
    page.mouse.up()
    assert typed(page, "boundary_points.1.lng") < 114.3172
    assert typed(page, "boundary_points.1.lat") < 30.6412
    assert (typed(page, "boundary_points.2.lng"), typed(page)) == (114.3192, 114.3182)


@pytest.mark.parametrize("datum, name", [("GCJ02", "高德、腾讯"), ("BD09", "百度")])
def test_what_was_copied_keeps_its_numbers_and_lies_where_the_server_says(people, author, datum, name):
    filing = make.draft_filing(by=author, district_id="420102")
    lng, lat = (f"{number:.6f}" for number in from_cgcs2000(*SITE, datum))
    _person, page = at(people, author, basics(filing))
    sheet(page)
    page.fill("#pasted", f"{lat}, {lng}")
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("#longitude")).to_have_value(lng)
    expect(page.locator("#latitude")).to_have_value(lat)
    expect(page.locator("#coordinate_datum")).to_have_value(datum)
    expect(page.locator("[data-hints]")).to_contain_text("114.318200, 30.642100")  # as the server converts it
    sheet(page).press("Shift+ArrowRight")
    sheet(page).press("Shift+ArrowLeft")
    # there and back through the script's own conversion
    assert (typed(page), typed(page, "latitude")) == pytest.approx((float(lng), float(lat)), abs=2e-6)


def test_with_a_thumb_the_first_touch_only_wakes_the_map(people, author):
    filing = make.draft_filing(by=author, district_id="420102")
    _person, page = at(people, author, basics(filing), width=390)
    sheet(page).scroll_into_view_if_needed()
    # a finger, as the browser reports it
    touch = {"pointerType": "touch", "pointerId": 7, "bubbles": True, "isPrimary": True}
    box = sheet(page).bounding_box()
    place = {"clientX": box["x"] + 150, "clientY": box["y"] + 150}
    sheet(page).dispatch_event("pointerdown", touch | place)
    sheet(page).dispatch_event("pointerup", touch | place)
    expect(page.locator(".map__said")).to_contain_text("再点按一次")
    expect(page.locator("#longitude")).to_have_value("")
    sheet(page).dispatch_event("pointerdown", touch | place)
    sheet(page).dispatch_event("pointerup", touch | place)
    assert 114.2 < typed(page) < 114.5


# 13: what was typed when the session ended (security R11)


def typed_without_session(page, filing):
    """Text that no save has reached: the session ends while somebody types, and 保存 leads to the sign-in."""
    page.fill("#works_name", "会话结束前填写的名称")
    page.fill("#remarks", "第一行\n第二行")
    Session.objects.all().delete()
    expect(page.locator("[data-save-line]")).to_contain_text("登录已失效，您填写的内容已留在本窗口")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url(re.compile(r"next="))
    assert stored(filing).works_name == ""


def sign_in_here(page, phone):
    page.fill("[name=account]", phone)
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state()


def copies(page):
    return page.evaluate("Object.keys(sessionStorage).filter(name => name.startsWith('unsaved:')).length")


def until(page, count):
    """Wait until so many copies are kept; the policy lets no text be evaluated in the page itself."""
    for _try in range(50):
        if copies(page) == count:
            return
        page.wait_for_timeout(100)
    assert copies(page) == count


def test_what_was_typed_when_the_session_ended_is_offered_after_signing_in_and_restored_whole(people, author):
    filing = make.draft_filing(by=author)
    person, page = at(people, author, basics(filing))
    typed_without_session(page, filing)
    assert "会话结束前" not in page.evaluate("JSON.stringify(sessionStorage)")  # encrypted
    sign_in_here(page, author.phone)
    page.wait_for_url(f"**{basics(filing)}")
    offer = page.locator("[data-offer]")
    expect(offer).to_contain_text("发现未保存的内容")
    expect(offer).to_contain_text("工程名称、备注")
    person.looks()
    page.get_by_role("button", name="恢复").click()
    assert person.sees("已保存")
    expect(page.locator("#works_name")).to_have_value("会话结束前填写的名称")
    assert (stored(filing).works_name, stored(filing).remarks) == ("会话结束前填写的名称", "第一行\n第二行")
    assert copies(page) == 0


def test_rows_that_were_never_saved_come_back_too(people, author):
    filing = make.draft_filing(by=author)
    person, page = at(people, author, f"/filing/{filing.pk}/edit/unit-works/")
    page.get_by_role("button", name="添加单位工程").click()
    page.locator('[id="new1.name"]').fill("1#楼")
    Session.objects.all().delete()
    expect(page.locator("[data-save-line]")).to_contain_text("登录已失效")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url(re.compile(r"next="))
    sign_in_here(page, author.phone)
    page.get_by_role("button", name="恢复").click()
    assert person.sees("已保存")
    assert list(filing.unit_works.values_list("name", flat=True)) == ["1#楼"]


def test_it_can_be_given_up(people, author):
    filing = make.draft_filing(by=author)
    _person, page = at(people, author, basics(filing))
    typed_without_session(page, filing)
    sign_in_here(page, author.phone)
    page.get_by_role("button", name="放弃").click()
    page.reload()
    expect(page.locator("figure.is-live")).to_be_visible()
    assert (page.locator("[data-offer]").count(), copies(page)) == (0, 0)
    assert stored(filing).works_name == ""


def test_somebody_elses_newer_words_are_shown_beside_what_is_restored(people, author):
    filing = make.draft_filing(by=author)
    person, page = at(people, author, basics(filing))
    typed_without_session(page, filing)
    save_basics(filing, {"works_name": "对方的名称"}, version=0, by=author)
    sign_in_here(page, author.phone)
    page.get_by_role("button", name="恢复").click()
    assert person.sees("两个人同时修改了这一部分")
    page.get_by_role("radio", name="会话结束前填写的名称").check()
    page.get_by_role("button", name="按所选保存").click()
    assert person.sees("已保存")
    assert stored(filing).works_name == "会话结束前填写的名称"
    assert copies(page) == 0


def test_another_person_at_the_same_browser_gets_nothing_of_it(people, author):
    filing = make.draft_filing(by=author)
    other = make.site_officer("另一人")
    _person, page = at(people, author, basics(filing))
    typed_without_session(page, filing)
    assert copies(page) == 1
    sign_in_here(page, other.phone)
    page.goto("/home/")
    until(page, 0)


def test_signing_out_wipes_it(people, author):
    filing = make.draft_filing(by=author)
    _person, page = at(people, author, basics(filing))
    page.route("**/edit/basics/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.fill("#works_name", "没有保存")
    until(page, 1)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(".drop summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_load_state()
    assert copies(page) == 0


def test_a_saved_section_leaves_no_copy(people, author):
    filing = make.draft_filing(by=author)
    _person, page = at(people, author, basics(filing))
    page.fill("#works_name", "一期")
    saved(page)
    assert copies(page) == 0
    page.fill("#construction_area_m2", "128,600.50")  # saved as another text than was typed
    page.get_by_role("button", name="保存并返回清单").click()
    page.wait_for_url("**/edit/")
    until(page, 0)


# Tiles of one's own


def test_configured_tiles_lie_under_the_outlines(people, author, settings):
    settings.MAP_TILES_URL = "/tiles/{z}/{x}/{y}.png"
    filing = make.draft_filing(by=author, longitude=Decimal("114.3182"), latitude=Decimal("30.6421"))
    person = people()
    asked = []
    picture = make.jpeg("tile.jpg").read()
    person.page.route(
        "**/tiles/**",
        lambda route: (asked.append(route.request.url), route.fulfill(body=picture, content_type="image/jpeg")),
    )
    sign_in(person, author.phone)
    page = person.opens(basics(filing))
    sheet(page)
    tool(page, "看工地").click()
    expect(page.locator("[data-tiles-here] image").first).to_be_attached()
    page.wait_for_timeout(300)
    # the tile of zoom 17 that holds the site, by the rule of web maps
    assert any(url.endswith("/tiles/17/107157/53806.png") for url in asked), asked[-4:]
