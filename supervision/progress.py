"""Where a filing stands, in words: the tags, the boxes of both stations, the top line and the timeline.

Applicants and stations read the same story; officers' names are masked for applicants.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Target
from portal.masking import mask_name
from supervision.around import Seen, belongs_to, story_seen, work_seen
from supervision.clock import Remaining, pause_of, remaining
from supervision.models import (
    Addendum,
    ChangeConfirmation,
    DeficiencyItem,
    Filing,
    PersonnelChange,
    Review,
    ReviewDecision,
)
from supervision.permissions import can_prepare

Status = Review.Status


@dataclass(frozen=True)
class Tag:
    """A status in words; `tone` is one of components/tag.html."""

    text: str
    tone: str

    def __str__(self) -> str:
        return self.text


def name_for(filing: Filing, viewer: Any) -> str:
    """What the works are called: for a station as it was handed in, not as the applicant is rewording it."""
    if viewer is None or viewer.kind != viewer.Kind.STAFF:
        return str(filing)
    version = filing.versions.order_by("-number").first()
    labels = version.data["labels"] if version else {}
    return labels.get("works_name") or labels.get("project_name") or str(filing)


def officer_name(user: Any, viewer: Any) -> str:
    """An officer's name as the viewer may read it."""
    if user is None:
        return ""
    return user.name if viewer is not None and viewer.kind == viewer.Kind.STAFF else mask_name(user.name)


def review_tag(role: str, review: Review | None, *, viewer: Any = None, open_items: int | None = None) -> Tag:
    """The tag of one station (interface §4); without a review: not handed in for it."""
    name = str(Target(role).label)
    if review is None:
        return Tag(_("%(role)s未报") % {"role": name}, "grey")
    facts = {"role": name, "round": review.round, "count": open_items, "who": officer_name(review.assignee, viewer)}
    match review.status:
        case Status.WAITING:
            return Tag(_("待%(role)s审核") % facts, "blue")
        case Status.RECHECK:
            return Tag(_("第 %(round)d 轮 · 待%(role)s复核") % facts, "blue")
        case Status.SURVEY:
            return Tag(_("%(role)s现场踏勘（%(who)s）") % facts, "blue")
        case Status.REJECTING if is_officer_of_stations(viewer):
            return Tag(_("%(role)s不予通过待站长确认") % facts, "orange")
        case Status.APPROVING if is_officer_of_stations(viewer):
            return Tag(_("%(role)s通过待站长确认") % facts, "orange")
        case Status.ACCEPTED | Status.APPROVING | Status.REJECTING:
            return Tag(_("%(role)s审核中（%(who)s）") % facts, "blue")
        case Status.RETURNED if open_items is not None:
            return Tag(_("%(role)s已退回 · %(count)d 处待修改") % facts, "orange")
        case Status.RETURNED:
            return Tag(_("%(role)s已退回") % facts, "orange")
        case Status.APPROVED | Status.KEPT:
            return Tag(_("%(role)s已通过") % facts, "green")
        case Status.REJECTED:
            return Tag(_("%(role)s不予通过") % facts, "red")
    return Tag(_("%(role)s已终止") % facts, "grey")


TONES = {
    Filing.Status.PULLED: "grey",
    Filing.Status.DRAFT: "grey",
    Filing.Status.SUBMITTED: "blue",
    Filing.Status.UNDER_REVIEW: "blue",
    Filing.Status.RETURNED: "orange",
    Filing.Status.APPROVED: "green",
    Filing.Status.FILED: "done",
    Filing.Status.REJECTED: "red",
}


def filing_tag(filing: Filing) -> Tag:
    """The overall status; a filing for one target says which one is missing (decisions 10)."""
    tone = TONES.get(Filing.Status(filing.status), "grey")
    if filing.status == Filing.Status.DRAFT:
        return Tag(_("草稿 · 尚未报监"), tone)
    if filing.status == Filing.Status.APPROVED:
        return Tag(_("审核通过 · 待补报%(missing)s") % {"missing": missing_targets(filing)}, tone)
    return Tag(str(Filing.Status(filing.status).label), tone)  # get_status_display() translates all of them, each time


def missing_targets(filing: Filing) -> str:
    missing = [target for target in Target.values if target in filing.spec.targets - set(filing.targets)]
    return "、".join(str(Target(target).label) for target in missing)


