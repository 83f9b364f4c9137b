"""The map of a site: where it lies in the city, and the plan of its corners. Drawn here; a script makes it movable."""

from typing import Any

from django.utils.translation import gettext as _

from portal.coordinates import Point
from portal.maps import (
    ORIGIN,
    Outline,
    View,
    called,
    district_corners,
    districts,
    names_that_fit,
    rivers,
    ruler,
    tiles_url,
    view_of,
    zones,
)
from supervision.location import PROVIDERS, Location, as_degrees

WIDTH, HEIGHT, LETTER = 640, 400, 15
PLAN_WIDTH, PLAN_HEIGHT = 640, 320
LEAST_SPAN = 40  # pixels: corners closer than that would be one blot
LEAST = 0.0008  # degrees: a plan shows at least some eighty metres
CITY_CENTRE = 30.593


def map_of(
    location: Location, district: str, *, editable: bool = False, names: dict[str, str] | None = None
) -> dict[str, Any]:
    """What the template needs to draw the site: the chosen district with its neighbours, the point, the corners.

    `names`: of districts and zones, by a caller that has read them.
    """
    known = called() if names is None else names
    outlines = districts(known)
    view = overview(location, district)
    corners = [spot(corner, view) for corner in location.legal_corners]
    return {
        "editable": editable,
        "tiles": tiles_url(),
        "origin": f"{ORIGIN[0]:.3f} {ORIGIN[1]:.3f}",
        "view": view,
        "districts": [(each, each.code == district) for each in sorted(outlines, key=lambda one: one.code == district)],
        "rivers": rivers(),
        "names": names_that_fit([*middles(outlines, district), *middles(zones(known))], view, letter=LETTER),
        "ruler": ruler(view, CITY_CENTRE),
        "mark": spot(location.legal_point, view) if location.legal_point else None,
        "corners": corners,
        "corners_show": not any(corners) or span(corners) > LEAST_SPAN,
        "area": path([view.spot(corner) for corner in location.legal_corners]),
        "plan": plan(location) if not editable else None,
        "summary": summary(location, next((each.name for each in outlines if each.code == district), "")),
    }


def overview(location: Location, district: str) -> View:
    """The district with the point; a point that lies far away does not shrink it to nothing."""
    corners = district_corners(district)
    near = view_of(corners, width=WIDTH, height=HEIGHT)
    if location.legal_point is None:
        return near
    left, top = near.spot(location.legal_point)
    inside = -WIDTH < left < 2 * WIDTH and -HEIGHT < top < 2 * HEIGHT
    return view_of([*corners, location.legal_point], width=WIDTH, height=HEIGHT) if inside else near


def middles(outlines: list[Outline], first: str = "") -> list[tuple[str, float, float, str]]:
    """What is written where, `first` before the others: names that come later give way."""
    ordered = sorted(outlines, key=lambda outline: outline.code != first)
    return [(each.name, each.x, each.y, "district" if each.path else "zone") for each in ordered]


def spot(point: Point, view: View) -> dict[str, Any]:
    left, top = view.spot(point)
    lng, lat = as_degrees(point)
    return {"left": left, "top": top, "lng": lng, "lat": lat}


def span(spots: list[dict[str, Any]]) -> float:
    """How many pixels the spots are apart at most, along one axis."""
    axes = [[each["left"] for each in spots], [each["top"] for each in spots]]
    return max(max(axis) - min(axis) for axis in axes)


def path(spots: list[Point]) -> str:
    """An outline through the spots; nothing where they enclose nothing."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in spots) + "Z" if len(spots) > 2 else ""


def plan(location: Location) -> dict[str, Any] | None:
    """The corners large, with their numbers and a scale bar; None without an area."""
    if not location.encloses:
        return None
    points = [*location.legal_corners]
    lng, lat = points[0]
    frame = [*points, (lng + LEAST / 2, lat + LEAST / 2), (lng - LEAST / 2, lat)]
    view = view_of(frame, width=PLAN_WIDTH, height=PLAN_HEIGHT, margin=0.16)
    mark = spot(location.legal_point, view) if location.legal_point else None
    if mark and not (0 < mark["left"] < PLAN_WIDTH and 0 < mark["top"] < PLAN_HEIGHT):
        mark = None
    return {
        "view": view,
        "corners": [spot(corner, view) for corner in points],
        "area": path([view.spot(corner) for corner in points]),
        "mark": mark,
        "ruler": ruler(view, lat),
        "square_metres": area_text(location),
    }


def area_text(location: Location) -> str:
    return f"{location.square_metres:.0f}"


def summary(location: Location, district: str) -> str:
    """The map in words, for whoever cannot see it."""
    if location.legal_point is None:
        said = _("尚未填写工程坐标")
    else:
        lng, lat = as_degrees(location.legal_point)
        said = _("工程坐标 %(lng)s, %(lat)s（国家2000）") % {"lng": lng, "lat": lat}
    parts = [said, _("所属区域 %(district)s") % {"district": district} if district else ""]
    if location.corners:
        parts.append(_("界址点 %(count)d 个") % {"count": len(location.corners)})
    if location.encloses:
        parts.append(_("围成约 %(area)s m²") % {"area": area_text(location)})
    return _("工程位置示意图：%(parts)s") % {"parts": "，".join(filter(None, parts))}


def converted_text(location: Location) -> str:
    """The point in the legal datum, where it was typed in another; "" where it is that already."""
    if location.legal_point is None or location.datum == "CGCS2000" or location.is_swapped:
        return ""
    lng, lat = as_degrees(location.legal_point)
    facts = {"datum": PROVIDERS[location.datum], "lng": lng, "lat": lat}
    return _("按%(datum)s坐标原样保存；换算为国家2000坐标（CGCS2000）：%(lng)s, %(lat)s") % facts
