"""附件: the module's checklist. Each file is its own request; without script the form brings them all."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files import File
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.documents.actions import NoRoom
from portal.documents.archive import Entry, zipped
from portal.documents.kinds import size_text
from portal.documents.models import Document
from portal.documents.permissions import may_open
from portal.documents.transfers import Place
from portal.documents.views import described, is_transfer, refusal_to_script, transferred
from portal.errors import Refused, wants_json
from supervision.actions import attach, may_change, remove_attachment
from supervision.actions.printing import note_zip
from supervision.actions.sections import require_places
from supervision.catalogue import ALL_FILES_MOST, Need, Section
from supervision.frozen import attachments_in_force
from supervision.gaps import Sheet
from supervision.models import Attachment, Filing, Material
from supervision.views.edit import edited, frame, opened_by_return, remarks_on, section_url
from supervision.views.papers import samples_for, ways_to
from supervision.views.submit import visible_filing


def filing_attachments(request, pk):
    filing = edited(request, pk)
    if request.method == "POST":
        return by_script(request, filing) if wants_json(request) else by_form(request, filing)
    if not filing.is_open:
        return redirect(filing)
    context = frame(filing, Section.ATTACHMENTS)
    lines = lines_of(context["sheet"], remarks_on(filing, Section.ATTACHMENTS))
    asked = [line for line in lines if line["is_asked"]]
    context |= {"lines": lines, "asked": len(asked), "given": len([line for line in asked if line["documents"]])}
    documents = [document for line in lines for document in line["documents"]]
    context |= {"files": len(documents), "size": size_text(sum(document.size for document in documents))}
    context |= {"most": size_text(ALL_FILES_MOST)}
    context |= {"asks_reason": filing.round > 0, "reason": request.GET.get("reason", "")[:200]}
    return render(request, "supervision/attachments.html", context)


@require_safe
def filing_documents_zip(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """Every file of the filing that this person may have now, in one archive; looks at personal ones are recorded."""
    filing = visible_filing(request, pk)
    entries = [
        Entry(str(attachment.material), attachment.document)
        for attachment in attachments_in_force(filing)
        if attachment.document.is_ready and may_open(request.user, attachment.document, request)
    ]
    if not entries:
        raise Refused(_("现在没有您可以下载的附件。正在检查的文件通过后才能下载。"))
    note_zip(filing, [entry.document for entry in entries], by=request.user)
    response = StreamingHttpResponse(zipped(entries), content_type="application/zip")
    name = _("附件-%(number)s.zip") % {"number": filing.number or _("草稿")}
    response["Content-Disposition"] = str(content_disposition_header(True, name))
    response["Cache-Control"] = "private, no-store"
    return response


def lines_of(sheet: Sheet, remarks: dict[str, list]) -> list[dict[str, Any]]:
    """What the module asks for, in its order, with what is there and what was there before."""
    held: dict[str, list] = {}
    for attachment in sheet.attachments:
        held.setdefault(attachment.material_id, []).append(attachment.document)
    earlier = earlier_files(sheet.filing)
    places = opened_by_return(sheet.filing)
    samples = samples_for(sheet.rules)
    return [
        {
            "material": rule.material,
            **ways_to(rule.material_id, samples, sheet.filing),
            "is_recommended": rule.need == Need.RECOMMENDED,
            "need": rule.get_need_display(),
            "is_asked": rule.need == Need.REQUIRED or (rule.need == Need.FROM_PERMIT and not sheet.filing.permit_id),
            "from_permit": rule.need == Need.FROM_PERMIT and sheet.filing.permit_id is not None,
            "kind": rule.material.kind,
            "documents": held.get(rule.material_id, []),
            "earlier": earlier.get(rule.material_id, []),
            "is_open": may_change(places, Section.ATTACHMENTS, rule.material_id),
            "remarks": remarks.get(rule.material_id, []),
        }
        for rule in sheet.rules
    ]


def earlier_files(filing: Filing) -> dict[str, list[Attachment]]:
    """What was replaced or removed, the latest first; kept with its reason (features F14)."""
    gone = filing.attachments.exclude(removed_at=None).select_related("document", "removed_by")
    found: dict[str, list[Attachment]] = {}
    for attachment in gone.order_by("-removed_at"):
        found.setdefault(attachment.material_id, []).append(attachment)
    return found


def by_script(request: HttpRequest, filing: Filing) -> JsonResponse:
    """One file comes, whole or a piece of it, or one is taken away."""
    reason = request.POST.get("reason", "")
    if is_transfer(request) and (answer := transferred(request, place_of(request, filing, reason))):
        return answer
    try:
        if "remove" in request.POST:
            gone = remove_attachment(filing, document=request.POST["remove"], reason=reason, by=request.user)
            return JsonResponse({"removed": str(gone.document_id)})
        if "file" not in request.FILES:
            raise Refused(_("没有收到文件，请重新选择。"))
        attachment = attach(
            filing,
            material=get_object_or_404(Material, pk=request.GET.get("material", "")),
            file=request.FILES.getlist("file")[0],
            replaces=request.POST.get("replaces"),
            reason=reason,
            by=request.user,
        )
    except NoRoom as refusal:
        return refusal_to_script(refusal, status=507)
    except Refused as refusal:
        return refusal_to_script(refusal, status=422)
    return JsonResponse(described(attachment.document, name=attachment.material_id), status=201)


def place_of(request: HttpRequest, filing: Filing, reason: str) -> Place:
    """Where pieces go that are sent for one material of this filing."""
    material = get_object_or_404(Material, pk=request.GET.get("material", ""))
    require_places(filing, Section.ATTACHMENTS, [material.pk])
    in_force = attachments_in_force(filing).filter(material=material).order_by()
    held = Document.objects.filter(pk__in=in_force.values("document_id"))

    def keep(file: File, replaces: str) -> Document:
        return attach(filing, material=material, file=file, replaces=replaces, reason=reason, by=request.user).document

    return Place(request.get_full_path(), material.kind, filing, request.user, held, keep)


def by_form(request: HttpRequest, filing: Filing) -> HttpResponse:
    """All files that were chosen, each for its material; one that is refused does not keep the others away."""
    taken, problems = 0, []
    for code, file in [(code, file) for code, files in request.FILES.lists() for file in files]:
        material = get_object_or_404(Material, pk=code)
        try:
            if attach(filing, material=material, file=file, by=request.user).document.repeated:
                messages.info(request, _("“%(name)s”与已上传的文件内容相同，没有重复保存。") % {"name": file.name})
            else:
                taken += 1
        except Refused as refusal:
            problems += [f"{material}“{file.name}”：{reason}" for reason in refusal.reasons]
    for name in [name for name in request.POST if name.startswith("remove_")]:
        reason = request.POST.get("reason", "")
        try:
            gone = remove_attachment(filing, document=request.POST[name], reason=reason, by=request.user)
            messages.success(request, _("已删除“%(name)s”。") % {"name": gone.document})
        except Refused as refusal:
            problems += [str(reason) for reason in refusal.reasons]
    if taken:
        messages.success(request, _("已收到 %(count)d 个文件，正在检查。") % {"count": taken})
    for problem in problems:
        messages.error(request, problem)
    onward = None if request.POST.get("then") and not problems else Section.ATTACHMENTS
    return redirect(section_url(filing, onward))
