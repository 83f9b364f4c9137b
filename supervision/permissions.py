"""Who may prepare a filing, and who may decide a review. What is possible in its present state, the actions ask."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Delegation, Station, StationPost, User
from enterprises.models import Enterprise, Member
from enterprises.permissions import bar_administrator, enterprises_granted
from portal.documents.addresses import register_addresses
from portal.documents.models import Document
from portal.documents.permissions import register_reader
from portal.masking import mask_name
from portal.search import SEARCH_FIELDS
from portal.together import Together, among
from portal.written import written
from projects.models import ActingLead, Project, ProjectParty, ProjectUser, Standstill
from projects.permissions import employers_found, known_to, may_enter, memberships_granted
from supervision.catalogue import SYSTEM
from supervision.models import (
    Addendum,
    Attachment,
    ChangeConfirmation,
    DeclaredTie,
    Filing,
    MergeConsent,
    PersonnelChange,
    ProjectMerge,
    Recusal,
    Review,
)


def preparing_enterprises(user, filing: Filing):
    """The person's enterprises that may prepare it: the one that made it, or those its permit names (decisions 11)."""
    granted = enterprises_granted(user, SYSTEM)
    own = granted.filter(pk=filing.enterprise_id) if filing.enterprise_id else granted.none()
    if filing.permit is None:
        return own
    return own | granted.filter(uscc__in=filing.permit.uscc_codes)


def preparable_by(user):
    """The filings this person may prepare, for lists; the same rule as `can_prepare`."""
    granted = enterprises_granted(user, SYSTEM)
    named = Q(permit__uscc_codes__overlap=list(granted.values_list("uscc", flat=True)))
    return Filing.objects.filter(Q(enterprise__in=granted) | named) if user.is_personal else Filing.objects.none()


def preparers(person: UUID, enterprise: UUID, codes: list[str]):
    """Of a person's enterprises the one that made a filing, and those whose codes its permit names."""
    somebody = User(pk=person, kind=User.Kind.PERSONAL)
    granted = enterprises_granted(somebody, SYSTEM).filter(Q(pk=enterprise) | among("uscc", codes))
    return {"preparers": granted.order_by("name", "pk").values_list("pk", flat=True)}


PREPARERS = Together(preparers, person=UUID, enterprise=UUID, codes=list)


def can_prepare(user, filing: Filing) -> bool:
    """May fill in, submit, answer and withdraw it. A page asks once: what `visible_filing` found out is taken."""
    if not user.is_personal:
        return False
    if filing.prepared_by is not None and filing.prepared_by[0] == user.pk:
        return filing.prepared_by[1]
    codes = filing.permit.uscc_codes if filing.permit else []
    return bool(PREPARERS.ask(person=user.pk, enterprise=filing.enterprise_id, codes=codes)["preparers"])


def seen_by_person(person: UUID, pk: UUID):
    """A filing if this person may know of it, and whether he may prepare it."""
    somebody = User(pk=person, kind=User.Kind.PERSONAL)
    mine = enterprises_granted(somebody, SYSTEM)
    named = among("uscc", OuterRef("permit__uscc_codes"))
    may_prepare = Exists(mine.filter(pk=OuterRef("enterprise"))) | Exists(mine.filter(named))
    return {"filings": shown(Filing.objects.visible_to(somebody), pk).annotate(may_prepare=may_prepare)}


def seen_by_officer(person: UUID, pk: UUID):
    return {"filings": shown(Filing.objects.visible_to(User(pk=person, kind=User.Kind.STAFF)), pk)}


def shown(filings, pk: UUID):
    """One filing with what its pages name; what lists search in is left out."""
    around = ("project", "enterprise", "permit", "district", "jurisdiction_area", "created_by")
    unread = [f"{path}{name}" for path in ("", "project__", "enterprise__", "permit__") for name in SEARCH_FIELDS]
    return filings.filter(pk=pk).select_related(*around).defer(*unread)


SEEN_BY_PERSON = Together(seen_by_person, person=UUID, pk=UUID)
SEEN_BY_OFFICER = Together(seen_by_officer, person=UUID, pk=UUID)


