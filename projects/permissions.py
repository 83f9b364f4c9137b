"""Who answers for a project, who lets people into it, and who works on it.

What a person may do follows from rows that others keep: leaving an enterprise, or being disabled there, ends at once
what that person did for it on any project.
"""

from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enterprises.models import Enterprise, Member, MemberExclusion, SystemGrant
from enterprises.permissions import (
    NEVER_AGREED,
    enterprises_granted,
    register_consequence,
    register_papers,
    register_tie,
)
from portal.documents.models import Document
from portal.documents.permissions import register_reader
from projects.catalogue import FILES
from projects.models import ActingLead, PartyType, Project, ProjectGrant, ProjectParty, ProjectUser

DELEGATED = "projects.approve_project_users"
# Leads of these parties let in people of their own unit; the contractor's lets in everybody (domain §5.3).
OWN_UNIT_LEADS = (PartyType.OWNER, PartyType.SUPERVISOR)
GATES = (PartyType.CONTRACTOR, *OWN_UNIT_LEADS)
UNDECIDED = ProjectUser.Status.SUBMITTED
JOINED = ProjectUser.Status.APPROVED


# Parties


def of_units(enterprises: QuerySet[Enterprise]) -> Q:
    """Parties that are one of these enterprises: by row, or by credit code where it registered after the filing."""
    return Q(enterprise__in=enterprises.values("pk")) | Q(uscc__in=enterprises.values("uscc"))


def parties_of(enterprises: QuerySet[Enterprise]) -> QuerySet[ProjectParty]:
    """What these enterprises answer for now, subcontracts too."""
    return ProjectParty.objects.filter(of_units(enterprises), ended_at=None, project__filed_at__isnull=False)


def projects_open_to(enterprise: Enterprise) -> QuerySet[Project]:
    """The filed projects of an enterprise: what its people may ask to join (guide 二)."""
    parties = parties_of(Enterprise.objects.filter(pk=enterprise.pk))
    return Project.objects.filter(pk__in=parties.values("project"), closed_at=None)


def is_party(enterprise: Enterprise, project: Project) -> bool:
    return projects_open_to(enterprise).filter(pk=project.pk).exists()


# Who works on a project


def working() -> QuerySet[ProjectUser]:
    """The approved project users, without those whose enterprise let them go or disabled them since."""
    own = Member.objects.filter(user=OuterRef("user"), enterprise=OuterRef("enterprise"))
    left = Q(status=Member.Status.LEFT, ended_at__gt=OuterRef("decided_at"))
    gone = Exists(own.filter(Q(status=Member.Status.DISABLED) | left))
    back = Exists(own.filter(status=Member.Status.ACTIVE))
    return ProjectUser.objects.filter(status=JOINED).filter(~Q(gone) | Q(back))


def serving() -> QuerySet[ProjectParty]:
    """The parties that have a lead who may act: an active member of that unit, or let into the project for it.

    While somebody stands in for the lead, the lead's rights rest (domain §5.7 20).
    """
    return able_leads().exclude(pk__in=ActingLead.objects.in_force().values("party"))


def standing_in() -> QuerySet[ActingLead]:
    """Who acts in a lead's place today, while the unit has them."""
    own = Member.objects.filter(user=OuterRef("user"), status=Member.Status.ACTIVE)
    member = Exists(
        own.filter(Q(enterprise=OuterRef("party__enterprise")) | Q(enterprise__uscc=OuterRef("party__uscc")))
    )
    return ActingLead.objects.in_force().filter(member, user__is_active=True)


def able_leads() -> QuerySet[ProjectParty]:
    own = Member.objects.filter(user=OuterRef("lead"), status=Member.Status.ACTIVE)
    member = Exists(own.filter(Q(enterprise=OuterRef("enterprise")) | Q(enterprise__uscc=OuterRef("uscc"))))
    joined = Exists(
        working().filter(user=OuterRef("lead"), project=OuterRef("project"), enterprise__uscc=OuterRef("uscc"))
    )
    return ProjectParty.objects.filter(ended_at=None, lead__is_active=True).filter(Q(member) | Q(joined))


def led_by(user: User) -> QuerySet[ProjectParty]:
    """What this person leads, in their own right or in somebody's place."""
    own, acting = serving().filter(lead=user), standing_in().filter(user=user)
    return ProjectParty.objects.filter(Q(pk__in=own.values("pk")) | Q(pk__in=acting.values("party")))


def managed_by(user: User) -> QuerySet[Project]:
    """The projects whose project manager this person is, or that a manager delegated to them."""
    led = led_by(user).filter(party_type=PartyType.CONTRACTOR)
    delegated = delegations_in_force().filter(user=user)
    return Project.objects.filter(Q(pk__in=led.values("project")) | Q(pk__in=delegated.values("content_object")))


