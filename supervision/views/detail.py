"""报监详情: the top line, both stations, what was handed in, the timeline (interface page 27)."""

from functools import partial
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.shown import former_names, named_then, present_among, present_names
from portal.masking import mask_name
from portal.notifications.told import told_about
from portal.search import SEARCH_FIELDS
from portal.together import Together
from projects.models import PartyType
from supervision.actions.addenda import addable
from supervision.actions.changes import CHANGEABLE
from supervision.actions.numbers import by_work, works_numbered
from supervision.around import about, belongs_to, stations_at_work, story_of
from supervision.frozen import (
    BASICS,
    MASKS,
    OFFICERS,
    PARTY_FIELDS,
    RARE_PARTY_FIELDS,
    label_of,
    officer_text,
    party_label,
    party_text,
    snapshot,
    work_text,
)
from supervision.location import location_in
from supervision.models import Filing, FilingVersion, Review, WithdrawalRequest
from supervision.permissions import can_prepare
from supervision.permit_news import begun_jointly, news_of, of_project
from supervision.progress import filing_tag, standing, station_boxes, timeline, was_passed
from supervision.promises import promise_text, promised_day
from supervision.site_map import map_of
from supervision.views.papers import addenda_of
from supervision.views.submit import moment, visible_filing

SHOWN_OF_UNIT_WORKS = (
    "name",
    "structure_type",
    "area_above_m2",
    "area_below_m2",
    "floors_above",
    "height_m",
    "cost_wan",
)
NUMBER_HEADS = {"safety": gettext_lazy("安监编号"), "quality": gettext_lazy("质监编号")}


def around(filing: UUID, name: str, project: UUID, project_no: str, codes: list[str]) -> dict[str, QuerySet]:
    """What the page says besides the filing itself."""
    conversions = Filing.objects.filter(converts=filing).exclude(status=Filing.Status.WITHDRAWN)
    return {
        **stations_at_work(filing),
        **story_of(filing, name),
        "latest": FilingVersion.objects.filter(filing=filing).order_by("-number")[:1],
        "present": former_names(codes),
        "numbers": works_numbered(project),
        "begun": begun_jointly(project, project_no),
        "conversions": conversions.defer(*SEARCH_FIELDS).order_by("pk")[:1],
    }


AROUND = Together(around, filing=UUID, name=str, project=UUID, project_no=str, codes=list)


def filing_detail(request, pk):
    filing = visible_filing(request, pk)
    seen = AROUND.ask(**about(filing), **of_project(filing), codes=filing.uscc_codes)
    boxes = station_boxes(filing, request.user, seen=seen)
    version = next(iter(belongs_to(filing, seen["latest"])), None)
    data = version.data if version else snapshot(filing)
    mine = can_prepare(request.user, filing)
    codes = {party["uscc"] for party in data["parties"]} - {""}
    known = codes <= set(filing.uscc_codes)  # a draft may name others
    present = present_among(seen["present"]) if known else present_names(codes)
    numbers = by_work(seen["numbers"])
    given = {label: role for role, label in NUMBER_HEADS.items() if any(of == role for of, _work in numbers)}
    has_passed = any(box.review and box.review.status == Review.Status.APPROVED for box in boxes)
    asked = open_request_of(filing) if has_passed else None
    context = {
        "filing": filing,
        "name": name_for(request.user, filing, version),
        "tag": filing_tag(filing),
        "boxes": boxes,
        "standing": standing(filing, boxes, request.user),
        "news": news_of(filing, request.user, begun=seen["begun"]),
        "entries": timeline(filing, boxes, request.user, seen=seen),
        "told": told_about(filing, seen["messages"]),
        "facts": facts_of(filing),
        "version": version,
        "basics": [(label_of("basics", name), data["labels"].get(name, "")) for name in BASICS],
        "map": map_of(location_in(data["basics"]), data["basics"].get("district") or "", names=dict(seen["places"])),
        "parties": [*(party_rows(party, present) for party in data["parties"]), *officer_rows(data)],
        "unit_work_heads": [*[label_of("unit_works", f"x.{name}") for name in SHOWN_OF_UNIT_WORKS], *given],
        "unit_works": [[*work_cells(work), *number_cells(work, given, numbers)] for work in data["unit_works"]],
        "attachments": data["attachments"],
        "addenda": addenda_of(filing) if was_passed(filing, boxes) else [],
        "may_add": mine and addable(filing),
        **promise_of(filing),
        "may_promise": mine,
        "may_withdraw": mine and filing.can("withdraw") and asked is None,
        "needs_consent": has_passed,
        "asked": asked,
        "may_edit": mine and filing.status in (Filing.Status.PULLED, Filing.Status.DRAFT),
        "may_write": mine and filing.round > 0,
        "may_change_people": request.user.is_personal and filing.status in CHANGEABLE,
        "converted_to": next(iter(seen["conversions"]), None),
    }
    return render(request, "supervision/detail.html", context)


