"""分期与标段 of one project: a page for whoever works for its 建设单位 (domain §5.7 34)."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.views import me
from portal.forms import posted
from portal.once import once
from projects.actions import split_project
from projects.forms import PartForm
from projects.permissions import known_to, may_split
from projects.views.own import parts_shown


@once
def parts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The phases and lots there are, and one more."""
    project = get_object_or_404(known_to(me(request)), pk=pk)
    if project.parent_id or not may_split(me(request), project):
        raise Http404
    form = PartForm(**posted(request))
    if form.is_valid():
        split_project(project, **form.cleaned_data, by=me(request))
        messages.success(request, _("已新增分期或标段，已通知各责任主体。以后的施工许可证归入分期或标段。"))
        return redirect("projects:parts", pk)
    shown = {"project": project, "form": form, "parts": parts_shown(project, me(request))}
    return render(request, "projects/parts.html", shown)
