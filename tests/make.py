"""Small honest factories: what a test needs, valid to the last check digit. Rows are made directly;
what has a life of its own (submitting, deciding) goes through the real actions.

    make.reference()                         districts, stations, systems, materials, reasons, agreements
    make.person(name=…)                      a personal account
    make.enterprise(types=["contractor"])    with its administrator account: make.administrator_of(enterprise)
    make.granted(enterprise)                 项目报监 authorised; gives the enterprise back
    make.member(enterprise, user)            an active Member; member.user is the person
    make.site_officer()                      a person of a contractor that may file; make.employer_of(person)
    make.officer("safety", area="JA")        a station's reviewer; chief=True for its chief
    make.station(area, roles)                a new body that takes these roles over in the area
    make.operator() make.auditor()           staff
    make.project() make.permit() make.award()
    make.draft_filing() make.ready_filing() make.submitted_filing() make.filed_filing()
    make.ready_document(kind, holder)        make.jpeg() make.png() make.pdf() are uploads
    make.uscc() make.id_number() make.phone()  valid numbers, never twice

Everybody signs in with make.PASSWORD.
"""

import io
import itertools
import secrets
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import pikepdf
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from PIL import Image

from accounts.models import Station, StationPost, StationRole, Target, User
from accounts.models.users import opaque_username
from enterprises.models import Administrator, BusinessSystem, Enterprise, Member, SystemGrant
from portal.crypto import blind_index
from portal.documents import storage
from portal.documents.actions import store
from portal.documents.models import Document
from portal.management.commands.reference import load_reference
from portal.places import District
from portal.validators import ID_CHECKS, ID_WEIGHTS, ORG_WEIGHTS, USCC_ALPHABET, USCC_WEIGHTS
from projects.models import AwardRecord, ConstructionPermit, PartyType, Project
from supervision.actions import accept_review, add_item, approve_review, return_review, submit_filing
from supervision.catalogue import SPECS, Module, Need
from supervision.gaps import warnings_in
from supervision.models import (
    Attachment,
    Filing,
    FilingParty,
    Material,
    MaterialRule,
    Review,
    SafetyOfficer,
    UnitWork,
)

PASSWORD = "Chun-tian-2026"
SITE = {
    "project_name": "二七云栖府住宅项目",
    "district_id": "420102",
    "address": "江岸区二七街道解放大道延长线",
    "longitude": Decimal("114.318200"),
    "latitude": Decimal("30.642100"),
    "construction_area_m2": Decimal("128600.50"),
    "contract_amount_wan": Decimal("46280.0000"),
    "construction_scale": "住宅6栋及地下室，总建筑面积128600.50平方米。",
}

_running = itertools.count(1)


# Numbers and files


def uscc() -> str:
    """A valid unified social credit code of a Wuhan company."""
    body = f"MA{next(_running):06d}"
    remainder = sum(int(sign, 36) * weight for sign, weight in zip(body, ORG_WEIGHTS, strict=True)) % 11
    code = f"91420102{body}" + "0123456789X0"[11 - remainder]
    total = sum(USCC_ALPHABET.index(sign) * weight for sign, weight in zip(code, USCC_WEIGHTS, strict=True))
    return code + USCC_ALPHABET[(31 - total % 31) % 31]


def id_number(born: date | None = None) -> str:
    """A valid resident ID number of an adult; its serial of 900 or more is given to nobody."""
    place = next(_running)
    born = born or date(1975, 1, 1) + timedelta(days=place // 100)
    digits = f"420102{born:%Y%m%d}{900 + place % 100}"
    return digits + ID_CHECKS[sum(int(sign) * weight for sign, weight in zip(digits, ID_WEIGHTS, strict=True)) % 11]


def phone() -> str:
    return f"199{10_000_000 + next(_running)}"


def permit_no() -> str:
    return f"42010220260315{next(_running) % 10_000:04d}"


def project_no() -> str:
    return f"420102260315{next(_running) % 10_000:04d}"


def jpeg(name: str = "照片.jpg", size: tuple[int, int] = (320, 200), colour: str = "steelblue") -> SimpleUploadedFile:
    return image(name, "JPEG", size, colour)


def png(name: str = "照片.png", size: tuple[int, int] = (320, 200), colour: str = "seagreen") -> SimpleUploadedFile:
    return image(name, "PNG", size, colour)


def image(name: str, form: str, size: tuple[int, int], colour: str) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, form)
    return SimpleUploadedFile(name, buffer.getvalue(), content_type=f"image/{form.lower()}")


