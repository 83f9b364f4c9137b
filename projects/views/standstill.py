"""停工 / 恢复施工 of one project: a page for whoever works for its 建设单位 (domain §5.7 53)."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.views import me
from portal.documents.models import Document
from portal.forms import posted
from portal.once import once
from projects.actions import resume_works, suspend_works
from projects.forms import ResumeForm, SuspendForm
from projects.permissions import known_to, may_report_standstill


@once
def standstill(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Report that the works stand still, or that they go on."""
    project = get_object_or_404(known_to(me(request)), pk=pk)
    if not may_report_standstill(me(request), project):
        raise Http404
    now = project.standstills.filter(resumed_on=None).first()
    form = ResumeForm(**posted(request), still=now) if now else SuspendForm(**posted(request))
    if form.is_valid():
        if now:
            resume_works(now, **form.cleaned_data, by=me(request))
            messages.success(request, _("已登记恢复施工，已通知各责任主体和监督站。"))
        else:
            suspend_works(project, **form.cleaned_data, by=me(request))
            messages.success(request, _("已登记停工，已通知各责任主体和监督站。"))
        return redirect("projects:detail", pk)
    history = list(project.standstills.exclude(resumed_on=None).order_by("-since", "-pk"))
    proofs = Document.objects.filter(
        holder_type="projects.standstill", holder_id__in=[one.pk for one in history], state=Document.State.READY
    )
    by_holder = {proof.holder_id: proof for proof in proofs}
    context = {
        "project": project,
        "now": now,
        "is_long": bool(now and now.needs_recheck(timezone.localdate())),
        "form": form,
        "history": [(one, by_holder.get(one.pk)) for one in history],
    }
    return render(request, "projects/standstill.html", context)