def delegations() -> QuerySet[ProjectGrant]:
    """Every right to approve that was handed out.

    guardian's own shortcut looks the permission up first: two questions more on every page of a manager.
    """
    app, codename = DELEGATED.split(".")
    return ProjectGrant.objects.filter(permission__codename=codename, permission__content_type__app_label=app)


def delegations_of(project: Project) -> QuerySet[ProjectGrant]:
    """Who was let to approve project users by its manager."""
    return delegations().filter(content_object=project)


def delegations_in_force(day: date | None = None) -> QuerySet[ProjectGrant]:
    """Those that hold today: within their days, while the person works there; or handed out without days."""
    today = day or timezone.localdate()
    joined = Exists(working().filter(user=OuterRef("user"), project=OuterRef("content_object")))
    dated = Q(since__lte=today, until__gte=today) & (Q(joined) | Q(Exists(builders_people())))
    return delegations().filter(Q(since=None) | dated, user__is_active=True)


def builders_people() -> QuerySet[Member]:
    """The person of a delegation as one of the 施工单位's own, asked of delegations."""
    builders = ProjectParty.objects.filter(
        project=OuterRef(OuterRef("content_object")), party_type=PartyType.CONTRACTOR, ended_at=None
    )
    own = Q(enterprise__in=builders.values("enterprise")) | Q(enterprise__uscc__in=builders.values("uscc"))
    return Member.objects.filter(own, user=OuterRef("user"), status=Member.Status.ACTIVE)


def may_delegate(user: User, project: Project) -> bool:
    """Its project manager, or who stands in for them; whom they delegated to hands nothing on."""
    return led_by(user).filter(project=project, party_type=PartyType.CONTRACTOR).exists()


def delegable(project: Project, *, by: User) -> QuerySet[User]:
    """Whom the manager may choose: people of the 施工单位 and of the project, of either once."""
    builders = ProjectParty.objects.filter(project=project, party_type=PartyType.CONTRACTOR, ended_at=None)
    units = Q(enterprise__in=builders.values("enterprise")) | Q(enterprise__uscc__in=builders.values("uscc"))
    staff = Member.objects.filter(units, status=Member.Status.ACTIVE)
    people = Q(pk__in=staff.values("user")) | Q(pk__in=working().filter(project=project).values("user"))
    return User.objects.filter(people, is_active=True).exclude(pk=by.pk).order_by("name", "pk")


def is_manager(user: User) -> bool:
    """Shows 项目管理 in the top bar."""
    if not user.is_personal:
        return False
    return led_by(user).filter(party_type__in=GATES).exists() or managed_by(user).exists()


def manager_of(project: Project) -> User | None:
    """The project manager: the contractor's lead, or who stands in for them."""
    if acting := standing_in().filter(party__project=project, party__party_type=PartyType.CONTRACTOR).first():
        return acting.user
    party = serving().filter(project=project, party_type=PartyType.CONTRACTOR).select_related("lead").first()
    return party.lead if party else None


def without_manager() -> QuerySet[Project]:
    """The projects whose 施工单位 has no project manager with an account yet (decisions 6)."""
    managers = serving().filter(project=OuterRef("pk"), party_type=PartyType.CONTRACTOR)
    acting = standing_in().filter(party__project=OuterRef("pk"), party__party_type=PartyType.CONTRACTOR)
    return Project.objects.filter(~Exists(managers), ~Exists(acting))


def awaiting_manager() -> QuerySet[Project]:
    """项目经理待变更: the project manager had the post and left the 施工单位, or was disabled there (edge case 22).

    The end of a membership is not the end of the post: the filing still names the person until that is changed.
    """
    posts = ProjectParty.objects.filter(project=OuterRef("pk"), party_type=PartyType.CONTRACTOR, ended_at=None)
    return without_manager().filter(Exists(posts.filter(lead__isnull=False)), filed_at__isnull=False)


def may_report_standstill(user: User, project: Project) -> bool:
    """停工 and 恢复施工 are reported by the 建设单位: an active member of it (建筑法 art. 10)."""
    if not user.is_personal:
        return False
    own = Enterprise.objects.filter(members__user=user, members__status=Member.Status.ACTIVE)
    return parties_of(own).filter(project=project, party_type=PartyType.OWNER).exists()


def may_split(user: User, project: Project) -> bool:
    """Phases and lots are made by the 建设单位, whose project it is (domain §5.7 34)."""
    return may_report_standstill(user, project)


