"""基本信息: saved as it is, never over somebody else's words, never outside what a return allows."""

from datetime import date
from decimal import Decimal

import pytest
from django.http import Http404
from django.test import Client

from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.places import JurisdictionArea
from supervision.actions import Outdated, save_basics
from supervision.catalogue import Module
from supervision.gaps import badges, gaps_in
from supervision.models import Filing
from tests import make
from tests.supervision.acts import submit, together
from tests.supervision.screen import encoded, form_on, words
from tests.supervision.test_corrections import give_back

FORM = "application/x-www-form-urlencoded"
pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def filing(author):
    return make.draft_filing(by=author)


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def url(filing):
    return f"/filing/{filing.pk}/edit/basics/"


def typed(browser, filing, **changes):
    """What the page would send with these fields filled in differently."""
    return form_on(browser.get(url(filing))) | changes


def sent(browser, filing, values, **headers):
    return browser.post(url(filing), encoded(values), content_type=FORM, headers=headers)


def autosaved(browser, filing, values):
    return sent(browser, filing, values, accept="application/json")


def fresh(filing):
    return Filing.objects.get(pk=filing.pk)


# The action


def test_an_incomplete_section_is_saved_and_the_version_grows(author, filing):
    save_basics(filing, {"works_name": "一期"}, version=0, by=author)
    saved = fresh(filing)
    assert (saved.works_name, saved.basics_version, saved.changed_by) == ("一期", 1, author)
    entry = AuditEntry.objects.filter(event="filing.edited").get()
    assert entry.details["fields"] == ["works_name"]


def test_a_save_without_version_is_refused(author, filing):
    with pytest.raises(Refused, match="版本"):
        save_basics(filing, {"works_name": "一期"}, version=None, by=author)
    assert fresh(filing).works_name == ""


def test_an_older_version_is_refused_and_says_what_is_there_now(author, filing):
    save_basics(filing, {"works_name": "先到"}, version=0, by=author)
    with pytest.raises(Outdated) as refused:
        save_basics(filing, {"works_name": "后到"}, version=0, by=author)
    assert refused.value.filing.works_name == "先到"
    assert fresh(filing).works_name == "先到"


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_the_same_moment_one_is_told():
    author = make.site_officer()
    filing = make.draft_filing(by=author)
    saves = [lambda name=name: save_basics(filing, {"works_name": name}, version=0, by=author) for name in ("甲", "乙")]
    assert sorted(together(*saves)) == ["Outdated", "done"]


def test_strangers_do_not_find_the_filing(filing):
    with pytest.raises(Http404):
        save_basics(filing, {"works_name": "别人"}, version=0, by=make.site_officer())


def test_what_was_handed_in_is_closed(author):
    filing = submit(make.ready_filing(by=author), author)
    with pytest.raises(Refused, match="不能修改"):
        save_basics(filing, {"works_name": "改"}, version=filing.basics_version, by=author)


def test_a_return_opens_the_flagged_field_and_no_other(author):
    filing = submit(make.ready_filing(by=author), author)
    give_back(filing, ("basics", "works_name"))
    filing = fresh(filing)
    save_basics(filing, {"works_name": "改正后的名称", "address": filing.address}, version=1, by=author)
    with pytest.raises(Refused, match="只能修改被指出的部分"):
        save_basics(filing, {"address": "另一处"}, version=2, by=author)
    with pytest.raises(Refused, match="只能修改被指出的部分"):
        save_basics(filing, {}, malformed={"longitude": ("x", "请输入数字。")}, version=2, by=author)
    assert (fresh(filing).works_name, fresh(filing).address) == ("改正后的名称", filing.address)


def test_the_first_save_takes_a_pulled_permit_up(author):
    filing = make.draft_filing(Module.JOINT, by=author, enterprise=None)
    save_basics(filing, {"address": "二七路1号"}, version=0, by=author)
    assert (fresh(filing).status, fresh(filing).enterprise) == ("draft", make.employer_of(author))


