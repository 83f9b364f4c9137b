"""报监: the check before, the dialog, and the page after."""

from datetime import datetime

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from enterprises.permissions import bar_administrator
from portal.forms import posted
from portal.once import once
from supervision.actions import (
    await_prior,
    change_promise,
    copy_filing,
    request_coordination,
    request_withdrawal,
    submit_filing,
    supplement_filing,
    take_over,
    withdraw_filing,
)
from supervision.actions.submit import sheet_and_others
from supervision.actions.withdraw import passed_by
from supervision.candidates import AWAITED, Candidate, Match, candidates_for, earlier_filings
from supervision.catalogue import KEPT_DAYS, SILENCE_WORKDAYS, SPECS, Section
from supervision.clock import LIMIT
from supervision.forms.desk import NoteForm, WithdrawalForm
from supervision.forms.submit import YES, PromiseForm, SubmitForm, TakeOverForm
from supervision.gaps import Gap, badges_of, gaps_of, warnings_of
from supervision.models import Filing
from supervision.permissions import filing_seen_by, require_preparer
from supervision.progress import missing_targets, station_boxes
from supervision.promises import promise_text, promised_day

EDIT_URLS = {
    Section.BASICS: "filing:basics",
    Section.PARTIES: "filing:parties",
    Section.UNIT_WORKS: "filing:unit-works",
    Section.ATTACHMENTS: "filing:attachments",
}


def visible_filing(request, pk) -> Filing:
    """The filing if this person may know of it; the enterprise's own account is told why it may not (guide §一.4)."""
    bar_administrator(request.user)
    return filing_seen_by(request.user, pk)


def place_url(filing: Filing, section: str, place: str = "") -> str:
    """Where a place is edited; the fragment names the field."""
    url = reverse(EDIT_URLS.get(Section(section), "filing:hub") if section else "filing:hub", args=[filing.pk])
    return f"{url}#{place}" if place else url


@once
def filing_submit(request, pk):
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    if filing.status == Filing.Status.RETURNED:
        return redirect("filing:correct", pk=filing.pk)
    if not filing.is_open:
        return redirect("filing:done", pk=filing.pk)
    sheet, possible = sheet_and_others(filing)
    gaps, warnings, suspects = gaps_of(sheet), warnings_of(sheet), candidates_for(filing, possible)
    earlier = earlier_filings(filing, request.user, suspects)
    initial = preselected(earlier, suspects)
    form = SubmitForm(**posted(request), initial=initial, warnings=warnings, suspects=suspects, earlier=earlier)
    if form.is_valid():
        return submitted(request, filing, form.as_arguments())
    known = Filing.objects.visible_to(request.user).filter(pk__in=[one.filing.pk for one in suspects])
    context = {
        "filing": filing,
        "spec": SPECS[filing.module],
        "form": form,
        "earlier": earlier,
        "gaps_by_section": grouped(filing, gaps),
        "marks": [(Section(section).label, badge) for section, badge in badges_of(sheet, gaps).items()],
        "known_suspects": list(known),
        "unknown_suspects": len(suspects) - len(known),
        "is_certain": any(one.match == Match.PROJECT for one in suspects),
    }
    return render(request, "supervision/submit.html", context)


def submitted(request, filing: Filing, given: dict):
    """Hand it in; where 存在 names a filing that is still under review, wait for that one."""
    prior = given["prior"]
    if given["prior_exists"] and prior.status in AWAITED:
        await_prior(filing, prior=prior, by=request.user)
        messages.success(request, _("已记录。原报监办结后会通知您，届时在此选择“存在”即可转入。"))
        return redirect(filing)
    submit_filing(filing, **given, by=request.user)
    return redirect("filing:done", pk=filing.pk)


@once
def filing_take_over(request, pk):
    """带入原报监的内容: what is still empty is filled from an earlier module's filing."""
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    earlier = earlier_filings(filing, request.user)
    if not earlier or filing.status not in (Filing.Status.PULLED, Filing.Status.DRAFT):
        return redirect(filing)
    form = TakeOverForm(**posted(request), earlier=earlier)
    if form.is_valid():
        filled = take_over(filing, prior=form.cleaned_data["prior"], by=request.user)
        done = _("已带入：%(sections)s。请核对后报监。") % {"sections": "、".join(filled)}
        messages.success(request, done if filled else _("没有需要带入的内容，已填写的没有改变。"))
        return redirect("filing:hub", pk=filing.pk)
    return render(request, "supervision/take_over.html", {"filing": filing, "form": form})


