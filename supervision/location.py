"""Where a site lies: what was typed with its datum, the same in the legal one, and what looks wrong about it.

Domain §3.9 and its edge case 49. The bounds are data with their source (`supervision.catalogue.BOUNDS`). What one
click can mend lies in `supervision.mends`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property, partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.coordinates import (
    Point,
    crosses_itself,
    from_cgcs2000,
    in_city,
    looks_swapped,
    metres_between,
    metres_outside,
    square_metres,
    to_cgcs2000,
)
from supervision.catalogue import BOUNDS, SPREAD_OF_CORNERS, SPREAD_OTHERWISE, Datum
from supervision.models import Filing

POINTS = (1, 2, 3, 4)  # the guide's screen shows four corners
PAIRS = (("longitude", "latitude"), *((f"boundary_points.{n}.lng", f"boundary_points.{n}.lat") for n in POINTS))
OF_LOCATION = ("longitude", "latitude", "boundary_points", "coordinate_datum")
DEGREES = re.compile(r"(?<![\d.])-?\d{1,3}\.\d+(?![\d.])")
PROVIDERS: dict[str, Any] = {
    Datum.CGCS2000: gettext_lazy("国家2000"),
    Datum.GCJ02: gettext_lazy("高德、腾讯"),
    Datum.BD09: gettext_lazy("百度"),
}


@dataclass(frozen=True)
class Location:
    """The point and the corners of a site, in degrees of their datum as typed."""

    point: Point | None
    corners: tuple[Point, ...]
    datum: str

    @cached_property
    def legal_point(self) -> Point | None:
        return to_cgcs2000(*self.point, self.datum) if self.point else None

    @cached_property
    def legal_corners(self) -> list[Point]:
        return [to_cgcs2000(*corner, self.datum) for corner in self.corners]

    @property
    def is_swapped(self) -> bool:
        return any(looks_swapped(*point) for point in (self.point, *self.corners) if point)

    @property
    def encloses(self) -> bool:
        """Whether the corners make an area whose size means something."""
        return len(self.corners) > 2 and not crosses_itself(self.corners) and self.square_metres >= 1

    @cached_property
    def square_metres(self) -> float:
        return square_metres(self.legal_corners) if len(self.corners) > 2 else 0.0


def location_of(filing: Filing) -> Location:
    return location_in({name: getattr(filing, name) for name in OF_LOCATION})


def location_in(basics: Mapping[str, Any]) -> Location:
    """The location in the fields of 基本信息, as they are stored or as a frozen version holds them."""
    point = degrees_of(basics.get("longitude"), basics.get("latitude"))
    corners = [degrees_of(*corner) for corner in basics.get("boundary_points") or ()]
    return Location(point, tuple(filter(None, corners)), datum_of(basics.get("coordinate_datum")))


def location_typed(data: Mapping[str, Any], datum: str) -> Location:
    """The location in what was sent; what cannot be read is not there."""
    point, *corners = [degrees_of(data.get(lng), data.get(lat)) for lng, lat in PAIRS]
    return Location(point, tuple(filter(None, corners)), datum_of(data.get("coordinate_datum") or datum))


def datum_of(text: Any) -> str:
    return str(text) if text in Datum.values else Datum.CGCS2000.value


def degrees_of(lng: Any, lat: Any) -> Point | None:
    """A point, if both numbers can be read and lie on the earth."""
    try:
        east, north = Decimal(str(lng).strip()), Decimal(str(lat).strip())
    except InvalidOperation:
        return None
    on_earth = east.is_finite() and north.is_finite() and abs(east) <= 180 and abs(north) <= 180
    return (float(east), float(north)) if on_earth else None


# What people paste


def read_pair(text: str) -> tuple[str, str] | None:
    """Longitude and latitude in a text such as "114.3182,30.6421", in whichever order; None if there are not two."""
    found = DEGREES.findall(unicodedata.normalize("NFKC", text or ""))
    if len(found) != 2:
        return None
    lng, lat = found
    if looks_swapped(float(lng), float(lat)) or abs(float(lat)) > 90:
        lng, lat = lat, lng
    return (lng, lat) if abs(float(lng)) <= 180 and abs(float(lat)) <= 90 else None


def pairs_read(data: Mapping[str, Any]) -> dict[str, str]:
    """{field: text} for both fields of each pair of which one holds a whole pair."""
    read: dict[str, str] = {}
    for names in PAIRS:
        pair = next(filter(None, (read_pair(str(data.get(name) or "")) for name in names)), None)
        if pair:
            read |= dict(zip(names, pair, strict=True))
    return read


def as_degrees(point: Point) -> tuple[str, str]:
    """A point as one would type it, to a tenth of a metre."""
    return f"{point[0]:.6f}", f"{point[1]:.6f}"


# What is wrong with the corners


def wrong_corners(location: Location) -> str:
    """Why the corners enclose nothing; "" if they do, or if there are none."""
    if not location.corners:
        return ""
    if len(location.corners) < 3:
        return _("界址点请填写至少 3 个，或全部留空")
    if len(set(location.corners)) < len(location.corners):
        return _("界址点有重复，请核对")
    if crosses_itself(location.corners):
        return _("界址点的连线相互交叉，请按绕场地一周的顺序填写")
    return _("界址点在一条直线上，请核对") if location.square_metres < 1 else ""


# What a person vouches for


def swapped(filing: Filing) -> str:
    location = location_of(filing)
    if location.point and looks_swapped(*location.point):
        return _("经纬度可能填反")
    return _("界址点的经纬度可能填反") if location.is_swapped else ""


def outside_city(filing: Filing) -> str:
    location = location_of(filing)
    if location.is_swapped or not location.legal_point or in_city(*location.legal_point):
        return ""
    return _("工程坐标不在本市范围内，请核实坐标与坐标系")


def sound(check: Callable[[Filing, Location, Point], str]) -> Callable[[Filing], str]:
    """A check of a point that lies in the city; while it does not, that is said and nothing else."""

    def find(filing: Filing) -> str:
        location = location_of(filing)
        if location.is_swapped or not location.legal_point or not in_city(*location.legal_point):
            return ""
        return check(filing, location, location.legal_point)

    return find


@sound
def outside_district(filing: Filing, location: Location, point: Point) -> str:
    """The box of a district is rough, so only what lies clearly outside is said."""
    district = filing.district
    if district is None or district.may_hold(*point, slack=float(BOUNDS["district_slack"].most or 0)):
        return ""
    return _("工程坐标不在所属区域“%(district)s”的大致范围内，请核实") % {"district": district.name}


@sound
def shifted(filing: Filing, location: Location, point: Point) -> str:
    reading = true_reading(filing, location)
    if reading is None:
        return ""
    facts = {"what": reading.reference, "metres": f"{reading.metres:.0f}", "datum": PROVIDERS[reading.datum]}
    return _("工程坐标与%(what)s相差约 %(metres)s 米，按%(datum)s坐标换算后相符，坐标系可能选错") % facts


@sound
def boundary_away(filing: Filing, location: Location, point: Point) -> str:
    if not location.encloses or true_reading(filing, location) is not None:
        return ""
    metres = metres_outside(point, location.legal_corners)
    far = metres > float(BOUNDS["metres_from_boundary"].most or 0)
    return _("工程坐标不在界址点围成的范围内，相距约 %(metres)s 米") % {"metres": f"{metres:.0f}"} if far else ""


@sound
def corners_apart(filing: Filing, location: Location, point: Point) -> str:
    most = SPREAD_OF_CORNERS.get(str(filing.project_category), SPREAD_OTHERWISE).most or 0
    apart = [metres_between(point, corner) for corner in location.legal_corners]
    numbers = [str(n) for n, metres in enumerate(apart, 1) if metres > most * 1000]
    facts = {"numbers": "、".join(numbers), "most": most}
    return _("界址点%(numbers)s距工程坐标超过 %(most)s 公里") % facts if numbers else ""


@sound
def boundary_area(filing: Filing, location: Location, point: Point) -> str:
    area = filing.construction_area_m2
    if not area or not location.encloses or BOUNDS["boundary_share"].holds(location.square_metres / float(area)):
        return ""
    facts = {"inside": f"{location.square_metres:.0f}", "area": f"{area.normalize():f}"}
    return _("界址点围成约 %(inside)s m²，与施工面积 %(area)s m² 相差悬殊，请核实") % facts


# A datum that was declared wrongly, where something else in the filing shows it


@dataclass(frozen=True)
class Reading:
    """The datum in which the typed point agrees with what the filing knows of the site otherwise."""

    datum: Datum
    reference: str
    metres: float  # how far the point lies from there as declared


def true_reading(filing: Filing, location: Location) -> Reading | None:
    """Another datum in which the point fits and as declared it does not; None where nothing tells."""
    for reference, metres_from in references(filing, location):
        declared = metres_from(location.legal_point)
        if location.point is None or declared <= float(BOUNDS["shift_told"].least or 0):
            continue
        for datum in Datum:
            if metres_from(to_cgcs2000(*location.point, datum)) <= float(BOUNDS["shift_told"].most or 0):
                return Reading(datum, reference, declared)
    return None


def references(filing: Filing, location: Location) -> Iterator[tuple[str, Callable[[Any], float]]]:
    """What tells where the site is: its corners, the permit or award (taken as CGCS2000 [P]), the earlier filing."""
    if location.encloses:
        yield _("界址点围成的范围"), partial(metres_outside, corners=location.legal_corners)
    sources = [
        (_("施工许可证所载位置"), filing.permit if filing.permit_id else None),
        (_("中标结果所载位置"), filing.award if filing.award_id else None),
        (_("原报监的位置"), filing.converts if filing.converts_id else None),
    ]
    for name, source in sources:
        there = degrees_of(source.longitude, source.latitude) if source else None
        if there:
            legal = to_cgcs2000(*there, getattr(source, "coordinate_datum", Datum.CGCS2000))
            yield name, partial(metres_between, legal)


def converted(point: Point, datum: str, target: str) -> Point:
    """A point of one datum in the numbers of another."""
    return from_cgcs2000(*to_cgcs2000(*point, datum), target)
