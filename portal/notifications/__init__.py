"""Tell people what happened: in the inbox, and by text message where it matters."""

from portal.notifications.actions import mark_handled, notify, send_text
from portal.notifications.kinds import Kind, register

__all__ = ["Kind", "mark_handled", "notify", "register", "send_text"]
