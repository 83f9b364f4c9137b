"""The editor: the list of the four sections, and a page for each (interface pages 19-23)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from enterprises.find import find_enterprises
from portal.audit import entries_about
from portal.crypto import blind_index
from portal.errors import wants_json
from portal.places import JurisdictionArea, suggest_area
from supervision.actions import Outdated, adopt_party, adopt_source, editable_places, open_items
from supervision.actions.sections import VERSIONS
from supervision.candidates import earlier_filings
from supervision.catalogue import Section
from supervision.conflicts import officers_needed
from supervision.forms.boards import (
    MEMBER,
    OFFICER,
    Board,
    addable,
    added_key,
    differences,
    free_key,
    joinable,
    keys_in_common,
    sent_board,
    settled,
    stored_board,
)
from supervision.forms.fields import as_typed, plain
from supervision.forms.kept import Places, Remarks
from supervision.forms.unit_works import UnitWorkForm
from supervision.frozen import OFFICERS
from supervision.gaps import Sheet, badges_of, gaps_of, sheet_of, warnings_of
from supervision.heads import Head, count_naming, heads_of, typed_of_colleague
from supervision.location import location_of, pairs_read
from supervision.mends import mend, open_mends, take_pasted
from supervision.models import Filing
from supervision.permissions import require_preparer
from supervision.permit_news import (
    Said,
    differing_parties,
    early_news,
    key_of_party,
    permit_news,
    source_of,
    written_for,
)
from supervision.progress import filing_tag
from supervision.site_map import converted_text, map_of
from supervision.views.submit import EDIT_URLS, grouped, visible_filing

TEMPLATES = {
    Section.BASICS: "supervision/basics.html",
    Section.PARTIES: "supervision/parties.html",
    Section.UNIT_WORKS: "supervision/unit_works.html",
}
SAVED = "saved"  # on the message: the copy that the browser kept is no longer needed (unsaved.js)


# What every page of the editor has


def edited(request: HttpRequest, pk: Any) -> Filing:
    """The filing, for somebody who may prepare it; to all others it does not exist."""
    filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    return filing


def frame(filing: Filing, section: Section | None, sheet: Sheet | None = None) -> dict[str, Any]:
    """Tabs with their marks, and what stands on every page of the editor."""
    sheet = sheet or sheet_of(filing)
    gaps = gaps_of(sheet)
    marks = badges_of(sheet, gaps)
    warnings = [each for each in warnings_of(sheet) if section in (None, each.section)]
    said = {each.text for each in warnings}  # what stands among the warnings is not said again on top
    after = list(Section)[list(Section).index(section) + 1 :] if section else []
    return {
        "filing": filing,
        "tag": filing_tag(filing),
        "tabs": [tab(filing, each, marks[each], section) for each in Section],
        "gap_count": len(gaps),
        "gaps": gaps,
        "warnings": warnings,
        "section": section,
        "version": getattr(filing, VERSIONS[section]) if section else None,
        "next_section": after[0] if after else None,
        "sheet": sheet,
        "news": [each for each in permit_news(filing) if each.text not in said],
    }


def tab(filing: Filing, section: Section, badge: Any, current: Section | None) -> dict[str, Any]:
    tone = "orange" if badge.tone == "red" else badge.tone
    facts = {"label": section.label, "url": section_url(filing, section), "current": section == current}
    return facts | {"badge": badge.label, "tone": "" if tone == "grey" else tone}


def section_url(filing: Filing, section: Section | None) -> str:
    return reverse(EDIT_URLS[section] if section else "filing:hub", args=[filing.pk])


def opened_by_return(filing: Filing) -> Places:
    return editable_places(filing) if filing.status == Filing.Status.RETURNED else None


def remarks_on(filing: Filing, section: Section) -> Remarks:
    """What the stations asked to correct in a section, by place."""
    found: Remarks = {}
    for item in open_items(filing) if filing.status == Filing.Status.RETURNED else ():
        if item.section in ("", section):
            found.setdefault(item.material_id or item.place if item.section else "", []).append(item)
    return found


@require_safe
def filing_hub(request, pk):
    """清单: the four sections, what is missing in each, and 报监."""
    filing = edited(request, pk)
    if not filing.is_open:
        return redirect(filing)
    context = frame(filing, None)
    parts = {part["label"]: part["gaps"] for part in grouped(filing, context["gaps"])}
    rows = [each | {"gaps": parts.get(each["label"], [])} for each in context["tabs"]]
    items = list(open_items(filing)) if filing.status == Filing.Status.RETURNED else []
    context["news"] += early_news(filing, request.user)
    context["earlier"] = earlier_filings(filing, request.user) if not filing.round and context["gaps"] else []
    return render(request, "supervision/hub.html", context | {"rows": rows, "item_count": len(items)})


# The three sections that are typed


def filing_basics(request, pk):
    return section_page(request, edited(request, pk), Section.BASICS)


def filing_parties(request, pk):
    return section_page(request, edited(request, pk), Section.PARTIES)


def filing_unit_works(request, pk):
    return section_page(request, edited(request, pk), Section.UNIT_WORKS)


def section_page(request: HttpRequest, filing: Filing, section: Section) -> HttpResponse:
    if request.method == "POST":
        return save_section(request, filing, section)
    if not filing.is_open:
        return redirect(filing)
    board = stored_board(filing, section, places=opened_by_return(filing), remarks=remarks_on(filing, section))
    return section_answer(request, with_added(request, board) if "add" in request.GET else board)


def section_answer(request: HttpRequest, board: Board, **more: Any) -> HttpResponse:
    context = frame(board.filing, board.section) | hints(board) | more
    context |= {"board": board, "form": board.form if board.forms else None}
    context |= {"copy_key": copy_key(request.user, board.filing)}
    if board.section == Section.BASICS:
        context |= {"map": map_of(location_of(board.filing), board.filing.district_id or "", editable=True)}
    if board.section == Section.PARTIES:
        context |= {"addable": addable(board), "joinable": joinable(board), "found": found_for(request, board)}
        asked = {
            gap.place.partition(".")[0] for gap in context["gaps"] if gap.section == Section.PARTIES and gap.source
        }
        context |= {"asked": asked, "officers_needed": officers_needed(board.filing)}
        context |= {"officer_remarks": remarks_on(board.filing, board.section).get(OFFICERS, [])}
        put_heads(board, heads_of(request.user, context["sheet"].parties))
        context |= {"named_by_source": put_sources(board, context["sheet"].parties)}
    if board.section == Section.UNIT_WORKS:
        context |= {"blank": UnitWorkForm(prefix="__key__")}
    return render(request, TEMPLATES[board.section], context)


def copy_key(user: Any, filing: Filing) -> str:
    """What the browser encrypts its copy of unsaved text with: this person's for this filing (security R11)."""
    return blind_index(f"{user.pk}:{filing.pk}", purpose="unsaved")