def name_for(viewer, filing: Filing, version: FilingVersion | None) -> str:
    """What the page calls the filing: stations read what was handed in, not what is being corrected."""
    handed_in = version.works_name if version and viewer.kind == viewer.Kind.STAFF else ""
    return handed_in or str(filing)


def promise_of(filing: Filing) -> dict:
    """Until when an early filing in force promises a permit, and how far that is."""
    promised = promised_day(filing) if filing.spec.early and filing.status in Filing.LIVE else None
    return {"promised": promised, "promise_left": promise_text(filing) if promised else ""}


def open_request_of(filing: Filing) -> WithdrawalRequest | None:
    """The request to take it back that waits for a station's word."""
    requests = filing.withdrawal_requests.filter(outcome=WithdrawalRequest.Outcome.OPEN)
    return requests.select_related("review__station").first()


def facts_of(filing: Filing) -> list[tuple]:
    return [
        (_("报监编号"), filing.number or _("报监后生成")),
        (_("报监模块"), filing.get_module_display()),
        (_("报监单位"), filing.enterprise or ""),
        (_("提交时间"), moment(filing.submitted_at) or _("尚未报监")),
        (_("当前轮次"), _("第 %(n)d 轮") % {"n": filing.round} if filing.round else "—"),
        (_("管辖区域"), filing.jurisdiction_area or ""),
    ]


def number_cells(work: dict, given: dict, numbers: dict) -> list[tuple[str, str]]:
    """Under which number each station supervises the work."""
    ways = [(label, (role, work["id"]), (role, work["name"])) for label, role in given.items()]
    return [(label, numbers.get(by_row) or numbers.get(by_name, "")) for label, by_row, by_name in ways]


def party_rows(party: dict, present: dict) -> dict:
    """A responsible party; the head's name and numbers are masked, they can be read where they are edited."""
    masks = MASKS | {"head_name": mask_name}
    masks["unit_name"] = partial(named_then, uscc=party["uscc"], present=present)
    rows = [
        (party_label(party["party_type"], name), masks[name](party[name]) if name in masks else party_text(party, name))
        for name in PARTY_FIELDS
        if name not in RARE_PARTY_FIELDS or party.get(name)
    ]
    return {"title": PartyType(party["party_type"]).label, "rows": rows}


def officer_rows(data: dict) -> list[dict]:
    """专职安全员, masked like the heads; versions of earlier days know none."""
    masked = [officer | {"name": mask_name(officer["name"])} for officer in data.get("officers", [])]
    rows = [(_("第 %(nth)d 名") % {"nth": nth}, officer_text(officer)) for nth, officer in enumerate(masked, 1)]
    return [{"title": label_of("parties", OFFICERS), "rows": rows}] if rows else []


def work_cells(work: dict) -> list[tuple[str, str]]:
    """A row of the table of unit works, each cell with its label for narrow screens."""
    return [(label_of("unit_works", f"x.{name}"), work_text(work, name)) for name in SHOWN_OF_UNIT_WORKS]
