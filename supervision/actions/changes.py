"""人员变更 after approval: the owner agrees, the stations confirm, the filing gets its next version (domain §5.7 19).

A change that is under way touches nothing: filing, project and rights stay as they were until the last station has
confirmed it, and then all follow in one transaction.
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from enterprises.models import Enterprise, Member
from portal.audit import record
from portal.calendar import due_day
from portal.crypto import blind_index
from portal.documents.models import Document
from portal.errors import Refused
from portal.masking import mask_name
from portal.notifications import mark_handled, notify
from projects.actions import replace_lead
from projects.models import PartyType
from supervision.actions.holding import locked_filing
from supervision.actions.people import applicants_of, concerned_by
from supervision.actions.versions import freeze
from supervision.catalogue import CHANGE_DAYS, CHANGE_FILES, ChangeFile
from supervision.models import ChangeConfirmation, Filing, FilingParty, PersonnelChange, Review
from supervision.permissions import (
    may_change_post,
    may_consent,
    officers_of,
    posts_for,
)

Status = PersonnelChange.Status
Answer = ChangeConfirmation.Status
WRITTEN = ("new_name", "new_phone", "certificate_no", "effective_on", "reason")
CHANGEABLE = (Filing.Status.APPROVED, Filing.Status.FILED)
SAFE = gettext_lazy("变更申请没有变化，已填写的内容和文件都还在。")
OUTDATED_PAPER = gettext_lazy(
    "新负责人已更换，原《建设单位同意变更的书面意见》是对另一人的意见，不再有效。请重新上传，或由建设单位在平台同意。"
)


# Beginning, and filling in


@transaction.atomic
def begin_change(filing: Filing, *, party_type: str, by) -> PersonnelChange:
    """A draft for one post; whoever begins a second one is led to the first. Http404 for strangers."""
    filing = locked_filing(filing.pk)
    if party_type not in CHANGE_FILES or not may_change_post(by, filing, party_type):
        raise Http404
    require_changeable(filing)
    if first := open_change(filing, party_type):
        return first
    party, owner = post_of(filing, party_type), post_of(filing, PartyType.OWNER)
    change = PersonnelChange(
        filing=filing,
        party_type=party_type,
        unit_name=party.unit_name,
        uscc=party.uscc,
        owner_name=owner.unit_name,
        owner_uscc=owner.uscc,
        old_name=party.head_name,
        old_id_index=party.head_id_index,
        created_by=by,
    )
    try:
        with transaction.atomic():
            change.save(force_insert=True)
    except IntegrityError:  # pragma: no cover - the filing is locked; the database says so all the same
        raise Refused(_("该岗位已有变更在办理，请刷新页面查看。")) from None
    record("change.begun", change, by=by, filing=filing.number, post=party_type)
    return change


def require_changeable(filing: Filing) -> None:
    """A filing that a station has passed and that is still the project's."""
    if filing.status not in CHANGEABLE:
        facts = {"status": filing.get_status_display()}
        raise Refused(_("当前状态为“%(status)s”，审核通过后才能办理人员变更。") % facts)


def open_change(filing: Filing, party_type: str) -> PersonnelChange | None:
    return filing.changes.filter(party_type=party_type, status__in=PersonnelChange.OPEN).first()


def post_of(filing: Filing, party_type: str) -> FilingParty:
    """The party whose head may change: the one of its type that leads."""
    leading = [FilingParty.Consortium.NONE, FilingParty.Consortium.LEAD]
    party = filing.parties.filter(party_type=party_type, consortium_role__in=leading).first()
    if party is None:
        raise Refused(_("该报监没有填写这一责任主体，请联系监督站。"))
    return party


@transaction.atomic
def save_change(change: PersonnelChange, values: dict[str, Any], *, by) -> PersonnelChange:
    """Keep what was typed, complete or not. Another person than before needs the owner's word again."""
    _filing, change = locked_change(change, by=by)
    require_editable(change)
    for name in WRITTEN:
        if name in values:
            setattr(change, name, values[name] or (None if name in ("new_phone", "effective_on") else ""))
    if "new_id_number" in values:
        name_person(change, values["new_id_number"] or None)
    change.changed_at = timezone.now()
    change.save()
    return change


def name_person(change: PersonnelChange, id_number: str | None) -> None:
    """Another person than before needs the owner's word anew; once handed in, on a new paper too (domain §5.7 19)."""
    index = blind_index(id_number, purpose="id_number") if id_number else None
    if index != change.new_id_index:
        change.consented_by = change.consented_at = None
        if change.submitted_at:
            change.new_person_at = timezone.now()
    change.new_id_number, change.new_id_index = id_number, index


