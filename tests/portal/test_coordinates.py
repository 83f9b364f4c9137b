"""Datums, swapped fields, the city's box. Vectors: domain §3.9, §7.3."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.coordinates import (
    Datum,
    crosses_itself,
    from_cgcs2000,
    in_city,
    in_order,
    looks_swapped,
    metres_between,
    metres_outside,
    metres_to_edge,
    square_metres,
    to_cgcs2000,
)

CENTRE = (114.305, 30.593)
LNG, LAT = st.floats(113.65, 115.12), st.floats(29.93, 31.40)


def test_the_shift_in_the_middle_of_the_city():
    lng, lat = from_cgcs2000(*CENTRE, Datum.GCJ02)
    assert (round(lng - CENTRE[0], 6), round(lat - CENTRE[1], 6)) == (0.005444, -0.002410)
    assert round(metres_between(CENTRE, (lng, lat))) == pytest.approx(586, abs=2)


def test_a_point_copied_from_a_map_of_gaode_is_brought_back():
    lng, lat = from_cgcs2000(114.398, 30.506, Datum.GCJ02)
    assert (round(lng, 6), round(lat, 6)) == (114.403541, 30.503694)
    back = to_cgcs2000(Decimal("114.403541"), Decimal("30.503694"), "GCJ02")
    assert (round(back[0], 5), round(back[1], 5)) == (114.398, 30.506)


def test_a_map_of_baidu_is_about_twelve_hundred_metres_off():
    assert metres_between(CENTRE, from_cgcs2000(*CENTRE, Datum.BD09)) == pytest.approx(1200, abs=150)


@given(LNG, LAT, st.sampled_from([*Datum]))
def test_there_and_back_is_exact_to_a_centimetre(lng, lat, datum):
    back = to_cgcs2000(*from_cgcs2000(lng, lat, datum), datum)
    assert back == pytest.approx((lng, lat), abs=1e-7)


def test_the_legal_datum_is_left_as_it_is():
    assert to_cgcs2000(*CENTRE, "CGCS2000") == CENTRE == from_cgcs2000(*CENTRE, "CGCS2000")


def test_an_unknown_datum_is_refused():
    with pytest.raises(ValueError, match="BEIJING54"):
        to_cgcs2000(*CENTRE, "BEIJING54")


@pytest.mark.parametrize(
    "lng, lat, swapped, inside",
    [
        (30.6421, 114.3182, True, False),
        (114.3182, 30.6421, False, True),
        (Decimal("30.642100"), Decimal("114.318200"), True, False),
        (114.88, 30.40, False, True),  # 鄂州: in the box, though another city
        (116.40, 39.90, False, False),
        (39.90, 116.40, False, False),
        (0, 0, False, False),
    ],
)
def test_swapped_fields_and_the_box_of_the_city(lng, lat, swapped, inside):
    assert (looks_swapped(lng, lat), in_city(lng, lat)) == (swapped, inside)


@given(LNG, LAT)
def test_no_point_of_the_city_looks_swapped(lng, lat):
    assert not looks_swapped(lng, lat)


# Areas. A field of 100 by 200 m in the middle of the city; a degree of latitude is 111 195 m on our sphere.

EAST, NORTH = 100 / 95_717, 200 / 111_195
FIELD = [CENTRE, (CENTRE[0] + EAST, CENTRE[1]), (CENTRE[0] + EAST, CENTRE[1] + NORTH), (CENTRE[0], CENTRE[1] + NORTH)]
BOW_TIE = [FIELD[0], FIELD[2], FIELD[1], FIELD[3]]


def test_the_area_inside_the_corners_is_the_same_from_wherever_one_begins():
    assert square_metres(FIELD) == pytest.approx(20_000, rel=0.001)
    assert square_metres(FIELD[::-1]) == pytest.approx(square_metres(FIELD), rel=1e-4)
    assert square_metres(FIELD[2:] + FIELD[:2]) == pytest.approx(square_metres(FIELD), rel=1e-4)


@pytest.mark.parametrize(
    "corners, crosses",
    [
        (FIELD, False),
        (FIELD[::-1], False),
        (FIELD[:3], False),
        (BOW_TIE, True),
        ([FIELD[0], FIELD[1], FIELD[3], FIELD[2]], True),
        ([FIELD[0], FIELD[1], FIELD[2], FIELD[1]], True),
        ([FIELD[0], (CENTRE[0] + EAST / 3, CENTRE[1] + NORTH / 3), FIELD[1], FIELD[2]], False),
    ],
)
def test_corners_in_the_wrong_order_cross(corners, crosses):
    assert crosses_itself(corners) == crosses


def test_crossing_corners_can_be_put_in_order_beginning_with_the_first():
    order = in_order(BOW_TIE)
    assert order[0] == 0
    assert not crosses_itself([BOW_TIE[n] for n in order])


@given(st.lists(st.tuples(LNG, LAT), min_size=4, max_size=4, unique=True))
def test_any_four_corners_that_cross_no_longer_do_when_put_in_order(corners):
    put = [corners[n] for n in in_order(corners)]
    assert sorted(put) == sorted(corners)
    assert not crosses_itself(put)


def test_how_far_a_point_lies_from_the_field():
    middle = (CENTRE[0] + EAST / 2, CENTRE[1] + NORTH / 2)
    beside = (CENTRE[0] - EAST, CENTRE[1] + NORTH / 2)
    assert metres_outside(middle, FIELD) == 0
    assert metres_outside(beside, FIELD) == pytest.approx(100, rel=0.01)
    assert metres_to_edge(middle, FIELD) == pytest.approx(50, rel=0.01)
    assert metres_outside((CENTRE[0] - EAST, CENTRE[1] - NORTH), FIELD) == pytest.approx(
        (100**2 + 200**2) ** 0.5, rel=0.01
    )