def put_heads(board: Board, heads: dict[Any, Head], ids: dict[str, str] | None = None) -> None:
    """Give each card what is known of who leads; `ids` are the parties that new cards have become."""
    by_pk = {str(pk): head for pk, head in heads.items()}
    for form in board.cards:
        pk = (ids or {}).get(str(form.prefix)) or (str(form.party.pk) if form.party else "")
        form.head = by_pk.get(pk, Head())


def put_sources(board: Board, parties: Any) -> list[Said]:
    """Give each card the units that the source names in its place; the rest is returned, to stand above them."""
    source, above = source_of(board.filing), []
    for said in differing_parties(board.filing, parties):
        named = next(one for one in source.parties if key_of_party(one) == said.key)
        written = written_for(named, parties, source)
        cards = [card for card in board.cards if card.party_type == said.name]
        card = next((card for card in cards if card.party == written), None)
        if card is None:
            above.append(said)
        else:
            card.sources = [*card.sources, said]
    return above


def hints(board: Board) -> dict[str, Any]:
    """What the page says beside the fields, drawn anew after each save."""
    filing = board.filing
    return {
        "is_closed": board.is_closed,
        "sums": sums_of(filing) if board.section == Section.UNIT_WORKS else {},
        "suggested_area": suggested_area(filing) if board.section == Section.BASICS else None,
        "mends": open_mends(filing, board.form) if board.section == Section.BASICS else [],
        "converted": converted_text(location_of(filing)) if board.section == Section.BASICS else "",
    }


def sums_of(filing: Filing) -> dict[str, str]:
    """What the unit works add up to, beside what 基本信息 says of the whole."""
    works = list(filing.unit_works.all())
    area = [part for work in works for part in (work.area_above_m2, work.area_below_m2) if part is not None]
    cost = [work.cost_wan for work in works if work.cost_wan is not None]
    return {
        "area": plain(sum(area, Decimal(0))) if area else "",
        "cost": plain(sum(cost, Decimal(0))) if cost else "",
        "whole_area": as_typed(filing.construction_area_m2),
        "amount": as_typed(filing.contract_amount_wan),
    }


def suggested_area(filing: Filing) -> JurisdictionArea | None:
    """The area of supervision that district and address point to, where another one or none is chosen."""
    if not filing.district_id:
        return None
    area = suggest_area(filing.district_id, filing.address, filing.works_name)
    return area if area and area.pk != filing.jurisdiction_area_id else None