def test_the_number_of_the_permit_stays_as_the_permit_says(author):
    filing = make.draft_filing(Module.JOINT, by=author)
    save_basics(filing, {"permit_no": "420102202601010101"}, version=0, by=author)
    assert fresh(filing).permit_no == filing.permit_no


# The page


def test_the_page_has_the_fields_of_the_guide_in_its_order(browser, filing):
    text = words(browser.get(url(filing)))
    labels = (
        "工程名称 项目编号 项目名称 项目类别 所属区域 工程地址 GIS经度 GIS纬度 界址点1 界址点2 界址点3 界址点4 "
        "施工面积(m²) 合同金额(万元) 计划开工日期 计划竣工日期 工期(天) 工期码 是否装配式建筑 项目状态 建设规模 备注 管辖区域"
    ).split()
    places = [text.index(label, text.index("工程名称")) for label in labels]
    assert places == sorted(places)


def test_everything_typed_comes_back_as_it_was_saved(browser, filing):
    area = JurisdictionArea.objects.get(pk="JA")
    values = typed(
        browser,
        filing,
        works_name=" 二七云栖府(一期) ",
        district="420102",
        longitude="114.3182",
        latitude="30.6421",
        construction_area_m2="128600.5",
        contract_amount_wan="46280",
        planned_start_date="2026-12-01",
        planned_completion_date="2028-11-29",
        construction_scale="住宅6栋\r\n地下室1层",
        jurisdiction_area=area.pk,
    )
    assert sent(browser, filing, values).status_code == 302
    saved = fresh(filing)
    assert (saved.works_name, saved.jurisdiction_area) == ("二七云栖府（一期）", area)
    assert (saved.longitude, saved.construction_area_m2) == (Decimal("114.318200"), Decimal("128600.50"))
    assert (saved.planned_start_date, saved.duration_days) == (date(2026, 12, 1), 730)
    again = form_on(browser.get(url(filing)))
    for name in ("construction_area_m2", "contract_amount_wan", "planned_start_date", "district", "jurisdiction_area"):
        assert again[name] == [values[name]]
    assert again["works_name"] == ["二七云栖府（一期）"]


def test_boundary_points_are_kept_in_order(browser, filing):
    values = typed(browser, filing)
    names = [name for name in values if "oint" in name]
    assert len(names) == 8
    corners = ["114.31", "30.64", "114.32", "30.64", "114.32", "30.65"]
    sent(browser, filing, values | dict(zip(names, corners, strict=False)))
    points = [[float(number) for number in point] for point in fresh(filing).boundary_points]
    assert points == [[114.31, 30.64], [114.32, 30.64], [114.32, 30.65]]
    sent(browser, filing, typed(browser, filing, **dict.fromkeys(names, "")))
    assert fresh(filing).boundary_points == []


def test_what_cannot_be_read_is_kept_as_typed_and_said(browser, filing):
    values = typed(browser, filing, works_name="一期", construction_area_m2="约三万", longitude="114.3.1")
    answer = sent(browser, filing, values)
    page = browser.get(answer["Location"]) if answer.status_code == 302 else answer
    again = form_on(page)
    assert (again["construction_area_m2"], again["longitude"]) == (["约三万"], ["114.3.1"])
    assert fresh(filing).works_name == "一期"
    assert fresh(filing).construction_area_m2 is None
    assert badges(fresh(filing))["basics"] == "有误"
    assert {gap.place for gap in gaps_in(fresh(filing)) if gap.wrong} == {"construction_area_m2", "longitude"}
    sent(browser, filing, again | {"construction_area_m2": "30000", "longitude": "114.31"})
    assert fresh(filing).malformed == {}


def test_the_malformed_text_is_there_again_on_the_next_visit(browser, filing):
    sent(browser, filing, typed(browser, filing, duration_days="两年"))
    page = browser.get(url(filing))
    assert form_on(page)["duration_days"] == ["两年"]
    assert 'aria-invalid="true"' in page.content.decode()


