"""Tell people what happened: in the inbox, and by text message where it matters."""

from portal.notifications.actions import Telling, mark_handled, notify, notify_all, notify_once, send_text
from portal.notifications.kinds import Kind, register

__all__ = ["Kind", "Telling", "mark_handled", "notify", "notify_all", "notify_once", "register", "send_text"]