def pdf(name: str = "材料.pdf", pages: int = 1) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    with pikepdf.new() as document:
        for _page in range(pages):
            document.add_blank_page()
        document.docinfo["/Title"] = secrets.token_hex(8)  # each one another file, or they would count as the same
        document.save(buffer)
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="application/pdf")


# People and bodies


REFERENCE: dict[str, str] = {}  # table: its rows as COPY writes them, once the data has been loaded in this process


def reference() -> None:
    """Load the reference data unless it is there: one short question to the database.

    The first time as every installation does, later from a copy of what that made: a tenth of the time.
    """
    if BusinessSystem.objects.exists() and District.objects.exists():
        return
    if REFERENCE and not holds_rows(REFERENCE):
        copy_in(REFERENCE)
        return
    fresh = not REFERENCE and not holds_rows(tables())
    load_reference()
    if fresh:
        REFERENCE.update((table, copy_out(table)) for table in tables() if holds_rows([table]))


def tables() -> list[str]:
    """The tables of our apps; a model that a test made for itself has none."""
    ours = ("portal", "accounts", "enterprises", "projects", "supervision")
    names = [model._meta.db_table for app in ours for model in apps.get_app_config(app).get_models()]
    there = set(connection.introspection.table_names())
    return [name for name in names if name in there]


def holds_rows(names) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " OR ".join(f"EXISTS (SELECT FROM {name})" for name in names))
        return cursor.fetchone()[0]


def copy_out(table: str) -> str:
    rows = io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} TO STDOUT", rows)
    return rows.getvalue()


def copy_in(rows: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        for table, lines in rows.items():
            cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(lines))


@cache
def hashed_password() -> str:
    return make_password(PASSWORD)


def person(name: str = "张建国", *, phone: str | None = None, id_number: str | None = None, **fields) -> User:
    """A personal account that has been used: phone verified, password its own."""
    user = User(kind=User.Kind.PERSONAL, username=opaque_username(), name=name, password=hashed_password(), **fields)
    user.set_phone(phone or make_phone())
    user.set_id_number(id_number or make_id_number())
    user.phone_verified_at = user.phone_verified_at or timezone.now()
    user.save()
    return user


make_phone, make_id_number = phone, id_number  # `person` takes arguments of these names


def staff(name: str = "审核员", *, duty: str = "", username: str = "", **fields) -> User:
    username = username or f"staff-{next(_running)}"
    return User.objects.create(
        kind=User.Kind.STAFF, username=username, name=name, duty=duty, password=hashed_password(), **fields
    )


def operator(name: str = "运营员") -> User:
    return staff(name, duty=User.Duty.OPERATOR)


def auditor(name: str = "审计员") -> User:
    return staff(name, duty=User.Duty.AUDITOR)


def enterprise(name: str = "", *, types=("contractor",), uscc: str | None = None, **fields) -> Enterprise:
    """A registered enterprise with its administrator account, whose username is the credit code."""
    reference()
    code = uscc or make_uscc()
    made = Enterprise(
        name=name or f"武汉第{next(_running)}建设有限公司",
        uscc=code,
        types=list(types),
        **{"legal_representative": "周明远", "district_id": "420102", "address": "江岸区中山大道1号"} | fields,
    )
    made.set_agent(name="张敏", id_number=id_number(), phone=phone())
    made.index_search()
    made.save()
    account = User.objects.create(kind=User.Kind.ENTERPRISE, username=code, name=made.name, password=hashed_password())
    Administrator.objects.create(user=account, enterprise=made)
    return made


