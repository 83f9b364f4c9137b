"""manage.py rotate_keys: seal everything anew with the current key, while the portal runs."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.audit.actions import record
from portal.env import make_field_key
from portal.retention import PurgeRun
from portal.rotation import Outcome, places, resealing, rotate

PASSES = 3  # a row that was written meanwhile is tried again


class Command(BaseCommand):
    help = (
        "Seal every encrypted value and file anew with the current key (the first of FIELD_KEYS). May be stopped and "
        "started again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only count what older keys sealed")
        parser.add_argument("--new-key", action="store_true", help="make the next key in the data folder and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new_key"]:
            self.stdout.write(new_key())
            return
        if options["check"]:
            outcomes = [rotate(place, only_count=True) for place in places()]
        else:
            require_known_key()
            with resealing():
                outcomes = [self.renewed(place) for place in places()]
            note(outcomes)
        self.tell(outcomes, counted=options["check"])

    def renewed(self, place: Any) -> Outcome:
        """One place, again while somebody else was writing there."""
        total = Outcome(place.label)
        for _pass in range(PASSES):
            outcome = rotate(place)
            total.renewed += outcome.renewed
            total.left, total.broken = outcome.left, outcome.broken
            if not outcome.left:
                break
        return total

    def tell(self, outcomes: list[Outcome], *, counted: bool) -> None:
        current = next(iter(settings.FIELD_KEYS))
        for outcome in outcomes:
            if outcome.renewed or outcome.left or outcome.broken:
                self.stdout.write(
                    f"{outcome.label}: {outcome.renewed} sealed anew, {outcome.left} left, {outcome.broken} unreadable"
                )
        left, broken = (sum(getattr(outcome, name) for outcome in outcomes) for name in ("left", "broken"))
        if broken:
            raise CommandError(
                f"{broken} values cannot be read with the keys given. Keep the older keys; the log names each value."
            )
        if left and not counted:
            raise CommandError(f"{left} values were being written meanwhile. Run the command again.")
        others = ", ".join(list(settings.FIELD_KEYS)[1:]) or "none"
        if left:
            self.stdout.write(f"{left} values are not under the current key {current}. Other keys: {others}.")
        else:
            self.stdout.write(f"Everything is under the current key {current}. Keys no longer needed: {others}.")


def new_key() -> str:
    """Make the next key of a portal that is given none."""
    if settings.PRODUCTION:
        raise CommandError("In production the keys are given: put a new one into FIELD_KEYS (docs/operations.md).")
    name = make_field_key(settings.KEYS_DIR)
    return f"Made {settings.KEYS_DIR / name}. Back the folder up, restart the portal, then run rotate_keys."


def require_known_key() -> None:
    """The processes that run now must know the key, or they could not read what is sealed with it."""
    started = settings.PORTAL_VAR / "run" / "environment"
    made = settings.KEYS_DIR / f"field_key_{next(iter(settings.FIELD_KEYS))}"
    if not settings.PRODUCTION and made.exists() and started.exists():
        if started.stat().st_mtime < made.stat().st_mtime:
            raise CommandError("The portal was started before the new key was made. Restart it first.")


def note(outcomes: list[Outcome]) -> None:
    """One entry in the audit trail for the run."""
    count = sum(outcome.renewed for outcome in outcomes)
    run = PurgeRun.objects.create(rule="rotate_keys", count=count)
    record("keys.rotated", run, by=None, renewed=count, key=next(iter(settings.FIELD_KEYS)))
