"""Who did what, when: entries that are only ever added, chained by hash."""

from portal.audit.actions import entries_about, masked, record, record_each

__all__ = ["entries_about", "masked", "record", "record_each"]
