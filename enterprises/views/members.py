"""用户管理: the people of an enterprise; and the page on which a person answers an invitation."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.drafts import draft_of, open_draft
from accounts.models import Registration
from accounts.views import me
from enterprises.actions import (
    abandon_registration,
    add_member,
    answer_invitation,
    change_member,
    delete_member,
    dismiss_join_request,
    keep_values,
    move_member,
    reset_password,
    set_member_systems,
)
from enterprises.actions.leaving import colleagues_of, may_reset
from enterprises.forms.members import (
    HandOverForm,
    MemberChangeForm,
    MemberForm,
    MemberSearchForm,
    MemberSystemsForm,
    keep_keyword,
)
from enterprises.models import Enterprise, JoinRequest, Member
from enterprises.permissions import Unfinished, agencies_offered_to, consequences, invitations_of, unfinished_of
from enterprises.shown import GONE, TONES, State, is_waiting, shown_of, shown_of_all, state_of
from enterprises.views.management import administered, page_of_enterprise
from portal.documents.models import Document
from portal.documents.views import receive, take_uploads
from portal.forms import posted
from portal.once import once, repeated, settle_once
from portal.pages import page_of

KIND = "member"


# The list


def member_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The people, and above them who asks to be added."""
    enterprise = administered(request, pk)
    if request.method == "POST":
        return HttpResponseRedirect(request.path + search_query(request))
    search = MemberSearchForm(request)
    people = search.restrict(enterprise.members.select_related("user", "position"))
    page = page_of(request, people.order_by("-created_at", "-pk"))
    asked = enterprise.join_requests.filter(handled_at=None).order_by("created_at")
    shown = {"page": page, "rows": rows_of(page.rows), "search": search, "asked": asked}
    return page_of_enterprise(request, "member_list", enterprise, "members", **shown)


def search_query(request: HttpRequest) -> str:
    """The query of the list for a posted search: the keyword itself stays out of it."""
    query = {name: request.POST.get(name, "") for name in ("position", "status")} | {"q": keep_keyword(request)}
    return "?" + urlencode({name: value for name, value in query.items() if value})


def rows_of(members: Iterable[Any]) -> list[dict[str, Any]]:
    people = list(members)
    return [row_of(member, shown) for member, shown in zip(people, shown_of_all(people), strict=True)]


def row_of(member: Member, shown: Any) -> dict[str, Any]:
    state = state_of(member)
    seen = None if state in (State.WAITING, State.DECLINED) else member.user.last_login
    return {
        "member": member,
        "shown": shown,
        "state": state,
        "tone": TONES[state],
        "seen": seen,
        "gone": member.status in GONE,
    }


def member_of(request: HttpRequest, pk: UUID, member: UUID) -> tuple[Enterprise, Member]:
    enterprise = administered(request, pk)
    people = enterprise.members.select_related("user", "position", "enterprise")
    return enterprise, get_object_or_404(people, pk=member)


# 新建用户


def member_add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """新建用户. What is typed and uploaded lies in a draft of the administrator until it takes effect."""
    enterprise = administered(request, pk)
    if request.method == "POST" and (url := repeated(request)):
        return redirect(url)
    asked = join_request(enterprise, request)
    draft = open_draft(request, KIND, owner=me(request)) if request.method == "POST" else draft_of(request, KIND)
    if "cancel" in request.POST:
        return drop(draft, enterprise)
    form = MemberForm(**typed_or_posted(request, draft, asked), enterprise=enterprise)
    if draft is not None:
        keep_typed(request, draft)
        take_uploads(request, form, draft, MemberForm.kinds, by=me(request))
    if draft is not None and form.is_valid():
        return added(request, enterprise, draft, form, asked)
    shown = {"form": form, "asked": asked}
    return page_of_enterprise(request, "member_add", enterprise, "members", **shown)


@transaction.atomic
def added(
    request: HttpRequest, enterprise: Enterprise, draft: Registration, form: MemberForm, asked: JoinRequest | None
) -> HttpResponse:
    member = add_member(enterprise, draft=draft, values=form.values, by=me(request), asked=asked)
    url = reverse("enterprises:member-added", args=[enterprise.pk, member.pk])
    settle_once(request, url)
    return redirect(url)


