"""我的数据 /account/data/ for people, 个人信息申请 /console/data-requests/ for operators."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import DataCopy, DataRequest
from accounts.models.personal_data import ANSWER_WITHIN
from accounts.privacy.closing import why_not_close
from accounts.privacy.copies import ask_for_copy, open_copy
from accounts.privacy.forms import AnswerForm, CloseForm, CorrectForm, DeclineForm, DeleteForm
from accounts.privacy.requests import (
    PROOF,
    decline_request,
    draft_request,
    grant_request,
    reveal_wanted,
    submit_request,
    withdraw_request,
)
from accounts.privacy.sections import files_about, sections
from accounts.views import me
from portal.documents.models import Document
from portal.documents.views import receive, take_uploads
from portal.forms import posted
from portal.masking import mask_id, mask_name
from portal.once import repeated, settle_once
from portal.pages import page_of
from portal.reveals import reason_given, require_fresh, shown

FORMS = {"correct": CorrectForm, "delete": DeleteForm, "close": CloseForm}
TONES = {"submitted": "blue", "done": "green", "declined": "red", "withdrawn": "grey", "draft": "grey"}
COPY_TONES = {"waiting": "grey", "running": "blue", "ready": "green", "failed": "red", "expired": "grey"}


def require_person(request: HttpRequest) -> None:
    """People have personal data here; enterprise and staff accounts have none of their own."""
    if not me(request).is_personal:
        raise Http404


@never_cache
def data(request: HttpRequest) -> HttpResponse:
    """What is held, for what, how long; a copy of it; what was asked and answered."""
    require_person(request)
    user = me(request)
    asked = user.data_requests.exclude(status=DataRequest.Status.DRAFT).order_by("-asked_at", "pk")[:20]
    copies = user.data_copies.order_by("-asked_at", "pk")[:5]
    shown = {
        "rows": [{"section": section, "count": section.rows(user).count()} for section in sections()],
        "files": len(files_about(user)),
        "copies": [{"copy": copy, "tone": COPY_TONES[copy.status]} for copy in copies],
        "requests": [{"request": one, "tone": TONES[one.status]} for one in asked],
        "kinds": DataRequest.Kind.choices,
    }
    return render(request, "accounts/data.html", shown)


@require_POST
def copy_start(request: HttpRequest) -> HttpResponse:
    """导出我的数据."""
    require_person(request)
    ask_for_copy(by=me(request))
    messages.success(request, _("已开始生成，完成后会发消息通知您。"))
    return redirect("accounts:data")


@require_safe
@never_cache
def copy_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The archive, for who asked for it and gave the password again; nobody else is even asked for one."""
    return hand_out(request, get_object_or_404(DataCopy, pk=pk, user=me(request)))


@reauthentication_required
def hand_out(request: HttpRequest, copy: DataCopy) -> HttpResponse:
    try:
        content = open_copy(copy, by=me(request))
    except FileNotFoundError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type="application/zip")
    name = _("我的数据_%(day)s.zip") % {"day": f"{timezone.localtime(copy.made_at):%Y%m%d}"}
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


# Requests


@never_cache
def data_request(request: HttpRequest, kind: str) -> HttpResponse:
    """更正, 删除 or 注销: what it means, and the form."""
    require_person(request)
    if kind not in FORMS:
        raise Http404
    if request.method == "POST" and (url := repeated(request)):
        return redirect(url)
    draft = draft_request(kind, by=me(request), keep=request.method == "POST")
    if draft.status == DataRequest.Status.SUBMITTED:
        messages.info(request, _("您已提交过同样的申请，正在处理。"))
        return redirect("accounts:data")
    form = request_form(request, draft)
    if form.is_valid():
        with transaction.atomic():
            submit_request(draft, values=form.values, reason=form.cleaned_data["reason"], by=me(request))
            settle_once(request, reverse("accounts:data"))
        due = timezone.localdate() + ANSWER_WITHIN
        messages.success(request, _("申请已提交，最迟 %(day)s 答复。") % {"day": f"{due:%Y-%m-%d}"})
        return redirect("accounts:data")
    shown = {"form": form, "kind": kind, "heading": draft.get_kind_display(), **consequences(request, kind)}
    return render(request, "accounts/data_request.html", shown)


def request_form(request: HttpRequest, draft: DataRequest) -> Any:
    form = FORMS[draft.kind](**posted(request))
    if isinstance(form, CorrectForm):
        widget: Any = form.fields["proof"].widget
        widget.url = reverse("accounts:data-request-file", args=[draft.kind])
        take_uploads(request, form, draft, form.kinds, by=me(request))
    return form


