"""Who did what, when: entries that are only ever added, chained by hash."""

from portal.audit.actions import entries_about, masked, record

__all__ = ["entries_about", "masked", "record"]
