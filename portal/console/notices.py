"""通知公告: what operators tell everybody or some, from when to when, and what became of each notice."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from portal.audit import entries_about
from portal.audit.names import event_name
from portal.console.gates import for_operators
from portal.forms import DateInput, PortalForm, posted
from portal.home.context import who
from portal.home.models import Notice
from portal.home.publishing import change_notice, end_notice, is_over, publish_notice
from portal.once import once
from portal.pages import page_of
from portal.places import District

TABS = {
    "shown": (gettext_lazy("显示中"), Notice.objects.published),
    "coming": (gettext_lazy("待显示"), lambda: Notice.objects.coming().order_by("published_at", "id")),
    "over": (gettext_lazy("已结束"), lambda: Notice.objects.over().order_by("-published_at", "-id")),
}


class NoticeForm(PortalForm):
    """A notice: what it says, to whom, and for how long."""

    title = forms.CharField(label=gettext_lazy("标题"), max_length=120)
    body = forms.CharField(label=gettext_lazy("正文"), max_length=10000, widget=forms.Textarea(attrs={"rows": 8}))
    audience = forms.ChoiceField(label=gettext_lazy("对象"), choices=Notice.Audience)
    district = forms.ModelChoiceField(
        label=gettext_lazy("限定区域"),
        queryset=District.objects.none(),
        required=False,
        empty_label=gettext_lazy("不限"),
        help_text=gettext_lazy("选定后，只有注册地、在建项目或管辖范围在该区域的对象收到。"),
    )
    first_day = forms.DateField(label=gettext_lazy("开始日期"), initial=timezone.localdate, widget=DateInput())
    shown_until = forms.DateField(
        label=gettext_lazy("最后显示日期"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("不填则一直显示。"),
    )
    is_pinned = forms.BooleanField(label=gettext_lazy("置顶"), required=False)
    is_public = forms.BooleanField(label=gettext_lazy("公开：登录页也显示，任何人都能阅读"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["district"].queryset = District.objects.order_by("code")  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "first_day"}


@require_safe
@for_operators
def notice_list(request: HttpRequest) -> HttpResponse:
    """What is shown now, what will be, and what is over."""
    state = request.GET.get("state", "shown")
    state = state if state in TABS else "shown"
    page = page_of(request, TABS[state][1]().select_related("district").defer("body"))
    tabs = [
        {"label": label, "url": f"?state={code}", "current": code == state} for code, (label, _rows) in TABS.items()
    ]
    return render(request, "console/notices.html", {"page": page, "tabs": tabs})


@for_operators
@once
def notice_new(request: HttpRequest) -> HttpResponse:
    """新建公告."""
    form = NoticeForm(**posted(request))
    if form.is_valid():
        notice = publish_notice(form.values, first_day=form.cleaned_data["first_day"], by=who(request))
        messages.success(request, _("公告已保存，将按日期显示给所选对象。"))
        return redirect("notice-kept", notice.pk)
    return render(request, "console/notice_form.html", {"form": form, "notice": None})


@require_safe
@for_operators
def notice_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One notice as it is kept, and who did what to it."""
    notice = get_object_or_404(Notice.objects.select_related("district", "written_by"), pk=pk)
    entries = entries_about(notice).order_by("-id")[:50]
    history = [{"entry": entry, "name": event_name(entry.event)} for entry in entries]
    context = {"notice": notice, "history": history, "state": state_of(notice), "is_open": not is_over(notice)}
    return render(request, "console/notice.html", context)


def state_of(notice: Notice) -> dict[str, str]:
    if notice.withdrawn_at:
        return {"text": _("已提前结束"), "tone": "grey"}
    if is_over(notice):
        return {"text": _("已到期"), "tone": "grey"}
    waits = notice.published_at > timezone.now()
    return {"text": _("待显示"), "tone": "blue"} if waits else {"text": _("显示中"), "tone": "green"}


@for_operators
@once
def notice_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """编辑公告."""
    notice = get_object_or_404(Notice, pk=pk)
    form = NoticeForm(**posted(request), initial=written(notice))
    if form.is_valid():
        change_notice(pk, form.values, first_day=form.cleaned_data["first_day"], by=who(request))
        messages.success(request, _("公告已修改。"))
        return redirect("notice-kept", pk)
    return render(request, "console/notice_form.html", {"form": form, "notice": notice})


def written(notice: Notice) -> dict[str, Any]:
    names = ("title", "body", "audience", "district", "shown_until", "is_pinned", "is_public")
    return {name: getattr(notice, name) for name in names} | {"first_day": timezone.localdate(notice.published_at)}


@for_operators
def notice_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """提前结束: asks first."""
    notice = get_object_or_404(Notice, pk=pk)
    if request.method == "POST":
        end_notice(pk, by=who(request))
        messages.success(request, _("公告已结束，不再显示；内容和记录保留在“已结束”中。"))
        return redirect("notice-kept", pk)
    return render(request, "console/notice_end.html", {"notice": notice})