def filing_seen_by(user, pk: UUID) -> Filing:
    """The filing if this account may know of it (`Filing.objects.visible_to`); else Http404."""
    if user.is_enterprise_account:
        raise Http404
    question = SEEN_BY_PERSON if user.is_personal else SEEN_BY_OFFICER
    for filing in question.ask(person=user.pk, pk=pk)["filings"]:
        filing.prepared_by = user.pk, getattr(filing, "may_prepare", False)
        return filing
    raise Http404


def can_edit(user, filing: Filing) -> bool:
    """May change it now: its status lets the applicant do so."""
    return filing.is_open and can_prepare(user, filing)


def require_preparer(user, filing: Filing) -> None:
    """Raise Http404 for everybody who may not prepare it; a stranger is not told that it exists."""
    if not can_prepare(user, filing):
        raise Http404


def enterprise_of(user, filing: Filing) -> Enterprise | None:
    """The enterprise for which this person prepares it."""
    return filing.enterprise or preparing_enterprises(user, filing).order_by("name", "pk").first()


# 人员变更 (domain §5.7 19)


def may_change_post(user, filing: Filing, party_type: str) -> bool:
    """Who prepares the filing, and the people of the unit whose post it is."""
    if not user.is_personal or not Filing.objects.visible_to(user).filter(pk=filing.pk).exists():
        return False
    codes = filing.parties.filter(party_type=party_type).exclude(uscc="").values("uscc")
    return can_prepare(user, filing) or enterprises_granted(user, SYSTEM).filter(uscc__in=codes).exists()


def may_consent(user, change: PersonnelChange) -> bool:
    """A person of the owner who has 项目报监."""
    if not user.is_personal or not change.owner_uscc:
        return False
    return enterprises_granted(user, SYSTEM).filter(uscc=change.owner_uscc).exists()


def may_print_in_full(user, filing: Filing) -> bool:
    """With full numbers: who typed them, and the officers who check them; not everybody of the project."""
    if user.is_personal:
        return can_prepare(user, filing)
    return filing.reviews.filter(posts_held_by(user)).exists()


def posts_held_by(user) -> Exists:
    """In a question about rows with station and role: whether this officer holds that post."""
    posts = StationPost.objects.held().filter(user=user)
    return Exists(posts.filter(station=OuterRef("station"), role=OuterRef("role")))


def changes_waiting_for(user):
    """The changes of which this officer's station and role has not said anything yet."""
    mine = ChangeConfirmation.objects.filter(posts_held_by(user), status=ChangeConfirmation.Status.WAITING)
    return PersonnelChange.objects.filter(pk__in=mine.values("change"), status=PersonnelChange.Status.SUBMITTED)


def mergers_waiting_for(user):
    """The mergers about which this chief is asked."""
    posts = StationPost.objects.held().filter(user=user, is_chief=True)
    held = Exists(posts.filter(station=OuterRef("station"), role=OuterRef("role")))
    asked = MergeConsent.objects.filter(held, agreed=None)
    return ProjectMerge.objects.filter(pk__in=asked.values("merge"), status=ProjectMerge.Status.WAITING)


def consents_of(user, merge: ProjectMerge):
    """What a chief's stations are asked about a merger."""
    posts = StationPost.objects.held().filter(user=user, is_chief=True)
    return merge.consents.filter(Exists(posts.filter(station=OuterRef("station"), role=OuterRef("role"))))


def acting_seen_by(user):
    """The stand-ins for project managers on the projects that this officer's station supervises."""
    held = Filing.objects.held_by_stations_of(user).filter(status=Filing.Status.FILED)
    return ActingLead.objects.filter(party__project__in=held.values("project"))


def supervises(user, project: Project) -> bool:
    return not user.is_personal and Filing.objects.held_by_stations_of(user).filter(project=project).exists()


def posts_for(station: Station, role: str):
    """The posts now held for a role at a station, of accounts that are in use."""
    return StationPost.objects.held().filter(station=station, role=role, user__is_active=True)


