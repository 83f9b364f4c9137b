"""What one click mends in 基本信息: each mend changes what was typed, and the section is saved with it.

A mend is a button of the form, so it works without script too. It only touches fields that are open.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.coordinates import in_order, looks_swapped
from portal.places import District
from supervision.catalogue import BOUNDS
from supervision.location import (
    PAIRS,
    PROVIDERS,
    Location,
    as_degrees,
    converted,
    datum_of,
    degrees_of,
    location_of,
    location_typed,
    outside_district,
    read_pair,
    shifted,
    swapped,
    true_reading,
    wrong_corners,
)
from supervision.models import Filing

WAN = Decimal(10_000)
FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Mend:
    """A button beside what is said; `code` is the warning's. Where no warning says it, `text` does."""

    code: str
    label: str | Promise
    text: str = ""


def mends_of(filing: Filing) -> Iterator[Mend]:
    """The mends that help this filing as it is stored."""
    location = location_of(filing)
    if swapped(filing):
        yield Mend("swapped", gettext_lazy("交换经纬度"))
    if shifted(filing) and (reading := true_reading(filing, location)):
        yield Mend("shifted", _("按%(datum)s坐标换算") % {"datum": PROVIDERS[reading.datum]})
    if district := only_district(filing, location):
        yield Mend("outside_district", _("所属区域改为“%(district)s”") % {"district": district.name})
    why = wrong_corners(location)
    if why and not location.is_swapped and len(location.corners) > 3 and not wrong_corners(sorted_out(location)):
        yield Mend("corners", gettext_lazy("按顺序重排"), why)
    if (amount := filing.contract_amount_wan) and is_typed_in_yuan(amount, filing.construction_area_m2):
        facts = {"amount": f"{in_wan(amount).normalize():f}"}
        yield Mend("unit_price", _("按元换算（%(amount)s 万元）") % facts)


def mend(code: str, filing: Filing, data: QueryDict) -> None:
    """Change what was sent as a mend says; an unknown one changes nothing."""
    if code in MENDS:
        MENDS[code](filing, data)


def swap(filing: Filing, data: QueryDict) -> None:
    for lng, lat in PAIRS:
        point = degrees_of(data.get(lng), data.get(lat))
        if point and looks_swapped(*point):
            data[lng], data[lat] = data.get(lat, ""), data.get(lng, "")


def unshift(filing: Filing, data: QueryDict) -> None:
    """Where only the point can be wrong its datum is declared anew; beside corners its numbers are converted."""
    location = location_typed(data, filing.coordinate_datum)
    reading = true_reading(filing, location)
    if reading is None or location.point is None:
        return
    if location.corners or "coordinate_datum" not in data:
        numbers = as_degrees(converted(location.point, reading.datum, location.datum))
        data["longitude"], data["latitude"] = numbers
    else:
        data["coordinate_datum"] = reading.datum.value


def take_district(filing: Filing, data: QueryDict) -> None:
    if district := only_district(filing, location_typed(data, filing.coordinate_datum)):
        data["district"] = district.pk


def rearrange(filing: Filing, data: QueryDict) -> None:
    """The corners in the order in which one walks around them, beginning with the first."""
    location = sorted_out(location_typed(data, filing.coordinate_datum))
    if not location.corners:
        return
    texts = [as_degrees(corner) for corner in location.corners] + [("", "")] * len(PAIRS)
    for (lng, lat), (east, north) in zip(PAIRS[1:], texts, strict=False):
        data[lng], data[lat] = east, north


def take_as_yuan(filing: Filing, data: QueryDict) -> None:
    try:
        amount = Decimal(data.get("contract_amount_wan", "").replace(",", ""))
    except InvalidOperation:
        return
    if is_typed_in_yuan(amount, filing.construction_area_m2):
        data["contract_amount_wan"] = f"{in_wan(amount).normalize():f}"


MENDS: dict[str, Callable[[Filing, QueryDict], None]] = {
    "swapped": swap,
    "shifted": unshift,
    "outside_district": take_district,
    "corners": rearrange,
    "unit_price": take_as_yuan,
}
TOUCHED = {  # the fields that have to be open for it
    "swapped": ("longitude", "latitude"),
    "shifted": ("longitude", "latitude"),
    "outside_district": ("district",),
    "corners": ("boundary_points.1.lng",),
    "unit_price": ("contract_amount_wan",),
}


def open_mends(filing: Filing, form: Any) -> list[Mend]:
    """The mends whose fields this form lets one change."""
    return [each for each in mends_of(filing) if not any(form.fields[name].disabled for name in TOUCHED[each.code])]


# Working them out


def sorted_out(location: Location) -> Location:
    order = in_order(location.legal_corners) if location.corners else []
    return Location(location.point, tuple(location.corners[n] for n in order), location.datum)


def only_district(filing: Filing, location: Location) -> District | None:
    """The one district in whose box the point lies, if the chosen one is another and the box tells."""
    if location.legal_point is None or not outside_district(filing):
        return None
    there = [each for each in District.objects.all() if each.may_hold(*location.legal_point)]
    return there[0] if len(there) == 1 else None


def is_typed_in_yuan(amount: Decimal, area: Decimal | None) -> bool:
    """Whether the amount makes no sense in 万元 and does in 元 (domain §5.7 case 48)."""
    return is_odd_amount(amount, area) and not is_odd_amount(in_wan(amount), area) and amount > in_wan(amount)


def is_odd_amount(amount: Decimal, area: Decimal | None) -> bool:
    """Whether an amount in 万元 lies outside what works of this size cost."""
    odd_whole = not BOUNDS["contract_wan"].holds(amount)
    return odd_whole or bool(area) and not BOUNDS["yuan_per_m2"].holds(amount * WAN / Decimal(area or 1))


def in_wan(yuan: Decimal) -> Decimal:
    return (yuan / WAN).quantize(FOUR_PLACES)


# What was copied from a map


def take_pasted(filing: Filing, data: QueryDict) -> str:
    """Fill the point from `pasted`, which is of the datum `paste`; say what was done, "" if there was nothing.

    The numbers stay as they were copied and their datum is declared. Beside corners of another datum, which must not
    move, they are converted instead. Raises ValueError if no pair of degrees is found.
    """
    text, datum = data.get("pasted", "").strip(), datum_of(data.get("paste"))
    if not text:
        return ""
    pair = read_pair(text)
    if pair is None:
        raise ValueError(text)
    data["pasted"] = ""
    before = location_typed(data, filing.coordinate_datum)
    if before.datum != datum and (before.corners or "coordinate_datum" not in data):
        pair = as_degrees(converted((float(pair[0]), float(pair[1])), datum, before.datum))
        facts = {"datum": PROVIDERS[datum_of(datum)], "target": PROVIDERS[before.datum]}
        said = _("已把%(datum)s坐标换算为%(target)s坐标填入") % facts
    else:
        data["coordinate_datum"] = datum
        said = _("已按%(datum)s坐标填入") % {"datum": PROVIDERS[datum]}
    data["longitude"], data["latitude"] = pair
    return said
