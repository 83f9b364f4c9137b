"""Who was told about a thing, and what became of the texts and e-mails: for its timeline. Numbers, no names."""

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import gettext as _

from portal.notifications.kinds import label_of
from portal.notifications.models import Delivery, Message

MOST = 200  # messages looked at, the latest
State = Delivery.State
WAITING = {State.QUEUED, State.SENDING, State.FAILED}


class Told(NamedTuple):
    """One telling: what about, when, and how far it got."""

    label: str
    at: datetime
    text: str


def told_about(thing: models.Model) -> list[Told]:
    """The tellings about `thing`, the latest first, in one query. Messages of one minute and kind are one telling."""
    fields = ("pk", "event", "created_at", "read_at", "deliveries__channel", "deliveries__state")
    rows = Message.objects.about(thing).order_by("-created_at").values(*fields)[:MOST]
    tellings: dict[tuple[str, datetime], list[dict[str, Any]]] = {}
    for row in rows:
        minute = row["created_at"].replace(second=0, microsecond=0)
        tellings.setdefault((row["event"], minute), []).append(row)
    return [Told(label_of(event), minute, text_of(found)) for (event, minute), found in tellings.items()]


def text_of(rows: list[dict[str, Any]]) -> str:
    read = {row["pk"]: row["read_at"] is not None for row in rows}
    parts = [_("站内 %(count)d 人，已读 %(read)d 人") % {"count": len(read), "read": sum(read.values())}]
    for channel in Delivery.Channel:
        states = Counter(row["deliveries__state"] for row in rows if row["deliveries__channel"] == channel)
        if states:
            parts.append(_("%(way)s%(counts)s") % {"way": channel.label, "counts": counts_of(states)})
    return "；".join(parts)


def counts_of(states: Counter) -> str:
    """已发送 2，等待发送 1."""
    groups = [
        (_("已发送 %d"), states[State.SENT]),
        (_("等待发送 %d"), sum(states[state] for state in WAITING)),
        (_("发送失败 %d"), states[State.DEAD]),
        (_("结果未知 %d"), states[State.UNKNOWN]),
    ]
    return "，".join(text % count for text, count in groups if count)
