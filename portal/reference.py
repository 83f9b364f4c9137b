"""Rows that every installation starts with: each app has a `reference` module with plain data and a `load()`."""

from collections.abc import Sequence

from django.db.models import Model

from portal.places import District, JurisdictionArea, load_places


def load() -> int:
    """Add the districts and jurisdiction areas that are missing; returns how many rows were new."""
    before = District.objects.count() + JurisdictionArea.objects.count()
    load_places()
    return District.objects.count() + JurisdictionArea.objects.count() - before


def add_missing(model: type[Model], rows: Sequence[Model]) -> int:
    """Insert the rows whose primary key is not there yet, and touch no other; returns how many were new."""
    known = set(model._default_manager.values_list("pk", flat=True))
    missing = [row for row in rows if row.pk not in known]
    model._default_manager.bulk_create(missing, ignore_conflicts=True)
    return len(missing)
