"""文件检查: how long uploads wait for their check, and those that got stuck."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Min, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.console.gates import for_operators
from portal.documents import clamav
from portal.documents.actions import check_again
from portal.documents.kinds import size_text
from portal.documents.models import Document, Transfer
from portal.pages import page_of

LATE = timedelta(minutes=5)  # a check takes seconds; what waits longer says that no worker is at it


@require_safe
@for_operators
def documents_page(request: HttpRequest) -> HttpResponse:
    """The queue as figures, and each check that got stuck. Names of files stay out of it: people are named in them."""
    stuck = Document.objects.filter(state=Document.State.STUCK).order_by("checked_at")
    context = {"queue": queue(), "page": page_of(request, stuck), "scanner": clamav.is_configured()}
    return render(request, "console/documents.html", context)


def queue() -> dict[str, Any]:
    """What waits and since when, what is not scanned, and what is still on its way."""
    kept = Document.objects.exclude(state=Document.State.REMOVED)
    facts = kept.aggregate(
        waiting=Count("pk", filter=Q(state=Document.State.CHECKING)),
        oldest=Min("uploaded_at", filter=Q(state=Document.State.CHECKING)),
        tried=Count("pk", filter=Q(state=Document.State.CHECKING, attempts__gt=1)),
        unscanned=Count("pk", filter=Q(state=Document.State.READY, scan=Document.Scan.UNSCANNED)),
        refused=Count("pk", filter=Q(state=Document.State.REFUSED)),
    )
    unfinished = Transfer.objects.unfinished().aggregate(count=Count("pk"), size=Sum("size"))
    is_late = facts["oldest"] is not None and timezone.now() - facts["oldest"] > LATE
    return facts | {"is_late": is_late, "transfers": unfinished["count"], "bytes": size_text(unfinished["size"] or 0)}


def stuck_count() -> int:
    return Document.objects.filter(state=Document.State.STUCK).count()


@require_POST
@for_operators
def document_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have one stuck file checked again."""
    check_again(get_object_or_404(Document, pk=pk), by=request.user)
    messages.success(request, _("已重新排队检查，结果稍后显示给上传人。"))
    return redirect("console-documents")
