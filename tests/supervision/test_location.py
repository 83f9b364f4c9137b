"""Where the site lies and what it costs: what looks wrong is said, and one click mends it (domain §5.7, 48-50)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.coordinates import from_cgcs2000
from supervision.catalogue import BOUNDS, SPREAD_OF_CORNERS, Module
from supervision.gaps import gaps_in, warnings_in
from supervision.location import read_pair
from supervision.models import Filing
from tests import make
from tests.supervision.acts import review_of, submit
from tests.supervision.screen import encoded, form_on, words
from tests.supervision.test_corrections import give_back

FORM = "application/x-www-form-urlencoded"
SITE = (114.318200, 30.642100)
HALF_LNG, HALF_LAT = 0.001, 0.0009  # about 95 and 100 m
CORNERS = [
    (SITE[0] + east * HALF_LNG, SITE[1] + north * HALF_LAT) for east, north in ((-1, -1), (1, -1), (1, 1), (-1, 1))
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def degrees(point):
    return [Decimal(f"{number:.6f}") for number in point]


def site(author, point=SITE, corners=(), **fields):
    """A filing of which nothing is missing, whose site lies there."""
    lng, lat = degrees(point)
    given = {"longitude": lng, "latitude": lat, "boundary_points": [degrees(corner) for corner in corners]}
    return make.ready_filing(by=author, **given | fields)


def fresh(filing):
    return Filing.objects.get(pk=filing.pk)


def said(filing):
    return [warning.code for warning in warnings_in(fresh(filing))]


def wrong(filing):
    return [str(gap.text) for gap in gaps_in(fresh(filing)) if gap.wrong]


def url(filing):
    return reverse("filing:basics", args=[filing.pk])


def pressed(browser, filing, **button):
    """Press a button of the page as a browser without script does."""
    page = browser.get(url(filing))
    return browser.post(url(filing), encoded(form_on(page) | button), content_type=FORM, follow=True)


def offered(browser, filing):
    page = browser.get(url(filing)).content.decode()
    return {
        code
        for code in ("swapped", "shifted", "outside_district", "corners", "unit_price")
        if f'name="mend" value="{code}"' in page
    }


def place(filing):
    filing = fresh(filing)
    return str(filing.longitude), str(filing.latitude), filing.coordinate_datum


# What is said


def test_a_site_with_a_sound_boundary_needs_no_word(author):
    assert (said(site(author, corners=CORNERS)), wrong(site(author, corners=CORNERS))) == ([], [])


@pytest.mark.parametrize(
    "corners, text",
    [
        (CORNERS[:2], "界址点请填写至少 3 个，或全部留空"),
        ([CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]], "界址点的连线相互交叉，请按绕场地一周的顺序填写"),
        ([*CORNERS[:3], CORNERS[0]], "界址点有重复，请核对"),
        ([(114.3, 30.6), (114.31, 30.61), (114.32, 30.62)], "界址点在一条直线上，请核对"),
    ],
)
def test_corners_that_enclose_nothing_are_refused_with_the_reason(author, corners, text):
    assert wrong(site(author, corners=corners)) == [text]


@pytest.mark.parametrize(
    "facts, codes",
    [
        ({"point": (SITE[1], SITE[0])}, ["swapped"]),  # 49
        ({"point": SITE, "corners": [(lat, lng) for lng, lat in CORNERS]}, ["swapped"]),
        ({"point": (116.4, 39.9)}, ["outside_city"]),
        ({"point": (114.95, 30.85)}, ["outside_district"]),
        ({"corners": [(lng + 0.008, lat) for lng, lat in CORNERS]}, ["boundary_away"]),
        ({"corners": [(lng + 0.07, lat) for lng, lat in CORNERS]}, ["boundary_away", "corners_apart"]),
        (
            {"corners": CORNERS, "construction_area_m2": Decimal(1200), "contract_amount_wan": Decimal(400)},
            ["boundary_area"],
        ),
    ],
)
def test_what_is_odd_about_a_place_is_said_once(author, facts, codes):
    found = said(site(author, **facts))
    assert [code for code in found if code not in {"area_sum", "cost_sum"}] == codes


def test_works_along_a_line_may_have_corners_far_apart(author):
    corners = [(lng + 0.07, lat) for lng, lat in CORNERS]
    assert "corners_apart" not in said(site(author, corners=corners, project_category="02"))


def test_a_point_near_the_edge_of_a_district_is_left_alone(author):
    """The boxes are rough, and their datum is not known: half a kilometre outside says nothing."""
    assert said(site(author, point=(114.2525, 30.6421))) == []


def test_every_bound_says_where_it_comes_from():
    assert all(bound.source for bound in (*BOUNDS.values(), *SPREAD_OF_CORNERS.values()))


# A datum that was declared wrongly: 49


def test_a_point_from_gaode_beside_surveyed_corners_is_recognised_and_converted(author, browser):
    filing = site(author, point=from_cgcs2000(*SITE, "GCJ02"), corners=CORNERS)
    assert said(filing) == ["shifted"]
    assert offered(browser, filing) == {"shifted"}
    pressed(browser, filing, mend="shifted")
    assert place(filing) == ("114.318200", "30.642100", "CGCS2000")
    assert said(filing) == []


def test_a_point_from_baidu_is_told_from_one_of_gaode(author):
    filing = site(author, point=from_cgcs2000(*SITE, "BD09"), corners=CORNERS)
    assert "按百度坐标换算后相符" in str(warnings_in(fresh(filing))[0].text)


def test_against_the_permit_the_datum_is_declared_anew_and_the_numbers_stay_as_typed(author, browser):
    lng, lat = degrees(from_cgcs2000(*SITE, "GCJ02"))
    filing = make.ready_filing(Module.JOINT, by=author, longitude=lng, latitude=lat)
    permit = filing.permit
    permit.longitude, permit.latitude = degrees(SITE)
    permit.save()
    assert said(filing) == ["shifted"]
    pressed(browser, filing, mend="shifted")
    assert place(filing) == (str(lng), str(lat), "GCJ02")
    assert said(filing) == []


def test_a_point_that_fits_in_no_datum_is_not_called_shifted(author):
    """Where nothing can be determined nothing is claimed."""
    assert "shifted" not in said(site(author, point=from_cgcs2000(*SITE, "GCJ02")))
    assert "shifted" not in said(site(author, point=(114.33, 30.642), corners=CORNERS))


def test_what_was_typed_stays_with_its_datum_and_is_shown_converted(author, browser):
    lng, lat = degrees(from_cgcs2000(*SITE, "BD09"))
    filing = site(author, point=(lng, lat), coordinate_datum="BD09")
    page = words(browser.get(url(filing)))
    assert "按百度坐标原样保存；换算为国家2000坐标（CGCS2000）：114.318200, 30.642100" in page
    assert place(filing) == (str(lng), str(lat), "BD09")


# One click


def test_swapped_fields_are_swapped_back_and_sound_ones_stay(author, browser):
    filing = site(author, point=(SITE[1], SITE[0]), corners=[CORNERS[0][::-1], *CORNERS[1:]])
    assert offered(browser, filing) == {"swapped"}
    pressed(browser, filing, mend="swapped")
    assert place(filing)[:2] == ("114.318200", "30.642100")
    assert fresh(filing).boundary_points == [degrees(corner) for corner in CORNERS]


def test_crossing_corners_are_put_in_order(author, browser):
    filing = site(author, corners=[CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]])
    assert offered(browser, filing) == {"corners"}
    pressed(browser, filing, mend="corners")
    assert wrong(filing) == []
    assert fresh(filing).boundary_points[0] == degrees(CORNERS[0])
    assert sorted(fresh(filing).boundary_points) == sorted(degrees(corner) for corner in CORNERS)


def test_the_only_district_that_fits_is_offered(author, browser):
    filing = site(author, point=(114.95, 30.85))
    pressed(browser, filing, mend="outside_district")
    assert fresh(filing).district_id == "420117"
    assert "outside_district" not in said(filing)


def test_an_amount_in_yuan_is_noticed_and_taken_as_yuan(author, browser):
    """48"""
    filing = site(author, contract_amount_wan=Decimal(462_800_000))
    assert said(filing) == ["unit_price"]
    page = words(browser.get(url(filing)))
    assert "是否把元填成万元？" in page and "按元换算（46280 万元）" in page
    pressed(browser, filing, mend="unit_price")
    assert fresh(filing).contract_amount_wan == Decimal("46280.0000")
    assert "unit_price" not in said(filing)


def test_an_amount_that_makes_no_sense_in_yuan_either_is_only_said(author, browser):
    filing = site(author, contract_amount_wan=Decimal(600_000))
    assert said(filing) == ["unit_price"]
    assert offered(browser, filing) == set()
    pressed(browser, filing, mend="unit_price")
    assert fresh(filing).contract_amount_wan == Decimal(600_000)


def test_a_very_low_amount_is_not_called_yuan(author):
    filing = site(author, contract_amount_wan=Decimal("4.6"))
    assert "是否把元填成万元" not in str(warnings_in(fresh(filing))[0].text)


def test_an_unknown_mend_changes_nothing(author, browser):
    filing = site(author)
    pressed(browser, filing, mend="drop table")
    assert place(filing) == ("114.318200", "30.642100", "CGCS2000")


def test_a_return_offers_no_mend_for_what_it_keeps_closed(author, browser):
    filing = submit(site(author, contract_amount_wan=Decimal(462_800_000)), author)
    give_back(filing, ("basics", "remarks"))
    assert offered(browser, filing) == set()
    browser.post(url(filing), encoded(form_on(browser.get(url(filing))) | {"mend": "unit_price"}), content_type=FORM)
    assert fresh(filing).contract_amount_wan == Decimal(462_800_000)


def test_a_stranger_mends_nothing(author):
    filing = site(author, point=(SITE[1], SITE[0]))
    stranger = Client()
    stranger.force_login(make.site_officer("外人"))
    assert stranger.post(url(filing), {"mend": "swapped", "version": "1"}).status_code == 404
    assert place(filing)[0] == "30.642100"


# Pasted


@pytest.mark.parametrize(
    "text, pair",
    [
        ("114.3182,30.6421", ("114.3182", "30.6421")),
        ("30.6421，114.3182", ("114.3182", "30.6421")),
        ("经度：114.3182 纬度：30.6421", ("114.3182", "30.6421")),
        ("１１４.3182, ３０.6421", ("114.3182", "30.6421")),
        ("[114.3182, 30.6421]", ("114.3182", "30.6421")),
        ("114.3182", None),
        ("114.3182,30.6421,28.5", None),
        ("128,600.50", None),
        ("214.5,230.6", None),
        ("", None),
    ],
)
def test_a_pair_is_read_in_whichever_order(text, pair):
    assert read_pair(text) == pair


def test_a_pair_pasted_into_one_field_fills_both(author, browser):
    filing = make.draft_filing(by=author)
    pressed(browser, filing, longitude="30.6421, 114.3182", latitude="")
    assert place(filing)[:2] == ("114.318200", "30.642100")
    assert fresh(filing).malformed == {}


def test_an_autosave_tells_the_page_how_a_pasted_pair_was_read(author, browser):
    filing = make.draft_filing(by=author)
    values = form_on(browser.get(url(filing))) | {"boundary_points.1.lng": "114.3182,30.6421"}
    told = browser.post(url(filing), encoded(values), content_type=FORM, headers={"accept": "application/json"}).json()
    assert told["values"] == {"boundary_points.1.lng": "114.3182", "boundary_points.1.lat": "30.6421"}


def test_what_was_copied_from_gaode_declares_its_datum(author, browser):
    filing = make.draft_filing(by=author)
    page = pressed(browser, filing, pasted="114.323650,30.639700", paste="GCJ02")
    assert "已按高德、腾讯坐标填入" in page.content.decode()
    assert place(filing) == ("114.323650", "30.639700", "GCJ02")


def test_beside_corners_of_another_datum_it_is_converted(author, browser):
    filing = site(author, corners=CORNERS)
    lng, lat = degrees(from_cgcs2000(*SITE, "BD09"))
    page = pressed(browser, filing, pasted=f"{lng},{lat}", paste="BD09")
    assert "已把百度坐标换算为国家2000坐标填入" in page.content.decode()
    assert place(filing) == ("114.318200", "30.642100", "CGCS2000")


def test_what_cannot_be_read_is_said_and_changes_nothing(author, browser):
    filing = site(author)
    page = pressed(browser, filing, pasted="二七路1号", paste="GCJ02")
    assert "没有认出坐标" in page.content.decode()
    assert place(filing) == ("114.318200", "30.642100", "CGCS2000")


# The map


def test_the_map_is_drawn_without_script_and_says_what_it_is(author, browser):
    filing = site(author, corners=CORNERS)
    page = browser.get(url(filing)).content.decode()
    assert page.count('data-district="4201') == 13
    assert 'class="map__district is-current" data-district="420102"' in page
    assert "不作为认定依据" in page
    assert "工程坐标 114.318200, 30.642100（国家2000），所属区域 江岸区，界址点 4 个，围成约 38" in page


def test_the_map_of_an_empty_draft_shows_the_city(author, browser):
    page = browser.get(url(make.draft_filing(by=author))).content.decode()
    assert "尚未填写工程坐标" in page
    assert "map__mark" not in page


def test_applicant_and_station_see_the_same_map_of_what_was_handed_in(author, browser):
    filing = submit(site(author, corners=CORNERS), author)
    officer = make.officer("safety")
    desk = Client()
    desk.force_login(officer)
    pages = [
        browser.get(filing.get_absolute_url()),
        desk.get(reverse("review:detail", args=[review_of(filing, "safety").pk])),
    ]
    for page in pages:
        html = page.content.decode()
        assert "map__plan" in html and "围成约 38" in html
        assert "data-editable" not in html


def test_a_site_at_the_pole_breaks_no_page(author, browser):
    filing = site(author, point=(180, -90), corners=[(180, 90), (-180, 90), (0, -90)])
    assert browser.get(url(filing)).status_code == 200
    assert browser.get(filing.get_absolute_url()).status_code == 200


def test_a_configured_server_of_tiles_is_named_to_the_script(author, browser, settings):
    settings.MAP_TILES_URL = "/tiles/{z}/{x}/{y}.png"
    page = browser.get(url(site(author))).content.decode()
    assert 'data-tiles="/tiles/{z}/{x}/{y}.png"' in page
    assert "底图由本单位提供" in page


# The planned start


def test_a_start_in_the_past_is_said_neutrally_and_the_station_sees_it(author):
    """50"""
    start = timezone.localdate() - timedelta(days=10)
    filing = site(author, planned_start_date=start, duration_days=None)
    assert said(filing) == ["start_in_past"]
    filing = submit(filing, author)
    desk = Client()
    desk.force_login(make.officer("safety"))
    page = words(desk.get(reverse("review:detail", args=[review_of(filing, "safety").pk])))
    assert "申请单位已核实" in page and "计划开工日期早于今天，请核实是否已开工" in page
    assert "未批先建" not in page
