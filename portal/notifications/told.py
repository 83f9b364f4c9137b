"""Who was told about a thing, and what became of the texts and e-mails: for its timeline. Numbers, no names."""

from collections import Counter
from collections.abc import Iterable
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


FIELDS = ("pk", "event", "created_at", "read_at", "deliveries__channel", "deliveries__state")


def messages_about(about_type: str, about_id: str) -> models.QuerySet:
    """The FIELDS of the latest messages about a thing."""
    rows = Message.objects.filter(about_type=about_type, about_id=about_id).order_by("-created_at")
    return rows.values_list(*FIELDS)[:MOST]


def told_about(thing: models.Model, rows: Iterable[tuple] | None = None) -> list[Told]:
    """The tellings about `thing`, the latest first, in one query, or none where its messages (`messages_about`) are
    in hand. Messages of one minute and kind are one telling."""
    found = messages_about(thing._meta.label_lower, str(thing.pk)) if rows is None else rows
    tellings: dict[tuple[str, datetime], list[dict[str, Any]]] = {}
    for row in (dict(zip(FIELDS, values, strict=True)) for values in found):
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
