"""A map that needs no outside service: the schematic outlines of the city as SVG, in the projection of web tiles.

One unit of the sheet is a pixel of a web map at zoom 16, about two metres; its origin is the north-west corner of the
city. A `View` says which part of the sheet a drawing shows, and how large. Everything is CGCS2000.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import asinh, cos, floor, log10, pi, radians, tan

from django.conf import settings
from django.db.models import QuerySet

from portal.coordinates import CITY_LAT, CITY_LNG, Point, metres_outside, metres_to_edge
from portal.outlines import DISTRICTS, RIVERS, ZONES, corners_of
from portal.places import District, JurisdictionArea

WORLD = 256 * 2**16  # units around the earth
METRES_A_UNIT = 40_075_016.686 / WORLD  # on the equator
LARGEST = 8.0  # pixels for a unit: a building site fills the map


def world(point: Point) -> Point:
    """Where a point lies on the sheet of the whole earth (web Mercator)."""
    lng, lat = point
    return (lng + 180) / 360 * WORLD, (1 - asinh(tan(radians(lat))) / pi) / 2 * WORLD


ORIGIN = world((CITY_LNG[0], CITY_LAT[1]))
CITY = [(CITY_LNG[0], CITY_LAT[0]), (CITY_LNG[1], CITY_LAT[1])]


def placed(point: Point) -> Point:
    """Where a point lies on the sheet of the city."""
    x, y = world(point)
    return x - ORIGIN[0], y - ORIGIN[1]


@dataclass(frozen=True)
class View:
    """The part of the sheet around `x`, `y` that a drawing of so many pixels shows, `scale` pixels to the unit."""

    x: float
    y: float
    scale: float
    width: int
    height: int

    def spot(self, point: Point) -> Point:
        """Where a point is drawn, in pixels."""
        x, y = placed(point)
        return (x - self.x) * self.scale + self.width / 2, (y - self.y) * self.scale + self.height / 2

    @property
    def transform(self) -> str:
        """What moves the sheet into the drawing."""
        left, top = self.width / 2 - self.x * self.scale, self.height / 2 - self.y * self.scale
        return f"translate({left:.2f} {top:.2f}) scale({self.scale:.6f})"


def view_of(points: Iterable[Point], *, width: int, height: int, margin: float = 0.12) -> View:
    """The view that shows all the points, with a margin around them."""
    xs, ys = zip(*map(placed, points), strict=True)
    room = 1 - 2 * margin
    wide, high = max(max(xs) - min(xs), 1e-9), max(max(ys) - min(ys), 1e-9)
    scale = min(width * room / wide, height * room / high, LARGEST)
    return View((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2, scale, width, height)


@dataclass(frozen=True)
class Outline:
    """A district, a river or the name of a zone, ready to be drawn on the sheet."""

    code: str
    name: str
    path: str
    x: float
    y: float


@cache
def drawn(names: str) -> tuple[str, float, float]:
    """The path of a line of corners, and where its name has most room."""
    return course(names), *placed(roomiest(corners_of(names)))


def course(names: str) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in map(placed, corners_of(names)))


def roomiest(corners: list[Point]) -> Point:
    """The point inside that lies furthest from every side, among a grid of 20 by 20."""
    (west, east), (south, north) = [(min(axis), max(axis)) for axis in zip(*corners, strict=True)]
    steps = [n / 21 for n in range(1, 21)]
    grid = [(west + (east - west) * across, south + (north - south) * up) for across in steps for up in steps]
    inside = [point for point in grid if not metres_outside(point, corners)]
    return max(inside or grid, key=lambda point: metres_to_edge(point, corners))


def called() -> dict[str, str]:
    """The names of districts and zones, as the operator wrote them, in one question; their codes are distinct."""
    return dict(places_called())


def places_called() -> QuerySet:
    """(code, name) of districts and zones."""
    areas = JurisdictionArea.objects.filter(is_active=True, code__in=ZONES).order_by().values_list("code", "name")
    return District.objects.order_by().values_list("code", "name").union(areas)


def districts(names: dict[str, str]) -> list[Outline]:
    found = [(code, names[code], *drawn(corners)) for code, corners in DISTRICTS.items() if code in names]
    return [Outline(code, name, path + "Z", x, y) for code, name, path, x, y in found]


def rivers() -> list[Outline]:
    return [Outline("", name, course(corners), 0, 0) for name, corners in RIVERS]


def zones(names: dict[str, str]) -> list[Outline]:
    """The zones of supervision that are no districts: a name at their middle."""
    return [Outline(code, names[code], "", *placed(point)) for code, point in ZONES.items() if code in names]


def district_corners(code: str) -> list[Point]:
    """The outline of a district; the city's corners where there is none."""
    return corners_of(DISTRICTS[code]) if code in DISTRICTS else CITY


def names_that_fit(labels: Iterable[tuple[str, float, float, str]], view: View, *, letter: int) -> list[dict]:
    """The labels (text, x, y, sort) of a view that do not lie over an earlier one, as pixels."""
    kept: list[tuple[float, float, float, float]] = []
    fitting = []
    for text, x, y, sort in labels:
        left, top = (x - view.x) * view.scale + view.width / 2, (y - view.y) * view.scale + view.height / 2
        half, tall = len(text) * letter / 2 + 4, letter * 0.75
        box = (left - half, top - tall, left + half, top + tall)
        shown = 0 < box[0] and box[2] < view.width and 0 < box[1] and box[3] < view.height
        shown = shown and not any(_overlap(box, other) for other in kept)
        if shown:
            kept.append(box)
        fitting.append({"text": text, "x": x, "y": y, "left": left, "top": top, "sort": sort, "shown": shown})
    return fitting


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@dataclass(frozen=True)
class Ruler:
    """A scale bar: so many pixels for a round number of metres."""

    pixels: float
    text: str


def ruler(view: View, lat: float, *, about: int = 110) -> Ruler:
    """The longest round distance that is no longer than `about` pixels."""
    metres_a_pixel = METRES_A_UNIT * cos(radians(lat)) / view.scale
    most = about * metres_a_pixel
    power = 10 ** floor(log10(most))
    metres = next(step * power for step in (5, 2, 1) if step * power <= most)
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    return Ruler(metres / metres_a_pixel, text)


def tiles_url() -> str:
    """The address of our own tiles, "" where none are configured."""
    return settings.MAP_TILES_URL
