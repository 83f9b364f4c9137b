"""消息: what a person was told, read and unread, by kind."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.forms import SearchForm
from portal.notifications.kinds import label_of
from portal.notifications.models import Message

SHOWN = {
    "unread": (_("未读"), Q(read_at=None, handled_at=None)),
    "read": (_("已读"), ~Q(read_at=None, handled_at=None)),
    "all": (_("全部"), Q()),
}
EMPTY = {
    "unread": _("没有未读消息。报监进度、审核结果和账号安全提醒会出现在这里。"),
    "read": _("读过的消息和已经办完的消息会出现在这里。"),
    "all": _("报监进度、审核结果和账号安全提醒会出现在这里。"),
}


class MessageSearchForm(SearchForm):
    """By kind: only kinds that the person has messages of."""

    kind = forms.ChoiceField(label=_("类别"))
    show = forms.ChoiceField(
        choices=[(code, label) for code, (label, _where) in SHOWN.items()], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, events: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("全部类别")), *((event, label_of(event)) for event in events)]  # type: ignore[attr-defined]


def inbox_of(request: HttpRequest) -> tuple[MessageSearchForm, str, QuerySet, list[dict[str, Any]]]:
    """The search row, what is shown, its rows, and the tabs with their numbers: counts and lists are one queryset."""
    mine = Message.objects.of(request.user)
    events = list(mine.order_by("event").values_list("event", flat=True).distinct())
    form = MessageSearchForm(request.GET, events=events)
    shown = form.given.get("show", "unread")
    if kind := form.given.get("kind"):
        mine = mine.filter(event=kind)
    numbers = mine.aggregate(**{code: Count("pk", filter=where) for code, (_label, where) in SHOWN.items()})
    tabs = [
        {"code": code, "label": label, "current": code == shown, "badge": numbers[code]}
        for code, (label, _where) in SHOWN.items()
    ]
    return form, shown, mine.filter(SHOWN[shown][1]).order_by("-created_at", "-pk"), tabs


def lines_of(messages: Iterable[Any]) -> list[dict[str, Any]]:
    return [{"message": message, "kind": label_of(message.event)} for message in messages]


def mark_read(messages: QuerySet) -> int:
    """Take them off the bell's count; how many were unread."""
    return messages.filter(read_at=None).update(read_at=timezone.now())
