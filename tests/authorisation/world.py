"""Two sides that have nothing to do with each other, each with everything that has an address, and ten people.

All ten belong to the first side: what stands there is their own, what stands on the other side is foreign.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.db.models import Model
from django.utils import timezone

from accounts.models import (
    Agreement,
    DataCopy,
    DataRequest,
    Delegation,
    Device,
    RecoveryTicket,
    SignInLock,
    Target,
    User,
)
from enterprises.models import AgentChange, Appointment, Enterprise, JoinRequest, Member
from portal.audit.models import AuditEntry
from portal.exports.models import Export
from portal.home.models import Notice
from portal.lists.models import SavedView
from portal.notifications.models import Delivery
from projects.actions import delegate_approvals
from projects.models import EnterpriseHandover, FeedRun, PartyType, ProjectUser, QuarantinedRow
from supervision.actions import accept_review, add_item, ask_merge, open_addendum
from supervision.models import Attachment, DeclaredTie, Filing, FilingParty, Material, PersonnelChange, Phrase
from tests import make
from tests.authorisation.roles import ROLES
from tests.home.steps import told
from tests.projects.acts import applied
from tests.supervision.acts import submit

LIST = "review"  # the list whose views are kept


@dataclass
class Side:
    """One contractor with its filings in each state, and the station of its area with its officers."""

    area: str
    district: str
    people: dict[str, User] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)
    of_person: dict[str, dict[str, Model]] = field(default_factory=dict)  # what everybody has one of

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["things"][name]
        except KeyError:
            raise AttributeError(name) from None


def side(area: str, district: str) -> Side:
    made = Side(area, district)
    settle_people(made)
    settle_filings(made)
    settle_projects(made)
    settle_reviews(made)
    return made


def settle_people(made: Side) -> None:
    contractor = make.granted(make.enterprise())
    employed = {name: make.member(contractor, make.person()) for name in ("member", "manager", "colleague")}
    made.people |= {name: row.user for name, row in employed.items()}
    made.people |= {"administrator": make.administrator_of(contractor), "project_user": make.person("赵敏")}
    made.people |= {role: make.officer(role, area=made.area) for role in Target.values}
    made.things |= {
        "enterprise": contractor,
        "grant": contractor.grants.get(),
        "staff_member": employed["colleague"],
        "asked": JoinRequest.objects.create(
            enterprise=contractor, name="王五", phone=make.phone(), phone_index=f"{made.area:0>64}"
        ),
        "asking_person": JoinRequest.objects.create(
            enterprise=contractor, name="赵六", phone=make.phone(), phone_index=f"{made.area:1>64}", user=make.person()
        ),
        "appointed": an_administrator(contractor),
        "agency": asked_to_be_agent(contractor, employed["member"].user),
    }


def an_administrator(enterprise: Enterprise) -> Member:
    by = make.administrator_of(enterprise)
    return Appointment.objects.create(member=make.member(enterprise), appointed_by=by).member


def asked_to_be_agent(enterprise: Enterprise, user: User) -> AgentChange:
    asked = {"name": user.name, "phone": user.phone, "phone_index": user.phone_index}
    by = make.administrator_of(enterprise)
    return AgentChange.objects.create(enterprise=enterprise, former_name=enterprise.agent_name, proposed_by=by, **asked)


def settle_filings(made: Side) -> None:
    clerk, where = made.people["member"], {"jurisdiction_area_id": made.area, "district_id": made.district}
    made.things["draft"] = make.draft_filing(by=clerk, **where)
    ready = make.ready_filing(by=clerk, **where)
    name_lead(ready, made.people["manager"])
    submit(Filing.objects.get(pk=ready.pk), clerk)
    made.things["submitted"] = submitted = make.ready_filing(by=clerk, **where)
    made.things["attachment"] = attach(submitted, clerk)
    submit(Filing.objects.get(pk=submitted.pk), clerk)
    returned = make.submitted_filing(by=clerk, **where)
    for review in ready.reviews.all():
        make.approved(review, by=made.people[review.role])
    for review in returned.reviews.all():
        make.returned(review, by=made.people[review.role])
    made.things["returned"] = Filing.objects.get(pk=returned.pk)
    made.things["paper"] = returned.notices.first()
    made.things["filed"] = filed = Filing.objects.get(pk=ready.pk)
    made.things["version"] = filed.versions.get()
    made.things["addendum"] = open_addendum(filed, material=material(filed), reason="补充一页。", by=clerk)
    made.things["change"] = PersonnelChange.objects.create(
        filing=filed, party_type=PartyType.CONTRACTOR, unit_name="某单位", created_by=clerk
    )
    made.things["receipt"] = filed.receipt


def material(filing: Filing) -> Material:
    found = Material.objects.filter(rules__module=filing.module).first()
    assert found
    return found


def attach(filing: Filing, by: User) -> Attachment:
    document = make.document_row("material", filing, by=by)
    document.save()
    return Attachment.objects.create(filing=filing, material=material(filing), document=document, added_by=by)


def name_lead(filing: Filing, person: User) -> None:
    party = FilingParty.objects.get(filing=filing, party_type=PartyType.CONTRACTOR)
    party.head_name, party.head_id_number, party.head_phone = person.name, person.id_number, person.phone
    party.head_id_index = person.id_index
    party.save()


def settle_projects(made: Side) -> None:
    project = made.filed.project
    approved = {
        "status": ProjectUser.Status.APPROVED,
        "decided_by": made.people["manager"],
        "decided_at": timezone.now(),
    }
    works_here = applied(project, made.enterprise, made.people["project_user"], **approved)
    made.things |= {
        "project": project,
        "party": project.parties.get(party_type=PartyType.CONTRACTOR),
        "application": works_here,
        "waiting": applied(project, made.enterprise),
    }
    today = timezone.localdate()
    made.things["deputy"] = delegate_approvals(
        project, user=made.people["colleague"], since=today, until=today + timedelta(days=5), by=made.people["manager"]
    )


def settle_reviews(made: Side) -> None:
    review = made.submitted.reviews.get(role=Target.SAFETY)
    officer = made.people["safety"]
    accept_review(review, by=officer)
    review.refresh_from_db()
    made.things["review"] = review
    made.things["item"] = add_item(
        review,
        section="basics",
        place="works_name",
        material=None,
        reason_code="",
        text="请核实。",
        basis="",
        by=officer,
    )
    made.things["phrase"] = Phrase.objects.create(officer=officer, text="请补充盖章页。")
    made.things["tie"] = DeclaredTie.objects.create(officer=officer, uscc=make.uscc(), reason="曾在该单位任职。")
    made.people["chief"] = make.officer("safety", area=made.area, chief=True)
    today = timezone.localdate()
    made.things["absence"] = Delegation.objects.create(
        officer=officer,
        delegate=made.people["chief"],
        first_day=today + timedelta(days=9),
        last_day=today + timedelta(days=10),
        made_by=officer,
    )


def belongings(user: User) -> dict[str, Model]:
    """What everybody has one of."""
    return {
        "message": told(user),
        "export": Export.objects.create(user=user, kind=LIST),
        "view": SavedView.objects.create(user=user, kind=LIST, name="我的"),
        "copy": DataCopy.objects.create(user=user),
        "device": Device.objects.create(user=user, index=f"{user.pk.hex:0>64}", name="Chrome"),
        "request": DataRequest.objects.create(
            user=user, kind=DataRequest.Kind.DELETE, status=DataRequest.Status.SUBMITTED, due_on=timezone.localdate()
        ),
        "ticket": a_ticket(user),
        "asking": JoinRequest.objects.create(
            enterprise=make.enterprise(), name=user.name, phone=make.phone(), phone_index="y" * 64, user=user
        ),
    }


def a_ticket(user: User) -> RecoveryTicket:
    claim = {"name": user.name, "id_number": make.id_number()}
    kind = RecoveryTicket.Kind.PHONE
    return RecoveryTicket.objects.create(account=user, kind=kind, claim=claim, new_phone=make.phone())


def invitation(user: User) -> Member:
    return make.member(make.enterprise(), user, status=Member.Status.INVITED)


@dataclass
class World:
    own: Side
    foreign: Side
    people: dict[str, User]
    shared: dict[str, Any]


def build() -> World:
    """Everything, once."""
    make.reference()
    call_command("createcachetable", verbosity=0)  # as every start does; the limits of allauth's pages stand there
    own, foreign = side("JA", "420102"), side("HY", "420105")
    people = {role: own.people[role] for role in ROLES if role in own.people}
    people |= {"operator": make.operator(), "auditor": make.auditor()}
    own.of_person = {role: belongings(user) for role, user in people.items()}
    own.of_person["visitor"] = own.of_person["member"]
    foreign.of_person = dict.fromkeys(ROLES, belongings(foreign.people["member"]))
    for role in ROLES:
        personal = role in ("member", "manager", "project_user")
        own.of_person[role]["invitation"] = invitation(people[role]) if personal else own.staff_member
        foreign.of_person[role]["invitation"] = foreign.staff_member
    foreign.of_person["member"]["invitation"] = invitation(foreign.people["colleague"])
    return World(own, foreign, people, shared(own, people["operator"]))


def shared(own: Side, operator: User) -> dict[str, Any]:
    """What belongs to nobody."""
    run = FeedRun.objects.create(feed="permits", kind=FeedRun.Kind.FILE, status=FeedRun.Status.HELD)
    row = QuarantinedRow.objects.create(feed="permits", run=run, key="x", row_no=1, raw={}, reasons=["x"])
    one, other = make.project(), make.project()
    stuck = make.document_row("material", own.draft, by=own.people["member"])
    stuck.state, stuck.problem = stuck.State.STUCK, "检查超时。"
    stuck.save()
    ends = timezone.now() + timedelta(minutes=15)
    return {
        "run": run,
        "row": row,
        "stuck": stuck,
        "ticket": a_ticket(own.people["colleague"]),
        "lock": SignInLock.objects.create(user=own.people["member"], account="138", keys=["x"], ends_at=ends),
        "delivery": Delivery.objects.create(
            event="account.code", channel=Delivery.Channel.SMS, state=Delivery.State.DEAD, key="x", address=make.phone()
        ),
        "agreement": Agreement.objects.create(
            kind="terms", version="9", title="用户协议", body="正文", effective_from=timezone.now() + timedelta(days=9)
        ),
        "notice": Notice.objects.create(title="停机维护", body="周日夜间。"),
        "officer": own.people["quality"],
        "post": own.people["quality"].station_posts.get(),
        "entry": AuditEntry.objects.order_by("pk").first(),
        "project": one,
        "other": other,
        "handover": EnterpriseHandover.objects.create(
            kind="merge",
            source=make.enterprise(),
            target=make.enterprise(),
            evidence="合并登记",
            proposed_by=make.operator("提出人"),
        ),
        "merge": ask_merge(make.project(), make.project(), reason="同一工程。", by=operator),
    }