def officers_of(station: Station, role: str) -> list[User]:
    """Who reviews for a station in a role, to be told."""
    return list(User.objects.filter(pk__in=posts_for(station, role).values("user")))


def chiefs_of(station: Station, role: str) -> list[User]:
    """Who leads a role at a station, and who acts today for a chief who is away."""
    chiefs = posts_for(station, role).filter(is_chief=True).values("user")
    acting = Delegation.objects.on(timezone.localdate()).filter(officer__in=chiefs).values("delegate")
    acting = posts_for(station, role).filter(user__in=acting).values("user")
    return list(User.objects.filter(Q(pk__in=chiefs) | Q(pk__in=acting)))


def delegates_of(users) -> list[User]:
    """Who acts today for these officers while they are away."""
    delegations = Delegation.objects.on(timezone.localdate()).filter(officer__in=[user.pk for user in users])
    return list(User.objects.filter(pk__in=delegations.values("delegate"), is_active=True))


@dataclass(frozen=True)
class Seat:
    """What an officer is at the desk of one review: by his own post, and for colleagues who are away (edge case 18).

    `away` are those for whom he acts today, and whether they are chief; without a post of his own he acts for nobody.
    """

    user: UUID
    is_officer: bool = False
    is_own_chief: bool = False
    away: dict[UUID, bool] = field(default_factory=dict)

    @property
    def is_chief(self) -> bool:
        return self.is_own_chief or any(self.away.values())

    def has(self, review: Review) -> bool:
        """Whether it lies with him or with somebody for whom he acts."""
        return self.is_officer and review.assignee_id in {self.user, *self.away}

    def decides(self, review: Review) -> bool:
        """The officer who took it, or the chief."""
        return self.has(review) or (self.is_officer and self.is_chief)

    def behalf(self, review: Review) -> UUID | None:
        """For whom he acts, None for himself; it is written down with what he does."""
        if review.assignee_id == self.user:
            return None
        return review.assignee_id if review.assignee_id in self.away else self.behalf_of_chief

    @property
    def behalf_of_chief(self) -> UUID | None:
        """For which chief he does what only chiefs do."""
        chiefs = [user for user, is_chief in self.away.items() if is_chief]
        return None if self.is_own_chief or not chiefs else chiefs[0]


def seat_of(user, review: Review) -> Seat:
    """An officer's seat, in one question to the database."""
    return _seat(user, POSTS_AROUND.ask(person=user.pk, station=review.station_id, role=review.role)["posts"])


def seat_and_ties(user, review: Review) -> tuple[Seat, bool]:
    """The seat, and whether the officer must stay away (`is_tied`), in one question for a page."""
    at = {"person": user.pk, "station": review.station_id, "role": review.role}
    found = SEAT_AND_TIES.ask(**at, **binding(review), people=[user.pk])
    return _seat(user, found["posts"]), bool(found["tied"])


def _posts_around(person: UUID, station: UUID, role: str):
    away = Delegation.objects.on(timezone.localdate()).filter(delegate=person).values("officer")
    posts = posts_for(station, role).filter(Q(user=person) | Q(user__in=away))  # type: ignore[arg-type]
    return {"posts": posts.values_list("user", "is_chief")}


POST: dict[str, type] = {"person": UUID, "station": UUID, "role": str}
POSTS_AROUND = Together(_posts_around, **POST)


def _seat(user, posts) -> Seat:
    held = dict(posts)
    if user.pk not in held:
        return Seat(user.pk)
    return Seat(user.pk, True, held.pop(user.pk), held)


def is_officer(user, review: Review) -> bool:
    return seat_of(user, review).is_officer


def is_chief(user, review: Review) -> bool:
    return seat_of(user, review).is_chief


def can_decide(user, review: Review) -> bool:
    """The officer who took it, or the chief, or who acts for one of them; nobody with ties to the filing."""
    return seat_of(user, review).decides(review) and not is_tied(user, review)


def require_officer(user, review: Review) -> Seat:
    """Raise Http404 for everybody without a post for this station and role."""
    seat = seat_of(user, review)
    if not seat.is_officer:
        raise Http404
    return seat