def preselected(earlier: list[Filing], suspects: list[Candidate]) -> dict:
    """存在 is chosen beforehand where an earlier module's filing seems to be the same project (edge case 4)."""
    likely = [one.filing.pk for one in suspects]
    best = next((filing for filing in earlier if filing.pk in likely), None)
    return {"prior_exists": YES, "prior": best.pk} if best else {}


def grouped(filing: Filing, gaps: list[Gap]) -> list[dict]:
    """What is missing, tab by tab, each with its link."""
    return [
        {
            "label": section.label,
            "url": place_url(filing, section),
            "gaps": [{"text": gap.text, "url": place_url(filing, section, gap.place)} for gap in found],
        }
        for section in Section
        if (found := [gap for gap in gaps if gap.section == section])
    ]


def moment(at: datetime | None) -> str:
    """A point in time as pages write it; "" for none."""
    return formats.date_format(timezone.localtime(at), "Y-m-d H:i") if at else ""


def filing_done(request, pk):
    """After handing in: the number, who looks at it, until when, what comes next."""
    filing = visible_filing(request, pk)
    if filing.round == 0:
        return redirect("filing:submit", pk=filing.pk)
    boxes = [box for box in station_boxes(filing, request.user) if box.review]
    days = [box.review.due_on for box in boxes if box.review and box.review.due_on]
    facts: list[tuple] = [(_("报监编号"), filing.number), (_("提交时间"), moment(filing.submitted_at))]
    facts += [(_("%(role)s机构") % {"role": box.label}, box.review.station) for box in boxes if box.review]
    facts += [(_("承诺办结日期"), formats.date_format(max(days), "Y-m-d"))] if days else []
    steps = [
        _("监督站受理并审核，目标 %(target)d 个、最长 %(hard)d 个工作日。")
        % {"target": LIMIT.target, "hard": LIMIT.hard},
        _("如需补正，会通过站内消息和短信一次性告知，您逐项修改后重新提交。"),
        _("安监、质监均通过后报监完毕，可下载回执并办理项目用户注册。"),
    ]
    actions = [
        {"label": _("查看报监详情"), "url": filing.get_absolute_url()},
        {"label": _("返回列表"), "url": reverse("filing:list", args=[filing.spec.slug])},
    ]
    context = {"filing": filing, "facts": facts, "steps": steps, "actions": actions}
    return render(request, "supervision/done.html", context)


@once
def filing_withdraw(request, pk):
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    if passed := passed_by(filing):
        return ask_for_withdrawal(request, filing, passed)
    if request.method == "POST":
        withdraw_filing(filing, by=request.user)
        return redirect(filing)
    return render(request, "supervision/withdraw.html", {"filing": filing})


def ask_for_withdrawal(request, filing: Filing, passed: list):
    """After an approval that station has to confirm (edge case 14)."""
    form = WithdrawalForm(**posted(request))
    if form.is_valid():
        request_withdrawal(filing, **form.cleaned_data, by=request.user)
        return redirect(filing)
    context = {"filing": filing, "form": form, "passed": passed, "days": SILENCE_WORKDAYS}
    return render(request, "supervision/withdraw_request.html", context)


@once
def filing_copy(request, pk):
    """复制为新的报监, of what was refused or taken back."""
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    if request.method == "POST":
        return redirect("filing:hub", pk=copy_filing(filing, by=request.user).pk)
    return render(request, "supervision/copy.html", {"filing": filing, "days": KEPT_DAYS})


@once
def filing_coordinate(request, pk):
    """请求站间协调, where both stations returned it (edge case 9)."""
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    form = NoteForm(**posted(request))
    if form.is_valid():
        request_coordination(filing, **form.cleaned_data, by=request.user)
        messages.success(request, _("已通知双方站长协调。请继续按补正意见准备，或等待监督站联系。"))
        return redirect("filing:correct", pk=filing.pk)
    return render(request, "supervision/coordinate.html", {"filing": filing, "form": form})


@once
def filing_supplement(request, pk):
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    if request.method == "POST":
        supplement_filing(filing, by=request.user)
        return redirect("filing:done", pk=filing.pk)
    return render(request, "supervision/supplement.html", {"filing": filing, "missing": missing_targets(filing)})


@once
def filing_promise(request, pk):
    """调整承诺日期, while an early filing is in force."""
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    if not filing.spec.early or filing.status not in Filing.LIVE:
        return redirect(filing)
    form = PromiseForm(**posted(request), initial={"promised_by": filing.permit_promised_by})
    if form.is_valid():
        change_promise(filing, **form.cleaned_data, by=request.user)
        messages.success(request, _("承诺日期已调整，监督站会看到新的日期和原因。"))
        return redirect(filing)
    facts = {"promised": promised_day(filing), "left": promise_text(filing)}
    return render(request, "supervision/promise.html", {"filing": filing, "form": form} | facts)
