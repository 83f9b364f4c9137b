"""The models of the kernel's modules, gathered for Django. One line a module."""

# ruff: noqa: F401
from portal.audit.models import AuditCheck, AuditEntry, AuditSeal
from portal.backup.models import BackupRun
from portal.calendar import CalendarYear, WorkDay
from portal.documents.models import Document, Transfer
from portal.exports.models import Export
from portal.home.models import Notice
from portal.limits import LimitWindow
from portal.lists.models import SavedView
from portal.notifications.models import Delivery, Heartbeat, Message, MessageSettings, Notified, TrayEntry
from portal.numbers import NumberSeries
from portal.once import OnceToken
from portal.places import District, JurisdictionArea
from portal.retention import PurgeRun