def test_signs_that_cannot_be_seen_are_said_and_do_no_harm(browser, filing):
    assert sent(browser, filing, typed(browser, filing, works_name="一\x07期", remarks="备注")).status_code == 302
    assert fresh(filing).remarks == "备注"
    assert list(fresh(filing).malformed["basics"]) == ["works_name"]
    assert sent(browser, filing, typed(browser, filing, works_name="一\x00期")).status_code == 400


def test_numbers_are_read_as_people_paste_them(browser, filing):
    values = typed(
        browser, filing, construction_area_m2="128,600.5", contract_amount_wan="４６２８０", longitude="114.31820001234"
    )
    sent(browser, filing, values)
    saved = fresh(filing)
    assert saved.malformed == {}
    assert (saved.construction_area_m2, saved.contract_amount_wan) == (Decimal("128600.50"), Decimal("46280"))
    assert saved.longitude == Decimal("114.318200")


@pytest.mark.parametrize("number", ["9" * 15, "-1", "1e400", "NaN", "Infinity"])
def test_numbers_that_fit_no_column_are_wrong_and_nothing_worse(browser, filing, number):
    answer = sent(browser, filing, typed(browser, filing, construction_area_m2=number, duration_days=number))
    assert answer.status_code in {200, 302}
    assert fresh(filing).construction_area_m2 is None


def test_status_owner_and_key_cannot_be_slipped_in(browser, filing):
    values = typed(browser, filing, works_name="一期")
    other = make.enterprise()
    extra = {
        "status": "filed",
        "live_key": "x",
        "number": "LH-1",
        "enterprise": str(other.pk),
        "round": "3",
        "permit": "1",
    }
    before = (
        Filing.objects.filter(pk=filing.pk)
        .values("status", "live_key", "number", "enterprise", "round", "permit")
        .get()
    )
    sent(browser, filing, values | extra)
    after = (
        Filing.objects.filter(pk=filing.pk)
        .values("status", "live_key", "number", "enterprise", "round", "permit")
        .get()
    )
    assert after == before
    assert fresh(filing).works_name == "一期"


def test_swapped_coordinates_are_noticed_and_mended_with_one_button(browser, filing):
    sent(browser, filing, typed(browser, filing, longitude="30.6421", latitude="114.3182"))
    page = browser.get(url(filing))
    assert "经纬度可能填反" in words(page)
    assert "交换经纬度" in page.content.decode()
    sent(browser, filing, form_on(page) | {"mend": "swapped"})
    assert (fresh(filing).longitude, fresh(filing).latitude) == (Decimal("114.318200"), Decimal("30.642100"))
    assert "经纬度可能填反" not in words(browser.get(url(filing)))


def test_the_buttons_lead_where_they_say(browser, filing):
    assert sent(browser, filing, typed(browser, filing, then="hub"))["Location"] == f"/filing/{filing.pk}/edit/"
    assert (
        sent(browser, filing, typed(browser, filing, then="next"))["Location"] == f"/filing/{filing.pk}/edit/parties/"
    )
    assert sent(browser, filing, typed(browser, filing))["Location"] == url(filing)


def test_the_page_of_strangers_and_of_closed_filings(browser, author):
    other = make.draft_filing()
    assert browser.get(url(other)).status_code == 404
    assert sent(browser, other, {"version": "0", "works_name": "x"}).status_code == 404
    closed = submit(make.ready_filing(by=author), author)
    assert browser.get(url(closed))["Location"] == closed.get_absolute_url()
    answer = sent(browser, closed, {"version": "1", "works_name": "改"})
    assert answer.status_code == 409
    assert "不能修改" in answer.content.decode()


