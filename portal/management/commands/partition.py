"""manage.py partition --plan | --apply: the audit trail and the inbox in parts by time (docs/operations.md)."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection, transaction

from portal.partitions import (
    ADD_PART,
    SPLITS,
    PartitionFault,
    Split,
    add_part,
    exchange,
    highest,
    is_split,
    missing_parts,
    parts_of,
    promise,
)

WAIT = "5s"  # for the lock; who waits behind us waits no longer


class Command(BaseCommand):
    help = "Split the audit trail and the inbox by time, and make the parts that come next. Run as owner of the tables."

    def add_arguments(self, parser: CommandParser) -> None:
        one = parser.add_mutually_exclusive_group(required=True)
        one.add_argument("--plan", action="store_true", help="say what stands and what would be done")
        one.add_argument("--apply", action="store_true", help="do it; may be called again at any time")

    def handle(self, *args: Any, **options: Any) -> None:
        for split in SPLITS:
            try:
                self.apply(split) if options["apply"] else None
            except PartitionFault as fault:
                raise CommandError(str(fault)) from fault
            except OperationalError as fault:
                raise CommandError(f"{split.table} is in use; nothing was changed, call again.") from fault
            self.tell(split)

    def apply(self, split: Split) -> None:
        with connection.cursor() as cursor:
            if not is_split(cursor, split.table):
                limit = next(split.parts_from(highest(cursor, split.table))).begin
                promise(cursor, split, limit)
                with transaction.atomic():
                    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
                    later = exchange(cursor, split, limit)
                    self.rights()
                for statement in later:
                    cursor.execute(statement)
            with transaction.atomic():
                cursor.execute(ADD_PART)
                for part in missing_parts(cursor, split):
                    add_part(cursor, split, part)
                self.rights()

    def rights(self) -> None:
        """In the same transaction, so that nobody gets more or less meanwhile."""
        call_command("rights", stdout=self.stdout, stderr=self.stderr)

    def tell(self, split: Split) -> None:
        with connection.cursor() as cursor:
            self.stdout.write(f"{split.table} ({split.label})")
            for name, bounds, rows in parts_of(cursor, split.table):
                self.stdout.write(f"  {name}: {bounds}, about {rows} rows")
            if is_split(cursor, split.table):
                wanted = [part.name for part in missing_parts(cursor, split)]
            else:
                ranges = split.parts_from(highest(cursor, split.table))
                wanted = [f"{split.table}_history (all rows of now)", *(next(ranges).name for _ in range(3))]
            self.stdout.write(f"  to be made: {', '.join(wanted)}" if wanted else "  nothing is to be made")