@dataclass(frozen=True)
class StationBox:
    """What one station does with the filing."""

    role: str
    tag: Tag
    review: Review | None
    officer: str
    deadline: Remaining | None
    items: list[DeficiencyItem]
    pause: str = ""  # why the clock stands

    @property
    def label(self) -> str:
        return str(Target(self.role).label)


def station_boxes(filing: Filing, viewer: Any, *, seen: Seen | None = None) -> list[StationBox]:
    """Both stations, always, the same way; one query, none where what is around the filing was `seen` already."""
    seen = work_seen(filing) if seen is None else seen
    reviews = {review.role: review for review in belongs_to(filing, seen["reviews"])}
    sent = [item for item in seen["items"] if item.sent_at]
    items_by_review: dict[Any, list[DeficiencyItem]] = {}
    for item in sorted(sent, key=lambda item: (item.sent_at, item.created_at, item.pk)):
        items_by_review.setdefault(item.review_id, []).append(item)
    return [_box(role, reviews.get(role), items_by_review, viewer, dict(seen["days"])) for role in Target.values]


def _box(role: str, review: Review | None, items: dict[Any, list], viewer: Any, days: dict) -> StationBox:
    mine = items.get(review.pk, []) if review else []
    waiting = len([item for item in mine if item.closed_at is None and item.replied_at is None])
    tag = review_tag(role, review, viewer=viewer, open_items=waiting)
    officer = officer_name(review.assignee, viewer) if review else ""
    left, pause = (remaining(review, days=days), pause_of(review)) if review else (None, "")
    return StationBox(role, tag, review, officer, left, mine, pause)


@dataclass(frozen=True)
class Standing:
    """What can be done now, and by whom; one way on at most."""

    text: str
    tone: str
    label: str = ""
    url: str = ""


def standing(filing: Filing, boxes: list[StationBox], viewer: Any) -> Standing:
    """The line on top of the page (pain #40)."""
    mine = can_prepare(viewer, filing)
    whose = filing.enterprise.name if filing.enterprise else ""
    match filing.status:
        case Filing.Status.PULLED | Filing.Status.DRAFT:
            text = _("尚未报监。补充完整四项信息后点击“报监”。")
            return (
                Standing(text, "info", _("去填写"), reverse("filing:hub", args=[filing.pk]))
                if mine
                else Standing(text, "info")
            )
        case Filing.Status.RETURNED:
            count = sum(1 for box in boxes for item in box.items if item.closed_at is None)
            facts = {"who": whose, "count": count, "station": _names(boxes, {Status.RETURNED})}
            text = _("%(station)s退回补正，共 %(count)d 处。请%(who)s的报监人员逐项修改或说明后重新提交。") % facts
            return (
                Standing(text, "warn", _("去修改"), reverse("filing:correct", args=[filing.pk]))
                if mine
                else Standing(text, "warn")
            )
        case Filing.Status.APPROVED:
            text = _("审核通过，尚未报%(missing)s。补报并通过后报监完毕。") % {"missing": missing_targets(filing)}
            url = reverse("filing:supplement", args=[filing.pk])
            label = _("补报%(missing)s") % {"missing": missing_targets(filing)}
            return Standing(text, "info", label, url) if mine else Standing(text, "info")
        case Filing.Status.FILED:
            url = reverse("filing:receipt", args=[filing.pk])
            return Standing(_("报监完毕。"), "good", _("下载回执"), url)
        case Filing.Status.REJECTED | Filing.Status.WITHDRAWN:
            return _ended(filing, boxes, mine)
    return Standing(_waiting_text(filing, boxes), "info")


def _ended(filing: Filing, boxes: list[StationBox], mine: bool) -> Standing:
    """What was refused or taken back, and how to begin again with everything that was typed."""
    text, tone = _("已撤回，监督站不再审核。项目可重新报监。"), "info"
    if filing.status == Filing.Status.REJECTED:
        facts = {"station": _names(boxes, {Status.REJECTED})}
        text, tone = (
            _("%(station)s不予通过，理由见审核意见。填写的内容和材料已保留，可以复制后修改重报。") % facts,
            "warn",
        )
    if not mine:
        return Standing(text, tone)
    return Standing(text, tone, _("复制为新的报监"), reverse("filing:copy", args=[filing.pk]))


