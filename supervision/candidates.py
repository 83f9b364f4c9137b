"""Is this project filed already? The person's word alone does not decide (security S8, domain §5.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from portal.coordinates import Point, metres_between, to_cgcs2000
from portal.search import SEARCH_FIELDS
from portal.together import Together
from portal.validators import normalise_permit_no
from projects.models import PartyType
from supervision.catalogue import Module
from supervision.models import Filing, FilingParty
from supervision.models.filing import is_any_of

# 存在 leads from an early module to a later one; the other way round nothing is converted.
EARLIER_MODULES: dict[str, tuple[str, ...]] = {
    Module.JOINT: (Module.EARLY, Module.ADVANCE),
    Module.EARLY: (Module.ADVANCE,),
    Module.ADVANCE: (),
}
# What 存在 leads to, by the state of the filing that it names (domain §5.4).
CONVERTIBLE = (Filing.Status.APPROVED, Filing.Status.FILED)  # carried over
AWAITED = (Filing.Status.SUBMITTED, Filing.Status.UNDER_REVIEW)  # the later filing waits as a draft
ENDED_IN_VAIN = (Filing.Status.RETURNED, Filing.Status.REJECTED)  # as if it were not there, but the link is kept
NEAR_METRES = 500
NEAR_DEGREES = Decimal("0.02")  # a box that surely holds the circle, and the shift between two datums
SIMILAR = 0.6
LOOKED_AT = 200


class Match(IntEnum):
    """Why a filing may be about the same project; the strongest first."""

    PROJECT = 0  # the same project, or its number
    PERMIT = 1
    OWNER_AND_NAME = 2  # the same owner, a similar name, not more than 500 m away


@dataclass(frozen=True)
class Candidate:
    """A live filing that may be about the same project."""

    filing: Filing
    match: Match
    similarity: float = 1.0


def candidates_for(filing: Filing, possible: Iterable[Filing] | None = None) -> list[Candidate]:
    """The other live filings that may be about this project, best first; `possible`: if a page asked for them."""
    others = POSSIBLE.ask(**compared(filing))["possible"] if possible is None else possible
    found = [match for other in others if (match := match_of(filing, other))]
    return sorted(found, key=lambda candidate: (candidate.match, -candidate.similarity))


def possible_for(
    of: UUID,
    project: UUID,
    project_no: str,
    permit_no: str,
    permit_no_meant: str,
    west: Decimal,
    east: Decimal,
    south: Decimal,
    north: Decimal,
) -> QuerySet[Filing]:
    """The live filings that a filing is compared with; what it does not say is None and equals nothing."""
    owners = FilingParty.objects.filter(party_type=PartyType.OWNER).exclude(uscc="")  # as their index holds them
    codes = owners.filter(filing=of).values("uscc")
    owned = owners.filter(uscc__in=codes).values("filing")
    near = Q(longitude__gte=west, longitude__lte=east, latitude__gte=south, latitude__lte=north)
    same = Q(project=project) | Q(project_no=project_no) | Q(permit_no=permit_no) | Q(permit_no=permit_no_meant)
    others = Filing.objects.live().filter(same | (near & Q(is_any_of("pk", owned)))).exclude(pk=of)
    return others.defer(*SEARCH_FIELDS).order_by("-submitted_at", "-pk")[:LOOKED_AT]


COMPARED: dict[str, type] = {
    **{"of": UUID, "project": UUID},
    **dict.fromkeys(("project_no", "permit_no", "permit_no_meant"), str),
    **dict.fromkeys(("west", "east", "south", "north"), Decimal),
}
POSSIBLE = Together(lambda **of: {"possible": possible_for(**of)}, **COMPARED)


def compared(filing: Filing) -> dict[str, Any]:
    """By what a filing is compared with others."""
    placed = filing.longitude is not None and filing.latitude is not None
    west, east = _around(filing.longitude) if placed else (None, None)  # type: ignore[arg-type]
    south, north = _around(filing.latitude) if placed else (None, None)  # type: ignore[arg-type]
    return {
        "of": filing.pk,
        "project": filing.project_id,
        "project_no": filing.project_no or None,
        "permit_no": filing.permit_no or None,
        "permit_no_meant": normalise_permit_no(filing.permit_no) if filing.permit_no else None,
        "west": west,
        "east": east,
        "south": south,
        "north": north,
    }


def owner_uscc(filing: Filing) -> str:
    """The credit code of the 建设单位 that the filing names, or nothing."""
    owners = (party.uscc for party in filing.parties.all() if party.party_type == PartyType.OWNER and party.uscc)
    return next(owners, "")


def near_to(filing: Filing) -> Q:
    """In a box that surely holds what counts as the same place; nowhere without coordinates."""
    box = box_around(filing)
    return Q(longitude__range=box[:2], latitude__range=box[2:]) if box else Q(pk__in=[])


def box_around(filing: Filing) -> tuple[Decimal, Decimal, Decimal, Decimal] | None:
    """West, east, south and north of it."""
    if filing.longitude is None or filing.latitude is None:
        return None
    return *_around(filing.longitude), *_around(filing.latitude)


def _around(degrees: Decimal) -> tuple[Decimal, Decimal]:
    return degrees - NEAR_DEGREES, degrees + NEAR_DEGREES


def match_of(filing: Filing, other: Filing) -> Candidate | None:
    """Why `other` may be about the same project, if it may; that the owner is the same, the caller has made sure."""
    if other.project_id == filing.project_id or (filing.project_no and other.project_no == filing.project_no):
        other_lot = filing.permit_id and other.permit_id and other.permit_id != filing.permit_id
        return None if other_lot else Candidate(other, Match.PROJECT)
    if filing.permit_no and normalise_permit_no(other.permit_no) == normalise_permit_no(filing.permit_no):
        return Candidate(other, Match.PERMIT)
    likeness = max(similarity(filing.project_name, other.project_name), similarity(filing.works_name, other.works_name))
    if likeness >= SIMILAR and _metres_apart(filing, other) <= NEAR_METRES:
        return Candidate(other, Match.OWNER_AND_NAME, likeness)
    return None


def _metres_apart(filing: Filing, other: Filing) -> float:
    points = [point_of(one) for one in (filing, other)]
    return metres_between(points[0], points[1]) if points[0] and points[1] else float("inf")


def point_of(filing: Filing) -> Point | None:
    """Where it lies, in the legal datum."""
    if filing.longitude is None or filing.latitude is None:
        return None
    return to_cgcs2000(filing.longitude, filing.latitude, filing.coordinate_datum)


def similarity(first: str, second: str) -> float:
    """How alike two names are, 0 to 1: the share of two-character pieces they have in common."""
    one, other = _pieces(first), _pieces(second)
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _pieces(text: str) -> set[str]:
    plain = "".join(sign for sign in text.casefold() if sign.isalnum())
    return {plain[i : i + 2] for i in range(len(plain) - 1)}


def earlier_filings(filing: Filing, user, found: list[Candidate] | None = None) -> list[Filing]:
    """What 存在 may name: filings of an earlier module that are live or were refused; candidates first, then those of
    the same project or owner. `found`: the candidates, if a page asked for them."""
    earlier = EARLIER_MODULES[filing.module]
    likely = candidates_for(filing) if found is None else found
    best = [one.filing for one in likely if one.filing.module in earlier]
    if not earlier:
        return best
    same = Q(project=filing.project_id)
    if owner := owner_uscc(filing):
        owned = FilingParty.objects.filter(party_type=PartyType.OWNER, uscc=owner)
        same |= Q(is_any_of("pk", owned.values("filing")))
    statuses = {*CONVERTIBLE, *AWAITED, *ENDED_IN_VAIN}
    visible = Filing.objects.visible_to(user).filter(same, module__in=earlier, status__in=statuses)
    known = {one.pk for one in best}
    return best + [one for one in visible.order_by("-submitted_at")[:20] if one.pk not in known | {filing.pk}]


def is_same_project(filing: Filing, other: Filing) -> bool:
    """Whether two filings agree in project number or owner, so that a foreign one may be named (edge case 6)."""
    same_number = bool(filing.project_no) and filing.project_no == other.project_no
    owner = owner_uscc(filing)
    return filing.project_id == other.project_id or same_number or bool(owner and owner == owner_uscc(other))
