"""项目用户注册 /register/project-user/: agreement, details, done. Nothing typed is lost by back, error or reload."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.actions import accept_agreement, has_accepted
from accounts.agreements import for_everybody
from accounts.codes import send_code
from accounts.drafts import cookie_of, draft_of, open_draft, remember
from accounts.models import Agreement, Registration
from accounts.views import me
from enterprises.letters import MEDIA_TYPE
from enterprises.models import Enterprise
from enterprises.views.management import is_calm
from enterprises.views.registration import keep_typed, keep_values, say, typed
from portal.documents.views import receive, take_uploads
from portal.errors import Refused
from portal.facts import facts
from portal.forms import MobileField, posted
from portal.limits import hit
from portal.masking import mask_name
from portal.once import repeated, settle_once
from projects.actions import Known, abandon_registration, register_project_user
from projects.actions.applying import AGREEMENTS, PURPOSE
from projects.catalogue import FILES
from projects.find import Choice, choice_of
from projects.forms import AgreementForm, RegistrationForm
from projects.letters import COMMITMENT_TITLE, commitment_letter
from projects.models import ProjectUser
from projects.permissions import approvers_of, employers_of

KIND = "project_user"
STEPS = [gettext_lazy("阅读注册协议"), gettext_lazy("填写基本信息"), gettext_lazy("完成注册")]
APPLIED, KNOWN = "project_application", "project_user_known"  # in the session: which result this browser may see
TOO_OFTEN = gettext_lazy("查询过于频繁，请稍后再试。")


@login_not_required
@never_cache
def register(request: HttpRequest) -> HttpResponse:
    """阅读注册协议, with the material to download. Agreeing opens the draft."""
    if is_person(request):
        return redirect("projects:join")
    agreements = {kind: Agreement.objects.current(kind) for kind in AGREEMENTS}
    if None in agreements.values():
        raise Refused(_("注册协议尚未发布，暂时不能注册，请联系平台运营人员。"))
    draft = draft_of(request, KIND)
    agreed = draft is not None and all(has_accepted(one, registration=draft) for one in agreements.values())
    form = AgreementForm(**posted(request), initial={"agree": agreed, "consent": agreed})
    if form.is_valid():
        return agree(request, agreements.values())
    shown = {
        "form": form,
        "steps": STEPS,
        "everybody": for_everybody(),
        **{str(kind): one for kind, one in agreements.items()},
    }
    return render(request, "projects/register.html", shown)


def is_person(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_personal


def agree(request: HttpRequest, agreements) -> HttpResponse:
    if not hit(f"register:{facts().network}", limit=30, seconds=3600):
        raise Refused(_("您所在的网络注册过于频繁，请一小时后再试。"))
    draft = open_draft(request, KIND)
    for agreement in [*agreements, *for_everybody()]:
        accept_agreement(agreement, registration=draft)
    keep_values(draft, {}, step=2)
    response = redirect("projects:user-register-step")
    remember(response, draft)
    return response


@login_not_required
@never_cache
def details(request: HttpRequest) -> HttpResponse:
    """填写基本信息, and the registration itself."""
    if request.method == "POST" and (url := repeated(request)):
        return redirect(url)
    draft = draft_of(request, KIND)
    if draft is None or draft.owner_id or draft.step < 2:
        return redirect("projects:user-register")
    keep_typed(request, draft, RegistrationForm)
    form = details_form(request, draft)
    take_uploads(request, form, draft, FILES)
    if "back" in request.POST:
        return redirect("projects:user-register")
    if form.is_valid() and (response := finish(request, draft, form)):
        return response
    return render(request, "projects/register_details.html", {"form": form, "steps": STEPS})


def details_form(request: HttpRequest, draft: Registration) -> RegistrationForm:
    """Bound when it is to be sent; a 查找 or 获取验证码 shows again what was typed, without complaints."""
    kept = typed(draft)
    choice = looked_up(kept, find_again=request.POST.get("find", ""), signed_in=False, request=request)
    if "send_code" in request.POST:
        say(request, *send_typed_code(kept.get("phone", ""), request))
    if request.method != "POST" or {"send_code", "find"} & set(request.POST):
        return RegistrationForm(initial=kept, choice=choice)
    return RegistrationForm(**posted(request), choice=choice)


def looked_up(
    given: dict[str, Any],
    *,
    signed_in: bool,
    request: HttpRequest,
    find_again: str = "",
    own: Sequence[Enterprise] = (),
) -> Choice:
    """What the form offers to choose; visitors may ask so many times only."""
    asks = given.get("company") or given.get("enterprise")
    settled = given.get("enterprise") and given.get("project") and not find_again  # nothing is looked for
    if asks and not settled and not signed_in and not is_calm():
        messages.warning(request, str(TOO_OFTEN))
        return Choice([], None, [], None, False)
    return choice_of(given, own=list(own), signed_in=signed_in, find_again=find_again)


def send_typed_code(phone: str, request: HttpRequest) -> tuple[str, bool]:
    """获取验证码 without a script."""
    try:
        send_code(MobileField().clean(phone), purpose=PURPOSE, request=request)
    except ValidationError as error:
        return " ".join(error.messages), False
    return _("验证码已发送，请注意查收。"), True


def finish(request: HttpRequest, draft: Registration, form: RegistrationForm) -> HttpResponse | None:
    """Register, once; None if the code was wrong and the form says so."""
    secret = {"password": form.cleaned_data["password"], "code": form.cleaned_data["code"]}
    try:
        with transaction.atomic():
            result = register_project_user(draft, person=form.person, place=form.place, **secret, request=request)
            done = reverse(
                "projects:user-register-known" if isinstance(result, Known) else "projects:user-register-done"
            )
            settle_once(request, done)
    except ValidationError as error:
        form.add_error("code", error)
        return None
    if isinstance(result, Known):
        request.session[KNOWN] = str(result)
        return redirect(done)
    request.session[APPLIED] = str(result.pk)
    response = redirect(done)
    response.delete_cookie(cookie_of(KIND))
    return response


@login_not_required
@never_cache
def done(request: HttpRequest) -> HttpResponse:
    """完成注册: who will decide, and what happens next."""
    rows = ProjectUser.objects.select_related("project", "enterprise", "position", "user")
    application = rows.filter(pk=request.session[APPLIED]).first() if APPLIED in request.session else None
    if application is None:
        return redirect("landing")
    shown = {"application": application, "approvers": named_approvers(application), "steps": STEPS}
    return render(request, "projects/register_done.html", shown)


def named_approvers(application: ProjectUser) -> list[str]:
    """Who may decide, as others may know them: 项目经理 陈**, or an enterprise's administrator."""
    return [
        _("%(name)s 企业管理员") % {"name": one.name} if one.is_enterprise_account else mask_name(one.name)
        for one in approvers_of(application)
    ]