def locked_change(change: PersonnelChange, *, by) -> tuple[Filing, PersonnelChange]:
    """Both rows, for who may do something about the post; Http404 for all others."""
    filing = locked_filing(change.filing_id)
    change = PersonnelChange.objects.locked(change.pk)
    if not may_change_post(by, filing, change.party_type):
        raise Http404
    change.filing = filing
    return filing, change


def require_editable(change: PersonnelChange) -> None:
    if not change.is_editable:
        facts = {"status": change.get_status_display()}
        raise Refused(_("当前状态为“%(status)s”，不能修改。如需修改请先撤回。") % facts)


# Handing in


@transaction.atomic
def send_change(change: PersonnelChange, *, by) -> PersonnelChange:
    """To the stations where the owner's consent is there, else to the owner first. Refused with all that is missing."""
    filing, change = locked_change(change, by=by)
    require_changeable(filing)
    require_editable(change)
    if missing := missing_in(change):
        raise Refused(*missing, heading=_("还有 %(count)d 处需要补充") % {"count": len(missing)}, safe=SAFE)
    if may_consent(by, change):
        change.consented_by, change.consented_at = by, timezone.now()
    if change.consented_at or consent_papers(change).ready().exists():
        return hand_in(change, filing, by=by)
    return ask_owner(change, filing, by=by)


def missing_in(change: PersonnelChange) -> list[str]:
    """What a change still lacks, in the order of its page; files under check are not there yet."""
    label = {field.name: field.verbose_name for field in PersonnelChange._meta.fields}
    asked = ["new_name", "new_id_number", "new_phone", "effective_on", "reason"]
    if ChangeFile.CERTIFICATE in CHANGE_FILES[PartyType(change.party_type)]:
        asked.insert(3, "certificate_no")
    found = [_("请填写%(field)s") % {"field": label[name]} for name in asked if not getattr(change, name)]
    if change.new_id_index and change.new_id_index == change.old_id_index:
        found.append(_("新负责人与原负责人是同一人，请核对身份证号。"))
    states: dict[str, set[str]] = {}
    for kind, state in Document.objects.held_by(change).values_list("kind", "state"):
        states.setdefault(kind, set()).add(state)
    for kind in CHANGE_FILES[PartyType(change.party_type)]:
        found += file_missing(str(kind.label), states.get(kind, set()))
    if Document.State.CHECKING in states.get(ChangeFile.CONSENT, set()):
        found += file_missing(str(ChangeFile.CONSENT.label), states[ChangeFile.CONSENT])
    return found


def file_missing(label: str, states: set[str]) -> list[str]:
    if Document.State.CHECKING in states:
        return [_("“%(label)s”正在检查，请稍候再提交。") % {"label": label}]
    return [] if Document.State.READY in states else [_("请上传“%(label)s”") % {"label": label}]


def consent_papers(change: PersonnelChange):
    """The owner's papers about this very person: those from before somebody else was named do not count."""
    papers = Document.objects.held_by(change, ChangeFile.CONSENT)
    return papers.filter(uploaded_at__gt=change.new_person_at) if change.new_person_at else papers


def outdated_papers(change: PersonnelChange) -> bool:
    """The owner agreed on paper to somebody else, and nobody has uploaded a new one yet."""
    if change.new_person_at is None or consent_papers(change).exists():
        return False
    return Document.objects.held_by(change, ChangeFile.CONSENT).exists()


def owners_people(change: PersonnelChange) -> list[User]:
    """The people of the owner who may agree, to be told."""
    unit = Enterprise.objects.filter(uscc=change.owner_uscc or None, status__in=Enterprise.READING).first()
    if unit is None:
        return []
    members = Member.objects.filter(enterprise=unit, status=Member.Status.ACTIVE, user__is_active=True)
    return [one.user for one in members.select_related("user") if may_consent(one.user, change)]


def ask_owner(change: PersonnelChange, filing: Filing, *, by) -> PersonnelChange:
    people = owners_people(change)
    if not people:
        if outdated_papers(change):
            raise Refused(OUTDATED_PAPER, safe=SAFE)
        raise Refused(
            _("建设单位“%(name)s”在平台上还没有可以确认的人员。") % {"name": change.owner_name},
            _("请上传《建设单位同意变更的书面意见》后再提交。"),
            safe=SAFE,
        )
    change.move("ask")
    change.submitted_by, change.changed_at, change.consent_note = by, timezone.now(), ""
    change.save()
    record("change.consent_asked", change, by=by, filing=filing.number, post=change.party_type)
    tell(people, "change.consent_asked", change)
    return change


