"""Addresses of pages, worked out once each: a list has forty of them, and Django seeks each among all there are."""

from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse

SAMPLE = UUID("00000000-0000-4000-8000-000000000000")


def link_to(name: str, pk: UUID | None = None) -> str:
    """As `reverse(name, args=[pk])`; NoReverseMatch where this site has no such page."""
    found = known(name, pk is not None, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())
    if found is None:
        return reverse(name, args=[] if pk is None else [pk])
    return found[0] if pk is None else f"{pk}".join(found)


@lru_cache(maxsize=1000)
def known(name: str, has_key: bool, urlconf: str, prefix: str) -> tuple[str, ...] | None:
    """What stands before and after the key; None where the page is not there, or takes something else."""
    try:
        address = reverse(name, urlconf, args=[SAMPLE] if has_key else [])
    except NoReverseMatch:
        return None
    parts = tuple(address.split(str(SAMPLE)))
    return parts if len(parts) == 1 + has_key else None
