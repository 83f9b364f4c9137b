"""The lists of the three modules, and where a filing begins."""

from typing import Any, cast

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from enterprises.permissions import enterprises_granted
from portal.forms import posted
from portal.lists.kinds import list_kind
from portal.lists.tools import Tools, tools_of
from portal.once import once
from portal.pages import page_of
from portal.replica import may_read_replica
from portal.search import find
from projects.models import AwardRecord
from projects.places import ENTERPRISE, PROJECT, list_here, place_of
from supervision.actions import create_filing
from supervision.actions.create import begun_from
from supervision.catalogue import MODULE_BY_SLUG, SPECS, SYSTEM, Module
from supervision.filing_list import FilingRow, cells_of, filing_rows, page_searched
from supervision.forms.search import AwardSearchForm, BeginForm, FilingSearchForm
from supervision.models import Filing
from supervision.permissions import preparable_among, reach_of, require_entry
from supervision.permit_news import joint_filings_of, suspected_among
from supervision.views.which import pulled_for


def module_of(slug: str) -> Module:
    if slug not in MODULE_BY_SLUG:
        raise Http404
    return Module(MODULE_BY_SLUG[slug])


def filing_kind(module: Module) -> str:
    """Under which name columns, views and exports of the module's list are kept."""
    return f"filing-{SPECS[module].slug}"


@require_safe
@may_read_replica
def filing_list(request, slug):
    """The filings of a module that this person may know of."""
    module = module_of(slug)
    if request.user.kind == request.user.Kind.STAFF:
        return redirect("review:list")
    reach = reach_of(request.user)
    tools = tools_of(request, list_kind(filing_kind(module)))
    if url := tools.default_url or list_here(request, ENTERPRISE, PROJECT):
        return redirect(url)
    page = page_searched(request, reach, module, cast(FilingSearchForm, tools.form), tools.codes)
    mine = preparable_among(request.user, page.rows, own=reach.enterprises)
    suspected = suspected_among(cast(list[Filing], page.rows))
    shown = filing_rows(page.rows, request.user, tools.codes)
    rows = [row_of(row, row.filing.pk in mine, tools) | {"suspected": row.filing.pk in suspected} for row in shown]
    context = {"module": module, "spec": SPECS[module], "form": tools.form, "page": page}
    return render(request, "supervision/list.html", context | {"rows": rows, "tools": tools})


def row_of(row: FilingRow, is_mine: bool, tools: Tools) -> dict:
    filing = row.filing
    is_returned = filing.status == Filing.Status.RETURNED
    return {
        "filing": filing,
        "cells": cells_of(row, tools.columns),
        "may_edit": is_mine and filing.is_open and not is_returned,
        "may_correct": is_mine and is_returned,
    }


@once
def filing_new(request, slug):
    """新建: for which enterprise, in 先行介入 also for which project whose bidding is finished."""
    module = module_of(slug)
    require_entry(request.user)
    if not SPECS[module].created_by_hand:
        raise Http404
    enterprises = enterprises_granted(request.user, SYSTEM).order_by("name", "pk")
    here = place_of(request, ENTERPRISE)
    form = BeginForm(**posted(request), enterprises=enterprises, first=here.id if here else None)
    if form.is_valid():
        award = chosen_award(request, module)
        filing = create_filing(module=module, enterprise=form.cleaned_data["enterprise"], award=award, by=request.user)
        return redirect("filing:basics", pk=filing.pk)
    context = {"module": module, "spec": SPECS[module], "form": form, "enterprises": list(enterprises)}
    context["pulled"] = pulled_for(request.user)
    if SPECS[module].from_awards:
        return render(request, "supervision/new_from_award.html", context | awards_for(request, enterprises))
    return render(request, "supervision/new.html", context)


def chosen_award(request, module: Module) -> AwardRecord | None:
    """The award that was chosen, where the module begins from one."""
    if not SPECS[module].from_awards:
        return None
    return get_object_or_404(AwardRecord, award_no=request.POST.get("award", ""))


def awards_for(request, enterprises) -> dict:
    """The finished tenders that name these enterprises, each with those that may begin, or what they began."""
    search = AwardSearchForm(request.GET)
    own = list(enterprises)
    awards = AwardRecord.objects.filter(uscc_codes__overlap=[one.uscc for one in own]).select_related("district")
    page: Any = page_of(request, find(awards, search.given.get("q", "")).order_by("-awarded_on", "-id"))
    begun = {(filing.award_id, filing.enterprise_id): filing for filing in begun_from(page.rows, own)}
    joint = joint_filings_of(page.rows, request.user)
    rows = [
        (
            award,
            joint.get(award.project_no),
            [(one, begun.get((award.pk, one.pk))) for one in own if one.uscc in award.uscc_codes],
        )
        for award in page.rows
    ]
    return {"search": search, "page": page, "rows": rows}
