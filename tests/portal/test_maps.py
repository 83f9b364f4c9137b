"""The drawn map: our outlines are whole, everything lands where it belongs, tiles only from where they may come."""

import pytest
from django.conf import settings

from portal import outlines
from portal.coordinates import CITY_LAT, CITY_LNG, crosses_itself, metres_outside
from portal.env import map_tiles, origin_of
from portal.maps import CITY, METRES_A_UNIT, names_that_fit, placed, roomiest, ruler, view_of
from portal.places import AREAS, DISTRICTS

BOXES = {code: (west, east, south, north) for code, _name, west, east, south, north in DISTRICTS}


@pytest.mark.parametrize("code", BOXES)
def test_each_outline_fills_the_box_of_its_district_and_does_not_cross_itself(code):
    corners = outlines.corners_of(outlines.DISTRICTS[code])
    lngs, lats = zip(*corners, strict=True)
    assert (min(lngs), max(lngs), min(lats), max(lats)) == pytest.approx(BOXES[code], abs=0.001)
    assert not crosses_itself(corners)


def test_the_outlines_part_the_city_without_lying_over_each_other():
    middles = {code: roomiest(outlines.corners_of(names)) for code, names in outlines.DISTRICTS.items()}
    for code, names in outlines.DISTRICTS.items():
        corners = outlines.corners_of(names)
        assert [other for other, middle in middles.items() if metres_outside(middle, corners) == 0] == [code]


def test_every_zone_on_the_map_is_an_area_of_supervision_and_no_district():
    known = {code: district for code, _name, district, _rules in AREAS}
    assert set(outlines.ZONES) <= set(known)
    assert all(
        CITY_LNG[0] < lng < CITY_LNG[1] and CITY_LAT[0] < lat < CITY_LAT[1] for lng, lat in outlines.ZONES.values()
    )


def test_the_sheet_begins_at_the_north_west_corner_and_is_as_fine_as_zoom_16():
    assert placed((CITY_LNG[0], CITY_LAT[1])) == pytest.approx((0, 0))
    east, south = placed((CITY_LNG[1], CITY_LAT[0]))
    assert east == pytest.approx((CITY_LNG[1] - CITY_LNG[0]) / 360 * 256 * 2**16)
    assert south > east
    assert round(METRES_A_UNIT, 3) == 2.389


def test_a_view_shows_all_its_points_and_a_building_site_is_not_blown_up_without_end():
    view = view_of(CITY, width=640, height=400)
    for point in CITY:
        left, top = view.spot(point)
        assert 0 < left < 640 and 0 < top < 400
    assert view_of([CITY[0]], width=640, height=400).scale == 8


def test_the_ruler_says_how_long_it_is():
    city = ruler(view_of(CITY, width=640, height=400), 30.6)
    assert city.text == "50 km" and 50 < city.pixels <= 110
    site = ruler(view_of([CITY[0]], width=640, height=400), 30.6)
    assert site.text == "20 m"


def test_a_name_that_would_lie_over_another_gives_way():
    view = view_of(CITY, width=640, height=400)
    labels = [
        ("江岸区", view.x, view.y, "district"),
        ("江汉区", view.x + 1, view.y, "district"),
        ("远", view.x - 320 / view.scale, view.y, "zone"),
    ]
    assert [each["shown"] for each in names_that_fit(labels, view, letter=15)] == [True, False, False]


@pytest.mark.parametrize(
    "url, origin",
    [
        ("", ""),
        ("/tiles/{z}/{x}/{y}.png", ""),
        ("https://tiles.example.gov.cn:8443/wmts?z={z}&x={x}&y={y}", " https://tiles.example.gov.cn:8443"),
    ],
)
def test_tiles_come_from_our_own_host_or_one_that_the_policy_names(url, origin):
    assert origin_of(map_tiles(url)) == origin


@pytest.mark.parametrize(
    "url",
    [
        "/tiles/{z}/{x}.png",
        "http://tiles.example.cn/{z}/{x}/{y}.png",
        "//tiles.example.cn/{z}/{x}/{y}.png",
        "https://{z}.example.cn/{x}/{y}.png",
        "https://a.cn; script-src *//{z}/{x}/{y}",
        "https://user:secret@a.cn/{z}/{x}/{y}",
        "javascript:alert({z}{x}{y})",
    ],
)
def test_any_other_address_ends_the_start(url):
    with pytest.raises(SystemExit, match="MAP_TILES_URL"):
        map_tiles(url)


def test_without_tiles_the_policy_names_no_other_host():
    assert settings.MAP_TILES_URL == ""
    assert "img-src 'self' data: blob:;" in settings.CONTENT_SECURITY_POLICY