def _names(boxes: list[StationBox], statuses: set) -> str:
    return "、".join(box.label for box in boxes if box.review and box.review.status in statuses)


def _waiting_text(filing: Filing, boxes: list[StationBox]) -> str:
    if filing.status == Filing.Status.VOIDED:
        return _("已作废，回执失效。原因：%(reason)s") % {"reason": filing.void_reason}
    if filing.status == Filing.Status.SUPERSEDED:
        return _("已转入新的报监，本报监只供查看。")
    if filing.status not in {Filing.Status.SUBMITTED, Filing.Status.UNDER_REVIEW}:
        return str(filing.get_status_display())
    waiting = _names(boxes, {Status.WAITING, Status.RECHECK})
    working = _names(boxes, {Status.ACCEPTED, *Review.PROPOSED})
    parts = [_("等待%(names)s受理") % {"names": waiting}] if waiting else []
    parts += [_("%(names)s正在审核") % {"names": working}] if working else []
    surveying = _names(boxes, {Status.SURVEY})
    parts += [_("%(names)s安排了现场踏勘，暂停计时") % {"names": surveying}] if surveying else []
    due = [box.review.due_on for box in boxes if box.review and box.deadline and box.review.due_on]
    when = [_("承诺 %(day)s 前办结") % {"day": formats.date_format(max(due), "n月j日")}] if due else []
    return "，".join([*parts, *when]) + "。"


# The timeline


def timeline(filing: Filing, boxes: list[StationBox], viewer: Any, *, seen: Seen | None = None) -> list[dict[str, Any]]:
    """Who did what when, newest first, and what comes next; entries for components/timeline.html.

    One query, none where the story of the filing was `seen` already.
    """
    seen = story_seen(filing) if seen is None else seen
    changes = belongs_to(filing, seen["changes"])
    happened = [
        *_handed_in(seen),
        *_decided(filing, seen, boxes, viewer),
        *_changed(changes, seen, viewer),
        *_audited(filing, seen, boxes),
    ]
    if filing.created_at:
        made = _("从施工许可证带入") if filing.created_by_id is None else _("新建报监")
        by = filing.created_by.name if filing.created_by else ""
        happened.append((filing.created_at, {"title": made, "by": by, "tone": ""}))
    happened.sort(key=lambda pair: pair[0], reverse=True)
    entries = [entry | {"at": _when(at)} for at, entry in happened]
    return [*_next_steps(filing, boxes, changes), *entries]


def _when(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "Y-m-d H:i")


def _handed_in(seen: Seen):
    later = 0  # rounds; a version that a change of person made is told by the change
    for version in seen["versions"]:
        later += 1
        title = _("报监") if version.number == 1 else _("重新提交（第 %(n)d 轮）") % {"n": later}
        text = ""
        if version.acknowledged:
            text = _("已核实：%(list)s") % {"list": "；".join(warning["text"] for warning in version.acknowledged)}
        yield version.submitted_at, {"title": title, "by": version.submitted_by.name, "text": text, "tone": "blue"}