def known_to(user: User) -> QuerySet[Project]:
    """The filed projects that a person works on, leads, or that their enterprises are parties of."""
    if not user.is_personal:
        return Project.objects.none()
    member_of = Enterprise.objects.filter(members__user=user, members__status=Member.Status.ACTIVE)
    ways = (parties_of(member_of), led_by(user), working().filter(user=user))
    mine = Q(pk__in=[])
    for rows in ways:
        mine |= Q(pk__in=rows.values("project"))
    return Project.objects.filter(mine, filed_at__isnull=False)


def employers_of(user: User) -> list[Enterprise]:
    """The enterprises a person works for, by membership or on a project: offered before anything is typed."""
    return list(employers_found(user).select_related("district"))


def employers_found(user: User) -> QuerySet[Enterprise]:
    active = Enterprise.objects.filter(status=Enterprise.Status.ACTIVE)
    member = user.memberships.filter(status=Member.Status.ACTIVE).values("enterprise")
    joined = working().filter(user=user).values("enterprise")
    own = member.union(joined)  # an OR of two would look at every enterprise there is
    return active.filter(pk__in=own).order_by("name", "pk")[:10]


# Who lets people in


def approvable_by(user: User) -> QuerySet[ProjectUser]:
    """The applications this account may see and decide; nobody's own (decisions 6, security S5)."""
    if user.is_enterprise_account:
        return approvable_by_administration(user)
    if not user.is_personal:
        return ProjectUser.objects.none()
    own = led_by(user).filter(party_type__in=OWN_UNIT_LEADS, project=OuterRef("project"))
    own_unit = Exists(own.filter(Q(enterprise=OuterRef("enterprise")) | Q(uscc=OuterRef("enterprise__uscc"))))
    people = ProjectUser.objects.exclude(user=user).filter(position__leads=False)
    return people.filter(Q(project__in=managed_by(user)) | Q(own_unit))


def approvable_by_administration(user: User) -> QuerySet[ProjectUser]:
    """What falls to an administrator account.

    Of the 施工单位: projects without a manager, and what waited too long. Of any party: the posts of its own leads,
    which no peer confirms. A lead of an enterprise that is no party falls to the 施工单位 again. The agent behind
    the account does not decide about themselves, unless the filing named them as lead.
    """
    mine = Enterprise.objects.filter(administrators__user=user)
    building = parties_of(mine).filter(party_type=PartyType.CONTRACTOR)
    at_site = Q(project__in=building.values("project"))
    of_party = Exists(ProjectParty.objects.filter(same_unit(), project=OuterRef("project"), ended_at=None))
    own_lead = Q(position__leads=True, enterprise__in=mine) & Q(of_party)
    strange_lead = Q(position__leads=True) & ~Q(of_party) & at_site
    people = Q(position__leads=False) & at_site & (Q(project__in=without_manager()) | Q(escalated_at__isnull=False))
    agent = mine.filter(
        Q(agent_id_index=OuterRef("user__id_index")) | Q(agent_phone_index=OuterRef("user__phone_index"))
    )
    oneself = Q(Exists(agent)) & ~Q(Exists(named_lead()))
    return ProjectUser.objects.filter(own_lead | strange_lead | people).exclude(oneself)


def same_unit() -> Q:
    """In a question about parties asked of applications: the party that is the application's enterprise."""
    return Q(enterprise=OuterRef("enterprise")) | Q(uscc=OuterRef("enterprise__uscc"))


def named_lead() -> QuerySet[ProjectParty]:
    """The party whose filing named the applicant as its lead, asked of applications."""
    return ProjectParty.objects.filter(
        same_unit(), project=OuterRef("project"), ended_at=None, lead_id_index=OuterRef("user__id_index")
    )


def may_approve(user: User, application: ProjectUser) -> bool:
    return approvable_by(user).filter(pk=application.pk).exists()


def approvers_of(application: ProjectUser) -> list[User]:
    """Who is told that an application waits: those who may decide it now."""
    return [account for account in candidates_of(application) if may_approve(account, application)]


