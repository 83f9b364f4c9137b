"""A site of a few pages, to try the kernel on without any app. Used as ROOT_URLCONF."""

import time

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.facts import facts
from portal.numbers import NumberSeries, next_number
from portal.once import once, repeated, settle_once

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"

runs: list[str] = []  # one entry each time file_one acted, undone or not


def echo(request, text=""):
    said = request.GET.get("q", text)
    return HttpResponse(f"{said}{request.POST.get('q', '')}")


def refuse(request):
    raise Refused(
        "还没有填写建设单位。", "还没有上传合同。", heading="不能报监", safe="草稿已保存。", action=("去填写", "/a/")
    )


def forbid(request, words=""):
    raise PermissionDenied(words) if words else PermissionDenied


def miss(request):
    raise Http404("filing 7")


def fail(request):
    raise RuntimeError("SELECT secret FROM /srv/portal")


def lose_database(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def tell_facts(request):
    known = facts()
    return JsonResponse({"id": known.request_id, "address": known.address, "network": known.network})


def store(request):
    """What only the database can refuse: the text goes into a query as it is."""
    return HttpResponse(AuditEntry.objects.filter(event=request.GET.get("q", "")).exists())


def file_one(request):
    """A form that gives a number, written the long way; it settles in the transaction of the action."""
    with transaction.atomic():
        if url := repeated(request):
            return redirect(url)
        runs.append(request.path)
        time.sleep(0.05)  # long enough for a twin to arrive meanwhile
        number = next_number("filing")
        settle_once(request, f"/filed/{number}/")
    return redirect(f"/filed/{number}/")


@once
def file_under_once(request):
    if request.POST.get("name") == "bad":
        return HttpResponse("wrong")
    return redirect(f"/filed/{next_number('filing')}/")


def file_unique(request):
    """Looks for a twin only before the action, as a view might; the twin is stopped by a constraint."""
    if url := repeated(request):
        return redirect(url)
    with transaction.atomic():
        NumberSeries.objects.create(series="only")
        settle_once(request, "/only/")
    return redirect("/only/")


urlpatterns = [
    path("", login_not_required(echo), name="landing"),
    path("home/", echo, name="home"),
    path("echo/", login_not_required(echo)),
    path("echo/<str:text>/", login_not_required(echo)),
    path("exempt/", csrf_exempt(login_not_required(echo))),
    path("refuse/", login_not_required(refuse)),
    path("forbid/", login_not_required(forbid)),
    path("forbid/<str:words>/", login_not_required(forbid)),
    path("miss/", login_not_required(miss)),
    path("fail/", login_not_required(fail)),
    path("lose/", login_not_required(lose_database)),
    path("facts/", login_not_required(tell_facts)),
    path("store/", login_not_required(store)),
    path("file/", login_not_required(file_one)),
    path("once/", login_not_required(file_under_once)),
    path("unique/", login_not_required(file_unique)),
    path("dev/", include("portal.notifications.urls")),
]
