"""补充材料: adding files to what was approved, each with a reason; frozen versions stay as they are."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from portal.documents.models import Document
from portal.documents.views import receive, take_uploads
from portal.forms import PortalForm, posted
from portal.once import once
from supervision.actions import drop_addendum, hand_in_addendum, open_addendum
from supervision.actions.addenda import addable
from supervision.forms.papers import AddendumForm
from supervision.models import Addendum, Filing
from supervision.permissions import require_preparer
from supervision.views.papers import addenda_of
from supervision.views.submit import visible_filing


@once
def filing_addenda(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was added so far, the drafts, and the form that begins another."""
    filing = prepared(request, pk)
    chosen = {"material": request.GET.get("material", ""), "replaces": request.GET.get("replaces", "")}
    form = AddendumForm(**posted(request), filing=filing, initial=chosen)
    if form.is_valid():
        replaces = form.cleaned_data.pop("replaces")
        facts = form.cleaned_data | {"replaces": replaces.document_id if replaces else None}
        addendum = open_addendum(filing, **facts, by=request.user)
        return redirect("filing:addendum", pk=filing.pk, addendum=addendum.pk)
    context = {
        "filing": filing,
        "form": form,
        "addenda": addenda_of(filing),
        "drafts": filing.addenda.filter(handed_in_at=None).select_related("material"),
    }
    return render(request, "supervision/addenda.html", context)


def filing_addendum(request: HttpRequest, pk: UUID, addendum: UUID) -> HttpResponse:
    """The files of one addition: they are uploaded, checked, and then handed in together."""
    filing = prepared(request, pk)
    found = get_object_or_404(filing.addenda.select_related("material", "replaces__document"), pk=addendum)
    if found.handed_in_at:
        return redirect("filing:addenda", pk=filing.pk)
    kind = found.material.kind
    if answer := receive(request, kind=kind, holder=found, by=request.user):
        return answer
    if request.method == "POST":
        return settled(request, filing, found)
    documents = list(Document.objects.held_by(found))
    context = {
        "filing": filing,
        "addendum": found,
        "kind": kind,
        "documents": documents,
        "is_ready": bool(documents) and all(document.is_ready for document in documents),
    }
    return render(request, "supervision/addendum.html", context)


def settled(request: HttpRequest, filing: Filing, addendum: Addendum) -> HttpResponse:
    """What a plain form asks for: files come along with any button."""
    match request.POST.get("do", ""):
        case "hand-in" if not request.FILES:
            hand_in_addendum(addendum, by=request.user)
            messages.success(request, _("补充材料已提交，监督站已收到通知。"))
            return redirect(filing)
        case "drop":
            drop_addendum(addendum, by=request.user)
            messages.success(request, _("已删除这份补充材料草稿。"))
            return redirect("filing:addenda", pk=filing.pk)
    form = PortalForm(request.POST)
    take_uploads(request, form, addendum, {"papers": addendum.material.kind.code}, by=request.user)
    for problem in form.non_field_errors():
        messages.error(request, str(problem))
    return redirect("filing:addendum", pk=filing.pk, addendum=addendum.pk)


def prepared(request: HttpRequest, pk: UUID) -> Filing:
    """The filing, for somebody who may add to it; before approval there is no such page."""
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    if not addable(filing):
        raise Http404
    return filing
