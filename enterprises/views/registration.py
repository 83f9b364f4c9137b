"""企业注册 /register/enterprise/: agreement, enterprise, agent, done. Nothing typed is lost by back, error or reload."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
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
from enterprises.actions import (
    AlreadyRegistered,
    abandon_registration,
    ask_to_join,
    keep_values,
    note_duplicate,
    register_enterprise,
)
from enterprises.actions.registration import PURPOSE
from enterprises.forms.registration import AgentForm, AgreementForm, EnterpriseForm, JoinForm
from enterprises.letters import AUTHORISATION_TITLE, MEDIA_TYPE, authorisation_letter
from enterprises.models import Enterprise
from enterprises.permissions import administrators_of
from portal.documents.models import Document
from portal.documents.views import receive, take_uploads
from portal.errors import Refused
from portal.facts import facts
from portal.forms import MobileField, UsccField, posted
from portal.limits import hit
from portal.once import repeated, settle_once

KIND = "enterprise"
STEPS = [
    gettext_lazy("阅读注册协议"),
    gettext_lazy("填写企业信息"),
    gettext_lazy("填写经办人信息"),
    gettext_lazy("完成注册"),
]
FORMS: dict[int, type[EnterpriseForm] | type[AgentForm]] = {2: EnterpriseForm, 3: AgentForm}
REGISTERED = "registered_enterprise"  # in the session: whose done page this browser may see


# Step 1


@login_not_required
@never_cache
def register(request: HttpRequest) -> HttpResponse:
    """阅读注册协议. Agreeing opens the draft."""
    agreement = Agreement.objects.current(Agreement.Kind.ENTERPRISE)
    if agreement is None:
        raise Refused(_("注册协议尚未发布，暂时不能注册，请联系平台运营人员。"))
    draft = draft_of(request, KIND)
    agreed = draft is not None and has_accepted(agreement, registration=draft)
    form = AgreementForm(**posted(request), initial={"agree": agreed})
    if form.is_valid():
        return agree(request, agreement)
    shown = {"form": form, "agreement": agreement, "everybody": for_everybody(), "steps": STEPS}
    return render(request, "enterprises/register.html", shown)


def agree(request: HttpRequest, agreement: Agreement) -> HttpResponse:
    if not hit(f"register:{facts().network}", limit=30, seconds=3600):
        raise Refused(_("您所在的网络注册过于频繁，请一小时后再试。"))
    draft = open_draft(request, KIND)
    for text in [agreement, *for_everybody()]:
        accept_agreement(text, registration=draft)
    keep_values(draft, {}, step=2)
    response = redirect("enterprises:register-step", 2)
    remember(response, draft)
    return response


# Steps 2 and 3


@login_not_required
@never_cache
def register_step(request: HttpRequest, step: int) -> HttpResponse:
    if step not in (2, 3):
        raise Http404
    if request.method == "POST" and (url := repeated(request)):
        return redirect(url)
    draft = draft_of(request, KIND)
    if draft is None or draft.step < 2:
        return redirect("enterprises:register")
    return (enterprise_step if step == 2 else agent_step)(request, draft)


def enterprise_step(request: HttpRequest, draft: Registration) -> HttpResponse:
    """填写企业信息."""
    keep_typed(request, draft, EnterpriseForm)
    form = EnterpriseForm(**typed_or_posted(request, draft))
    take_uploads(request, form, draft, EnterpriseForm.kinds)
    if "back" in request.POST:
        return redirect("enterprises:register")
    if form.is_bound and (uscc := credit_code(form)) and Enterprise.objects.filter(uscc=uscc).exists():
        note_duplicate(draft, uscc)
        return redirect("enterprises:register-exists")
    if form.is_valid() and request.method == "POST":
        keep_values(draft, {}, step=3)
        return redirect("enterprises:register-step", 3)
    return render(request, "enterprises/register_enterprise.html", {"form": form, "steps": STEPS})


def agent_step(request: HttpRequest, draft: Registration) -> HttpResponse:
    """填写经办人信息, and the registration itself."""
    enterprise = kept_form(EnterpriseForm, draft)
    if draft.step < 3 or not enterprise.is_valid():
        messages.warning(request, _("请先把企业信息填写完整。"))
        return redirect("enterprises:register-step", 2)
    keep_typed(request, draft, AgentForm)
    form = AgentForm(**typed_or_posted(request, draft), enterprise=enterprise.values)
    if "send_code" in request.POST:
        say(request, *send_typed_code(request.POST.get("agent_phone", ""), request))
        form = AgentForm(initial=typed(draft), enterprise=enterprise.values)
    take_uploads(request, form, draft, AgentForm.kinds)
    if "back" in request.POST:
        return redirect("enterprises:register-step", 2)
    if form.is_valid() and (response := finish(request, draft, enterprise, form)):
        return response
    shown = {"form": form, "steps": STEPS, "enterprise": enterprise.values}
    return render(request, "enterprises/register_agent.html", shown)


def finish(
    request: HttpRequest, draft: Registration, enterprise: EnterpriseForm, form: AgentForm
) -> HttpResponse | None:
    """Register, once; None if the code was wrong and the form says so."""
    try:
        with transaction.atomic():
            secret = {"password": form.cleaned_data["password"], "code": form.cleaned_data["code"]}
            made = register_enterprise(
                draft, enterprise=enterprise.values, agent=form.values, **secret, request=request
            )
            settle_once(request, reverse("enterprises:register-done"))
    except AlreadyRegistered:
        note_duplicate(draft, enterprise.values["uscc"])
        return redirect("enterprises:register-exists")
    except ValidationError as error:
        form.add_error("code", error)
        return None
    request.session[REGISTERED] = str(made.pk)
    response = redirect("enterprises:register-done")
    response.delete_cookie(cookie_of(KIND))
    return response


@login_not_required
@never_cache
def register_done(request: HttpRequest) -> HttpResponse:
    """完成注册: the account, what it is for, and the way on."""
    pk: Any = request.session.get(REGISTERED)
    enterprise = Enterprise.objects.filter(pk=pk).first()
    if enterprise is None:
        return redirect("landing")
    return render(request, "enterprises/register_done.html", {"enterprise": enterprise, "steps": STEPS})


# What the steps have in common


def keep_typed(request: HttpRequest, draft: Registration, form: type[forms.Form]) -> None:
    """Put what was posted for a step into the draft as it was typed, right or wrong."""
    if request.method == "POST":
        names = [name for name in form.base_fields if name in request.POST or name == "types"]
        kept = {name: [text[:500] for text in request.POST.getlist(name)[:20]] for name in names}
        keep_values(draft, kept, step=2)


@login_not_required
@require_POST
def register_keep(request: HttpRequest, step: int) -> HttpResponse:
    """A script keeps what is typed while the step is still open."""
    draft = draft_of(request, KIND)
    if draft is None or step not in FORMS:
        raise Http404
    keep_typed(request, draft, FORMS[step])
    return HttpResponse(status=204)


def typed(draft: Registration) -> dict[str, Any]:
    """What a step shows again."""
    return {name: value if name == "types" else value[-1] for name, value in draft.data.items() if is_typed(value)}


def is_typed(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def typed_or_posted(request: HttpRequest, draft: Registration) -> dict[str, Any]:
    return posted(request) or {"initial": typed(draft)}


def kept_form(form: type[EnterpriseForm], draft: Registration) -> EnterpriseForm:
    """An earlier step's form, filled from the draft, with the files that it has."""
    data = MultiValueDict({name: value for name, value in draft.data.items() if is_typed(value)})
    kept = form(data=data)
    for name, kind in form.kinds.items():
        kept.fields[name].know(list(Document.objects.held_by(draft, kind)))  # type: ignore[attr-defined]
    return kept