def candidates_of(application: ProjectUser) -> list[User]:
    """The manager and their deputies, the leads of the applicant's unit, and the administrators of that unit and of the 施工单位."""
    parties = ProjectParty.objects.filter(project=application.project, ended_at=None)
    own = Q(enterprise=application.enterprise_id) | Q(uscc=application.enterprise.uscc)
    gates = parties.filter(Q(party_type=PartyType.CONTRACTOR) | Q(party_type__in=OWN_UNIT_LEADS) & own)
    builders = parties.filter(party_type=PartyType.CONTRACTOR)
    units = Q(pk__in=builders.values("enterprise")) | Q(uscc__in=builders.exclude(uscc="").values("uscc"))
    bodies = Enterprise.objects.filter(units | Q(pk=application.enterprise_id))
    deputies = delegations_in_force().filter(content_object=application.project)
    leads = (
        Q(pk__in=deputies.values("user"))
        | Q(projects_led__in=gates)
        | Q(acting_posts__party__in=gates)
        | Q(administrator__enterprise__in=bodies)
    )
    return list(User.objects.filter(leads, is_active=True).distinct().order_by("kind", "pk"))


# Which business systems a person enters by a project


def memberships_granted(user: User, system: str) -> QuerySet[ProjectUser]:
    """The person's project memberships for whose enterprise the system is granted and not switched off (decisions 5)."""
    granted = SystemGrant.objects.filter(system=system, revoked_at=None)
    excluded = MemberExclusion.objects.filter(
        system=system, member__user=user, member__enterprise=OuterRef("enterprise"), member__ended_at=None
    )
    mine = working().filter(user=user, enterprise__status__in=Enterprise.READING)
    return mine.filter(enterprise__in=granted.values("enterprise")).exclude(Exists(excluded))


def may_enter(user: User, system: str) -> bool:
    """Whether the door of a business system opens: by an enterprise, or by a project."""
    if not user.is_personal:
        return False
    return enterprises_granted(user, system).exists() or memberships_granted(user, system).exists()


# What the apps below ask


def is_tied(user: User) -> bool:
    """Whether the account belongs to a project, so that no enterprise may reset its password."""
    return user.project_memberships.filter(status__in=[UNDECIDED, JOINED]).exists()


def may_rewrite_identity(user: User) -> bool:
    """Whether nobody has confirmed who the person is yet: all there is was typed by themselves.

    Once an enterprise or a project has them, name and ID number change only with proof, by an operator.
    """
    confirmed = [JOINED, ProjectUser.Status.ENDED]
    return not user.memberships.exists() and not user.project_memberships.filter(status__in=confirmed).exists()


def what_stops(enterprise: Enterprise, *, system=None, user: User | None = None) -> list[str]:
    """What a person no longer does on projects when they leave or are disabled."""
    if user is None or system is not None:
        return []
    own = Enterprise.objects.filter(pk=enterprise.pk)
    led = led_by(user).filter(of_units(own)).values_list(F("project__works_name"), flat=True)
    joined = working().filter(user=user, enterprise=enterprise).values_list(F("project__works_name"), flat=True)
    sentences = [_("不再是“%(project)s”的负责人，不能审核项目用户") % {"project": name} for name in led]
    sentences += [_("不再是“%(project)s”的项目用户") % {"project": name} for name in joined]
    here = approvable_by(user).filter(status=UNDECIDED, project__in=parties_of(own).values("project"))
    if count := here.count():
        sentences.append(
            _("%(count)d 项项目用户申请正等待其审核，此后由项目经理或施工单位的企业管理员审核") % {"count": count}
        )
    return sentences


def may_read(user: User | None, document: Document, request) -> bool:
    """The applicant, and whoever may decide the application or may have decided it."""
    application = ProjectUser.objects.filter(pk=document.holder_id).first()
    if user is None or application is None:
        return False
    return application.user_id == user.pk or may_approve(user, application)


def may_read_unready(user: User | None, document: Document, request) -> bool:
    """Files under check or refused are shown to the applicant alone."""
    if user is None or document.state == Document.State.REMOVED:
        return False
    return ProjectUser.objects.filter(pk=document.holder_id, user=user).exists()


def files_of(user: User) -> dict[str, Document]:
    """Their sound photo and letter from an earlier application, or the photo their enterprise keeps, by form field."""
    agreed = user.memberships.exclude(status__in=NEVER_AGREED)
    holders = [*user.project_memberships.values_list("pk", flat=True), *agreed.values_list("pk", flat=True)]
    held = Document.objects.ready().filter(
        holder_type__in=["projects.projectuser", "enterprises.member"], holder_id__in=holders, kind__in=FILES.values()
    )
    newest = {document.kind: document for document in held.order_by("uploaded_at")}
    return {field: newest[kind] for field, kind in FILES.items() if kind in newest}


def papers_on_projects(user: User) -> Q:
    """What the person handed in with their own applications."""
    return Q(holder_type="projects.projectuser", holder_id__in=user.project_memberships.values("pk"))


register_papers(papers_on_projects)
register_reader("projects.ProjectUser", may_read, unready=may_read_unready)
register_tie(is_tied)
register_consequence(what_stops)
