"""Points on the ground: the legal datum, the two shifted ones of the map providers, and the usual mistakes.

CGCS2000 and WGS-84 agree within centimetres and are treated as one. GCJ-02 (高德, 腾讯) lies about 590 m off in
Wuhan, BD-09 (百度) about 1.2 km. Degrees everywhere, longitude before latitude. Source: domain §3.8, §3.9.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from math import asin, atan2, cos, hypot, pi, radians, sin, sqrt

from django.db import models
from django.utils.translation import gettext_lazy as _

Number = float | Decimal
Point = tuple[float, float]

CITY_LNG, CITY_LAT = (113.65, 115.12), (29.93, 31.40)  # no site of the city lies outside
SWAPPED_LNG, SWAPPED_LAT = (29.9, 31.4), (113.6, 115.1)

SEMI_MAJOR, ECCENTRICITY_SQUARED = 6378245.0, 0.00669342162296594323  # Krasovsky 1940, as GCJ-02 uses it
EARTH_RADIUS_M = 6371008.8
BD_ANGLE = pi * 3000 / 180
PRECISE, ROUNDS = 1e-9, 30  # degrees, about 0.1 mm


class Datum(models.TextChoices):
    """坐标系: what the numbers are measured against."""

    CGCS2000 = "CGCS2000", _("国家2000坐标（CGCS2000）")
    GCJ02 = "GCJ02", _("高德、腾讯坐标（GCJ-02）")
    BD09 = "BD09", _("百度坐标（BD-09）")


def in_city(lng: Number, lat: Number) -> bool:
    """Whether the point lies in the box around the city; the box holds parts of its neighbours too."""
    return CITY_LNG[0] <= lng <= CITY_LNG[1] and CITY_LAT[0] <= lat <= CITY_LAT[1]


def looks_swapped(lng: Number, lat: Number) -> bool:
    """Whether longitude and latitude were typed into each other's field (经纬度可能填反)."""
    return SWAPPED_LNG[0] < lng < SWAPPED_LNG[1] and SWAPPED_LAT[0] < lat < SWAPPED_LAT[1]


def to_cgcs2000(lng: Number, lat: Number, datum: str) -> Point:
    """The point in the legal datum, exact to millimetres. Raises ValueError for an unknown datum."""
    point = (float(lng), float(lat))
    match Datum(datum):
        case Datum.GCJ02:
            return _inverse(_shift_to_gcj, point)
        case Datum.BD09:
            return _inverse(_shift_to_gcj, _inverse(_gcj_to_bd, point))
    return point


def from_cgcs2000(lng: Number, lat: Number, datum: str) -> Point:
    """The point as a map of another datum shows it. Raises ValueError for an unknown datum."""
    point = (float(lng), float(lat))
    match Datum(datum):
        case Datum.GCJ02:
            return _shift_to_gcj(point)
        case Datum.BD09:
            return _gcj_to_bd(_shift_to_gcj(point))
    return point


def metres_between(first: Point, second: Point) -> float:
    """The great-circle distance of two points of one datum, in metres."""
    lng1, lat1, lng2, lat2 = map(radians, (*first, *second))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lng2 - lng1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(half))


def _inverse(forward, target: Point) -> Point:
    """The point that `forward` moves onto the target: one step leaves a metre, so it is repeated."""
    lng, lat = target
    for _round in range(ROUNDS):
        reached = forward((lng, lat))
        off_lng, off_lat = target[0] - reached[0], target[1] - reached[1]
        lng, lat = lng + off_lng, lat + off_lat
        if max(abs(off_lng), abs(off_lat)) < PRECISE:
            break
    return lng, lat


def _shift_to_gcj(point: Point) -> Point:
    lng, lat = point
    x, y = lng - 105.0, lat - 35.0
    flattening = 1 - ECCENTRICITY_SQUARED * sin(radians(lat)) ** 2
    east = _east_shift(x, y) * 180 / (SEMI_MAJOR / sqrt(flattening) * cos(radians(lat)) * pi)
    north = _north_shift(x, y) * 180 / (SEMI_MAJOR * (1 - ECCENTRICITY_SQUARED) / flattening**1.5 * pi)
    return lng + east, lat + north


