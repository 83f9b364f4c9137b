"""Which rows name files of the storage besides documents: each model that does says so."""

from django.db import models

_sources: list[tuple[type[models.Model], str]] = []


def holds_file(model: type[models.Model], field: str) -> None:
    """`field` of `model` is a key in the storage, or empty."""
    _sources.append((model, field))


def holders() -> list[tuple[type[models.Model], str]]:
    """Each model with its field."""
    return list(_sources)
