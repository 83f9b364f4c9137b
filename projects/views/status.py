"""申请进度查询 /register/project-user/status/: how an application stands, for who has its phone, without signing in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.codes import check_code, send_code
from accounts.signin import landing_with
from portal.crypto import blind_index
from portal.forms import MobileField, posted
from projects.forms import StatusForm
from projects.models import ProjectUser
from projects.views.own import TONES, story

PURPOSE = "application_status"
SEEN, GOOD_FOR = "application_status", 15 * 60  # in the session: whose phone was proven, for so many seconds


@login_not_required
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Phone and code. What is asked and answered is the same for every number: only its owner learns more."""
    form = StatusForm(**posted(request))
    if "send_code" in request.POST:
        form = StatusForm(initial={"phone": request.POST.get("phone", "")})
        say(request)
    elif form.is_valid():
        phone = form.cleaned_data["phone"]
        try:
            check_code(phone, form.cleaned_data["code"], purpose=PURPOSE, request=request)
        except ValidationError as error:
            form.add_error("code", error)
        else:
            until = timezone.now().timestamp() + GOOD_FOR
            request.session[SEEN] = [blind_index(phone, purpose="phone"), until]
            return redirect("projects:status-result")
    return render(request, "projects/status.html", {"form": form})


def say(request: HttpRequest) -> None:
    """获取验证码 without a script."""
    try:
        send_code(MobileField().clean(request.POST.get("phone", "")), purpose=PURPOSE, request=request)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("验证码已发送，请注意查收。"))


@login_not_required
@never_cache
def status_result(request: HttpRequest) -> HttpResponse:
    """The applications of the phone that was proven, for a quarter of an hour."""
    index, until = request.session.get(SEEN, ["", 0])
    if until < timezone.now().timestamp():
        return redirect("projects:status")
    rows = ProjectUser.objects.filter(user__kind="personal", user__phone_index=index)
    shown = rows.select_related("project__district", "enterprise", "position", "user", "decided_by")
    found = list(shown.order_by("-applied_at", "pk")[:10])
    newest, others = (found[0] if found else None), found[1:]
    context = {
        "newest": one_of(newest) if newest else None,
        "others": [(one, TONES[ProjectUser.Status(one.status)]) for one in others],
    }
    return render(request, "projects/status_result.html", context)


def one_of(application: ProjectUser) -> dict[str, Any]:
    """How it stands and what to do next; names are masked in the story."""
    page = reverse("projects:application", args=[application.pk])
    return {"application": application, "entries": story(application), "url": landing_with(next=page)}
