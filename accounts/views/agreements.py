"""协议与隐私政策: the texts for everybody, the page that asks for consent, and how operators publish a version."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.agreements import (
    Kind,
    agree_to,
    asked_of,
    changes_of,
    concerned,
    publish_agreement,
    refuse_agreements,
    with_counts,
    withdraw_agreement,
)
from accounts.middleware import ASKED
from accounts.models import Agreement
from accounts.signin import safe_next
from accounts.tickets import require_operator
from accounts.views import me
from portal.forms import DateInput, PortalForm, posted
from portal.once import once
from portal.pages import page_of


class AgreeForm(PortalForm):
    """One box for each text: nothing is ticked beforehand and nothing is agreed to in one go."""

    def __init__(self, *args: Any, texts: list[Agreement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for text in texts:
            facts = {"title": text.title, "version": text.version}
            self.fields[f"agree_{text.pk}"] = forms.BooleanField(
                label=_("我已阅读并同意《%(title)s》（版本 %(version)s）") % facts,
                error_messages={"required": _("请阅读后勾选；不同意的，请点“不同意，退出登录”。")},
            )


class PublishForm(PortalForm):
    """A new version of a text."""

    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=Kind)
    version = forms.CharField(
        label=gettext_lazy("版本"), max_length=20, help_text=gettext_lazy("如 2026-2，不能重复。")
    )
    title = forms.CharField(label=gettext_lazy("标题"), max_length=100)
    effective_on = forms.DateField(label=gettext_lazy("生效日期"), initial=timezone.localdate, widget=DateInput())
    changes = forms.CharField(
        label=gettext_lazy("变更摘要"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("与上一版本相比改了什么，一行一条；使用人登录时首先看到。第一个版本可不填。"),
    )
    body = forms.CharField(label=gettext_lazy("正文"), max_length=50000, widget=forms.Textarea(attrs={"rows": 16}))


# Everybody


@login_not_required
@require_safe
def texts(request: HttpRequest) -> HttpResponse:
    """Every text in force, those that come into force, and the versions before."""
    rows = Agreement.objects.standing().defer("body").order_by("kind", "-effective_from")
    now = timezone.now()
    current: dict[str, int] = {}
    for row in rows:
        if row.effective_from <= now:
            current.setdefault(row.kind, row.pk)
    lines = [{"text": row, "tag": tag_of(row, is_current=current.get(row.kind) == row.pk)} for row in rows]
    return render(request, "accounts/agreements.html", {"lines": lines, "layout": layout(request)})


@login_not_required
@require_safe
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """One version, to read, print and compare; one that was taken back is gone."""
    row = get_object_or_404(Agreement.objects.standing(), pk=pk)
    current = Agreement.objects.current(row.kind)
    tag = tag_of(row, is_current=current == row)
    return render(request, "accounts/agreement.html", {"text": row, "tag": tag, "layout": layout(request)})


def tag_of(row: Agreement, *, is_current: bool) -> dict[str, str]:
    if row.withdrawn_at:
        return {"text": _("已撤回"), "tone": "grey"}
    if row.effective_from > timezone.now():
        return {"text": _("待生效"), "tone": "blue"}
    return {"text": _("现行"), "tone": "green"} if is_current else {"text": _("历史版本"), "tone": "grey"}


def layout(request: HttpRequest) -> str:
    """The visitor's frame also for whoever must agree first: its menu would lead nowhere."""
    return "base.html" if request.user.is_authenticated and ASKED not in request.session else "public.html"


@never_cache
def agree(request: HttpRequest) -> HttpResponse:
    """What changed, the whole text, and the choice; nothing else opens until then."""
    target = safe_next(request, (request.POST if request.method == "POST" else request.GET).get("next", ""))
    asked = asked_of(me(request))
    form = AgreeForm(texts=asked, **posted(request))
    if not asked or form.is_valid():
        agree_to(asked, by=me(request))
        if request.session.pop(ASKED, None) and asked:
            messages.success(request, _("已记录您的同意，可随时在页面底部“协议与隐私政策”查看。"))
        return redirect(target or "home")
    versions = changes_of(asked)
    parts = [{"text": one, "versions": versions.get(one.pk, []), "box": form[f"agree_{one.pk}"]} for one in asked]
    return render(request, "accounts/agree.html", {"form": form, "parts": parts, "next": target})


@require_POST
def refuse(request: HttpRequest) -> HttpResponse:
    """不同意: signed out, and everything stays as it is."""
    refuse_agreements(asked_of(me(request)), by=me(request))
    logout(request)
    messages.info(
        request, _("您没有同意更新后的协议，已退出登录。您的资料和办理中的业务都原样保留，下次登录可以再次阅读和选择。")
    )
    return redirect("landing")


# Operators


@require_safe
def console_list(request: HttpRequest) -> HttpResponse:
    """Every version, and how many agreed to it."""
    require_operator(me(request))
    page = page_of(request, with_counts(Agreement.objects.defer("body")).order_by("kind", "-effective_from"))
    current = set(Agreement.objects.in_force().values_list("pk", flat=True))
    people = concerned()
    rows: Any = page.rows
    lines = [
        {
            "text": row,
            "tag": tag_of(row, is_current=row.pk in current),
            "missing": max(people[row.kind] - row.accepted, 0) if row.pk in current and row.is_asked else None,
            "may_withdraw": row.withdrawn_at is None and row.effective_from > timezone.now(),
        }
        for row in rows
    ]
    return render(request, "accounts/agreements_console.html", {"page": page, "lines": lines})


@never_cache
@once
def new(request: HttpRequest) -> HttpResponse:
    """发布新版本."""
    require_operator(me(request))
    form = PublishForm(**posted(request))
    if form.is_valid():
        given = dict(form.cleaned_data)
        row = publish_agreement(given.pop("kind"), **given, by=me(request))
        said = _("已发布。%(day)s 起，有关人员下次登录时须阅读并同意。")
        messages.success(request, said % {"day": f"{timezone.localtime(row.effective_from):%Y-%m-%d %H:%M}"})
        return redirect("accounts:agreements-console")
    return render(request, "accounts/agreement_new.html", {"form": form})


@never_cache
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回: asks first."""
    require_operator(me(request))
    row = get_object_or_404(Agreement, pk=pk)
    if row.withdrawn_at is not None:
        raise Http404
    if request.method == "POST":
        withdraw_agreement(row, by=me(request))
        messages.success(request, _("已撤回版本 %(version)s。") % {"version": row.version})
        return redirect("accounts:agreements-console")
    return render(request, "accounts/agreement_withdraw.html", {"text": row})
