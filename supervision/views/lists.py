"""The lists of the three modules, and where a filing begins."""

from typing import Any

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Target
from enterprises.permissions import enterprises_granted
from portal.forms import posted
from portal.once import once
from portal.pages import page_of
from portal.search import find
from portal.validators import normalise_permit_no
from projects.models import AwardRecord
from supervision.actions import create_filing
from supervision.actions.create import begun_from
from supervision.catalogue import MODULE_BY_SLUG, SPECS, SYSTEM, Module
from supervision.forms.search import AwardSearchForm, BeginForm, FilingSearchForm
from supervision.models import Filing, Review
from supervision.permissions import preparable_among, require_entry
from supervision.progress import filing_tag, review_tag
from supervision.views.which import pulled_for


def module_of(slug: str) -> Module:
    if slug not in MODULE_BY_SLUG:
        raise Http404
    return Module(MODULE_BY_SLUG[slug])


@require_safe
def filing_list(request, slug):
    """The filings of a module that this person may know of."""
    module = module_of(slug)
    if request.user.kind == request.user.Kind.STAFF:
        return redirect("review:list")
    require_entry(request.user)
    search = FilingSearchForm(request.GET)
    page = page_of(request, searched(Filing.objects.visible_to(request.user), module, search.given))
    mine = preparable_among(request.user, page.rows)
    rows = [row_of(filing, filing.pk in mine, request.user) for filing in page.rows]
    context = {"module": module, "spec": SPECS[module], "form": search, "page": page, "rows": rows}
    context["pulled"] = pulled_for(request.user) if SPECS[module].created_by_hand else []
    return render(request, "supervision/list.html", context)


def searched(filings, module: Module, given: dict):
    """Those that meet the conditions, latest change first."""
    words = [given.get("q", ""), normalise_permit_no(given.get("permit", ""))]
    district = given["district"].pk if "district" in given else None
    found = find(filings, " ".join(filter(None, words)), module=module, status=given.get("status"), district=district)
    if "since" in given:
        found = found.filter(changed_at__date__gte=given["since"])
    if "until" in given:
        found = found.filter(changed_at__date__lte=given["until"])
    reviews = Prefetch("reviews", Review.objects.select_related("assignee"))
    return (
        found.select_related("district", "project", "permit").prefetch_related(reviews).order_by("-changed_at", "-id")
    )


def row_of(filing: Any, is_mine: bool, viewer) -> dict:
    reviews = {review.role: review for review in filing.reviews.all()}
    stations = [(Target(role).label, review_tag(role, reviews.get(role), viewer=viewer)) for role in Target.values]
    is_returned = filing.status == Filing.Status.RETURNED
    return {
        "filing": filing,
        "tag": filing_tag(filing),
        "stations": stations if filing.round else [(label, None) for label, _tag in stations],
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
    form = BeginForm(**posted(request), enterprises=enterprises)
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
    rows = [
        (award, [(one, begun.get((award.pk, one.pk))) for one in own if one.uscc in award.uscc_codes])
        for award in page.rows
    ]
    return {"search": search, "page": page, "rows": rows}
