"""Who lives in the demo: the stations' officers, the enterprises, their people."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actions import accept_agreement, create_enterprise_account, create_staff
from accounts.drafts import LIFETIME
from accounts.models import Agreement, Registration, StationPost, StationRole, User
from enterprises.actions import add_member, grant_systems
from enterprises.actions.registration import new_enterprise
from enterprises.catalogue import ID_PHOTO, LICENCE
from enterprises.models import Administrator, BusinessSystem, Enterprise, Position
from portal.audit.actions import record
from portal.documents.actions import store
from portal.management.demo.data import PASSWORD, PEOPLE, STAFF, UNITS, Human, Unit
from portal.management.demo.files import check_at_once, paper, photo
from projects.actions import join_project
from projects.catalogue import FILES
from projects.models import Project, ProjectUser


def people_the_city() -> tuple[dict[str, Enterprise], dict[str, User]]:
    """Make everybody; returns the enterprises by key and the people by name."""
    for username, name, duty, post in STAFF:
        hire(username, name, duty, post)
    enterprises = {unit.key: found(unit) for unit in UNITS}
    people = {human.name: employ(human, enterprises[human.unit]) for human in PEOPLE}
    check_at_once()
    return enterprises, people


def hire(username: str, name: str, duty: str, post: tuple[str, str, bool] | None) -> User:
    """A staff account; an officer has one post, at the body that holds the role in the area today."""
    user = as_sample(create_staff(username=username, name=name, duty=duty))
    if post:
        role, area, is_chief = post
        station = StationRole.objects.on(timezone.localdate()).get(role=role, area=area).station
        since = timezone.localdate() - timedelta(days=365)  # the story of the demo begins weeks ago
        StationPost.objects.create(user=user, station=station, role=role, is_chief=is_chief, since=since)
    return user


def as_sample(user: User) -> User:
    """Mark an account as invented: nothing is ever sent to its number by a real provider."""
    user.is_sample = True
    user.save(update_fields=["is_sample"])
    return user


def found(unit: Unit) -> Enterprise:
    """An enterprise with its administrator account, its licence, and what it is authorised for.

    `register_enterprise` wants a code from a phone that rings nowhere; the rest of it is done here.
    """
    facts = {
        "name": unit.name,
        "uscc": unit.uscc,
        "types": [unit.type],
        "legal_representative": unit.legal_representative,
        "district_id": unit.district,
        "address": unit.address,
        "phone": "027-82000000",
        "is_sample": True,
    }
    agent = dict(zip(("agent_name", "agent_id_number", "agent_phone"), unit.agent, strict=True))
    enterprise = new_enterprise(facts, agent)
    account = as_sample(create_enterprise_account(uscc=unit.uscc, name=unit.name, password=PASSWORD))
    Administrator.objects.create(user=account, enterprise=enterprise)
    accept_agreement(Agreement.objects.current(Agreement.Kind.ENTERPRISE), user=account)
    store(licence(unit), kind=LICENCE, holder=enterprise, by=account)
    record("enterprise.registered", enterprise, by=account, enterprise_id=enterprise.pk)
    grant_systems(enterprise, BusinessSystem.objects.filter(pk__in=unit.systems), by=account)
    return enterprise


def licence(unit: Unit) -> SimpleUploadedFile:
    lines = [f"统一社会信用代码：{unit.uscc}", f"法定代表人：{unit.legal_representative}", f"住所：{unit.address}"]
    return photo("营业执照", [unit.name, *lines])


def employ(human: Human, enterprise: Enterprise) -> User:
    """A person whom the administrator added with 新建用户, and who has taken the account over."""
    administrator = enterprise.administrators.get().user
    draft = draft_for(administrator, Registration.Kind.MEMBER)
    store(
        id_photo(human.name),
        kind=ID_PHOTO,
        holder=draft,
        by=administrator,
    )
    values = {
        "name": human.name,
        "id_number": human.id_number,
        "phone": human.phone,
        "position": Position.objects.get(pk=human.position),
        "department": human.department,
    }
    return as_sample(add_member(enterprise, draft=draft, values=values, by=administrator).user)


def id_photo(name: str) -> SimpleUploadedFile:
    return photo("身份证照片", [f"姓名：{name}", "（样本，不含证件信息）"])


def draft_for(owner: User, kind: str) -> Registration:
    """The draft that somebody who is signed in opens with a form."""
    return Registration.objects.create(kind=kind, owner=owner, expires_at=timezone.now() + LIFETIME)


def apply(user: User, project: Project) -> ProjectUser:
    """加入项目 with photo and letter, as a person of an enterprise that is a party of the project."""
    member = user.memberships.select_related("enterprise", "position").get()
    draft = draft_for(user, Registration.Kind.PROJECT_USER)
    store(id_photo(user.name), kind=FILES["id_photo"], holder=draft, by=user)
    lines = [f"承诺人：{user.name}", f"单位：{member.enterprise}", f"项目：{project.name}", f"职务：{member.position}"]
    store(paper("办理承诺函", lines), kind=FILES["letter"], holder=draft, by=user)
    place = {"project": project, "enterprise": member.enterprise, "position": member.position}
    application = join_project(draft, place=place, reuse={}, by=user)
    check_at_once()
    return application
