"""列设置 and 我的视图 of a list. Both come back to the list as it was."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.forms import posted
from portal.lists.actions import MOST, choose_columns, delete_view, make_default, rename_view, save_view, views_of
from portal.lists.forms import ColumnsForm, RenameForm, ViewForm
from portal.lists.kinds import ListKind, list_for
from portal.lists.models import SavedView
from portal.lists.tools import back_to, tools_of


def columns(request: HttpRequest, code: str) -> HttpResponse:
    """列设置: which columns stand in the table, remembered for this person on every device."""
    kind = list_for(request.user, code)
    back = back_to(kind, request.GET.get("from", ""))
    if "reset" in request.POST:
        choose_columns(kind, [], by=request.user)
        return redirect(back)
    shown = [column.code for column in tools_of(request, kind).columns]
    form = ColumnsForm(**posted(request), kind=kind, initial={"columns": shown})
    if form.is_valid():
        choose_columns(kind, form.cleaned_data["columns"], by=request.user)
        return redirect(back)
    return render(request, "lists/columns.html", {"kind": kind, "form": form, "back": back})


def saved_views(request: HttpRequest, code: str) -> HttpResponse:
    """我的视图: keep the conditions that came along, rename, choose the default, delete."""
    kind = list_for(request.user, code)
    conditions = kind.conditions(request.GET.get("from", ""))
    form = ViewForm(**posted(request))
    if form.is_valid():
        view = save_view(kind, **form.cleaned_data, query=conditions, by=request.user)
        messages.success(request, _("已保存视图“%(name)s”。") % {"name": view.name})
        return redirect(f"{kind.url()}?{view.query}")
    rows = [
        {"view": view, "words": kind.in_words(view.query) or _("排序或分页"), "url": f"{kind.url()}?{view.query}"}
        for view in views_of(request.user, kind)
    ]
    context = {"kind": kind, "form": form, "rows": rows, "most": MOST, "words": kind.in_words(conditions)}
    context |= {"conditions": conditions, "back": back_to(kind, conditions)}
    return render(request, "lists/views.html", context)


def view_of_mine(request: HttpRequest, code: str, pk: UUID) -> tuple[ListKind, SavedView]:
    kind = list_for(request.user, code)
    return kind, get_object_or_404(views_of(request.user, kind), pk=pk)


def view_rename(request: HttpRequest, code: str, pk: UUID) -> HttpResponse:
    kind, view = view_of_mine(request, code, pk)
    form = RenameForm(**posted(request), initial={"name": view.name})
    if form.is_valid():
        rename_view(view, form.cleaned_data["name"], kind=kind, by=request.user)
        messages.success(request, _("已改名。"))
        return redirect("lists:views", code)
    return render(request, "lists/view_rename.html", {"kind": kind, "view": view, "form": form})


@require_POST
def view_default(request: HttpRequest, code: str, pk: UUID) -> HttpResponse:
    """设为默认, or 取消默认."""
    kind, view = view_of_mine(request, code, pk)
    make_default(view, not view.is_default, kind=kind, by=request.user)
    said = _("已取消默认视图。") if view.is_default else _("打开列表时将先显示“%(name)s”。") % {"name": view.name}
    messages.success(request, said)
    return redirect("lists:views", code)


@require_POST
def view_delete(request: HttpRequest, code: str, pk: UUID) -> HttpResponse:
    _kind, view = view_of_mine(request, code, pk)
    delete_view(view, by=request.user)
    messages.success(request, _("已删除视图“%(name)s”。") % {"name": view.name})
    return redirect("lists:views", code)