def join_request(enterprise: Enterprise, request: HttpRequest) -> JoinRequest | None:
    """The request to join that this page answers, if it came from there."""
    mark = request.GET.get("request", "")
    if not mark:
        return None
    try:
        return get_object_or_404(enterprise.join_requests, pk=UUID(mark), handled_at=None)
    except ValueError:
        raise Http404


def typed_or_posted(request: HttpRequest, draft: Registration | None, asked: JoinRequest | None) -> dict[str, Any]:
    if request.method == "POST":
        return posted(request)
    prefilled = {"name": asked.name, "phone": asked.phone} if asked else {}
    return {"initial": (draft.data if draft else {}) | prefilled}


def keep_typed(request: HttpRequest, draft: Registration) -> None:
    if request.method == "POST":
        keep_values(draft, {name: request.POST.get(name, "")[:500] for name in MemberForm.typed})


def drop(draft: Registration | None, enterprise: Enterprise) -> HttpResponse:
    """取消: what was typed about somebody does not lie about."""
    if draft is not None:
        abandon_registration(draft)
    return redirect("enterprises:members", enterprise.pk)


@require_POST
def member_keep(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A script keeps what is typed while the form is still open."""
    administered(request, pk)
    keep_typed(request, open_draft(request, KIND, owner=me(request)))
    return HttpResponse(status=204)


@require_POST
def member_file(request: HttpRequest, pk: UUID, field: str) -> HttpResponse:
    """One file by script, for the administrator's draft."""
    administered(request, pk)
    if field not in MemberForm.kinds:
        raise Http404
    draft = open_draft(request, KIND, owner=me(request))
    answer = receive(request, kind=MemberForm.kinds[field], holder=draft, by=me(request))
    return answer or redirect("enterprises:member-add", pk)


def member_added(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """What to tell the person. It reads the same whether the account is new or not (decisions 2)."""
    enterprise, found = member_of(request, pk, member)
    if not is_waiting(found):
        return redirect("enterprises:members", pk)
    shown = {"shown": shown_of(found)} | first_sign_in()
    return page_of_enterprise(request, "member_added", enterprise, "members", member=found, **shown)


def first_sign_in() -> dict[str, Any]:
    """How somebody new signs in: by a link texted to them (`hours`), or with the initial password."""
    return {
        "by_link": settings.ACTIVATION_BY_LINK,
        "hours": settings.ACTIVATION_HOURS,
        "password": settings.INITIAL_PASSWORD,
        "days": settings.INITIAL_PASSWORD_DAYS,
    }


@once
def request_dismiss(request: HttpRequest, pk: UUID, asked: UUID) -> HttpResponse:
    """忽略 a request to join."""
    enterprise = administered(request, pk)
    found = get_object_or_404(enterprise.join_requests.select_related("enterprise"), pk=asked, handled_at=None)
    if request.method == "POST":
        dismiss_join_request(found, by=me(request))
        messages.success(request, _("已忽略这条申请。"))
        return redirect("enterprises:members", enterprise.pk)
    return page_of_enterprise(request, "request_dismiss", enterprise, "members", asked=found)


# One person


def member_edit(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """编辑: post and department, and the files as they were handed in."""
    enterprise, found = member_of(request, pk, member)
    form = MemberChangeForm(**posted(request), member=found)
    if form.is_valid():
        change_member(found, **form.cleaned_data, by=me(request))
        messages.success(request, _("已保存。"))
        return redirect("enterprises:members", enterprise.pk)
    shown = {"form": form, "row": row_of(found, shown_of(found)), "documents": Document.objects.held_by(found)}
    shown["by_link"] = settings.ACTIVATION_BY_LINK
    return page_of_enterprise(request, "member_edit", enterprise, "members", **shown)


def member_systems(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """Which of the enterprise's systems this person may enter."""
    enterprise, found = member_of(request, pk, member)
    form = MemberSystemsForm(**posted(request), member=found)
    if form.is_valid():
        off = form.switched_off
        if off and "confirmed" not in request.POST:
            affected = [text for system in off for text in consequences(enterprise, system=system, user=found.user)]
            shown = {"member": found, "shown": shown_of(found), "off": off, "left_on": form.cleaned_data["systems"]}
            return page_of_enterprise(request, "member_systems_off", enterprise, "members", **shown, affected=affected)
        set_member_systems(found, **form.cleaned_data, by=me(request))
        messages.success(request, _("已保存。"))
        return redirect("enterprises:members", enterprise.pk)
    return page_of_enterprise(request, "member_systems", enterprise, "members", form=form, shown=shown_of(found))


MOVES = {
    "disable": (
        gettext_lazy("停用"),
        gettext_lazy("停用后，此人立即退出登录，不能再为本企业办理业务；可以随时重新启用。"),
    ),
    "enable": (gettext_lazy("启用"), gettext_lazy("启用后，此人可以重新为本企业办理业务。")),
    "leave": (
        gettext_lazy("离职"),
        gettext_lazy("办理离职后，此人立即退出登录，不能再为本企业办理业务；以往的办理记录保留。"),
    ),
}
NAMED = 10  # drafts by name; of more, the number
SAID = {"disable": gettext_lazy("已停用。"), "enable": gettext_lazy("已启用。"), "leave": gettext_lazy("已办理离职。")}


@once
def member_state(request: HttpRequest, pk: UUID, member: UUID, move: str) -> HttpResponse:
    """停用, 启用 or 离职, after saying what follows."""
    enterprise, found = member_of(request, pk, member)
    if move not in MOVES:
        raise Http404
    goes = move != "enable" and not is_waiting(found)
    unfinished = unfinished_of(found) if goes else []
    kinds = [kind for kind, _titles in unfinished]
    form = HandOverForm(**posted(request), kinds=kinds, colleagues=colleagues_of(found)) if unfinished else None
    if request.method == "POST" and (form is None or form.is_valid()):
        move_member(found, move, by=me(request), successors=form.successors if form else None)
        messages.success(request, SAID[move])
        return redirect("enterprises:members", enterprise.pk)
    affected = consequences(enterprise, user=found.user) if goes else []
    verb, text = MOVES[move]
    shown = {"member": found, "shown": shown_of(found), "verb": verb, "text": text, "affected": affected, "move": move}
    shown |= {"form": form, "unfinished": [named(kind, titles) for kind, titles in unfinished]}
    return page_of_enterprise(request, "member_state", enterprise, "members", **shown)


def named(kind: Unfinished, titles: list[str]) -> dict[str, Any]:
    """One sort of work for the page: the first of its titles, and how many there are."""
    return {"heading": kind.heading, "titles": titles[:NAMED], "count": len(titles), "more": len(titles) > NAMED}


@once
def member_delete(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """删除, for who never signed in."""
    enterprise, found = member_of(request, pk, member)
    if request.method == "POST":
        delete_member(found, by=me(request))
        messages.success(request, _("已删除。"))
        return redirect("enterprises:members", enterprise.pk)
    shown = {"shown": shown_of(found), "waiting": is_waiting(found), "member": found}
    return page_of_enterprise(request, "member_delete", enterprise, "members", **shown)


@once
def member_reset(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """重置密码."""
    enterprise, found = member_of(request, pk, member)
    if request.method == "POST":
        reset_password(found, by=me(request))
        messages.success(request, _("已处理，并已短信通知本人。"))
        return redirect("enterprises:members", enterprise.pk)
    shown = {"shown": shown_of(found), "waiting": is_waiting(found), "ours": may_reset(found)}
    shown |= first_sign_in()
    return page_of_enterprise(request, "member_reset", enterprise, "members", **shown)


# The other side


def invitations(request: HttpRequest) -> HttpResponse:
    """我的企业: who wants to add me, where I belong, and where I asked to."""
    if not me(request).is_personal:
        raise Http404
    belongs = me(request).memberships.filter(status__in=[Member.Status.ACTIVE, Member.Status.DISABLED])
    shown = {
        "invitations": invitations_of(me(request)),
        "agencies": agencies_offered_to(me(request)),
        "memberships": belongs.select_related("enterprise", "position").order_by("created_at", "pk"),
        "waiting": me(request).join_requests.filter(handled_at=None).select_related("enterprise", "position"),
    }
    return render(request, "enterprises/invitations.html", shown)


@require_POST
def invitation_answer(request: HttpRequest, pk: UUID, move: str) -> HttpResponse:
    found = get_object_or_404(Member.objects.filter(user=me(request)), pk=pk)
    if move not in ("accept", "decline"):
        raise Http404
    answer_invitation(found, move, by=me(request))
    text = _("您已加入%(name)s。") if move == "accept" else _("您没有加入%(name)s。")
    messages.success(request, text % {"name": found.enterprise})
    return redirect("enterprises:invitations")