def _decided(filing: Filing, seen: Seen, boxes: list[StationBox], viewer: Any):
    titles = {
        "accept": (_("%(role)s受理"), "blue"),
        "assign": (_("%(role)s转办"), ""),
        "claim": (_("%(role)s领取"), ""),
        "release": (_("%(role)s退回待领取"), ""),
        "transfer": (_("%(role)s移送其他监督站"), ""),
        "recuse": (_("%(role)s审核员回避，待改派"), ""),
        "order_survey": (_("%(role)s安排现场踏勘，暂停计时"), "blue"),
        "move_survey": (_("%(role)s调整现场踏勘安排"), "blue"),
        "finish_survey": (_("%(role)s完成现场踏勘"), "blue"),
        "propose_rejection": (_("%(role)s提请站长确认"), "orange"),
        "propose_approval": (_("%(role)s提出通过，提请站长确认"), "blue"),
        "decline_approval": (_("%(role)s继续审核"), ""),
        "lapse_approval": (_("%(role)s因重新提交继续审核"), ""),
        "decline_rejection": (_("%(role)s继续审核"), ""),
        "lapse_rejection": (_("%(role)s因重新提交继续审核"), ""),
        "reject": (_("%(role)s不予通过"), "red"),
        "undo_approve": (_("%(role)s撤销“通过”"), "orange"),
        "undo_return": (_("%(role)s撤销“退回补正”"), "orange"),
        "return": (_("%(role)s退回补正"), "orange"),
        "approve": (_("%(role)s审核通过"), "green"),
    }
    items = {box.review.pk: box.items for box in boxes if box.review}
    inside = not is_officer_of_stations(viewer)
    for decision in seen["decisions"]:
        if inside and decision.move in BETWEEN_OFFICERS:
            continue
        title, tone = titles.get(decision.move, (decision.move, ""))
        sent = [item for item in items.get(decision.review_id, []) if item.round == decision.round]
        lines = [decision.opinion] if decision.opinion else []
        lines += [f"{n}. {item.text}" for n, item in enumerate(sent, 1)] if decision.move == "return" else []
        officer = officer_name(decision.by, viewer) if decision.by.kind == decision.by.Kind.STAFF else ""
        if decision.on_behalf_of:
            officer = _("%(who)s（代 %(for)s）") % {
                "who": officer,
                "for": officer_name(decision.on_behalf_of, viewer),
            }
        who = f"{decision.station or decision.review.station} {officer}".strip()
        role = {"role": decision.review.get_role_display()}
        told = {"title": title % role, "by": who, "text": "\n".join(lines), "tone": tone}
        yield decision.at, told | paper_of(decision, filing)


NOTICES = {"return": gettext_lazy("下载补正告知书"), "reject": gettext_lazy("下载不予通过决定书")}


def paper_of(decision: ReviewDecision, filing: Filing) -> dict[str, Any]:
    """Where the paper of a decision is; those of earlier days have none."""
    notice = getattr(decision, "notice", None)
    if notice is None:
        return {}
    return {"url": reverse("filing:notice", args=[filing.pk, notice.pk]), "label": NOTICES[decision.move]}


# What officers settle among themselves before anything is decided; the applicant is told what came of it.
BETWEEN_OFFICERS = {
    "claim",
    "release",
    "recuse",
    *("propose_rejection", "decline_rejection", "lapse_rejection"),
    *("propose_approval", "decline_approval", "lapse_approval"),
}


def is_officer_of_stations(viewer: Any) -> bool:
    return viewer is not None and viewer.kind == viewer.Kind.STAFF


def _changed(changes: list[PersonnelChange], seen: Seen, viewer: Any):
    """Changes of the people in charge: begun, agreed to, handed in, what the stations said, in force."""
    for change in changes:
        people = {"old": mask_name(change.old_name), "new": mask_name(change.new_name), "post": change.title}
        if change.consented_at and change.consented_by:
            title = _("建设单位同意%(post)s变更") % people
            yield change.consented_at, {"title": title, "by": mask_name(change.consented_by.name), "tone": "green"}
        if change.submitted_at and change.submitted_by:
            told = {"title": _("申请变更%(post)s") % people, "text": _("%(old)s → %(new)s") % people}
            yield change.submitted_at, told | {"by": change.submitted_by.name, "tone": "blue"}
        if change.version:
            text = _("%(old)s → %(new)s，记入第 %(n)d 版") % (people | {"n": change.version.number})
            yield change.changed_at, {"title": _("%(post)s变更完成") % people, "text": text, "tone": "green"}
    known = {change.pk: change for change in changes}
    for row in (answer for answer in seen["answers"] if answer.change_id in known):
        confirmed = row.status == ChangeConfirmation.Status.CONFIRMED
        title = _("%(role)s确认%(post)s变更") if confirmed else _("%(role)s退回%(post)s变更")
        facts = {"role": row.get_role_display(), "post": known[row.change_id].title}
        told = {"title": title % facts, "by": f"{row.station} {officer_name(row.decided_by, viewer)}"}
        yield row.decided_at, told | {"text": row.opinion, "tone": "green" if confirmed else "orange"}


def was_passed(filing: Filing, boxes: list[StationBox]) -> bool:
    """Whether a station passed it, so that papers may have been added since."""
    return filing.filed_at is not None or any(box.review and box.review.status in Review.PASSED for box in boxes)


