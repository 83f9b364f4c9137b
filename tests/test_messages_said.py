"""Every registered kind of message, said about real objects: no gap in its text, and on the ways its kind names."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import DataCopy, DataRequest, Delegation, RecoveryTicket
from portal.exports.models import Export
from portal.notifications import notify, send_text
from portal.notifications.kinds import To, all_kinds
from portal.notifications.models import Delivery, Message, MessageSettings
from projects.models import (
    ActingLead,
    ConstructionPermit,
    EnterpriseHandover,
    FeedRun,
    PartyType,
    Project,
    ProjectParty,
    ProjectUser,
    Standstill,
)
from supervision.models import (
    Addendum,
    FilingVersion,
    Material,
    Note,
    PersonnelChange,
    ProjectMerge,
    Survey,
    WithdrawalRequest,
)
from tests import make

REASON = "同一地块的另一个标段。"
TO_STRANGERS = {  # texts to a number, not to an account
    "account.activation",
    "account.code",
    "account.phone_claimed",
    "account.phone_replaced",
    "account.ticket_confirmed",
    "account.ticket_finished",
    "account.ticket_received",
    "account.ticket_refused",
    "account.ticket_stopped",
}


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """What messages speak of, made once for all kinds and rolled back after the last."""
    with django_db_blocker.unblock(), transaction.atomic():
        make.reference()
        yield about_a_filing() | about_people() | about_a_project()
        transaction.set_rollback(True)


def about_a_filing() -> dict[str, Any]:
    today = timezone.localdate()
    filing = make.submitted_filing()
    filing.permit_no, filing.void_reason = make.permit_no(), "重复申报。"
    filing.permit_promised_by = today + timedelta(days=30)
    reviews = list(filing.reviews.select_related("station"))
    review = reviews[0]
    review.assignee, review.opinion, review.supervision_no = make.officer("safety"), "资料齐全。", "2026-0001"
    change = PersonnelChange(filing=filing, party_type=PartyType.CONTRACTOR, unit_name="某施工公司", due_on=today)
    change.old_name, change.new_name, change.consent_note = "张建国", "李卫东", REASON
    change.version = FilingVersion(filing=filing, number=2)
    return {
        "filing": filing,
        "prior": filing,
        "successor": filing,
        "review": review,
        "reviews": reviews,
        "officer": review.assignee,
        "change": change,
        "contractor": PartyType.CONTRACTOR,
        "addendum": Addendum(filing=filing, material=Material.objects.first(), reason=REASON, number=1),
        "note": Note(text="请一并核对。"),
        "request": WithdrawalRequest(review=review, reason=REASON, answer_by=today),
        "survey": Survey(review=review, day=today, place="工地大门", note="请带齐图纸。"),
        "permit": ConstructionPermit(permit_no=make.permit_no()),
        "promised": today,
        "old": today,
        "left": 3,
        "count": 2,
        "undone": "approved",
        "withdrawn": "withdrawn",
        "reason": REASON,
        "text": "来源少了一半的行",
        "year": 2027,
    }


def about_people() -> dict[str, Any]:
    now, today = timezone.now(), timezone.localdate()
    person, enterprise = make.person(), make.enterprise()
    enterprise.suspended_reason = REASON
    post = make.officer("safety").station_posts.get()
    post.ended_at = now
    ticket = RecoveryTicket(kind=RecoveryTicket.Kind.PHONE, account=person, reason=REASON, effective_at=now)
    days = {"first_day": today, "last_day": today + timedelta(days=3)}
    return {
        "person": person,
        "name": "张**",
        "phone": "138****0001",
        "code": "204817",
        "purpose": "登录",
        "at": now,
        "device": "Firefox（Windows）",
        "address": "203.0.113.7",
        "added": True,
        "ticket": ticket,
        "enterprise": enterprise,
        "former": "某旧名公司",
        "sender": enterprise.name,
        "hours": 72,
        "day": today,
        "most": 50,
        "source": make.enterprise(),
        "handover": EnterpriseHandover(source=make.enterprise(), target=enterprise, kind="merge", opinion=REASON),
        "copy": DataCopy(user=person, expires_at=now),
        "data_request": DataRequest(user=person, kind=DataRequest.Kind.values[0], answer="已更正。", due_on=today),
        "post": post,
        "taken": True,
        "delegation": Delegation(officer=person, delegate=make.person("王芳"), **days),
        "export": Export(user=person, kind="filings", rows=20, problem="磁盘已满"),
        "run": FeedRun(feed="permits", kind="full"),
    }


def about_a_project() -> dict[str, Any]:
    today = timezone.localdate()
    project, lead, enterprise = make.project(), make.person("赵敏"), make.enterprise()
    days = {"since": today, "until": today + timedelta(days=9)}
    party = ProjectParty(project=project, party_type=PartyType.CONTRACTOR, unit_name=enterprise.name)
    party.lead, party.lead_name, party.enterprise = lead, lead.name, enterprise
    application = ProjectUser(project=project, enterprise=enterprise, user=lead, position_id="1023", reason=REASON)
    return {
        "project": project,
        "part": Project(works_name="二期", temporary_no=make.temporary_no()),
        "party": party,
        "acting": ActingLead(party=party, user=lead, reason=REASON, note="已知悉。", **days),
        "grant": SimpleNamespace(given_by=lead, user=lead, **days),
        "still": Standstill(project=project, reason=REASON, since=today, resumed_on=today),
        "merge": ProjectMerge(survivor=project, duplicate=make.project()),
        "application": application,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.event)
def test_each_kind_says_everything_to_whom_it_is_for_on_its_ways(kind, told):
    facts = {**told, "answer": answer_in(kind.event, told), "request": request_in(kind.event, told)}
    if kind.event in TO_STRANGERS:
        number = facts.pop("phone")
        send_text(number, kind.event, key="a key", **facts, link="https://portal.example/activate/1/")
        sent, said, expected = Delivery.objects.filter(event=kind.event), [], {"sms"}
    else:
        reader = make.person("孙倩")
        MessageSettings.objects.create(user=reader, email="reader@example.com")
        (message,) = notify([reader, reader], kind.event, about=facts["filing"], link="/filing/", **facts)
        assert Message.objects.get(user=reader) == message and message.subject
        sent, said = Delivery.objects.filter(message=message), [message.subject, message.body]
        expected = set(kind.channels) - ({"email"} if kind.digest else set())
    assert {each.channel for each in sent} == expected
    assert kind.to in To
    for text in [*said, *[each.text for each in sent]]:
        assert not [gap for gap in ("None", "{{", "{%", "&lt;", "&#") if gap in text], text


def answer_in(event: str, told: dict[str, Any]) -> Any:
    """An answer is a station's decision about a change, and a sentence elsewhere."""
    return told["review"] if event.startswith("change.") else "同意撤回。"


def request_in(event: str, told: dict[str, Any]) -> Any:
    return told["data_request"] if event.startswith("data_request.") else told["request"]
