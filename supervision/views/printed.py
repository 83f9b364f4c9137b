"""打印: the complete copy as a page for the browser's printer, and as a PDF. Each one is written down."""

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.later import Later
from supervision.actions.printing import note_print
from supervision.permissions import may_print_in_full
from supervision.printed import copy_of
from supervision.views.submit import visible_filing

if TYPE_CHECKING:
    from supervision import copy_pdf
else:
    copy_pdf = Later("supervision.copy_pdf")


@never_cache
@require_safe
def filing_print(request: HttpRequest, pk) -> HttpResponse:
    """The page to print."""
    filing, full = visible_filing(request, pk), request.GET.get("full") == "1"
    note_print(filing, form="html", full=full, by=request.user)
    context = {
        "filing": filing,
        "copy": copy_of(filing, request.user, full=full),
        "full": full,
        "may_full": may_print_in_full(request.user, filing),
        "early_note": copy_pdf.EARLY_NOTE if filing.spec.early else "",
    }
    return render(request, "supervision/printed.html", context)


@never_cache
@require_safe
def filing_copy(request: HttpRequest, pk) -> HttpResponse:
    """The PDF, made when it is asked for."""
    filing, full = visible_filing(request, pk), request.GET.get("full") == "1"
    note_print(filing, form="pdf", full=full, by=request.user)
    content = copy_pdf.copy_pdf(copy_of(filing, request.user, full=full), early=filing.spec.early)
    name = _("报监资料-%(number)s.pdf") % {"number": filing.number or _("草稿")}
    headers = {"Content-Disposition": str(content_disposition_header(True, name))}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
