"""The files of a filing one by one: looking at them, looking after them, and the blank forms they are made from."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.views import me
from enterprises.letters import MEDIA_TYPE
from portal.documents.models import Document
from portal.documents.permissions import may_open
from portal.errors import Refused
from portal.forms import posted
from supervision.actions import attach, describe_attachment, may_change, move_attachment, remove_attachment
from supervision.actions.attachments import is_handed_in
from supervision.blank_forms import FORMS, blank_form
from supervision.catalogue import Module, Section
from supervision.forms.papers import DescribeForm, ReplaceForm
from supervision.frozen import attachments_in_force
from supervision.models import Addendum, Attachment, Filing, MaterialFile, MaterialRule
from supervision.permissions import can_prepare, require_entry
from supervision.progress import name_for
from supervision.views.edit import edited, frame, opened_by_return
from supervision.views.submit import visible_filing

# Looking


@dataclass(frozen=True)
class Look:
    """One page of one file of a filing, with the ways to its neighbours; every address works without script."""

    document: Document
    label: str
    note: str
    page: int
    pages: int
    place: str
    previous_page: str
    next_page: str
    previous_file: str
    next_file: str


@require_safe
def filing_paper(request: HttpRequest, pk: UUID, document: UUID) -> HttpResponse:
    """A file in the viewer. Whoever may not have it now gets 404, as at the way out."""
    filing, user = visible_filing(request, pk), me(request)
    shown = Document.objects.filter(pk=document, holder_id__in=holders_of(filing)).first()
    if shown is None or not may_open(user, shown, request):
        raise Http404
    files = shown_beside(filing, user)
    context = {
        "filing": filing,
        "name": name_for(filing, user),
        "look": look_at(filing, shown, files, request.GET.get("page", "")),
        "may_manage": can_prepare(user, filing) and shown.holder_id == filing.pk,
        "versions": versions_of(filing, shown) if user.is_personal else [],
    }
    return render(request, "supervision/paper.html", context)


def holders_of(filing: Filing) -> list[UUID]:
    return [filing.pk, *filing.addenda.values_list("pk", flat=True)]


def shown_beside(filing: Filing, user: Any) -> list[Attachment]:
    """The files to leaf through: the applicants' all that count now, the stations' what was handed in of those."""
    files = list(attachments_in_force(filing))
    return files if user.is_personal else [file for file in files if is_handed_in(filing, file)]


def look_at(filing: Filing, document: Document, files: list[Attachment], page: str) -> Look:
    attachment = Attachment.objects.filter(document=document).select_related("material").first()
    pages = 0
    if document.was_sound:
        pages = max(document.previews, 1 if document.is_image else 0)
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
    number = min(max(number, 1), max(pages, 1))
    pks = [file.document_id for file in files]
    index = pks.index(document.pk) if document.pk in pks else None
    around = (index or 0) - 1, (index if index is not None else len(pks)) + 1
    here = reverse("filing:paper", args=[filing.pk, document.pk])
    return Look(
        document=document,
        label=str(attachment.material) if attachment else str(_("补充材料")),
        note=attachment.note if attachment else "",
        page=number,
        pages=pages,
        place=_("第 %(n)d / %(all)d 份") % {"n": index + 1, "all": len(pks)} if index is not None else "",
        previous_page=f"{here}?page={number - 1}" if number > 1 else "",
        next_page=f"{here}?page={number + 1}" if number < pages else "",
        previous_file=reverse("filing:paper", args=[filing.pk, pks[around[0]]]) if around[0] >= 0 else "",
        next_file=reverse("filing:paper", args=[filing.pk, pks[around[1]]]) if around[1] < len(pks) else "",
    )


def versions_of(filing: Filing, document: Document) -> list[dict[str, Any]]:
    """All versions of a file, the latest first: number, file, who brought it when, and why it went."""
    files = list(filing.attachments.select_related("document", "added_by", "removed_by"))
    by_pk = {file.pk: file for file in files}
    successor = {file.replaces_id: file for file in files if file.replaces_id}
    latest = next((file for file in files if file.document_id == document.pk), None)
    while latest is not None and latest.pk in successor:
        latest = successor[latest.pk]
    chain = []
    while latest is not None:
        chain.append(latest)
        latest = by_pk.get(latest.replaces_id) if latest.replaces_id else None
    numbered = zip(range(len(chain), 0, -1), chain, strict=True)
    return [{"number": number, "file": file, "is_here": file.document_id == document.pk} for number, file in numbered]


# Looking after


def filing_attachment(request: HttpRequest, pk: UUID, document: UUID) -> HttpResponse:
    """Rename, describe, order, replace or remove one file; all of it without script."""
    filing = edited(request, pk)
    attachment = filing.attachments.filter(document=document).select_related("document", "material").first()
    if attachment is None:
        raise Http404
    if not filing.is_open or attachment.removed_at:
        return redirect("filing:paper", pk=filing.pk, document=document)
    must_say_why = is_handed_in(filing, attachment)
    stem = attachment.document.name.rpartition(".")[0]
    sent = request.POST.get("do", "")
    describe = DescribeForm(**bound(request, sent == "describe"), initial={"name": stem, "note": attachment.note})
    swap = ReplaceForm(**bound(request, sent == "replace"), must_say_why=must_say_why)
    if request.method == "POST" and (onward := change(request, filing, attachment, sent, describe, swap)):
        return onward
    is_open = may_change(opened_by_return(filing), Section.ATTACHMENTS, attachment.material_id)
    context = frame(filing, Section.ATTACHMENTS) | {
        "attachment": attachment,
        "document": attachment.document,
        "describe": describe,
        "swap": swap,
        "form": swap if sent == "replace" else describe,
        "kind": attachment.material.kind,
        "is_open": is_open,
        "asks_reason": must_say_why,
        "versions": versions_of(filing, attachment.document),
    }
    return render(request, "supervision/attachment.html", context)


def bound(request: HttpRequest, is_sent: bool) -> dict[str, Any]:
    return posted(request) if is_sent else {}


def change(request: HttpRequest, filing: Filing, attachment: Attachment, sent: str, describe: Any, swap: Any) -> Any:
    """Do what a button asks for; None if its form has to be shown again."""
    document, by = attachment.document_id, request.user
    match sent:
        case "describe":
            if not describe.is_valid():
                return None
            describe_attachment(filing, document=document, **describe.cleaned_data, by=by)
            messages.success(request, _("已保存。"))
        case "up" | "down":
            move_attachment(filing, document=document, up=sent == "up", by=by)
        case "remove":
            remove_attachment(filing, document=document, reason=request.POST.get("reason", ""), by=by)
            messages.success(request, _("已删除“%(name)s”。") % {"name": attachment.document})
            return redirect(f"{reverse('filing:attachments', args=[filing.pk])}#{attachment.material_id}")
        case "replace":
            return replaced(request, filing, attachment, swap)
        case _other:
            raise Http404
    return redirect("filing:attachment", pk=filing.pk, document=document)


def replaced(request: HttpRequest, filing: Filing, attachment: Attachment, swap: Any) -> Any:
    """The way to the new version; None if the file or the reason cannot be taken, said at the form."""
    if not swap.is_valid():
        return None
    try:
        if "file" not in request.FILES:
            raise Refused(_("请选择新的文件。"))
        later = attach(
            filing,
            material=attachment.material,
            file=request.FILES.getlist("file")[0],
            replaces=attachment.document_id,
            reason=swap.cleaned_data["reason"],
            by=request.user,
        )
    except Refused as refusal:
        swap.add_error(None, [str(reason) for reason in refusal.reasons])
        return None
    messages.success(request, _("已更换为“%(name)s”，正在检查。") % {"name": later.document})
    return redirect("filing:attachment", pk=filing.pk, document=later.document_id)


# Blank forms


@require_safe
def filing_blank(request: HttpRequest, pk: UUID, code: str) -> HttpResponse:
    """A blank form with what the filing says already."""
    return word_file(code, edited(request, pk))


@require_safe
def material_blank(request: HttpRequest, code: str) -> HttpResponse:
    """The same form with nothing in it."""
    require_entry(request.user)
    return word_file(code, None)


def word_file(code: str, filing: Filing | None) -> HttpResponse:
    if code not in FORMS:
        raise Http404
    response = HttpResponse(blank_form(code, filing), content_type=MEDIA_TYPE)
    name = f"{code} {FORMS[code].title}.docx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@require_safe
def material_list(request: HttpRequest) -> HttpResponse:
    """材料清单与模板: what each module asks for, with blank forms and examples, before anything is begun."""
    require_entry(request.user)
    chosen = request.GET.get("module", "")
    module = Module(chosen) if chosen in Module.values else Module.JOINT
    rules = list(MaterialRule.objects.filter(module=module).in_force(timezone.localdate()))
    samples = samples_for(rules)
    context = {
        "modules": [
            {"label": each.label, "url": f"?module={each.value}", "current": each == module} for each in Module
        ],
        "rows": [
            {
                "material": rule.material,
                "need": rule.get_need_display(),
                "rule": rule,
                **ways_to(rule.material_id, samples),
            }
            for rule in rules
        ],
    }
    return render(request, "supervision/materials.html", context)


def samples_for(rules: list[MaterialRule]) -> dict[tuple[str, str], MaterialFile]:
    """What operators published, the latest version of each."""
    found: QuerySet[MaterialFile] = MaterialFile.objects.in_force().filter(
        material__in=[rule.material_id for rule in rules]
    )
    return {(each.material_id, each.purpose): each for each in found}


def ways_to(code: str, samples: dict[tuple[str, str], MaterialFile], filing: Filing | None = None) -> dict[str, Any]:
    """Where the blank form and the example of a material are; the operator's form goes before our own."""
    template, example = samples.get((code, "template")), samples.get((code, "example"))
    url = ""
    if template:
        url = reverse("documents:file", args=[template.document_id])
    elif code in FORMS:
        url = (
            reverse("filing:blank", args=[filing.pk, code]) if filing else reverse("filing:material-blank", args=[code])
        )
    return {
        "template": template,
        "template_url": url,
        "is_filled_in": bool(filing and url and not template),
        "example": example,
        "example_url": reverse("documents:file", args=[example.document_id]) if example else "",
    }


def addenda_of(filing: Filing) -> list[dict[str, Any]]:
    """What was added after approval, in order, with its files."""
    addenda = list(filing.addenda.handed_in().select_related("material", "handed_in_by", "replaces__document"))
    documents: dict[UUID, list[Document]] = {}
    held = Document.objects.filter(holder_type=Addendum._meta.label_lower, holder_id__in=[each.pk for each in addenda])
    for document in held.exclude(state=Document.State.REMOVED).order_by("uploaded_at", "id"):
        documents.setdefault(document.holder_id, []).append(document)
    return [{"addendum": each, "documents": documents.get(each.pk, [])} for each in addenda]
