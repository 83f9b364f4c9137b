"""平台管理 → 代理项目经理: the unit's administrator lets somebody stand in (domain §5.7 20)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.views import me
from enterprises.models import Member
from enterprises.permissions import administered_by
from portal.forms import posted
from portal.masking import mask_name
from portal.once import once
from portal.pages import page_of
from projects.actions import appoint_acting, days_left, end_acting
from projects.forms import ActingForm
from projects.models import PartyType, ProjectParty
from projects.permissions import parties_of


def posts_of(request: HttpRequest) -> QuerySet[ProjectParty]:
    """The projects that this administrator's enterprise builds."""
    if not me(request).is_enterprise_account:
        raise Http404
    mine = parties_of(administered_by(me(request))).filter(party_type=PartyType.CONTRACTOR)
    return mine.select_related("project", "lead").order_by("-project__filed_at", "pk")


def acting_list(request: HttpRequest) -> HttpResponse:
    """Each project with its manager and who stands in."""
    page = page_of(request, posts_of(request).prefetch_related("acting__user"))
    today = timezone.localdate()
    rows = [(party, in_force(party, today)) for party in page]
    return render(request, "projects/acting_list.html", {"page": page, "rows": rows, "enterprise": None})


def in_force(party: ProjectParty, today: Any) -> Any:
    """Of what was fetched along; None if nobody stands in today."""
    found = (one for one in party.acting.all() if one.ended_at is None and one.since <= today <= one.until)
    return next(found, None)


@once
def acting(request: HttpRequest, party: UUID) -> HttpResponse:
    """The appointments of one project, and the form for a new one."""
    post = get_object_or_404(posts_of(request), pk=party)
    left, now = days_left(post), post.acting.in_force().select_related("user").first()
    people = colleagues(request, post)
    form = ActingForm(**posted(request), people=people, left=left) if now is None and left else None
    if form and form.is_valid():
        appoint_acting(post, **form.cleaned_data, by=me(request))
        messages.success(request, _("已指定代理项目经理，已通知本人和监督站，到期自动结束。"))
        return redirect("projects:acting", party)
    context = {
        "party": post,
        "form": form,
        "now": now,
        "left": left,
        "rows": facts_of(post),
        "history": post.acting.select_related("user", "noted_by").order_by("-appointed_at"),
        "enterprise": None,
    }
    return render(request, "projects/acting.html", context)


def colleagues(request: HttpRequest, post: ProjectParty) -> QuerySet[User]:
    """The unit's active people, without the manager."""
    members = Member.objects.filter(enterprise__in=administered_by(me(request)), status=Member.Status.ACTIVE)
    return (
        User.objects.filter(pk__in=members.values("user"), is_active=True)
        .exclude(Q(pk=post.lead_id))
        .order_by("name", "pk")
    )


def facts_of(post: ProjectParty) -> list[tuple[Any, Any]]:
    return [
        (_("项目名称"), post.project),
        (_("项目编号"), post.project.number),
        (_("项目经理"), mask_name(post.lead_name)),
    ]


@once
def acting_end(request: HttpRequest, party: UUID) -> HttpResponse:
    """结束代理: asks first."""
    post = get_object_or_404(posts_of(request), pk=party)
    now = post.acting.in_force().select_related("user", "party__project").first()
    if now is None:
        return redirect("projects:acting", party)
    if request.method == "POST":
        end_acting(now, by=me(request))
        messages.success(request, _("代理已结束，项目经理恢复办理。"))
        return redirect("projects:acting", party)
    return render(request, "projects/acting_end.html", {"party": post, "acting": now})
