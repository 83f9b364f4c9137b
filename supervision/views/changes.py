"""人员变更 on the applicant's side: the owner's word, the papers, the way through the stations."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.documents.models import Document
from portal.documents.views import receive, take_uploads
from portal.forms import posted
from portal.masking import mask_id, mask_name, mask_phone
from portal.once import once
from projects.models import PartyType
from supervision.actions import (
    begin_change,
    consent_to_change,
    decline_change,
    save_change,
    send_change,
    withdraw_change,
)
from supervision.actions.changes import CHANGEABLE, OUTDATED_PAPER, missing_in, outdated_papers
from supervision.blank_forms import CHANGE_FORMS, change_form
from supervision.catalogue import CHANGE_DAYS, CHANGE_FILES, LEAD_TITLES, ChangeFile
from supervision.forms.changes import FIELDS, ChangeForm, DeclineForm
from supervision.models import ChangeConfirmation, Filing, PersonnelChange
from supervision.permissions import may_change_post, may_consent
from supervision.progress import officer_name
from supervision.views.submit import moment, visible_filing

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
Status = PersonnelChange.Status
TONES = {
    Status.DRAFT: "grey",
    Status.CONSENT: "blue",
    Status.SUBMITTED: "blue",
    Status.DECLINED: "orange",
    Status.RETURNED: "orange",
    Status.CONFIRMED: "green",
    Status.WITHDRAWN: "grey",
}


def visible_change(request: HttpRequest, pk: UUID, change: UUID) -> PersonnelChange:
    """The change of a filing that the person may know of, on the applicant's side."""
    filing = visible_filing(request, pk)
    if not request.user.is_personal:  # type: ignore[union-attr]
        raise Http404
    found = get_object_or_404(filing.changes.select_related("created_by", "submitted_by", "consented_by"), pk=change)
    found.filing = filing
    return found