def credit_code(form: EnterpriseForm) -> str:
    """The code that was typed, if it is one."""
    return form.cleaned_data.get("uscc", "") if form.errors is not None else ""


def send_typed_code(phone: str, request: HttpRequest) -> tuple[str, bool]:
    """获取验证码 without a script."""
    try:
        send_code(MobileField().clean(phone), purpose=PURPOSE, request=request)
    except ValidationError as error:
        return " ".join(error.messages), False
    return _("验证码已发送，请注意查收。"), True


def say(request: HttpRequest, text: str, good: bool) -> None:
    (messages.success if good else messages.error)(request, text)


@login_not_required
@require_POST
def register_file(request: HttpRequest, field: str) -> HttpResponse:
    """One file by script, for the draft of this browser."""
    draft = draft_of(request, KIND)
    kind = (EnterpriseForm.kinds | AgentForm.kinds).get(field)
    if draft is None or kind is None:
        raise Http404
    return receive(request, kind=kind, holder=draft) or redirect("enterprises:register")


@login_not_required
@require_safe
def register_letter(request: HttpRequest) -> HttpResponse:
    """《授权委托书》模板下载."""
    response = HttpResponse(authorisation_letter(settings.PLATFORM_NAME), content_type=MEDIA_TYPE)
    name = f"{AUTHORISATION_TITLE}.docx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@login_not_required
