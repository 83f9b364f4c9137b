"""Finding an enterprise by name or credit code, for people who are to name one (security S3)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from enterprises.models import Enterprise
from portal.search import find
from portal.validators import check_uscc, clean_name, normalise_uscc

AT_MOST = 10
SHORTEST = {True: 2, False: 4}  # characters of a name, for people signed in and for visitors


def find_enterprises(keyword: str, *, signed_in: bool) -> QuerySet[Enterprise]:
    """At most ten active enterprises whose name contains the keyword, or the one with that credit code.

    A visitor needs four characters of the name or the whole code, so that the list cannot be drained.
    """
    active = Enterprise.objects.filter(status=Enterprise.Status.ACTIVE).select_related("district")
    if code := credit_code(keyword):
        return active.filter(uscc=code)
    words = name_words(keyword)
    if sum(map(len, words)) < SHORTEST[signed_in]:
        return active.none()
    found = find(active, " ".join(words))
    for word in words:  # the index also knows credit codes; only names count here
        found = found.filter(name__icontains=word)
    return found.order_by("name", "pk")[:AT_MOST]


def as_rows(found: QuerySet[Enterprise], *, signed_in: bool) -> list[dict[str, Any]]:
    """Name and district, and for people signed in the credit code and the mark; nothing about any person."""
    rows = [{"id": str(one.pk), "name": one.name, "district": one.district.name} for one in found]
    if signed_in:
        for row, one in zip(rows, found, strict=True):
            row["uscc"], row["verification"] = one.uscc, one.verification_mark
    return rows


def credit_code(keyword: str) -> str:
    code = normalise_uscc(keyword)
    try:
        check_uscc(code)
    except ValidationError:
        return ""
    return code


def name_words(keyword: str) -> list[str]:
    try:
        return clean_name(keyword[:100]).split()
    except ValidationError:
        return []