def filing_changes(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The posts that may change, and the changes so far, the newest first."""
    filing = visible_filing(request, pk)
    if not request.user.is_personal:  # type: ignore[union-attr]
        raise Http404
    changes = list(filing.changes.order_by("-created_at"))
    context = {"filing": filing, "posts": posts_of(filing, changes, request.user), "days": CHANGE_DAYS}
    context["changes"] = [(change, TONES[Status(change.status)]) for change in changes]
    return render(request, "supervision/changes.html", context)


def posts_of(filing: Filing, changes: list[PersonnelChange], user: Any) -> list[dict[str, Any]]:
    """Each post with who holds it and what can be done about it now."""
    under_way = {change.party_type: change for change in changes if change.status in PersonnelChange.OPEN}
    parties = {party.party_type: party for party in filing.parties.all() if party.consortium_role != 2}
    return [
        {
            "type": post.value,
            "title": LEAD_TITLES[post],
            "unit": parties[post].unit_name,
            "head": mask_name(parties[post].head_name),
            "change": under_way.get(post),
            "may_begin": filing.status in CHANGEABLE and may_change_post(user, filing, post),
        }
        for post in CHANGE_FILES
        if post in parties
    ]


@require_POST
@once
def change_begin(request: HttpRequest, pk: UUID, party_type: str) -> HttpResponse:
    return redirect(begin_change(visible_filing(request, pk), party_type=party_type, by=request.user))


@never_cache
def change_detail(request: HttpRequest, pk: UUID, change: UUID) -> HttpResponse:
    """The form while it may be edited, else where it stands and what is asked."""
    found = visible_change(request, pk, change)
    mine = may_change_post(request.user, found.filing, found.party_type)
    if mine and found.is_editable:
        return edit(request, found)
    if request.method == "POST":  # sent twice: the first one has taken effect
        return redirect(found)
    consents = found.status == Status.CONSENT and may_consent(request.user, found)
    context = {
        **described(found, request.user, full=mine or consents),
        "may_withdraw": mine and found.can("withdraw"),
        "may_consent": consents,
    }
    return render(request, "supervision/change.html", context)


def edit(request: HttpRequest, change: PersonnelChange) -> HttpResponse:
    form = ChangeForm(**posted(request), change=change, url=file_url(change))
    take_uploads(request, form, change, kinds_of(change), by=request.user)
    if form.is_valid():
        saved = save_change(change, form.written, by=request.user)  # kept whatever is still missing
        if "send" not in request.POST:
            messages.success(request, _("已保存，尚未提交。"))
            return redirect(saved)
        if missing := missing_in(saved):
            form.add_error(None, missing)
        else:
            sent = send_change(saved, by=request.user)
            messages.success(request, said_of(sent))
            return redirect(sent)
    context = described(change, request.user, full=True) | {"form": form, "blanks": blanks_of(change)}
    context["outdated"] = OUTDATED_PAPER if outdated_papers(change) else ""
    return render(request, "supervision/change_edit.html", context)


def blanks_of(change: PersonnelChange) -> list[tuple[Any, str]]:
    """The blank forms of the papers that this post asks for, filled with what the change says already."""
    asked = (*CHANGE_FILES[PartyType(change.party_type)], ChangeFile.CONSENT)
    where = (change.filing_id, change.pk)
    return [
        (kind.label, reverse("filing:change-blank", args=[*where, kind.value]))
        for kind in asked
        if kind in CHANGE_FORMS
    ]


@require_safe
def change_blank(request: HttpRequest, pk: UUID, change: UUID, code: str) -> HttpResponse:
    """A blank 授权书 or 承诺书 of the successor, for who may change the post."""
    found = visible_change(request, pk, change)
    if code not in CHANGE_FORMS or not may_change_post(request.user, found.filing, found.party_type):
        raise Http404
    response = HttpResponse(change_form(code, found), content_type=WORD)
    name = f"{ChangeFile(code).label}.docx"
    response["Content-Disposition"] = str(content_disposition_header(True, name))
    return response


def said_of(change: PersonnelChange) -> str:
    if change.status == Status.CONSENT:
        return _("已提交，请建设单位确认；同意后自动送监督站。")
    return _("已送监督站确认，%(day)s 前办结。") % {"day": change.due_text}


def kinds_of(change: PersonnelChange) -> dict[str, str]:
    return {kind.value: kind.value for kind in (*CHANGE_FILES[PartyType(change.party_type)], ChangeFile.CONSENT)}


def file_url(change: PersonnelChange):
    return lambda field: reverse("filing:change-file", args=[change.filing_id, change.pk, field])


@require_POST
def change_file(request: HttpRequest, pk: UUID, change: UUID, field: str) -> HttpResponse:
    """One paper by script."""
    found = visible_change(request, pk, change)
    if (
        not found.is_editable
        or field not in FIELDS
        or not may_change_post(request.user, found.filing, found.party_type)
    ):
        raise Http404
    return receive(request, kind=field, holder=found, by=request.user) or redirect(found)


# What both sides read


def described(change: PersonnelChange, viewer: Any, *, full: bool) -> dict[str, Any]:
    """A change for its page. Stations and both units read the papers; others of the project see who leads, masked."""
    held = Document.objects.held_by(change).order_by("kind", "uploaded_at") if full else []
    return {
        "change": change,
        "filing": change.filing,
        "tone": TONES[Status(change.status)],
        "rows": rows_of(change),
        "files": [(document.label, document) for document in held],
        "answers": answers_of(change, viewer),
        "entries": story(change, viewer),
    }


def rows_of(change: PersonnelChange) -> list[tuple[Any, Any]]:
    """Numbers are masked for everybody; stations look at them one by one."""
    rows = [
        (_("变更岗位"), change.title),
        (_("单位名称"), change.unit_name),
        (_("原负责人"), mask_name(change.old_name)),
        (_("新负责人姓名"), mask_name(change.new_name)),
        (_("身份证号"), mask_id(change.new_id_number)),
        (_("手机号"), mask_phone(change.new_phone)),
        (_("注册证书编号"), change.certificate_no),
        (_("交接日期"), formats.date_format(change.effective_on, "Y-m-d") if change.effective_on else ""),
        (_("变更原因"), change.reason),
        (_("建设单位意见"), consent_text(change)),
    ]
    without = () if ChangeFile.CERTIFICATE in CHANGE_FILES[PartyType(change.party_type)] else (_("注册证书编号"),)
    return [row for row in rows if row[0] not in without]


def consent_text(change: PersonnelChange) -> str:
    if change.consented_by:
        facts = {"who": mask_name(change.consented_by.name), "at": moment(change.consented_at)}
        return _("%(who)s 于 %(at)s 在平台同意") % facts
    if change.status == Status.DECLINED:
        return _("不同意：%(reason)s") % {"reason": change.consent_note}
    if change.status == Status.CONSENT:
        return _("等待 %(name)s 确认") % {"name": change.owner_name}
    return _("书面意见，见文件") if change.round else ""


def answers_of(change: PersonnelChange, viewer: Any) -> list[dict[str, Any]]:
    """What each station says in the present round."""
    tones = {"waiting": "blue", "confirmed": "green", "returned": "orange", "cancelled": "grey"}
    rows = change.confirmations.filter(round=change.round).select_related("station", "decided_by")
    return [
        {
            "role": row.get_role_display(),
            "station": row.station,
            "text": row.get_status_display(),
            "tone": tones[row.status],
            "opinion": row.opinion,
            "by": officer_name(row.decided_by, viewer),
            "at": moment(row.decided_at),
            "code": row.role,
            "is_waiting": row.status == ChangeConfirmation.Status.WAITING,
        }
        for row in rows
    ]


def story(change: PersonnelChange, viewer: Any) -> list[dict[str, Any]]:
    """Who did what when, newest first, with what comes next on top; the same for both sides."""
    happened: list[tuple[Any, dict[str, str]]] = [
        (change.created_at, {"title": _("开始办理"), "by": change.created_by.name, "tone": ""})
    ]
    if change.consented_by:
        told = {"title": _("建设单位同意"), "by": mask_name(change.consented_by.name), "tone": "green"}
        happened.append((change.consented_at, told))
    if change.submitted_at and change.submitted_by:
        told = {"title": _("送监督站确认"), "by": change.submitted_by.name, "tone": "blue"}
        happened.append((change.submitted_at, told))
    for row in change.confirmations.exclude(decided_at=None).select_related("station", "decided_by"):
        confirmed = row.status == ChangeConfirmation.Status.CONFIRMED
        title = _("%(role)s确认变更") if confirmed else _("%(role)s退回变更")
        told = {"title": title % {"role": row.get_role_display()}, "text": row.opinion}
        told |= {
            "by": f"{row.station} {officer_name(row.decided_by, viewer)}",
            "tone": "green" if confirmed else "orange",
        }
        happened.append((row.decided_at, told))
    if change.status in (Status.DECLINED, Status.WITHDRAWN, Status.CONFIRMED):
        told = {"title": change.get_status_display(), "tone": TONES[Status(change.status)], "text": change.consent_note}
        happened.append((change.changed_at, told))
    happened.sort(key=lambda pair: pair[0], reverse=True)
    return [*next_of(change), *[entry | {"at": moment(at)} for at, entry in happened]]


def next_of(change: PersonnelChange) -> list[dict[str, Any]]:
    match change.status:
        case Status.CONSENT:
            return [{"title": _("下一步：建设单位确认"), "text": change.owner_name, "tone": "next"}]
        case Status.SUBMITTED:
            day = change.due_text
            return [{"title": _("下一步：监督站确认"), "text": _("%(day)s 前办结") % {"day": day}, "tone": "next"}]
        case Status.RETURNED | Status.DECLINED | Status.DRAFT:
            return [{"title": _("下一步：申请单位补充后提交"), "tone": "next"}]
    return []


# The owner, and taking it back


@once
def change_consent(request: HttpRequest, pk: UUID, change: UUID) -> HttpResponse:
    found = asked_of_owner(request, pk, change)
    if request.method == "POST":
        sent = consent_to_change(found, by=request.user)
        messages.success(request, _("已同意。") + said_of(sent))
        return redirect(sent)
    return render(request, "supervision/change_consent.html", {"change": found, "filing": found.filing})


@once
def change_decline(request: HttpRequest, pk: UUID, change: UUID) -> HttpResponse:
    found = asked_of_owner(request, pk, change)
    form = DeclineForm(**posted(request))
    if form.is_valid():
        decline_change(found, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("已答复不同意，申请单位会收到原因。"))
        return redirect(found)
    return render(request, "supervision/change_decline.html", {"form": form, "change": found, "filing": found.filing})


def asked_of_owner(request: HttpRequest, pk: UUID, change: UUID) -> PersonnelChange:
    found = visible_change(request, pk, change)
    if not may_consent(request.user, found):
        raise Http404
    return found


@once
def change_withdraw(request: HttpRequest, pk: UUID, change: UUID) -> HttpResponse:
    found = visible_change(request, pk, change)
    if not may_change_post(request.user, found.filing, found.party_type):
        raise Http404
    if request.method == "POST":
        withdraw_change(found, by=request.user)
        messages.success(request, _("变更申请已撤回，现任负责人不变。"))
        return redirect("filing:changes", pk)
    return render(request, "supervision/change_withdraw.html", {"change": found, "filing": found.filing})
