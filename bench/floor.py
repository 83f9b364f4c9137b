"""What a page of Django costs at least: plain views over the same tables, with sessions and accounts and nothing else.

`hello` answers two letters. `listing` finds by keyword in the same index, counts no further than the portal, and shows ten
rows. `detail` shows 23 fields and five parties, `edit` the same as Django's own forms, which `save` checks and writes.
`upload` takes a file, writes it and hashes it. Each asks for session and user, but for `hello`.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template import Context, Engine
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from portal.search import capped_count, find
from supervision.models import Filing, FilingParty

MIDDLEWARE = [
    "bench.floor.on_this_ground",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
BASE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title></head>
<body><header><a href="/">{{ user.name }}</a></header><main>{% block content %}{% endblock %}</main></body></html>"""
LISTING = """{% extends "base" %}{% block title %}List{% endblock %}{% block content %}<p>{{ total }}</p><table>
{% for row in rows %}<tr><td><a href="/filing/{{ row.pk }}/">{{ row.works_name }}</a></td><td>{{ row.number }}</td>
<td>{{ row.permit_no }}</td><td>{{ row.district_id }}</td><td>{{ row.status }}</td><td>{{ row.changed_at|date:"Y-m-d H:i" }}</td></tr>{% endfor %}
</table><nav>{% for page in pages %}<a href="?page={{ page }}">{{ page }}</a>{% endfor %}</nav>{% endblock %}"""
DETAIL = """{% extends "base" %}{% block content %}<dl>{% for name, value in facts %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>
<table>{% for party in parties %}<tr><td>{{ party.party_type }}</td><td>{{ party.unit_name }}</td><td>{{ party.uscc }}</td>
<td>{{ party.head_name }}</td><td>{{ party.certificate_no }}</td></tr>{% endfor %}</table>{% endblock %}"""
EDIT = """{% extends "base" %}{% block content %}<form method="post">{{ form.as_div }}{{ rows.management_form }}{% for one in rows %}{{ one.as_div }}{% endfor %}
<button>Save</button></form>{% endblock %}"""
FIELDS = (
    "works_name project_no project_name project_category address longitude latitude coordinate_datum construction_area_m2 "
    "contract_amount_wan planned_start_date planned_completion_date duration_days schedule_code is_prefabricated "
    "construction_status construction_scale remarks permit_no permit_promised_by"
).split()
SHOWN = [*FIELDS, "status", "number", "changed_at"]
PARTY = "party_type unit_name uscc legal_representative head_name certificate_no".split()

engine = Engine(
    loaders=[("django.template.loaders.locmem.Loader", {"base": BASE, "list": LISTING, "detail": DETAIL, "edit": EDIT})]
)
pages = {name: engine.get_template(name) for name in ("list", "detail", "edit")}
FilingForm = forms.modelform_factory(Filing, fields=FIELDS)
PartyForm = forms.modelform_factory(FilingParty, fields=PARTY)
PartyRows = forms.formset_factory(PartyForm, extra=0)


def on_this_ground(get_response: Callable) -> Callable:
    def answer(request: HttpRequest) -> HttpResponse:
        request.urlconf = "bench.floor"  # type: ignore[attr-defined]
        return get_response(request)

    return answer


def shown(request: HttpRequest, name: str, **facts) -> HttpResponse:
    return HttpResponse(pages[name].render(Context({"user": request.user} | facts)))


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def listing(request: HttpRequest) -> HttpResponse:
    str(request.user)
    found = find(Filing.objects.filter(module="joint"), request.GET.get("q", ""))
    total = capped_count(found)
    rows = found.only("works_name", "number", "permit_no", "district_id", "status", "changed_at")
    rows = rows.order_by("-changed_at", "-id")
    if 0 < total <= 1000:  # few enough to be sorted; else the index of the order is walked
        rows = Filing.objects.filter(pk__in=list(found.order_by().values_list("pk", flat=True))).only(
            "works_name", "number", "permit_no", "district_id", "status", "changed_at"
        )
        rows = rows.order_by("-changed_at", "-id")
    return shown(request, "list", total=total, rows=list(rows[:10]), pages=range(1, 8))


def detail(request: HttpRequest, pk) -> HttpResponse:
    str(request.user)
    filing = get_object_or_404(Filing.objects.only(*SHOWN), pk=pk)
    parties = FilingParty.objects.filter(filing=pk).defer("head_id_number", "head_phone")[:5]
    return shown(
        request, "detail", facts=[(name, getattr(filing, name)) for name in SHOWN], parties=[*parties, *parties]
    )


@csrf_exempt
def edit(request: HttpRequest, pk) -> HttpResponse:
    """21 fields and five rows of six; a POST that is right writes one row and puts five in the place of five."""
    str(request.user)
    filing = get_object_or_404(Filing, pk=pk)
    data = request.POST or None
    form = FilingForm(data, instance=filing)
    old = list(FilingParty.objects.filter(filing=filing).values(*PARTY))
    rows = PartyRows(data, initial=(old * 5)[:5])
    if data and form.is_valid() and rows.is_valid():
        with transaction.atomic():
            form.save()
            filing.parties.all().delete()
            for order, row in enumerate(rows):
                row.instance.filing, row.instance.order, row.instance.party_type = filing, order, "labour_sub"
                row.save()
        return HttpResponse(status=302, headers={"Location": f"/edit/{pk}/"})
    return shown(request, "edit", form=form, rows=rows)


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    """Written and hashed as anybody would, in a second pass; durable, as the portal's files are."""
    str(request.user)
    file = request.FILES["file"]
    with tempfile.NamedTemporaryFile(dir=request.GET["into"]) as kept:
        for chunk in file.chunks():
            kept.write(chunk)
        kept.flush()
        os.fsync(kept.fileno())
        kept.seek(0)
        return HttpResponse(hashlib.file_digest(kept, "sha256").hexdigest())


urlpatterns = [
    path("hello/", hello),
    path("list/", listing),
    path("detail/<uuid:pk>/", detail),
    path("edit/<uuid:pk>/", edit),
    path("upload/", upload),
]