def require_chief(user, review: Review, refusal: str) -> Seat:
    """Raise Http404 for strangers, and PermissionDenied(refusal) for officers who are not the chief."""
    seat = require_officer(user, review)
    if not seat.is_chief:
        raise PermissionDenied(refusal)
    return seat


# 回避: nobody reviews what he has ties to (edge case 18)


def is_tied(user, review: Review) -> bool:
    """Whether the officer declared 回避, or belongs to an enterprise or the project of the filing."""
    return tied_among([user.pk], review) != set()


def tied_among(users, review: Review) -> set:
    """Which of these officers (keys) must stay away from a review: one question, however many they are."""
    return set(TIED.ask(people=list(users), **binding(review))["tied"])


def binding(review: Review) -> dict[str, Any]:
    """By what an officer may be tied to a review."""
    filing = review.filing
    return {"review": review.pk, "codes": filing.uscc_codes, "project": filing.project_id}


def _tied(people: list[UUID], review: UUID, codes: list[str], project: UUID):
    ties = ties_to(OuterRef("pk"), review, codes, project)
    return {"tied": User.objects.filter(ties, among("pk", people)).order_by().values_list("pk", flat=True)}


def ties_to(me: OuterRef, review: UUID, codes: list[str], project: UUID) -> Q:
    """Whether the officer whose key is `me` must stay away from a review."""
    parts = [
        Recusal.objects.filter(officer=me, review=review),
        DeclaredTie.objects.filter(among("uscc", codes), officer=me, ended_at=None),
        Member.objects.filter(among("enterprise__uscc", codes), user=me, status=Member.Status.ACTIVE),
        ProjectUser.objects.filter(user=me, status=ProjectUser.Status.APPROVED, project=project),
        ProjectParty.objects.filter(lead=me, ended_at=None, project=project),
    ]
    ties = Q()
    for part in parts:
        ties |= Q(Exists(part))
    return ties


BINDING: dict[str, type] = {"review": UUID, "codes": list, "project": UUID}
TIED = Together(_tied, people=list, **BINDING)
SEAT_AND_TIES = Together(
    lambda person, station, role, **ties: _posts_around(person, station, role) | _tied(**ties),
    **POST | BINDING | {"people": list},
)


def require_untied(user, review: Review) -> None:
    """Raise PermissionDenied for an officer with ties to the filing."""
    if is_tied(user, review):
        raise PermissionDenied(_("您与该项目或其参建单位有关联，应当回避。请由站长改派其他审核员办理。"))


# Who may have the files of a filing.


def may_read(user, document: Document, request) -> bool:
    """Its applicants; of its stations, what was handed in: the documents of the frozen versions.

    A copy of a filing shares the documents of its original, so either lets its own people read them.
    """
    if user is None:
        return False
    sharing = Attachment.objects.filter(document=document).values("filing")
    filings = Filing.objects.visible_to(user).filter(Q(pk=document.holder_id) | Q(pk__in=sharing))
    return any(user.is_personal or is_handed_in(filing, document) for filing in filings)


def may_read_unready(user, document: Document, request) -> bool:
    """How a check goes is the applicants' matter; an earlier sound file stays readable to both sides."""
    return may_read(user, document, request) and (user.is_personal or document.was_sound)


def is_handed_in(filing: Filing, document: Document) -> bool:
    return any(
        attached["document"] == str(document.pk)
        for version in filing.versions.order_by("-number")
        for attached in version.data["attachments"]
    )


def may_read_of_standstill(user, document: Document, request) -> bool:
    """The proof that a permit was verified: for whoever knows the project, and its stations."""
    still = Standstill.objects.filter(pk=document.holder_id).select_related("project").first()
    if user is None or still is None:
        return False
    return supervises(user, still.project) or known_to(user).filter(pk=still.project_id).exists()


register_reader("projects.Standstill", may_read_of_standstill)
register_reader("supervision.Filing", may_read, unready=may_read_unready)
register_addresses(
    "supervision.Filing",
    view=lambda document: reverse("filing:paper", args=[document.holder_id, document.pk]),
    manage=lambda document: reverse("filing:attachment", args=[document.holder_id, document.pk]),
)