def hand_in(change: PersonnelChange, filing: Filing, *, by) -> PersonnelChange:
    """To every station that passed the filing; each has five working days."""
    now = timezone.now()
    change.move("submit")
    change.round += 1
    change.submitted_by, change.submitted_at, change.changed_at = change.submitted_by or by, now, now
    change.due_on = due_day(now, CHANGE_DAYS)
    change.save()
    reviews = filing.reviews.filter(status__in=Review.PASSED).select_related("station").order_by("role")
    for review in reviews:
        ChangeConfirmation.objects.create(change=change, role=review.role, station=review.station, round=change.round)
        link = reverse("review:change", args=[change.pk])
        officers = officers_of(review.station, review.role)
        notify(officers, "change.submitted", about=change, link=link, change=change, filing=filing)
    record("change.submitted", change, by=by, filing=filing.number, post=change.party_type, round=change.round)
    mark_handled(change, "change.consent_asked", "change.returned", "change.declined")
    return change


# The owner's word


@transaction.atomic
def consent_to_change(change: PersonnelChange, *, by) -> PersonnelChange:
    """A person of the owner agrees; it goes to the stations at once. Http404 for all others."""
    filing, change = locked_for_owner(change, by=by)
    require_changeable(filing)
    change.consented_by, change.consented_at = by, timezone.now()
    change.consent_note = ""
    record("change.consented", change, by=by, filing=filing.number, post=change.party_type)
    return hand_in(change, filing, by=by)


@transaction.atomic
def decline_change(change: PersonnelChange, *, reason: str, by) -> PersonnelChange:
    """A person of the owner does not agree, and says why."""
    filing, change = locked_for_owner(change, by=by)
    if not reason.strip():
        raise Refused(_("请填写不同意的原因，申请单位会看到。"))
    change.move("decline")
    change.consent_note, change.changed_at = reason.strip(), timezone.now()
    change.save()
    mark_handled(change, "change.consent_asked")
    record("change.declined", change, by=by, filing=filing.number, post=change.party_type)
    tell([change.created_by, *applicants_of(filing)], "change.declined", change)
    return change


def locked_for_owner(change: PersonnelChange, *, by) -> tuple[Filing, PersonnelChange]:
    filing = locked_filing(change.filing_id)
    change = PersonnelChange.objects.locked(change.pk)
    change.filing = filing
    if not may_consent(by, change):
        raise Http404
    if change.status != Status.CONSENT:
        raise Refused(_("当前状态为“%(status)s”，不需要确认。") % {"status": change.get_status_display()})
    return filing, change


@transaction.atomic
def withdraw_change(change: PersonnelChange, *, by) -> PersonnelChange:
    """Take a change back while it is not in force; everything stays as it was."""
    filing, change = locked_change(change, by=by)
    end_change(change)
    record("change.withdrawn", change, by=by, filing=filing.number, post=change.party_type)
    return change


def end_changes(filing: Filing) -> None:
    """A filing that is superseded or void changes nobody any more."""
    for change in filing.changes.filter(status__in=PersonnelChange.OPEN):
        end_change(change)


def end_change(change: PersonnelChange) -> None:
    change.move("withdraw")
    change.changed_at = timezone.now()
    change.save(update_fields=["status", "changed_at"])
    change.confirmations.filter(status=Answer.WAITING).update(status=Answer.CANCELLED)
    mark_handled(change)


# The stations


@transaction.atomic
def confirm_change(change: PersonnelChange, *, role: str, round: int, opinion: str = "", by) -> PersonnelChange:
    """One station confirms; with the last of them the change is in force."""
    filing, change, answer = waiting_answer(change, role, round, by=by)
    require_changeable(filing)
    decide(answer, Answer.CONFIRMED, opinion, by=by)
    record("change.confirmed", change, by=by, filing=filing.number, role=role, post=change.party_type)
    if not change.confirmations.filter(round=change.round).exclude(status=Answer.CONFIRMED).exists():
        put_in_force(change, filing, by=by)
    return change