@login_not_required
@never_cache
def known(request: HttpRequest) -> HttpResponse:
    """Phone or ID number have an account: the code proved whose phone it is, so this much may be said."""
    if KNOWN not in request.session:
        return redirect("projects:user-register")
    return render(request, "projects/register_known.html", {"by_phone": request.session[KNOWN] == Known.PHONE})


@login_not_required
@never_cache
def cancel(request: HttpRequest) -> HttpResponse:
    """取消注册: asks first, then deletes what was typed and uploaded."""
    draft = draft_of(request, KIND)
    if draft is None or draft.owner_id:
        return redirect("register")
    if request.method != "POST":
        return render(request, "projects/register_cancel.html")
    abandon_registration(draft)
    messages.success(request, _("已取消注册，填写的内容和上传的文件已删除。"))
    response = redirect("register")
    response.delete_cookie(cookie_of(KIND))
    return response


# What scripts ask for


@login_not_required
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what is typed while the form is still open."""
    draft = draft_of(request, KIND)
    if draft is None or draft.owner_id:
        raise Http404
    keep_typed(request, draft, RegistrationForm)
    return HttpResponse(status=204)


@login_not_required
@require_POST
def upload(request: HttpRequest, field: str) -> HttpResponse:
    """One file, for the draft of this browser."""
    draft = draft_of(request, KIND)
    if draft is None or draft.owner_id or field not in FILES:
        raise Http404
    return receive(request, kind=FILES[field], holder=draft) or redirect("projects:user-register-step")


@login_not_required
@never_cache
@require_safe
def found(request: HttpRequest, what: str) -> HttpResponse:
    """The part of the form that offers enterprises (`company`) or projects (`works`), drawn anew."""
    signed_in = is_person(request)
    if what not in ("company", "works"):
        raise Http404
    if not signed_in and not is_calm():
        return HttpResponse(TOO_OFTEN, status=429, content_type="text/plain; charset=utf-8")
    own = employers_of(me(request)) if signed_in else []
    choice = choice_of(request.GET.dict(), own=own, signed_in=signed_in, find_again=what)
    return render(request, f"projects/_found_{what}.html", {"choice": choice})


# Material to download


@login_not_required
@require_safe
def letter(request: HttpRequest) -> HttpResponse:
    """《办理承诺函》模板下载."""
    response = HttpResponse(commitment_letter(settings.PLATFORM_NAME), content_type=MEDIA_TYPE)
    name = f"{COMMITMENT_TITLE}.docx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
