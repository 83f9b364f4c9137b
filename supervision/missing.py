"""缺附件: what a filing's module asks for, required or recommended, and was not uploaded (pain 91)."""

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from supervision.catalogue import Module, Need
from supervision.models import Attachment, Filing, FilingVersion, MaterialRule, Review

ASKED = (Need.REQUIRED, Need.RECOMMENDED)


def lacking_files(filings: QuerySet[Filing]) -> QuerySet[Filing]:
    """Of filings, as they are now: for who prepares them."""
    given = Attachment.objects.filter(filing=OuterRef("pk"), removed_at=None, replaced_by=None)
    first = FilingVersion.objects.filter(filing=OuterRef("pk"), number=1)
    return filings.alias(asked_on=asked_on(first)).filter(lacks(given, ""))


def handed_in_without(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Of reviews, as the version before the station was handed in; what is mended meanwhile is the applicant's."""
    then = OuterRef("version__submitted_at")
    gone = Q(removed_at__lte=then) | Q(replaced_by__added_at__lte=then)
    given = Attachment.objects.filter(filing=OuterRef("filing"), added_at__lte=then).exclude(gone)
    first = FilingVersion.objects.filter(filing=OuterRef("filing"), number=1)
    return reviews.alias(asked_on=asked_on(first)).filter(lacks(given, "filing__"))


def asked_on(first: QuerySet) -> Coalesce:
    """The day whose rules count: that of the first submission."""
    return Coalesce(Subquery(first.values(day=TruncDate("submitted_at"))), timezone.localdate())


def lacks(given: QuerySet, filing: str) -> Q:
    """No file for one of the materials that the module asks for: one condition for each, the list being short."""
    found = Q(pk__in=[])
    for module, rules in rules_by_module().items():
        missing = Q(pk__in=[])
        for rule in rules:
            in_force = Q(asked_on__gte=rule.valid_from) if rule.valid_from else Q()
            in_force &= Q(asked_on__lte=rule.valid_to) if rule.valid_to else Q()
            for later in rules_after(rule, rules):
                until = Q(asked_on__lt=later.valid_from)
                in_force &= until | Q(asked_on__gt=later.valid_to) if later.valid_to else until
            if rule.need == Need.FROM_PERMIT:
                in_force &= Q(**{f"{filing}permit__isnull": True})
            if rule.need in (*ASKED, Need.FROM_PERMIT):
                missing |= in_force & ~Q(Exists(given.filter(material=rule.material_id)))
        found |= Q(**{f"{filing}module": module}) & missing
    return found


def rules_by_module() -> dict[str, list[MaterialRule]]:
    rules: dict[str, list[MaterialRule]] = {module: [] for module in Module.values}
    for rule in MaterialRule.objects.filter(material__is_active=True).order_by("material", "valid_from"):
        rules[rule.module].append(rule)
    return rules


def rules_after(rule: MaterialRule, rules: list[MaterialRule]) -> list[Any]:
    """Of two that hold for a material the one that began later counts."""
    begun = rule.valid_from or date.min
    same = [other for other in rules if other.material_id == rule.material_id]
    return [other for other in same if other.valid_from and other.valid_from > begun]
