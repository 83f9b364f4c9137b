"""The receipt, and the public page on which anyone checks one."""

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_date
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.later import Later
from supervision.models import DecisionNotice, Filing, Receipt
from supervision.views.submit import visible_filing

if TYPE_CHECKING:
    from supervision import notice_pdf, receipt_pdf
else:
    notice_pdf, receipt_pdf = Later("supervision.notice_pdf"), Later("supervision.receipt_pdf")


@require_safe
def filing_receipt(request, pk):
    """The PDF, made when it is asked for from the facts that were kept."""
    receipt = get_object_or_404(Receipt, filing=visible_filing(request, pk))
    name = _("报监回执-%(number)s.pdf") % {"number": receipt.facts["number"]}
    headers = {"Content-Disposition": str(content_disposition_header(True, name))}
    return HttpResponse(receipt_pdf.receipt_pdf(receipt), content_type="application/pdf", headers=headers)


@require_safe
def filing_notice(request, pk, notice):
    """告知书 or 决定书 as PDF, for both sides of the filing."""
    found = get_object_or_404(DecisionNotice, pk=notice, filing=visible_filing(request, pk))
    headers = {"Content-Disposition": str(content_disposition_header(True, notice_pdf.file_name(found)))}
    return HttpResponse(notice_pdf.notice_pdf(found), content_type="application/pdf", headers=headers)


def notice_verified(request, notice):
    """That the paper is the station's, and whether it still counts; the reasons are the applicant's alone."""
    context = {
        "facts": notice.facts,
        "title": notice_pdf.letter_of(notice).title,
        "decided_on": parse_date(notice.facts["decided_on"]),
        "is_valid": notice.revoked_at is None,
        "sign": "cross" if notice.revoked_at else "check",
    }
    return render(request, "supervision/verify_notice.html", context)


@login_not_required
@require_safe
def receipt_verify(request, code):
    """Number, project, stations and date; nothing personal. An unknown code gets a page that says so."""
    known = len(code) <= 32
    receipt = Receipt.objects.select_related("filing").filter(code=code).first() if known else None
    notice = DecisionNotice.objects.filter(code=code).first() if known and receipt is None else None
    if notice:
        return notice_verified(request, notice)
    if receipt is None:
        return render(request, "supervision/verify_unknown.html", status=404)
    facts = receipt.facts
    sign, sentence = standing_of(receipt)
    context = {
        "facts": facts,
        "filed_on": parse_date(facts["filed_on"]),
        "early_note": receipt_pdf.EARLY_NOTE if facts["is_early"] else "",
        "is_valid": sign == "check",
        "sign": sign,
        "sentence": sentence,
        "renamed": renamed_units(receipt),
    }
    return render(request, "supervision/verify.html", context)


def standing_of(receipt: Receipt) -> tuple[str, str]:
    """Whether the paper still counts, and in words what became of the filing."""
    match receipt.filing.status:
        case Filing.Status.FILED:
            return "check", _("该回执真实有效。")
        case Filing.Status.SUPERSEDED:
            return "warn", _("该回执真实；该报监已转入后续报监，请以后续报监的回执为准。")
        case Filing.Status.VOIDED:
            return "cross", _("该报监已作废，回执失效。")
    return "cross", _("该报监的办结已撤销，正在重新办理，本回执暂不具效力。")


def renamed_units(receipt: Receipt) -> list[str]:
    """Units that bear another name today: named as then, with the present name."""
    names = receipt_pdf.units_then(receipt)
    return [shown for unit, shown in names.items() if shown != unit]