make_uscc = uscc  # `enterprise` takes an argument of this name


def administrator_of(enterprise: Enterprise) -> User:
    return enterprise.administrators.get().user


def granted(enterprise: Enterprise, system: str = "filing") -> Enterprise:
    """Authorise a business system for the enterprise, and give the enterprise back."""
    by = administrator_of(enterprise)
    SystemGrant.objects.get_or_create(
        enterprise=enterprise, system_id=system, revoked_at=None, defaults={"granted_by": by}
    )
    return enterprise


def member(enterprise: Enterprise, user: User | None = None, *, position: str = "1023", **fields) -> Member:
    return Member.objects.create(
        enterprise=enterprise,
        user=user or person(),
        position_id=position,
        created_by=administrator_of(enterprise),
        **fields,
    )


def site_officer(name: str = "吴倩", *, at: Enterprise | None = None) -> User:
    """A person who may file: member of a contractor (or of `at`) that has 项目报监."""
    return member(granted(at or enterprise()), person(name)).user


def employer_of(user: User) -> Enterprise:
    """The enterprise of a person, the first of several."""
    return user.memberships.earliest("created_at").enterprise


# Stations


def station(area: str = "JA", roles=tuple(Target), name: str = "") -> Station:
    """A new body that takes these roles over in the area, as after a reform."""
    reference()
    made = Station.objects.create(name=name or f"第{next(_running)}监督站")
    yesterday = timezone.localdate() - timedelta(days=1)
    for role in roles:
        StationRole.objects.filter(area_id=area, role=role, valid_to=None).update(valid_to=yesterday)
        StationRole.objects.create(station=made, role=role, area_id=area)
    return made


def station_of(role: str, area: str = "JA") -> Station:
    """The body that holds the role in the area today."""
    reference()
    return StationRole.objects.on(timezone.localdate()).get(role=role, area_id=area).station


def officer(role: str = "safety", area: str = "JA", *, chief: bool = False, at: Station | None = None) -> User:
    """A reviewer with one post: for `role` at the body that holds it in `area`, or at `at`."""
    body = at or station_of(role, area)
    user = staff("刘站长" if chief else "李审核")
    StationPost.objects.create(user=user, station=body, role=role, is_chief=chief)
    return user


# Projects and what the feeds bring


def project(**fields) -> Project:
    reference()
    keep = {name: SITE[name] for name in SITE if name not in ("project_name", "construction_scale")}
    values = {"name": SITE["project_name"], "works_name": works_name(), "jurisdiction_area_id": "JA"} | keep | fields
    if not values.get("temporary_no"):
        values.setdefault("project_no", project_no())
    made = Project(category="01", **values)
    made.index_search()
    made.save()
    return made


def works_name() -> str:
    return f"二七云栖府住宅项目（第{next(_running)}标段）"


def permit(owner=None, contractor=None, supervisor=None, **fields) -> ConstructionPermit:
    """A permit that names these enterprises, as the feed brings it."""
    number = fields.pop("permit_no", None) or permit_no()
    return record(
        ConstructionPermit,
        {PartyType.OWNER: owner, PartyType.CONTRACTOR: contractor, PartyType.SUPERVISOR: supervisor},
        permit_no=number,
        permit_no_shown=number,
        **{"issued_on": timezone.localdate() - timedelta(days=30)} | fields,
    )


def award(owner=None, contractor=None, supervisor=None, **fields) -> AwardRecord:
    """A finished tender that names these enterprises, as the feed brings it."""
    return record(
        AwardRecord,
        {PartyType.OWNER: owner, PartyType.CONTRACTOR: contractor, PartyType.SUPERVISOR: supervisor},
        **{"award_no": f"WHZB-2026-{next(_running):04d}", "awarded_on": date(2026, 6, 1)} | fields,
    )


def record(model: type[Model], parties: dict, **fields):
    reference()
    named = {party_type: enterprise for party_type, enterprise in parties.items() if enterprise}
    made = model(
        **SITE
        | {
            "project_no": project_no(),
            "works_name": works_name(),
            "category": "01",
            "parties": [party_named(*pair) for pair in named.items()],
            "uscc_codes": [enterprise.uscc for enterprise in named.values()],
        }
        | fields
    )
    made.index_search()
    made.save()
    return made


