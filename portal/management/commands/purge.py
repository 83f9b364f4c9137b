"""manage.py purge: what the retention rules say is due. Shows it; with --do it is done and recorded."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.retention import Rule, carry_out, rules


class Command(BaseCommand):
    help = "Show what the retention rules (RETENTION_DAYS) say is due; delete it with --do."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--do", action="store_true", help="delete; not to be undone")
        parser.add_argument("--rule", action="append", default=[], help="only this rule; may be given several times")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = [rule for rule in rules() if not options["rule"] or rule.code in options["rule"]]
        if unknown := set(options["rule"]) - {rule.code for rule in chosen}:
            raise CommandError(f"No such rule, or switched off: {', '.join(sorted(unknown))}.")
        failed = 0
        for rule in chosen:
            if options["do"]:
                run = carry_out(rule)
                failed += run.failed
                self.stdout.write(f"{rule.code} ({rule.label}, {rule.days} d): {run.count} purged, {run.failed} failed")
            else:
                self.stdout.write(f"{rule.code} ({rule.label}, {rule.days} d): {due(rule)}")
        if failed:
            raise CommandError(f"{failed} rows could not be purged; the log says why. They stay due.")
        if not options["do"]:
            self.stdout.write("Nothing was deleted. Run it with --do to delete what is due.")


def due(rule: Rule) -> str:
    """How many rows, and before which day."""
    count = rule.rows().count()
    return f"{count} due, older than {timezone.localtime(rule.cutoff):%Y-%m-%d}"