@never_cache
def register_cancel(request: HttpRequest) -> HttpResponse:
    """取消注册: asks first, then deletes what was typed and uploaded."""
    draft = draft_of(request, KIND)
    if draft is None:
        return redirect("register")
    if request.method != "POST":
        return render(request, "enterprises/register_cancel.html", {"step": draft.step})
    abandon_registration(draft)
    messages.success(request, _("已取消注册，填写的内容和上传的文件已删除。"))
    response = redirect("register")
    response.delete_cookie(cookie_of(KIND))
    return response


# The credit code exists


@login_not_required
@require_POST
def register_check(request: HttpRequest) -> JsonResponse:
    """A script asks about the credit code as soon as the field is left: {state: valid | invalid | exists, text, url}."""
    draft = draft_of(request, KIND)
    if draft is None:
        raise Http404
    try:
        uscc = UsccField().clean(request.POST.get("uscc", ""))
    except ValidationError as error:
        return JsonResponse({"state": "invalid", "text": " ".join(error.messages)})
    if Enterprise.objects.filter(uscc=uscc).exists() and note_duplicate(draft, uscc):
        url = reverse("enterprises:register-exists")
        return JsonResponse({"state": "exists", "text": _("统一社会信用代码已经存在"), "url": url})
    return JsonResponse({"state": "valid", "text": ""})


@login_not_required
@never_cache
def register_exists(request: HttpRequest) -> HttpResponse:
    """统一社会信用代码已经存在: the agent, masked, and the ways on."""
    draft = draft_of(request, KIND)
    enterprise = Enterprise.objects.filter(uscc=draft.data.get("exists", "")).first() if draft else None
    if draft is None or enterprise is None:
        return redirect("enterprises:register")
    form = JoinForm(**posted(request))
    if "send_code" in request.POST:
        say(request, *send_typed_code(request.POST.get("phone", ""), request))
        form = JoinForm(initial={name: request.POST.get(name, "") for name in ("name", "phone", "message")})
    elif form.is_valid() and was_asked(request, enterprise, form):
        return render(request, "enterprises/register_asked.html", {"phone": form.cleaned_data["phone"]})
    reachable = enterprise.status == Enterprise.Status.ACTIVE and bool(administrators_of(enterprise))
    shown = {"form": form, "uscc": enterprise.uscc, "reachable": reachable}
    shown["agent"] = enterprise if reachable and draft.data["agent_shown"] else None
    return render(request, "enterprises/register_exists.html", shown)


def was_asked(request: HttpRequest, enterprise: Enterprise, form: JoinForm) -> bool:
    try:
        ask_to_join(enterprise, **form.cleaned_data, request=request)
    except ValidationError as error:
        form.add_error("code", error)
        return False
    return True