def consequences(request: HttpRequest, kind: str) -> dict[str, Any]:
    """What would go and what would stay."""
    held = files_about(me(request)) if kind == "delete" else []
    return {
        "goes": [one.document for one in held if not one.why_kept],
        "stays": [one for one in held if one.why_kept],
        "obstacles": why_not_close(me(request)) if kind == "close" else [],
    }


@require_POST
def data_request_file(request: HttpRequest, kind: str) -> HttpResponse:
    """One proof by script, for the person's own draft."""
    require_person(request)
    if kind != DataRequest.Kind.CORRECT:
        raise Http404
    draft = draft_request(kind, by=me(request))
    if draft.status != DataRequest.Status.DRAFT:
        raise Http404
    answer = receive(request, kind=PROOF.code, holder=draft, by=me(request))
    return answer or redirect("accounts:data-request", kind)


@require_POST
def data_request_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    require_person(request)
    withdraw_request(get_object_or_404(DataRequest, pk=pk, user=me(request)), by=me(request))
    messages.success(request, _("申请已撤回。"))
    return redirect("accounts:data")


# Operators


def require_operator(request: HttpRequest) -> None:
    if not me(request).is_operator:
        raise Http404


@never_cache
def queue(request: HttpRequest) -> HttpResponse:
    """个人信息申请: what waits, by its date; and what was answered."""
    require_operator(request)
    state = "done" if request.GET.get("state") == "done" else "pending"
    rows = DataRequest.objects.select_related("user", "decided_by")
    if state == "pending":
        rows = rows.filter(status=DataRequest.Status.SUBMITTED).order_by("due_on", "pk")
    else:
        rows = rows.filter(status__in=["done", "declined", "withdrawn"]).order_by("-asked_at", "pk")
    page = page_of(request, rows)
    labels = {"pending": _("待处理"), "done": _("已答复")}
    tabs = [{"label": label, "url": f"?state={code}", "current": code == state} for code, label in labels.items()]
    shown = {"page": page, "tabs": tabs, "state": state, "tones": TONES, "today": timezone.localdate()}
    return render(request, "accounts/data_requests.html", shown)


def asked(request: HttpRequest, pk: UUID) -> DataRequest:
    require_operator(request)
    rows = DataRequest.objects.exclude(status=DataRequest.Status.DRAFT).select_related("user", "decided_by")
    return get_object_or_404(rows, pk=pk)


@never_cache
def request_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One request: what stands there, what is wanted, the proof, and what stands against it."""
    one = asked(request, pk)
    values = one.values or {}
    held = files_about(one.user) if one.kind == DataRequest.Kind.DELETE else []
    shown = {
        "one": one,
        "tone": TONES[one.status],
        "wanted": {"name": mask_name(values.get("name", "")), "id_number": mask_id(values.get("id_number", ""))},
        "files": Document.objects.held_by(one),
        "goes": [each.document for each in held if not each.why_kept],
        "stays": [each for each in held if each.why_kept],
        "obstacles": why_not_close(one.user) if one.kind == "close" and one.status == "submitted" else [],
    }
    return render(request, "accounts/data_request_page.html", shown)


@require_POST
def request_reveal(request: HttpRequest, pk: UUID, field: str) -> HttpResponse:
    """What is wanted, in full."""
    one = asked(request, pk)
    if one.status != DataRequest.Status.SUBMITTED:
        raise Http404
    require_fresh(request)
    value = reveal_wanted(one, field, reason=reason_given(request), by=me(request))
    label = _("姓名") if field == "name" else _("身份证号")
    return shown(request, value, label=label, back=reverse("accounts:data-request-page", args=[pk]))


@never_cache
def request_grant(request: HttpRequest, pk: UUID) -> HttpResponse:
    """办理: asks first."""
    one = asked(request, pk)
    form = AnswerForm(**posted(request))
    if form.is_valid():
        grant_request(one, answer=form.cleaned_data["answer"], by=me(request))
        messages.success(request, _("已办理，申请人会收到通知。"))
        return redirect("accounts:data-requests")
    return render(request, "accounts/data_request_answer.html", {"one": one, "form": form, "granting": True})


@never_cache
def request_decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    """不予办理 with the reason."""
    one = asked(request, pk)
    form = DeclineForm(**posted(request))
    if form.is_valid():
        decline_request(one, answer=form.cleaned_data["answer"], by=me(request))
        messages.success(request, _("已答复，申请人会收到通知。"))
        return redirect("accounts:data-requests")
    return render(request, "accounts/data_request_answer.html", {"one": one, "form": form, "granting": False})
