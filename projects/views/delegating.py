"""委托审核: the manager of a project lets somebody approve on certain days."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.views import me
from portal.forms import posted
from portal.once import once
from projects.actions import delegate_approvals, end_delegation
from projects.forms import DelegateForm
from projects.models import Project
from projects.permissions import delegable, delegations, delegations_of, may_delegate


def project_of_mine(request: HttpRequest, pk: UUID) -> Project:
    project = get_object_or_404(Project, pk=pk, filed_at__isnull=False)
    if not may_delegate(me(request), project):
        raise Http404
    return project


@never_cache
@once
def delegation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who approves in the manager's place, and one more."""
    project = project_of_mine(request, pk)
    form = DelegateForm(people=delegable(project, by=me(request)), **posted(request))
    if form.is_valid():
        grant = delegate_approvals(project, **form.cleaned_data, by=me(request))
        messages.success(request, _("已委托 %(name)s 审核项目用户。") % {"name": grant.user.name})
        return redirect("projects:delegation", project.pk)
    rows = delegations_of(project).select_related("user").order_by("-until", "pk")
    today = timezone.localdate()
    return render(request, "projects/delegation.html", {"project": project, "form": form, "rows": rows, "today": today})


@never_cache
def delegation_end(request: HttpRequest, pk: UUID, grant: int) -> HttpResponse:
    """结束委托: asks first. For the manager, and for whom it was given to."""
    found = delegations().select_related("user", "content_object").filter(pk=grant, content_object=pk).first()
    if found is None or (found.user_id != me(request).pk and not may_delegate(me(request), found.content_object)):
        raise Http404
    own = found.user_id == me(request).pk
    if request.method != "POST":
        return render(request, "projects/delegation_end.html", {"grant": found, "project": found.content_object})
    name = found.user.name
    end_delegation(found, by=me(request))
    messages.success(request, _("已结束委托，%(name)s 不再审核该项目的项目用户。") % {"name": name})
    return redirect("projects:list") if own else redirect("projects:delegation", pk)
