"""我的导出: what was asked for, how far it is, and the way out of the file."""

import logging
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.errors import Refused
from portal.exports.actions import ask_for_export, my_exports, note_download
from portal.exports.models import KEPT, Export
from portal.lists.kinds import list_for
from portal.pages import page_of

logger = logging.getLogger(__name__)

TONES = {"waiting": "grey", "running": "blue", "ready": "green", "failed": "red", "expired": "grey"}


@require_safe
def export_list(request: HttpRequest) -> HttpResponse:
    page = page_of(request, Export.objects.filter(user=request.user).order_by("-asked_at", "-pk"))
    rows = [{"export": export, "tone": TONES[export.status]} for export in page.rows]
    undone = any(export.status in Export.UNDONE for export in page.rows)
    return render(request, "exports/list.html", {"page": page, "rows": rows, "undone": undone, "days": KEPT.days})


@require_POST
def export_start(request: HttpRequest) -> HttpResponse:
    """导出: the list and the conditions are named by the form of the list page."""
    kind = list_for(request.user, request.POST.get("list", ""))
    ask_for_export(kind, request.POST.get("query", ""), by=request.user)
    messages.success(request, _("已开始导出，完成后会发消息通知您。"))
    return redirect("exports:list")


@require_safe
def export_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The file, for its owner, while the list is still open to them; each time is recorded."""
    export = get_object_or_404(Export.objects.filter(user=request.user), pk=pk)
    list_for(request.user, export.kind)
    if not export.is_ready:
        raise Refused(
            _("导出文件保留 %(days)d 天，过期后自动删除。请重新导出。") % {"days": KEPT.days},
            heading=_("文件已不能下载"),
            action=my_exports(),
        )
    try:
        file = default_storage.open(export.key)
    except FileNotFoundError as error:
        logger.error("The storage has lost the file of export %s.", export.pk)
        raise Http404 from error
    note_download(export, by=request.user)
    response = FileResponse(file, as_attachment=True, filename=export.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
