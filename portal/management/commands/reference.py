"""`manage.py reference`: add what every installation starts with; nothing that somebody edited is touched."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

import accounts.reference
import enterprises.reference
import portal.reference
import supervision.reference
from accounts.models import Agreement, Station, StationRole
from enterprises.models import BusinessSystem, Position
from portal.places import District, JurisdictionArea
from supervision.models import CheckPoint, Material, MaterialRule, ReturnReason

PARTS = (portal.reference, accounts.reference, enterprises.reference, supervision.reference)  # in this order
COUNTED = (
    (District, "districts"),
    (JurisdictionArea, "areas"),
    (Station, "stations"),
    (StationRole, "station roles"),
    (Agreement, "agreements"),
    (BusinessSystem, "systems"),
    (Position, "positions"),
    (Material, "materials"),
    (MaterialRule, "material rules"),
    (ReturnReason, "return reasons"),
    (CheckPoint, "check points"),
)


@transaction.atomic
def load_reference() -> int:
    """Load every part; returns how many rows were new."""
    return sum(part.load() for part in PARTS)


class Command(BaseCommand):
    help = "Adds the reference data that is missing: run after every migrate, any number of times."
    requires_system_checks = []  # it runs at every start

    def handle(self, *args: Any, **options: Any) -> None:
        new = load_reference()
        counts = ", ".join(f"{model._default_manager.count()} {label}" for model, label in COUNTED)
        self.stdout.write(f"Reference data: {counts} ({new} rows new).")
