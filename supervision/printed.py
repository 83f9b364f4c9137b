"""The complete copy of a filing: every section as handed in, the stations' decisions, the story (product §9, N8).

One assembly for the page that a browser prints and for the PDF. Personal data is masked unless `full`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from enterprises.shown import named_then, present_names
from portal.documents.kinds import size_text
from portal.masking import mask_name
from projects.models import PartyType
from supervision.actions.numbers import numbers_of_works
from supervision.catalogue import Section
from supervision.frozen import (
    BASICS,
    MASKS,
    PARTY_FIELDS,
    UNIT_WORK_FIELDS,
    label_of,
    party_label,
    shown,
    snapshot,
    work_text,
)
from supervision.models import DeficiencyItem, Filing, FilingVersion
from supervision.progress import StationBox, filing_tag, station_boxes, timeline

MAIN_OF_WORKS = ("name", "structure_type", "area_above_m2", "area_below_m2", "floors_above", "height_m", "cost_wan")
ROLES = ("safety", "quality")
DIGEST = 16  # characters of a hash that are printed


@dataclass(frozen=True)
class Block:
    """A part of the copy: facts, a table, or paragraphs of (line, text)."""

    heading: str
    facts: list[tuple[Any, Any]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    level: int = 2


@dataclass(frozen=True)
class Copy:
    title: str
    number: str
    status: str
    version: FilingVersion | None
    printed: str  # by whom and when
    blocks: list[Block]


def copy_of(filing: Filing, viewer: Any, *, full: bool) -> Copy:
    """The last version handed in; before the first one, what the draft holds."""
    version = filing.versions.order_by("-number").first()
    data = version.data if version else snapshot(filing)
    boxes = station_boxes(filing, viewer)
    facts = {"who": viewer.name if full else mask_name(viewer.name), "at": moment(timezone.now())}
    return Copy(
        title=str(filing),
        number=filing.number or "",
        status=filing_tag(filing).text,
        version=version,
        printed=_("打印人 %(who)s，打印时间 %(at)s") % facts,
        blocks=list(blocks_of(filing, data, version, boxes, viewer, full)),
    )


def moment(at: Any) -> str:
    return formats.date_format(timezone.localtime(at), "Y-m-d H:i") if at else ""


def blocks_of(
    filing: Filing, data: dict, version: FilingVersion | None, boxes: list[StationBox], viewer: Any, full: bool
) -> Iterator[Block]:
    yield Block(_("报监信息"), facts=head_facts(filing, version))
    yield Block(_("基本信息"), facts=[(label_of("basics", name), data["labels"].get(name, "")) for name in BASICS])
    yield from party_blocks(data, full)
    yield works_block(filing, data)
    yield attachments_block(data)
    if version and version.acknowledged:
        told = [("", warning["text"]) for warning in version.acknowledged]
        yield Block(_("提交时已核实的提示"), lines=told)
    yield from review_blocks(boxes)
    if items := items_block(filing):
        yield items
    entries = [entry for entry in timeline(filing, boxes, viewer) if entry.get("tone") != "next"]
    yield Block(_("办理过程"), lines=[entry_line(entry) for entry in entries])


def head_facts(filing: Filing, version: FilingVersion | None) -> list[tuple[Any, Any]]:
    return [
        (_("报监编号"), filing.number or _("报监后生成")),
        (_("报监模块"), filing.get_module_display()),
        (_("状态"), filing_tag(filing).text),
        (_("报监单位"), filing.enterprise.name if filing.enterprise else ""),
        (_("提交时间"), moment(filing.submitted_at) or _("尚未报监")),
        (_("报监完毕时间"), moment(filing.filed_at)),
        (_("版本"), _("第 %(n)d 版") % {"n": version.number} if version else _("草稿，尚未报监")),
        (_("内容摘要"), version.digest[:DIGEST] if version else ""),
    ]


def party_blocks(data: dict, full: bool) -> Iterator[Block]:
    present = present_names(party["uscc"] for party in data["parties"])
    masks = {} if full else MASKS | {"head_name": mask_name}
    yield Block(_("责任主体信息"))
    for party in data["parties"]:
        texts = {name: masks.get(name, shown)(party[name]) for name in PARTY_FIELDS if name != "consortium_role"}
        texts["unit_name"] = named_then(party["unit_name"], party["uscc"], present)
        kind = party["party_type"]
        facts: list[tuple[Any, Any]] = [(party_label(kind, name), text) for name, text in texts.items()]
        yield Block(str(PartyType(kind).label), facts=facts, level=3)


def works_block(filing: Filing, data: dict) -> Block:
    """Every unit work: the main figures as columns, all the rest that was filled in in one."""
    numbers = numbers_of_works(filing.project_id)
    heads = [label_of("unit_works", f"x.{name}") for name in MAIN_OF_WORKS] + [_("监督编号"), _("其他")]
    rest = [name for name in UNIT_WORK_FIELDS if name not in MAIN_OF_WORKS]
    rows = []
    for work in data["unit_works"]:
        others = [(label_of("unit_works", f"x.{name}"), work_text(work, name)) for name in rest]
        other = "；".join(f"{label}：{text}" for label, text in others if text)
        own = [numbers.get((role, work["id"])) or numbers.get((role, work["name"]), "") for role in ROLES]
        rows.append([*[work_text(work, name) for name in MAIN_OF_WORKS], "\n".join(filter(None, own)), other])
    return Block(_("单位工程信息"), heads=heads, rows=rows)


def attachments_block(data: dict) -> Block:
    heads = [_("材料"), _("文件名"), _("大小"), _("校验值（SHA-256）")]
    rows = [
        [f"{file['material']} {file['material_name']}", file["name"], size_text(file["size"]), file["sha256"][:DIGEST]]
        for file in data["attachments"]
    ]
    return Block(_("附件清单"), heads=heads, rows=rows)


def review_blocks(boxes: list[StationBox]) -> Iterator[Block]:
    for box in boxes:
        if box.review is None:
            continue
        review = box.review
        facts: list[tuple[Any, Any]] = [
            (_("机构"), review.station.name),
            (_("审核状态"), box.tag.text),
            (_("监督注册号"), review.supervision_no or ""),
            (_("经办人"), box.officer),
            (_("轮次"), _("第 %(n)d 轮") % {"n": review.round}),
            (_("审核意见"), review.opinion),
            (_("决定时间"), moment(review.decided_at)),
        ]
        yield Block(_("%(role)s审核") % {"role": box.label}, facts=facts)


def items_block(filing: Filing) -> Block | None:
    """What was to be corrected, and how it was answered."""
    sent = DeficiencyItem.objects.filter(review__filing=filing, sent_at__isnull=False)
    lines = []
    for item in sent.select_related("review", "material").order_by("sent_at", "created_at", "id"):
        facts = {"role": item.review.get_role_display(), "n": item.round, "where": where_of(item)}
        answer = f"{item.get_reply_kind_display()} {item.reply}".strip() if item.replied_at else _("尚未答复")
        texts = [item.text, _("依据：%(basis)s") % {"basis": item.basis} if item.basis else ""]
        texts.append(_("答复：%(answer)s") % {"answer": answer})
        lines.append((_("%(role)s 第 %(n)d 轮 · %(where)s") % facts, "\n".join(filter(None, texts))))
    return Block(_("补正意见与答复"), lines=lines) if lines else None


def where_of(item: DeficiencyItem) -> str:
    if item.material:
        return item.material.name
    return label_of(item.section or Section.BASICS, item.place) if item.section else _("整体")


def entry_line(entry: dict[str, Any]) -> tuple[str, str]:
    parts = [entry.get("at", ""), entry["title"], entry.get("by", "")]
    return " · ".join(str(part) for part in parts if part), str(entry.get("text", ""))
