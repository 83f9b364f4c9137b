"""批量导入 of 用户管理: choose a file, look at what was read, confirm; mend the rest and upload it again."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Registration
from accounts.views import me
from enterprises.actions.roster import KIND, import_members, keep_roster
from enterprises.forms.members import RosterForm
from enterprises.models import Enterprise, Position
from enterprises.roster import LABELS, MOST_BYTES, MOST_ROWS, TYPE, Unreadable, read_roster, rows_to_mend, template
from enterprises.views.management import administered, page_of_enterprise
from enterprises.views.members import first_sign_in
from portal.forms import posted
from portal.once import once

SHOWN = 100  # rows of each kind on the page


@require_safe
def roster_template(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An empty workbook."""
    administered(request, pk)
    return workbook(template(), _("用户导入模板.xlsx"))


def workbook(data: bytes, name: str) -> HttpResponse:
    reply = HttpResponse(data, content_type=TYPE)
    reply["Content-Disposition"] = content_disposition_header(True, name)
    return reply


def roster(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose the file. Nobody is added by this."""
    enterprise = administered(request, pk)
    form = RosterForm(**posted(request))
    if form.is_valid():
        try:
            rows = read_roster(form.cleaned_data["file"])
        except Unreadable as problem:
            form.add_error("file", str(problem))
        else:
            keep_roster(enterprise, rows, by=me(request))
            return redirect("enterprises:roster-preview", enterprise.pk)
    shown = {"form": form, "most_rows": MOST_ROWS, "most_megabytes": MOST_BYTES // 1024 // 1024}
    return page_of_enterprise(request, "roster", enterprise, "members", **shown)


def waiting(request: HttpRequest, enterprise: Enterprise) -> Registration:
    """What was read last and is not done with."""
    mine = Registration.objects.filter(kind=KIND, owner=me(request), completed_at=None, expires_at__gt=timezone.now())
    draft = mine.order_by("-created_at").first()
    if draft is None or draft.data["enterprise"] != str(enterprise.pk):
        raise Http404
    return draft


@once
def roster_preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who would be added and which rows need mending; then add all the good ones."""
    enterprise = administered(request, pk)
    draft = waiting(request, enterprise)
    wrong = draft.data["wrong"]
    if request.method == "POST":
        count = import_members(enterprise, draft, by=me(request))
        messages.success(request, _("已导入 %(count)d 人，短信已发送到本人手机。") % {"count": count})
        return redirect("enterprises:roster-preview" if wrong else "enterprises:members", enterprise.pk)
    posts = dict(Position.objects.values_list("pk", "name"))
    good = [row | {"post": posts.get(row["position"], "")} for row in draft.data["good"][:SHOWN]]
    shown = {
        "good": good,
        "good_count": len(draft.data["good"]),
        "wrong": [faults_of(number, faults) for number, _typed, faults in wrong[:SHOWN]],
        "wrong_count": len(wrong),
        "added": draft.data["added"],
    } | first_sign_in()
    return page_of_enterprise(request, "roster_preview", enterprise, "members", **shown)


def faults_of(number: int, faults: dict[str, str]) -> dict:
    return {"number": number, "faults": [(LABELS[name], text) for name, text in faults.items()]}


@require_safe
def roster_wrong(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The rows that need mending, with what is wrong, to be uploaded again when mended."""
    draft = waiting(request, administered(request, pk))
    rows = [(typed, faults) for _number, typed, faults in draft.data["wrong"]]
    return workbook(rows_to_mend(rows), _("需要更正的人员.xlsx"))
