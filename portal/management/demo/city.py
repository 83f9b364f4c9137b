"""Who lives in the demo: the stations' officers, the enterprises, their people."""

from django.utils import timezone

from accounts.actions import create_enterprise_account, create_person, create_staff
from accounts.models import StationPost, StationRole, User
from enterprises.models import Administrator, Enterprise, Member, SystemGrant
from portal.audit.actions import record
from portal.management.demo.data import PASSWORD, PEOPLE, STAFF, UNITS, Human, Unit


def people_the_city() -> tuple[dict[str, Enterprise], dict[str, User]]:
    """Make everybody; returns the enterprises by key and the people by name."""
    for username, name, duty, post in STAFF:
        hire(username, name, duty, post)
    enterprises = {unit.key: found(unit) for unit in UNITS}
    people = {human.name: employ(human, enterprises[human.unit]) for human in PEOPLE}
    return enterprises, people


def hire(username: str, name: str, duty: str, post: tuple[str, str, bool] | None) -> User:
    """A staff account; an officer has one post, at the body that holds the role in the area today."""
    user = create_staff(username=username, name=name, duty=duty)
    if post:
        role, area, is_chief = post
        station = StationRole.objects.on(timezone.localdate()).get(role=role, area=area).station
        StationPost.objects.create(user=user, station=station, role=role, is_chief=is_chief)
    return user


def found(unit: Unit) -> Enterprise:
    """An enterprise with its administrator account and what it is authorised for."""
    name, id_number, phone = unit.agent
    enterprise = Enterprise(
        name=unit.name,
        uscc=unit.uscc,
        types=[unit.type],
        legal_representative=unit.legal_representative,
        district_id=unit.district,
        address=unit.address,
        phone="027-82000000",
        is_sample=True,
    )
    enterprise.set_agent(name=name, id_number=id_number, phone=phone)
    enterprise.index_search()
    enterprise.save(force_insert=True)
    account = create_enterprise_account(uscc=unit.uscc, name=unit.name, password=PASSWORD)
    Administrator.objects.create(user=account, enterprise=enterprise)
    record("enterprise.registered", enterprise, by=account, enterprise_id=enterprise.pk)
    for system in unit.systems:
        SystemGrant.objects.create(enterprise=enterprise, system_id=system, granted_by=account)
    return enterprise


def employ(human: Human, enterprise: Enterprise) -> User:
    """A person whom the administrator added, and who has taken the account over."""
    administrator = enterprise.administrators.get().user
    user = create_person(
        name=human.name,
        phone=human.phone,
        id_number=human.id_number,
        password=PASSWORD,
        by=administrator,
        is_sample=True,
    )
    Member.objects.create(
        enterprise=enterprise,
        user=user,
        position_id=human.position,
        department=human.department,
        created_account=True,
        created_by=administrator,
    )
    return user
