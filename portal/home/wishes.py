"""消息设置."""

from typing import Any

from django import forms
from django.contrib import messages as said
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from portal.forms import PortalForm, posted
from portal.home.context import who
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, MessageSettings
from portal.notifications.wishes import change_wishes, kinds_for, switches, wishes_of
from portal.once import once

# What the kinds are about, by the first word of their event. A test asks that each has its place.
GROUPS: list[tuple[str | Promise, set[str]]] = [
    (_("报监与补正"), {"filing", "permit", "change", "acting"}),
    (_("审核与监督站"), {"review", "letter", "officer", "merge"}),
    (_("项目与项目用户"), {"project", "project_user"}),
    (_("企业与人员"), {"enterprise", "administrator", "agent", "member", "handover"}),
    (_("账号与个人信息"), {"account", "data_copy", "data_request"}),
    (_("导出与平台运行"), {"export", "calendar", "feed", "reveals", "backup"}),
]


class WishesForm(PortalForm):
    """An address, and which kinds come on which ways."""

    email = forms.EmailField(
        label=_("邮箱"),
        required=False,
        max_length=200,
        help_text=_("填写后，消息也会发送到这个邮箱；清空则不再发送邮件。"),
    )
    on = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, kinds: list[Kind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].choices = [(switch, switch) for switch in switches(kinds)]  # type: ignore[attr-defined]


@once
def message_settings(request: HttpRequest) -> HttpResponse:
    """Which messages also come by text and e-mail."""
    user = who(request)
    kinds, wishes = kinds_for(user), wishes_of(user)
    form = WishesForm(**posted(request), kinds=kinds, initial={"email": wishes.email})
    if form.is_valid():
        change_wishes(user, **form.cleaned_data, by=user)
        said.success(request, _t("消息设置已保存。"))
        return redirect("message-settings")
    on = set(request.POST.getlist("on")) if request.method == "POST" else None
    context = {"form": form, "groups": grouped([row_of(kind, wishes, on) for kind in kinds])}
    return render(request, "home/message_settings.html", context)


def row_of(kind: Kind, wishes: MessageSettings, on: set[str] | None) -> dict[str, Any]:
    """A kind with its ways: None where it never comes so, else whether it is on."""
    ways = []
    for way in Delivery.Channel:
        switch = f"{kind.event}:{way.value}"
        is_on = wishes.wants(kind.event, way.value) if on is None else switch in on
        ways.append({"label": way.label, "switch": switch if way.value in kind.channels else "", "is_on": is_on})
    return {"kind": kind, "ways": ways}


def grouped(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The kinds by what they are about, each group with how many switches of it are off."""
    groups = []
    for label, words in GROUPS:
        own = [row for row in rows if row["kind"].event.split(".")[0] in words]
        off = sum(
            bool(way["switch"]) and not way["is_on"] for row in own if not row["kind"].security for way in row["ways"]
        )
        if own:
            groups.append({"label": label, "rows": own, "off": off})
    return groups