@transaction.atomic
def return_change(change: PersonnelChange, *, role: str, round: int, opinion: str, by) -> PersonnelChange:
    """One station sends it back with what is wrong; the other need not go on with this round."""
    filing, change, answer = waiting_answer(change, role, round, by=by)
    if not opinion.strip():
        raise Refused(_("请写明退回原因，申请单位会看到。"))
    decide(answer, Answer.RETURNED, opinion, by=by)
    change.confirmations.filter(round=change.round, status=Answer.WAITING).update(status=Answer.CANCELLED)
    change.move("return")
    change.changed_at = timezone.now()
    change.save(update_fields=["status", "changed_at"])
    mark_handled(change, "change.submitted")
    record("change.returned", change, by=by, filing=filing.number, role=role, post=change.party_type)
    tell([change.created_by, change.submitted_by, *applicants_of(filing)], "change.returned", change, answer=answer)
    return change


def waiting_answer(
    change: PersonnelChange, role: str, round: int, *, by
) -> tuple[Filing, PersonnelChange, ChangeConfirmation]:
    """What this officer decides now. Http404 for strangers, Refused where it was decided or handed in anew."""
    filing = locked_filing(change.filing_id)
    change = PersonnelChange.objects.locked(change.pk)
    change.filing = filing
    answer = change.confirmations.filter(round=change.round, role=role).select_related("station").first()
    if answer is None or not posts_for(answer.station, role).filter(user=by).exists():
        raise Http404
    if change.round != round:
        raise Refused(_("申请单位已重新提交，请查看最新内容后再决定。"))
    if answer.status != Answer.WAITING:
        who = mask_name(answer.decided_by.name) if answer.decided_by else ""
        raise Refused(_("该变更已处理（%(state)s %(who)s）。") % {"state": answer.get_status_display(), "who": who})
    return filing, change, answer


def decide(answer: ChangeConfirmation, status: str, opinion: str, *, by) -> None:
    answer.status, answer.opinion = status, opinion.strip()
    answer.decided_by, answer.decided_at = by, timezone.now()
    answer.save()


def put_in_force(change: PersonnelChange, filing: Filing, *, by) -> None:
    """The filing names the new person in its next version, and what the old one did falls to the new one."""
    party = post_of(filing, change.party_type)
    party.head_name, party.certificate_no = change.new_name, change.certificate_no or party.certificate_no
    party.head_id_number, party.head_id_index = change.new_id_number, change.new_id_index
    party.head_phone = change.new_phone
    party.exception_case = party.note = ""  # they were said of the one who left
    party.save()
    filing.parties_version += 1
    filing.changed_at = timezone.now()
    filing.save(update_fields=["parties_version", "changed_at"])
    change.version = freeze(filing, by=change.submitted_by or by, at=filing.changed_at, change=frozen(change))
    change.move("confirm")
    change.changed_at = filing.changed_at
    change.save(update_fields=["status", "version", "changed_at"])
    filing.reviews.filter(role__in=change.confirmations.filter(round=change.round).values("role")).update(
        version=change.version
    )
    lead = {
        "lead_name": change.new_name,
        "lead_id_number": change.new_id_number,
        "lead_id_index": change.new_id_index,
    }
    if filing.status == Filing.Status.FILED:
        replace_lead(filing.project, party_type=change.party_type, uscc=party.uscc, lead=lead, by=by)
    mark_handled(change)
    record("filing.personnel_changed", filing, by=by, post=change.party_type, version=change.version.number)
    tell([change.created_by, *concerned_by(filing)], "change.in_force", change)


def frozen(change: PersonnelChange) -> dict[str, Any]:
    """What the version says about how it came to be: the post, the papers with their hashes, who agreed."""
    held = Document.objects.held_by(change).ready().order_by("kind", "uploaded_at")
    if change.new_person_at:  # what the owner wrote about somebody else stays out
        held = held.exclude(kind=ChangeFile.CONSENT, uploaded_at__lte=change.new_person_at)
    return {
        "change": str(change.pk),
        "post": change.party_type,
        "reason": change.reason,
        "effective_on": change.effective_on.isoformat() if change.effective_on else "",
        "consent": "portal" if change.consented_at else "paper",
        "files": [{"kind": one.kind, "document": str(one.pk), "name": one.name, "sha256": one.sha256} for one in held],
    }


def tell(people: list[Any], event: str, change: PersonnelChange, **context: Any) -> None:
    known = [person for person in people if person is not None]
    personal = [person for person in known if person.is_personal]
    officers = [person for person in known if not person.is_personal]
    facts = {"change": change, "filing": change.filing} | context
    notify(personal, event, about=change, link=change.get_absolute_url(), **facts)
    notify(officers, event, about=change, link=reverse("review:change", args=[change.pk]), **facts)