def _added(filing: Filing, seen: Seen, boxes: list[StationBox]) -> list[Addendum]:
    return seen["added"] if was_passed(filing, boxes) else []


def _audited(filing: Filing, seen: Seen, boxes: list[StationBox]):
    """What is told by the audit trail alone."""
    titles = {
        "filing.withdrawn": (_("撤回报监"), ""),
        "filing.withdrawal_requested": (_("申请撤回，等待监督站确认"), "orange"),
        "filing.withdrawal_agreed": (_("同意撤回"), ""),
        "filing.withdrawal_declined": (_("未同意撤回，继续审核"), ""),
        "filing.supplemented": (_("补报另一监督对象"), "blue"),
        "filing.superseded": (_("转入新的报监"), ""),
        "filing.permit_changed": (_("施工许可证数据变更"), ""),
        "filing.permit_revoked": (_("施工许可证已撤销"), "red"),
        "filing.filed": (_("报监完毕"), "green"),
        "filing.promise_changed": (_("调整承诺取得施工许可日期"), ""),
        "filing.due_moved": (_("办理期限随工作日历顺延"), ""),
        "filing.project_merged": (_("所属项目已与重复项目合并"), ""),
        "filing.voided": (_("报监作废"), "red"),
        "filing.addendum": (_("补充材料"), "blue"),
    }
    added = {str(each.number): f"{each.material}：{each.reason}" for each in _added(filing, seen, boxes)}
    texts = {"filing.voided": filing.void_reason}
    patterns = {
        "filing.promise_changed": _("%(old)s → %(new)s，%(reason)s"),
        "filing.due_moved": _("%(role)s：%(old)s → %(new)s，%(reason)s"),
    }
    for entry in seen["trail"]:
        title, tone = titles[entry.event]
        is_named = entry.actor_id and entry.event not in {"filing.filed", "filing.due_moved"}
        by = entry.actor_label if is_named else ""
        text = patterns[entry.event] % entry.details if entry.event in patterns else texts.get(entry.event, "")
        if entry.event == "filing.addendum":
            text = added.get(str(entry.details.get("number")), "")
        yield entry.at, {"title": title, "by": by, "text": text, "tone": tone}


# Where the applicant is next, the same words for both sides; 报监完毕 and what has ended have no next.
_APPLICANTS_TURN = {
    Filing.Status.PULLED: gettext_lazy("下一步：报监单位完善四项信息后报监"),
    Filing.Status.DRAFT: gettext_lazy("下一步：报监单位填写完整后报监"),
    Filing.Status.RETURNED: gettext_lazy("下一步：申请单位修改后重新提交"),
    Filing.Status.APPROVED: gettext_lazy("下一步：申请单位补报另一监督对象"),
}


def _changes_next(changes: list[PersonnelChange]) -> list[dict[str, Any]]:
    """Changes that wait: for whom, and until when."""
    open_ = [PersonnelChange.Status.CONSENT, PersonnelChange.Status.SUBMITTED]
    found = []
    for change in sorted((one for one in changes if one.status in open_), key=lambda one: one.created_at):
        if change.status == PersonnelChange.Status.CONSENT:
            title = _("下一步：建设单位确认%(post)s变更") % {"post": change.title}
            found.append({"title": title, "text": change.owner_name, "tone": "next"})
            continue
        day = change.due_text
        title = _("下一步：监督站确认%(post)s变更") % {"post": change.title}
        found.append({"title": title, "text": _("%(day)s 前办结") % {"day": day}, "tone": "next"})
    return found


def _next_steps(filing: Filing, boxes: list[StationBox], changes: list[PersonnelChange]) -> list[dict[str, Any]]:
    """What is next and until when: one entry per station that is at work, or the applicant's turn."""
    mine = [{"title": text, "tone": "next"} for status, text in _APPLICANTS_TURN.items() if status == filing.status]
    mine += _changes_next(changes)
    due = [
        {
            "title": _("下一步：%(role)s审核") % {"role": box.label},
            "text": _("%(day)s 前办结") % {"day": formats.date_format(box.review.due_on, "Y-m-d")},
            "tag": box.deadline.text,
            "tone": "next",
        }
        for box in boxes
        if box.review and box.deadline and box.review.due_on
    ]
    return mine + due