def found_for(request: HttpRequest, board: Board) -> dict[str, Any]:
    """Without script: the enterprises found for the card whose 查找 was pressed."""
    form = next((form for form in board.cards if form.prefix == request.GET.get("find")), None)
    if form is None:
        return {"key": "", "rows": []}
    name = form.typed()[form.add_prefix("unit_name")]
    return {"key": form.prefix, "rows": list(find_enterprises(name, signed_in=True))}


def seen_version(request: HttpRequest) -> int | None:
    """The version of the section that the page was made from; a save without it is refused."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def save_section(request: HttpRequest, filing: Filing, section: Section) -> HttpResponse:
    """Save what was sent, then go where the button said."""
    places = opened_by_return(filing)
    data, is_complete = request.POST.copy(), True
    if "differs" in request.POST:
        data, is_complete = settled(request.POST, stored_board(filing, section, places=places))
    data = after_button(request, data, section)
    if section == Section.BASICS:
        after_mend(request, filing, data)
    board = sent_board(filing, section, data, places=places)
    if not is_complete:
        return conflict(request, board, filing)
    if section == Section.PARTIES:
        count_naming(request.user, data)
    try:
        saved = board.save(version=seen_version(request), by=request.user)
    except Outdated as outdated:
        return outdated_answer(request, board, outdated.filing)
    if section == Section.BASICS and (name := request.POST.get("adopt")):
        saved = adopt_source(saved, name, version=saved.basics_version, by=request.user)
    if section == Section.PARTIES and (key := request.POST.get("adopt")):
        saved = adopt_party(saved, key, version=saved.parties_version, by=request.user)
    return saved_answer(request, board, saved)


def after_button(request: HttpRequest, data: QueryDict, section: Section) -> QueryDict:
    """What a button of the page does to what was sent, before it is saved."""
    if section == Section.BASICS and request.POST.get("area"):
        data["jurisdiction_area"] = request.POST["area"]
    rows = data.getlist("row")
    if drop := request.POST.get("drop"):
        data.setlist("row", [key for key in rows if key != drop])
    if (copied := request.POST.get("copy")) and copied in rows:
        key = free_key(rows, "new")
        for name in [name for name in data if name.startswith(f"{copied}.") and not name.endswith(".id")]:
            data[key + name.removeprefix(copied)] = data.get(name, "")
        data.setlist("row", [each for old in rows for each in ([old, key] if old == copied else [old])])
    for key in rows if section == Section.PARTIES else ():
        pick_enterprise(request, data, key)
    if section == Section.PARTIES and (taken := request.POST.get("take", "")) in rows:
        for name, value in typed_of_colleague(request.user, data, taken).items():
            data[name] = value
    return data


def after_mend(request: HttpRequest, filing: Filing, data: QueryDict) -> None:
    """What one click mends, and what was copied from a map, before the section is saved."""
    mend(request.POST.get("mend", ""), filing, data)
    if "paste" not in request.POST:
        return
    try:
        said = take_pasted(filing, data)
    except ValueError:
        text = _("没有认出坐标，工程坐标没有改变。请粘贴形如 114.318200,30.642100 的内容。")
        messages.warning(request, text)
    else:
        if said:
            messages.info(request, said)


def pick_enterprise(request: HttpRequest, data: QueryDict, key: str) -> None:
    """Fill a card from the enterprise that was chosen from those found."""
    code = data.get(f"{key}.pick", "")
    unit = find_enterprises(code, signed_in=True).first() if code else None
    if unit is None:
        return
    data[f"{key}.unit_name"], data[f"{key}.uscc"] = unit.name, unit.uscc
    data[f"{key}.legal_representative"] = unit.legal_representative


def saved_answer(request: HttpRequest, board: Board, saved: Filing) -> HttpResponse:
    errors = board.errors()
    if wants_json(request):
        return JsonResponse(told(request, board, saved, errors))
    if errors:
        text = _("已保存。有 %(count)d 处格式有误，已按原样保留，请更正。") % {"count": len(errors)}
        messages.warning(request, text, extra_tags=SAVED)
    else:
        text = _("已保存。尚未报监。") if not saved.round else _("已保存。尚未重新提交。")
        messages.success(request, text, extra_tags=SAVED)
    return redirect(onward(request, saved, board.section, stay=bool(errors)))


def onward(request: HttpRequest, filing: Filing, section: Section, *, stay: bool) -> str:
    """Where the button leads; what cannot be read keeps us on the page."""
    here, then = section_url(filing, section), request.POST.get("then", "")
    if add := request.POST.get("add"):
        return f"{here}?add={quote(add)}#added"
    if find := request.POST.get("find"):
        return f"{here}?find={quote(find)}#{quote(find)}"
    if stay or not then:
        return here
    after = frame(filing, section)["next_section"] if then == "next" else None
    return section_url(filing, after)


def told(request: HttpRequest, board: Board, saved: Filing, errors: dict[str, str]) -> dict[str, Any]:
    """What the page needs after an automatic save: the time, the version, and what the server worked out."""
    fresh = get_object_or_404(Filing.objects.select_related("permit", "award"), pk=saved.pk)
    now = Board(board.section, fresh, board.forms)
    context = frame(fresh, board.section) | hints(now) | {"request": request}
    ids, cards = ids_of(board, fresh), board.cards if board.section == Section.PARTIES else []
    if cards:
        put_heads(board, heads_of(request.user, context["sheet"].parties), ids)
    days = str(fresh.duration_days or "") if board.section == Section.BASICS else ""
    read = pairs_read(request.POST) if board.section == Section.BASICS else {}
    return {
        "saved_at": formats.date_format(timezone.localtime(fresh.changed_at), "H:i"),
        "version": getattr(fresh, VERSIONS[board.section]),
        "errors": errors,
        "values": ({"duration_days": days} if days and "duration_days" not in errors else {}) | read,
        "ids": ids,
        "heads": {form.prefix: render_to_string("supervision/_head.html", {"card": form}, request) for form in cards},
        "tabs": render_to_string("components/tabs.html", context | {"name": _("四项信息")}),
        "hints": render_to_string("supervision/_hints.html", context),
    }


def ids_of(board: Board, filing: Filing) -> dict[str, str]:
    """Which row of the database each row of the page is now, so that the next save finds it."""
    if not board.has_rows:
        return {}
    if board.section == Section.PARTIES:
        rows = [*filing.parties.all(), *filing.safety_officers.all()]
    else:
        rows = list(filing.unit_works.all())
    keys = [form.prefix for form in board.written()]
    return {key: str(row.pk) for key, row in zip(keys, rows, strict=False)}


# Two people


def outdated_answer(request: HttpRequest, board: Board, now: Filing) -> HttpResponse:
    """Somebody saved meanwhile. If it was the very same, as after a lost reply, it counts as saved."""
    theirs = stored_board(now, board.section, places=opened_by_return(now))
    if not differences(board, theirs, None) and not dropped(board, theirs):
        return saved_answer(request, board, now)
    if wants_json(request):
        said = [str(reason) for reason in Outdated(now).reasons]
        return JsonResponse({"reasons": said, "conflict": True}, status=409)
    return conflict(request, board, now)


def dropped(board: Board, theirs: Board) -> bool:
    """Whether I took a row away that they have: a deletion is a change too."""
    kept = set(keys_in_common(board, theirs).values())
    return any(form.prefix not in kept for form in theirs.written()) if board.has_rows else False


def conflict(request: HttpRequest, board: Board, now: Filing) -> HttpResponse:
    """Both values side by side, field by field; nothing typed is lost (pain 26)."""
    theirs = stored_board(now, board.section, places=opened_by_return(now))
    rows = differences(board, theirs, touched_since(now, board.section, seen_version(request)))
    named = keys_in_common(board, theirs)
    others = [form.prefix for form in theirs.forms]
    mine = [named[form.prefix] for form in board.written() if named.get(form.prefix) not in others] if named else []
    context = frame(now, board.section) | {"differences": rows, "own_rows": mine}
    return render(request, "supervision/conflict.html", context, status=409)


def touched_since(filing: Filing, section: Section, version: int | None) -> set[str] | None:
    """The places that were changed after a version; None where the trail does not say."""
    if version is None or section == Section.UNIT_WORKS:
        return None
    edits = entries_about(filing).filter(
        event="filing.edited", details__section=str(section), details__version__gt=version
    )
    details = [entry.details for entry in edits]
    return {place for each in details for place in each["fields"]} if details else None


# A row that was asked for and is not there yet


def with_added(request: HttpRequest, board: Board) -> Board:
    """The board with the empty row that 添加 asked for."""
    wanted = request.GET["add"] if board.section == Section.PARTIES else "new"
    if board.section == Section.PARTIES and wanted not in what_may_be_added(board):
        raise Http404
    data = board.sent()
    added_key(data, wanted)
    added = sent_board(board.filing, board.section, data, places=opened_by_return(board.filing))
    return replace(added, remarks=board.remarks)


def what_may_be_added(board: Board) -> list[str]:
    members = [MEMBER + party_type for party_type in joinable(board)]
    return [*addable(board), *members, *([OFFICER] if board.opens_officers else [])]
