"""What a station has to look at in a conversion: where the later filing differs from what it passed (domain §5.4)."""

from dataclasses import dataclass

from supervision.catalogue import Section
from supervision.frozen import Change, substantive_changes
from supervision.models import Filing, FilingVersion, MaterialRule, Review

PERMIT_PLACES = {"permit_no", "M02"}


@dataclass(frozen=True)
class Scope:
    """The earlier filing, and what differs since; `is_full`: this station did not pass it, so everything counts."""

    prior: Filing
    is_full: bool
    changes: list[Change]


def scope_of(review: Review) -> Scope | None:
    """None where nothing is converted."""
    prior = review.filing.converts
    if prior is None:
        return None
    passed = Review.objects.filter(
        filing=prior, role=review.role, station=review.station_id, status__in=Review.PASSED
    ).select_related("version")
    earlier = passed.first()
    if earlier is None:
        return Scope(prior, True, [])
    return Scope(prior, False, changes_in_conversion(earlier.version, review.version, role=review.role))


def changes_in_conversion(old: FilingVersion, new: FilingVersion, *, role: str) -> list[Change]:
    """What makes a station look again at what it passed under the earlier module.

    A permit where there was none is what a conversion is for; papers that only the earlier module asks for, such as
    its own application form, are not missed in the later one.
    """
    changes = substantive_changes(old.data, new.data, role=role)
    if not changes:
        return []
    asked = set(MaterialRule.objects.filter(module=new.data["module"]).values_list("material", flat=True))
    return [change for change in changes if not is_expected(change, asked)]


def is_expected(change: Change, asked: set[str]) -> bool:
    if change.section == Section.ATTACHMENTS and not change.new and change.place not in asked:
        return True
    return change.place in PERMIT_PLACES and not change.old