def _waves(t: float, *terms: tuple[float, float]) -> float:
    return sum(height * sin(rate * pi * t) for height, rate in terms) * 2 / 3


def _east_shift(x: float, y: float) -> float:
    linear = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    return linear + _waves(x, (20, 6), (20, 2), (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))


def _north_shift(x: float, y: float) -> float:
    linear = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    return linear + _waves(x, (20, 6), (20, 2)) + _waves(y, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))


def _gcj_to_bd(point: Point) -> Point:
    lng, lat = point
    radius = hypot(lng, lat) + 0.00002 * sin(lat * BD_ANGLE)
    angle = atan2(lat, lng) + 0.000003 * cos(lng * BD_ANGLE)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


# Areas


def to_metres(points: Iterable[Point]) -> list[Point]:
    """Points of the legal datum on a plane around the first of them, in metres; exact enough for a few kilometres."""
    points = list(points)
    if not points:
        return []
    lng0, lat0 = points[0]
    north = EARTH_RADIUS_M * pi / 180
    return [((lng - lng0) * north * cos(radians(lat0)), (lat - lat0) * north) for lng, lat in points]


def square_metres(corners: Iterable[Point]) -> float:
    """The area inside the corners, which are given in degrees and in order."""
    plane = to_metres(corners)
    turns = (x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges(plane))
    return abs(sum(turns)) / 2


def edges(corners: list[Point]) -> list[tuple[Point, Point]]:
    """The sides of a polygon, the last one back to the first corner."""
    return list(zip(corners, [*corners[1:], *corners[:1]], strict=True))


def crosses_itself(corners: Iterable[Point]) -> bool:
    """Whether two sides that do not follow each other meet, as in a bow tie, or a corner is given twice."""
    corners = list(corners)
    if len(set(corners)) < len(corners):
        return True
    sides = edges(corners)
    pairs = combinations(range(len(sides)), 2)
    return any(_meet(*sides[i], *sides[j]) for i, j in pairs if 1 < j - i < len(sides) - 1)


def in_order(corners: Iterable[Point]) -> list[int]:
    """How to walk around the corners without crossing one's way: their places, beginning with the first."""
    plane = to_metres(corners)
    middle = [sum(axis) / len(plane) for axis in zip(*plane, strict=True)]
    around = sorted(range(len(plane)), key=lambda n: atan2(plane[n][1] - middle[1], plane[n][0] - middle[0]))
    first = around.index(0)
    return around[first:] + around[:first]


def metres_outside(point: Point, corners: Iterable[Point]) -> float:
    """How far a point lies from the polygon; 0 inside."""
    corners = list(corners)
    (x, y), *plane = to_metres([point, *corners])
    sides = edges(plane)
    crossed = [x1 + (y - y1) * (x2 - x1) / (y2 - y1) for (x1, y1), (x2, y2) in sides if (y1 > y) != (y2 > y)]
    if sum(1 for at in crossed if at > x) % 2:
        return 0.0
    return metres_to_edge(point, corners)


def metres_to_edge(point: Point, corners: Iterable[Point]) -> float:
    """How far a point, inside or outside, lies from the nearest side of the polygon."""
    at, *plane = to_metres([point, *corners])
    return min(_metres_to_side(at, *side) for side in edges(plane))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _metres_to_side(point: Point, start: Point, end: Point) -> float:
    along, up = end[0] - start[0], end[1] - start[1]
    length = along * along + up * up
    if not length:
        return hypot(point[0] - start[0], point[1] - start[1])
    share = ((point[0] - start[0]) * along + (point[1] - start[1]) * up) / length
    share = min(max(share, 0), 1)
    return hypot(point[0] - start[0] - share * along, point[1] - start[1] - share * up)
