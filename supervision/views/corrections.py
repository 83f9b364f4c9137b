"""退回修改: every item with its answer, and handing the filing in again (interface page 28)."""

from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from portal.forms import posted
from portal.once import once
from supervision.actions import answer_item, may_change, open_items, resubmit_filing
from supervision.actions.corrections import places_of
from supervision.forms.submit import AcknowledgeForm, AnswerForm
from supervision.frozen import Change, changes_between, label_of, snapshot
from supervision.gaps import gaps_of, sheet_of, warnings_of
from supervision.models import DeficiencyItem, Filing, Review
from supervision.permissions import require_preparer
from supervision.progress import officer_name, standing, station_boxes
from supervision.views.submit import grouped, place_url, visible_filing


def filing_correct(request, pk):
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    if filing.status != Filing.Status.RETURNED:
        return redirect(filing)
    items = list(open_items(filing).order_by("review__role", "sent_at", "created_at", "id"))
    forms = {item.pk: answer_form(request, item) for item in items}
    sent = next((item for item in items if str(item.pk) == request.POST.get("item")), None)
    if request.method == "POST" and sent is None:
        get_object_or_404(DeficiencyItem, pk=None)
    if sent and forms[sent.pk].is_valid():
        answer_item(sent, **forms[sent.pk].cleaned_data, by=request.user)
        return redirect(f"{request.path}#item-{sent.pk}")
    boxes = station_boxes(filing, request.user)
    changes = changes_between(filing.versions.latest("number").data, snapshot(filing))
    context = {
        "filing": filing,
        "changes": changes,
        "form": forms[sent.pk] if sent else None,
        "boxes": boxes,
        "standing": standing(filing, boxes, request.user),
        "may_coordinate": all(box.review and box.review.status == Review.Status.RETURNED for box in boxes),
        "rows": [row_of(filing, item, forms[item.pk], changes, request.user) for item in items],
        "left": sum(1 for item in items if item.replied_at is None),
        "gaps_by_section": grouped(filing, gaps_of(sheet_of(filing))),
    }
    return render(request, "supervision/corrections.html", context)


def answer_form(request, item: DeficiencyItem) -> AnswerForm:
    """The form of one item; only the one that was sent is bound."""
    initial = {"kind": item.reply_kind, "reply": item.reply}
    bound = posted(request) if request.POST.get("item") == str(item.pk) else {}
    return AnswerForm(**bound, initial=initial, auto_id=f"id_{item.pk}_%s")


def row_of(filing: Filing, item: DeficiencyItem, form: AnswerForm, changes: list[Change], viewer) -> dict:
    """An item with its form, what was changed for it so far, and the way to the very field."""
    section = item.section or ""
    where = label_of(section, item.place) if section else str(_("综合"))
    opened = places_of(item)
    done = [change for change in changes if may_change(opened, change.section, change.place)]
    facts = {"item": item, "form": form, "where": where, "changes": done if section else []}
    return facts | {"url": place_url(filing, section, item.place), "officer": officer_name(item.created_by, viewer)}


@once
def filing_resubmit(request, pk):
    """The check before it goes back to the stations."""
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    if filing.status != Filing.Status.RETURNED:
        return redirect("filing:done", pk=filing.pk)
    sheet = sheet_of(filing)
    form = AcknowledgeForm(**posted(request), warnings=warnings_of(sheet))
    if form.is_valid():
        resubmit_filing(filing, **form.cleaned_data, by=request.user)
        return redirect("filing:done", pk=filing.pk)
    items = list(open_items(filing))
    context = {
        "filing": filing,
        "form": form,
        "items": [(label_of(item.section, item.place) if item.section else _("综合"), item) for item in items],
        "left": sum(1 for item in items if item.replied_at is None),
        "gaps_by_section": grouped(filing, gaps_of(sheet)),
    }
    return render(request, "supervision/resubmit.html", context)
