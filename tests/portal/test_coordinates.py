"""Datums, swapped fields, the city's box. Vectors: domain §3.9, §7.3."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.coordinates import Datum, from_cgcs2000, in_city, looks_swapped, metres_between, to_cgcs2000

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