def may_read_of_change(user, document: Document, request) -> bool:
    """Both sides of a change; the stations once it was handed in to them. The papers name persons, not everybody's."""
    if user is None:
        return False
    change = PersonnelChange.objects.visible_to(user).filter(pk=document.holder_id).select_related("filing").first()
    if change is None:
        return False
    return not user.is_personal or may_change_post(user, change.filing, change.party_type) or may_consent(user, change)


def may_read_unready_of_change(user, document: Document, request) -> bool:
    return user is not None and user.is_personal and may_read_of_change(user, document, request)


register_reader("supervision.PersonnelChange", may_read_of_change, unready=may_read_unready_of_change)


def may_read_addendum(user, document: Document, request) -> bool:
    """Its applicants; its stations once it was handed in."""
    addendum = Addendum.objects.filter(pk=document.holder_id).first() if user is not None else None
    if addendum is None or not Filing.objects.visible_to(user).filter(pk=addendum.filing_id).exists():
        return False
    return user.is_personal or (addendum.handed_in_at is not None and document.was_sound)


register_reader("supervision.Addendum", may_read_addendum, unready=may_read_addendum)


def may_read_sample(user, document: Document, request) -> bool:
    """Blank forms and examples are for everybody who has signed in."""
    return user is not None


register_reader("supervision.MaterialFile", may_read_sample)


# The door


def require_entry(user) -> None:
    """Raise PermissionDenied, with whom to ask, for people who may not enter 项目报监 (guide §一.4, product §6)."""
    bar_administrator(user)
    if not may_enter(user, SYSTEM):
        raise PermissionDenied(whom_to_ask(user))


@dataclass(frozen=True)
class Reach:
    """What opens filings to a person: enterprises {id: credit code} and projects with 项目报监."""

    enterprises: dict[UUID, str]
    projects: list[UUID]

    @property
    def codes(self) -> list[str]:
        return sorted(self.enterprises.values())


def reach_of(user) -> Reach:
    """As `Filing.objects.of_applicant` finds them; the door is shut to others as by `require_entry`."""
    bar_administrator(user)
    found = reach(user=user.pk) if user.is_personal else []
    if not found or not (found[0][0] or found[0][2]):
        require_entry(user)
    keys, codes, projects = found[0]
    return Reach(dict(zip(keys, codes, strict=True)), projects)


@written
def reach(*, user: UUID):
    somebody = User(pk=user, kind=User.Kind.PERSONAL)
    own = enterprises_granted(somebody, SYSTEM).order_by("pk")
    projects = memberships_granted(somebody, SYSTEM).order_by().values("project")
    asked = {"keys": ArraySubquery(own.values("pk")), "codes": ArraySubquery(own.values("uscc"))}
    return User.objects.filter(pk=user).values_list(*asked.values(), ArraySubquery(projects))


def granted_codes(user) -> dict:
    return dict(enterprises_granted(user, SYSTEM).values_list("pk", "uscc"))


def whom_to_ask(user) -> str:
    """未授权，请联系企业管理员 张**: of the enterprise the person belongs to, by membership or project."""
    agent = next(iter(agents_of(user=user.pk)), None) if user.is_personal else None
    if agent is None:
        return _("未授权，请联系企业管理员")
    return _("未授权，请联系企业管理员 %(agent)s") % {"agent": mask_name(agent)}


@written
def agents_of(*, user: UUID):
    """The 经办人 of the first enterprise that the person works for."""
    return employers_found(User(pk=user, kind=User.Kind.PERSONAL)).values_list("agent_name", flat=True)


def preparable_among(user, filings, own: dict | None = None) -> set:
    """Which of these filings (with their permits) the person may prepare: one question, or none if `own` is known."""
    granted = granted_codes(user) if own is None else own
    codes = set(granted.values())
    return {
        filing.pk
        for filing in filings
        if filing.enterprise_id in granted or (filing.permit and codes & set(filing.permit.uscc_codes))
    }