def test_a_post_without_version_is_refused(browser, filing):
    values = typed(browser, filing, works_name="一期")
    del values["version"]
    answer = sent(browser, filing, values)
    assert answer.status_code == 409
    assert "版本" in answer.content.decode()
    assert fresh(filing).works_name == ""


# Autosave


def test_autosave_says_when_and_hands_out_the_new_version(browser, filing):
    answer = autosaved(browser, filing, typed(browser, filing, works_name="一期"))
    assert answer.status_code == 200
    said = answer.json()
    assert (said["version"], said["errors"]) == (1, {})
    assert len(said["saved_at"]) == 5
    assert fresh(filing).works_name == "一期"


def test_autosave_names_errors_of_format_and_never_what_is_missing(browser, filing):
    said = autosaved(browser, filing, typed(browser, filing, longitude="东经114度")).json()
    assert list(said["errors"]) == ["longitude"]
    assert fresh(filing).malformed["basics"]["longitude"][0] == "东经114度"


def test_autosave_tells_the_days_it_worked_out(browser, filing):
    dates = {"planned_start_date": "2026-12-01", "planned_completion_date": "2026-12-31"}
    said = autosaved(browser, filing, typed(browser, filing, **dates)).json()
    assert said["values"]["duration_days"] == "31"


def test_autosave_of_an_old_page_is_a_conflict_and_changes_nothing(browser, filing, author):
    values = typed(browser, filing, works_name="我的")
    save_basics(filing, {"works_name": "对方的"}, version=0, by=author)
    answer = autosaved(browser, filing, values)
    assert answer.status_code == 409
    assert "他人修改过" in "".join(answer.json()["reasons"])
    assert fresh(filing).works_name == "对方的"


def test_a_repeated_save_of_the_same_words_is_no_conflict(browser, filing):
    values = typed(browser, filing, works_name="一期")
    assert autosaved(browser, filing, values).json()["version"] == 1
    again = autosaved(browser, filing, values)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert sent(browser, filing, values).status_code == 302


# Two people


@pytest.fixture
def conflict(browser, filing, author):
    """The page after two people changed name, area and address."""
    first = {"works_name": "原名", "address": "原址", "remarks": "原备注"}
    filing = save_basics(filing, first, version=0, by=author)
    mine = typed(browser, filing, works_name="我的名称", address="我的地址", schedule_code="我填的")
    save_basics(filing, {"works_name": "对方名称", "address": "对方地址", "remarks": "对方备注"}, version=1, by=author)
    return sent(browser, filing, mine)


def test_the_conflict_page_shows_both_values(conflict):
    assert conflict.status_code == 409
    text = words(conflict)
    for shown in ("我的名称", "对方名称", "我的地址", "对方地址", "用我的", "用对方的"):
        assert shown in text


def test_each_field_is_settled_as_chosen_and_nothing_is_lost(conflict, browser, filing):
    values = form_on(conflict)
    choices = {name: name.partition(":")[2] for name in picks(conflict)}
    assert {"works_name", "address"} <= set(choices.values())
    picked = {name: "mine" if field in {"works_name", "schedule_code"} else "theirs" for name, field in choices.items()}
    assert sent(browser, filing, values | picked).status_code == 302
    saved = fresh(filing)
    assert (saved.works_name, saved.address, saved.remarks) == ("我的名称", "对方地址", "对方备注")
    assert saved.schedule_code == "我填的"


def test_a_third_save_meanwhile_asks_again(conflict, browser, filing, author):
    save_basics(filing, {"works_name": "第三个名称"}, version=2, by=author)
    again = sent(browser, filing, form_on(conflict) | dict.fromkeys(picks(conflict), "mine"))
    assert again.status_code == 409
    assert "第三个名称" in words(again)
    assert fresh(filing).works_name == "第三个名称"


def picks(answer) -> list[str]:
    """The names of the choices on the conflict page."""
    html = answer.content.decode()
    return sorted({part.split('"')[0] for part in html.split('name="') if part.startswith(("pick:", "take:"))})
