"""单位工程信息 by Excel: the template, the rows as they are, and an import that shows first what it would do."""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.once import once
from supervision.actions import Outdated, may_change, save_unit_works
from supervision.actions.sections import MOST_ROWS
from supervision.catalogue import Section
from supervision.forms.unit_works import FIRST, UnitWorkForm
from supervision.models import Filing
from supervision.unit_work_sheets import (
    COLUMNS,
    MOST_BYTES,
    TYPE,
    Reading,
    Unreadable,
    export,
    read_workbook,
    template,
    values_of_rows,
)
from supervision.views.edit import edited, frame, opened_by_return, seen_version, sums_of

SALT = "supervision.unit-works.import"
KEPT_FOR = 6 * 3600  # seconds that a preview may lie open
MOST_FAULTS = 100  # shown at once


@require_safe
def works_template(request: HttpRequest, pk: Any) -> HttpResponse:
    """An empty workbook with 填写说明."""
    edited(request, pk)
    return workbook(template(), _("单位工程信息导入模板.xlsx"))


@require_safe
def works_export(request: HttpRequest, pk: Any) -> HttpResponse:
    """The rows as they are saved, in the columns of the template."""
    filing = edited(request, pk)
    day = f"{timezone.localdate():%Y%m%d}"
    return workbook(export(filing.unit_works.all()), _("单位工程信息-%(day)s.xlsx") % {"day": day})


def workbook(data: bytes, name: str) -> HttpResponse:
    reply = HttpResponse(data, content_type=TYPE)
    reply["Content-Disposition"] = content_disposition_header(True, name)
    return reply


@once
def works_import(request: HttpRequest, pk: Any) -> HttpResponse:
    """Choose a file; look at what was read; then add it or put it in place of what is there."""
    filing = edited(request, pk)
    if not filing.is_open:
        return redirect(filing)
    if not may_change(opened_by_return(filing), Section.UNIT_WORKS, ""):
        messages.warning(request, _("监督站的意见不涉及这一部分，补正时不能修改。"))
        return redirect("filing:unit-works", pk=filing.pk)
    if "rows" in request.POST:
        return imported(request, filing)
    if request.method == "POST":
        return looked_at(request, filing)
    return choosing(request, filing)


def choosing(request: HttpRequest, filing: Filing, problem: str = "", reading: Reading | None = None) -> HttpResponse:
    faults = reading.faults if reading else []
    context = frame(filing, Section.UNIT_WORKS) | {
        "problem": problem,
        "faults": faults[:MOST_FAULTS],
        "fault_count": len(faults),
        "most_rows": MOST_ROWS,
        "most_megabytes": MOST_BYTES // 1024 // 1024,
    }
    return render(request, "supervision/works_import.html", context, status=422 if problem or faults else 200)


def looked_at(request: HttpRequest, filing: Filing) -> HttpResponse:
    """What a file would bring. Nothing is saved, and with one bad cell nothing can be."""
    file = request.FILES.get("file")
    if file is None:
        return choosing(request, filing, _("请选择要导入的 .xlsx 文件。"))
    try:
        reading = read_workbook(file)
    except Unreadable as problem:
        return choosing(request, filing, str(problem))
    if reading.faults:
        return choosing(request, filing, reading=reading)
    return preview(request, filing, reading.rows, reading.unknown)


def preview(
    request: HttpRequest, filing: Filing, rows: list[dict[str, str]], unknown: list[str], *, outdated: bool = False
) -> HttpResponse:
    context = frame(filing, Section.UNIT_WORKS) | {
        "heads": [COLUMNS[name].label for name in FIRST],
        "rows": [cells_of(row) for row in rows],
        "sealed": signing.dumps({"filing": str(filing.pk), "rows": rows}, salt=SALT, compress=True),
        "unknown": unknown,
        "present": filing.unit_works.count(),
        "sums": sums_of(filing),
        "outdated": outdated,
    }
    return render(request, "supervision/works_preview.html", context, status=409 if outdated else 200)


def cells_of(row: dict[str, str]) -> list[tuple[Any, str]]:
    """A row of the preview, each cell with its label for narrow screens."""
    form = UnitWorkForm(prefix="row")
    found = []
    for name in FIRST:
        labels = {str(code): str(label) for code, label in getattr(form.fields[name], "choices", ())}
        found.append((COLUMNS[name].label, labels.get(row.get(name, ""), row.get(name, "")) if row.get(name) else ""))
    return found


def imported(request: HttpRequest, filing: Filing) -> HttpResponse:
    """Save what the preview showed: all of it, or with a refusal nothing."""
    try:
        kept = signing.loads(request.POST["rows"], salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return choosing(request, filing, _("预览已失效，没有导入任何内容，请重新选择文件。"))
    if kept["filing"] != str(filing.pk):
        return choosing(request, filing, _("预览不属于这个报监，没有导入任何内容，请重新选择文件。"))
    replaces = request.POST.get("mode") == "replace"
    present = [] if replaces else [{"id": str(work.pk)} for work in filing.unit_works.all()]
    rows = [*present, *values_of_rows(kept["rows"])]
    malformed: dict | None = {} if replaces else None
    try:
        save_unit_works(filing, rows, malformed=malformed, version=seen_version(request), by=request.user)
    except Outdated as now:
        return preview(request, now.filing, kept["rows"], [], outdated=True)
    messages.success(request, _("已导入 %(count)d 个单位工程。尚未报监。") % {"count": len(kept["rows"])})
    return redirect("filing:unit-works", pk=filing.pk)
