"""A second factor before more approvals a day than anybody makes by hand (security S5): a code to the own phone."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.codes import check_code
from accounts.views import me
from accounts.views.own import send_approval_code
from portal.forms import posted
from portal.masking import mask_phone
from projects.forms import ConfirmForm
from projects.models import ProjectUser
from projects.permissions import is_manager

CONFIRMED = "approvals_confirmed"  # in the session: until when, in seconds
GOOD_FOR = 30 * 60  # seconds
DECIDED = (ProjectUser.Status.APPROVED, ProjectUser.Status.ENDED)


def approved_today(request: HttpRequest) -> int:
    """How many applications this account has approved since midnight."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return ProjectUser.objects.filter(decided_by=me(request), status__in=DECIDED, decided_at__gte=midnight).count()


def must_confirm(request: HttpRequest, more: int) -> HttpResponse | None:
    """The way to the code if `more` approvals go beyond the day's number and none was given lately."""
    if request.session.get(CONFIRMED, 0) > timezone.now().timestamp():
        return None
    if approved_today(request) + more <= settings.APPROVALS_A_DAY:
        return None
    query = urlencode([("row", row) for row in (request.POST or request.GET).getlist("row")])
    back = f"{request.path}?{query}" if query else request.path
    return redirect(f"{reverse('projects:approvals-confirm')}?{urlencode({'next': back})}")


@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    """验证身份: what was chosen is kept in the address that one returns to."""
    if not me(request).is_enterprise_account and not is_manager(me(request)):
        raise Http404
    form = ConfirmForm(**posted(request))
    if "send_code" in request.POST:
        form = ConfirmForm()
        text, good = send_approval_code(request)
        (messages.success if good else messages.error)(request, text)
    elif form.is_valid():
        try:
            check_code(me(request).contact_phone(), form.cleaned_data["code"], purpose="approval", request=request)
        except ValidationError as error:
            form.add_error("code", error)
        else:
            request.session[CONFIRMED] = timezone.now().timestamp() + GOOD_FOR
            messages.success(request, _("已验证，30 分钟内可以继续审核。"))
            return redirect(safe_back(request))
    shown = {"form": form, "phone": mask_phone(me(request).contact_phone()), "most": settings.APPROVALS_A_DAY}
    return render(request, "projects/approvals_confirm.html", shown)


def safe_back(request: HttpRequest) -> str:
    """Only back to the approvals."""
    back = request.GET.get("next", "")
    home = reverse("projects:approvals")
    fits = back.startswith(home) and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if fits else home
