"""What the tests of this folder do again and again."""

from threading import Barrier, Thread

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from portal.crypto import blind_index
from portal.documents.models import Document
from portal.notifications.models import Delivery, Message
from projects.actions import complete_project
from projects.catalogue import FILES
from projects.models import PartyType, Project, ProjectUser
from tests import make

REGISTER = "/register/project-user/"
DETAILS = "/register/project-user/details/"
PASSWORD = "Qiu-shui-2026"


def party(party_type, enterprise=None, head=None, **more):
    """A party as a filing names it; `head` is a person, or somebody without an account."""
    number = head.id_number if head else make.id_number()
    named = {
        "party_type": party_type,
        "uscc": enterprise.uscc if enterprise else make.uscc(),
        "unit_name": enterprise.name if enterprise else "某单位有限公司",
        "lead_name": head.name if head else "陈建桥",
        "lead_id_number": number,
        "lead_id_index": blind_index(number, purpose="id_number"),
    }
    return named | more


def filed(project=None, *parties, name="二七云栖府", **more):
    """A project that is 报监完毕 with these parties."""
    project = project or make.project()
    copied = ("works_name", "district", "jurisdiction_area", "address", "longitude", "latitude", "coordinate_datum")
    rest = ("construction_area_m2", "contract_amount_wan", "construction_status")
    values = {field: getattr(project, field) for field in (*copied, *rest)}
    values |= {"project_name": name, "works_name": name, "project_category": "01", "filed_at": timezone.now()} | more
    complete_project(project, values=values, parties=list(parties), by=None)
    return Project.objects.get(pk=project.pk)


def site(name="二七云栖府", *, manager="陈建桥", head=None):
    """A filed project of a contractor whose project manager has an account: (project, contractor, manager)."""
    contractor = make.granted(make.enterprise())
    person = head or (make.member(contractor, make.person(manager), position="1009").user if manager else None)
    return filed(None, party(PartyType.CONTRACTOR, contractor, person), name=name), contractor, person


def applied(project, enterprise, user=None, *, position="1018", files=True, **fields):
    """An application that waits, with photo and letter that passed the check."""
    made = ProjectUser(
        project=project, enterprise=enterprise, user=user or make.person("赵敏"), position_id=position, **fields
    )
    made.index_search()
    made.save()
    for kind in FILES.values() if files else ():
        document = make.document_row(kind, made)
        document.save()
    return ProjectUser.objects.get(pk=made.pk)


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def code_sent_to(phone):
    """The last code that was texted to the number."""
    texts = [row.text for row in Delivery.objects.filter(event="account.code").order_by("pk") if row.address == phone]
    return "".join(filter(str.isdigit, texts[-1].split("：")[-1]))[:6] if texts else ""


def told(event):
    """Who was told of it, by name."""
    return sorted(message.user.name for message in Message.objects.filter(event=event).select_related("user"))


def begin(client):
    """A visitor who has agreed to both texts."""
    make.reference()
    return client.post(REGISTER, {"agree": "on", "consent": "on"})


def upload(client, field, file, url_name="projects:user-register-file", *args):
    url = reverse(url_name, args=[*args, field])
    return client.post(url, {"file": file, "field": field}, headers={"Accept": "application/json"})


def typed(project, enterprise, **more):
    """What a visitor types into 填写基本信息."""
    values = {
        "company": enterprise.name,
        "enterprise": str(enterprise.pk),
        "works": "",
        "project": str(project.pk),
        "position": "1018",
        "name": "赵敏",
        "id_number": make.id_number(),
        "phone": make.phone(),
        "code": "",
        "password": PASSWORD,
    }
    return values | more


def ask_code(client, phone):
    client.post("/codes/?purpose=project_user_registration", {"phone": phone}, headers={"Accept": "application/json"})
    return code_sent_to(phone)


def register(client, project, enterprise, **more):
    """Everything a visitor does, up to the answer of the last post."""
    begin(client)
    upload(client, "id_photo", make.jpeg(size=(800, 500)))
    upload(client, "letter", make.pdf())
    values = typed(project, enterprise, **more)
    values["code"] = values["code"] or ask_code(client, values["phone"])
    return client.post(DETAILS, values), values


def documents_of(holder):
    return list(Document.objects.held_by(holder).values_list("kind", flat=True))


def together(*acts):
    """Run the acts at the same moment, each on its own connection; the names of what came of them."""
    start, outcomes = Barrier(len(acts), timeout=10), []

    def run(act):
        start.wait()
        try:
            act()
            outcomes.append("done")
        except Exception as fault:
            outcomes.append(type(fault).__name__)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)