def party_named(party_type: str, enterprise: Enterprise) -> dict:
    return {
        "party_type": str(party_type),
        "unit_name": enterprise.name,
        "uscc": enterprise.uscc,
        "head_name": "陈建桥",
    }


# Filings


def draft_filing(module: str = Module.ADVANCE, by: User | None = None, **fields) -> Filing:
    """A new filing of the enterprise of `by`: nothing filled in but what `fields` says."""
    by = by or site_officer()
    owner = fields.get("enterprise") or employer_of(by)
    if module == Module.JOINT and "permit" not in fields:
        fields["permit"] = permit(contractor=owner)
    if module == Module.EARLY and "award" not in fields:
        fields["award"] = award(contractor=owner)
    pulled = {"status": Filing.Status.PULLED} if module == Module.JOINT else {"created_by": by}
    values = {"enterprise": owner, "uscc_codes": [owner.uscc]} | pulled | fields
    values.setdefault("project", project(project_no=None, temporary_no=temporary_no()))
    made = Filing(module=module, **values)
    made.index_search()
    made.save()
    return made


def temporary_no() -> str:
    return f"LS20261122{next(_running):04d}"


def ready_filing(module: str = Module.ADVANCE, by: User | None = None, **fields) -> Filing:
    """A filing of which nothing is missing: `gaps_in` finds nothing."""
    by = by or site_officer()
    made = draft_filing(module, by, **basics(module) | fields)
    if made.permit:
        made.permit_no = made.permit_no or made.permit.permit_no
    made.basics_version = made.parties_version = made.unit_works_version = made.attachments_version = 1
    add_parties(made, employer_of(by))
    add_officers(made)
    add_unit_works(made)
    attach_all(made, by)
    made.index_search()
    made.save()
    return made


def basics(module: str) -> dict:
    """基本信息 with every starred field; values differ from filing to filing only where two may not be equal."""
    start = timezone.localdate() + timedelta(days=30)
    values = SITE | {
        "works_name": works_name(),
        "project_category": "01",
        "jurisdiction_area_id": "JA",
        "planned_start_date": start,
        "planned_completion_date": start + timedelta(days=729),
        "duration_days": 730,
        "construction_status": "001",
        "is_prefabricated": False,
    }
    if SPECS[module].early:
        values["permit_promised_by"] = timezone.localdate() + timedelta(days=60)
    return values


def add_parties(filing: Filing, contractor: Enterprise, **others: Enterprise) -> None:
    """建设, 施工 and 监理单位 with their heads; owner= and supervisor= name enterprises of yours."""
    enterprises = {
        PartyType.OWNER: others.get("owner") or enterprise(types=["owner"]),
        PartyType.CONTRACTOR: contractor,
        PartyType.SUPERVISOR: others.get("supervisor") or enterprise(types=["supervisor"]),
    }
    for order, (party_type, unit) in enumerate(enterprises.items()):
        add_party(filing, party_type, unit, order=order)
    filing.uscc_codes = sorted({*filing.uscc_codes, *(unit.uscc for unit in enterprises.values())})


def add_party(
    filing: Filing, party_type: str, unit: Enterprise, *, order: int = 0, head: User | None = None
) -> FilingParty:
    """A party whose head is `head`, or somebody without an account."""
    made = FilingParty(filing=filing, party_type=party_type, enterprise=unit, order=order)
    made.unit_name, made.uscc, made.legal_representative = unit.name, unit.uscc, unit.legal_representative
    made.head_name = head.name if head else "陈建桥"
    made.head_id_number, made.head_phone = (head.id_number, head.phone) if head else (id_number(), phone())
    made.head_id_index = blind_index(made.head_id_number, purpose="id_number")
    made.certificate_no = f"鄂142202600{next(_running):04d}"
    made.save()
    return made


