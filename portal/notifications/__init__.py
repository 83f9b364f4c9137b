"""Tell people what happened: in the inbox, and by text message where it matters."""

from portal.notifications.actions import mark_handled, notify, notify_once, send_text
from portal.notifications.kinds import Kind, register

__all__ = ["Kind", "mark_handled", "notify", "notify_once", "register", "send_text"]