def add_officers(filing: Filing, count: int = 3) -> list[SafetyOfficer]:
    """Safety officers, as many as the largest works need."""
    return [add_officer(filing, order=order) for order in range(count)]


def add_officer(filing: Filing, name: str = "赵敏", *, number: str = "", order: int = 0) -> SafetyOfficer:
    made = SafetyOfficer(filing=filing, name=name, id_number=number or id_number(), order=order)
    made.id_index = blind_index(made.id_number, purpose="id_number")
    made.certificate_no = f"鄂建安C{next(_running):06d}"
    made.save()
    return made


def add_unit_works(filing: Filing) -> None:
    """One building that has the whole area and cost of the filing."""
    UnitWork.objects.create(
        filing=filing,
        code="001",
        name="1#楼",
        structure_type="005",
        area_above_m2=filing.construction_area_m2,
        area_below_m2=Decimal(0),
        floors_above=26,
        floors_below=0,
        height_m=Decimal("78.00"),
        cost_wan=filing.contract_amount_wan,
    )


def attach_all(filing: Filing, by: User) -> None:
    """A sound document for every material that the module requires; without bytes, so that it is quick."""
    required = Material.objects.filter(
        is_active=True, pk__in=MaterialRule.objects.filter(module=filing.module, need=Need.REQUIRED).values("material")
    )
    pairs = [(material, document_row("material", filing, by=by)) for material in required]
    Document.objects.bulk_create([document for _material, document in pairs])
    Attachment.objects.bulk_create(
        [Attachment(filing=filing, material=material, document=document, added_by=by) for material, document in pairs]
    )


def document_row(kind: str, holder: Model, *, by: User | None = None) -> Document:
    return Document(
        kind=kind,
        holder_type=holder._meta.label_lower,
        holder_id=holder.pk,
        name="材料.pdf",
        size=1024,
        sha256=f"{next(_running):064x}",
        media_type="application/pdf",
        state=Document.State.READY,
        key=storage.new_key(),
        pages=1,
        uploaded_by=by,
        checked_at=timezone.now(),
    )


def ready_document(kind: str, holder: Model, file=None, *, by: User | None = None) -> Document:
    """A stored file that counts as checked; page images are made by the real check only."""
    document = store(file or jpeg(), kind=kind, holder=holder, by=by)
    document.state, document.checked_at = Document.State.READY, timezone.now()
    document.save(update_fields=["state", "checked_at"])
    return document


def submitted_filing(
    module: str = Module.ADVANCE, by: User | None = None, *, targets=tuple(Target), **fields
) -> Filing:
    by = by or site_officer()
    made = ready_filing(module, by, **fields)
    warned = [warning.code for warning in warnings_in(made)]
    submit_filing(made, targets=list(targets), prior_exists=False, acknowledged=warned, by=by)
    return Filing.objects.get(pk=made.pk)


def filed_filing(module: str = Module.ADVANCE, by: User | None = None, **fields) -> Filing:
    """报监完毕: both stations accepted and approved."""
    made = submitted_filing(module, by, **fields)
    for review in made.reviews.all():
        approved(review)
    return Filing.objects.get(pk=made.pk)


def approved(review: Review, by: User | None = None) -> Review:
    """The review after an officer of its station accepted and approved it."""
    by = by or review.assignee or officer(review.role, at=review.station)
    accept_review(review, by=by)
    approve_review(Review.objects.get(pk=review.pk), opinion="同意。", version=review.version, by=by)
    return Review.objects.get(pk=review.pk)


def returned(review: Review, by: User | None = None, text: str = "请上传清晰的扫描件。") -> Review:
    """The review after an officer of its station accepted it and returned it with one item."""
    by = by or review.assignee or officer(review.role, at=review.station)
    accept_review(review, by=by)
    review = Review.objects.get(pk=review.pk)
    add_item(review, section="basics", place="works_name", material=None, reason_code="", text=text, basis="", by=by)
    return_review(review, opinion="请补正。", version=review.version, by=by)
    return Review.objects.get(pk=review.pk)
