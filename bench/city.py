"""Fill an empty database with a city: python -m bench.city --filings 10000|100000|1000000.

With DATABASE_URL it is that database, which must hold no enterprise; without, call it through a throw-away one:
python -m portal.embedded.throwaway -- python -m bench.city --filings 10000

The same seed, day and size make the same city, keys included; only the nonces of sealed values differ. 20,000 enterprises
and 100,000 people belong to a million filings, a fiftieth and a tenth as many to fewer.
Of a million filings every tenth is made and the others are copies under other names (bench/copies.py), unless --copies 1 says otherwise.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import time
from base64 import b64encode
from bisect import bisect
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import StationPost, StationRole, Target, User  # noqa: E402
from bench.below import BELOW, FILES, KEY  # noqa: E402
from bench.copies import FORGET, REMEMBER, statements  # noqa: E402
from bench.copying import Table  # noqa: E402
from bench.names import Names, person_name  # noqa: E402
from bench.numbers import id_number, uscc  # noqa: E402
from enterprises.models import Administrator, Enterprise, Member, SystemGrant  # noqa: E402
from portal.audit.models import AuditEntry  # noqa: E402
from portal.calendar import add_workdays  # noqa: E402
from portal.crypto import blind_index, seal_bytes  # noqa: E402
from portal.documents.models import Document  # noqa: E402
from portal.ids import RANDOM_BITS, _compose  # noqa: E402
from portal.notifications.models import Message  # noqa: E402
from portal.places import JurisdictionArea  # noqa: E402
from portal.search import indexed  # noqa: E402
from projects.models import PartyType, Project  # noqa: E402
from supervision.catalogue import SPECS, SYSTEM, ConstructionStatus, Datum, Module, Need, ProjectCategory  # noqa: E402
from supervision.frozen import BASICS, PARTY_FIELDS, UNIT_WORK_FIELDS, shown  # noqa: E402
from supervision.models import (  # noqa: E402
    Attachment,
    DeficiencyItem,
    Filing,
    FilingParty,
    FilingVersion,
    Material,
    MaterialRule,
    Review,
    ReviewDecision,
    SafetyOfficer,
    UnitWork,
)

APPLICANT, OFFICER, PASSWORD = "bench-applicant", "bench-officer", "Bench-2026-only"
SHARE = 20  # every so many filings name the applicant's enterprise: a contractor of the largest sort
PORTION = 2_000  # filings that a process makes and writes at a time
PEOPLE = 5  # of each enterprise
OFFICERS_EACH = 4  # for a role of a station
# (filing, safety review, quality review, how many of a thousand)
MIX: list[tuple[str, str, str, int]] = [
    ("pulled", "", "", 20),
    ("draft", "", "", 50),
    ("submitted", "waiting", "waiting", 15),
    ("under_review", "accepted", "waiting", 15),
    ("under_review", "approved", "accepted", 15),
    ("under_review", "survey_ordered", "waiting", 5),
    ("returned", "returned", "accepted", 30),
    ("rejected", "rejected", "approved", 20),
    ("withdrawn", "cancelled", "cancelled", 30),
    ("superseded", "approved", "approved", 10),
    ("voided", "approved", "approved", 10),
    ("filed", "approved", "approved", 780),
]
DECIDED = {"approved", "returned", "rejected"}
UNDECIDED = {"waiting", "accepted", "survey_ordered"}
OPEN = {"pulled", "draft"}
AT_WORK = {"submitted", "under_review", "returned", *OPEN}
OPINIONS = {"approved": "资料齐全，同意。", "returned": "请按退回意见补正。", "rejected": "不符合报监条件。"}
# Where a city builds: half of it in four of its areas. Areas that are not named share the rest.
BUSY = {"DH": 18, "JA": 12, "HS": 11, "JK": 10}

WRITTEN = [Project, Filing, FilingParty, FilingVersion, Review]
COMPUTED = [UnitWork, SafetyOfficer, Document, Attachment, ReviewDecision, DeficiencyItem, Message, AuditEntry]


def people(password: str) -> tuple[User, User, Enterprise]:
    """The applicant, the officer of the safety station of 江岸, and the applicant's enterprise."""
    unit = Enterprise(
        name="湖北楚天宏基建设集团有限公司", uscc=uscc("MB", 1), types=["contractor"],
        legal_representative="周明远", district_id="420102", address="江岸区中山大道1号", agent_name="张敏",
    )  # fmt: skip
    unit.index_search()
    unit.save()
    applicant = User(kind=User.Kind.PERSONAL, username=APPLICANT, name="吴倩", password=password)
    applicant.set_phone("13700000007")
    applicant.set_id_number(id_number(date(1969, 1, 1), 1))
    applicant.phone_verified_at = timezone.now()
    applicant.save()
    officer = User.objects.create(kind=User.Kind.STAFF, username=OFFICER, name="李审核", password=password)
    Member.objects.create(enterprise=unit, user=applicant, position_id="1023", created_by=applicant)
    SystemGrant.objects.create(enterprise=unit, system_id=SYSTEM, granted_by=applicant)
    role = StationRole.objects.on(timezone.localdate()).get(role=Target.SAFETY, area_id="JA")
    StationPost.objects.create(user=officer, station=role.station, role=Target.SAFETY)
    return applicant, officer, unit


def sealed(value: str, place: str) -> str:
    return b64encode(seal_bytes(value.encode(), place)).decode()


def canonical(data: dict[str, Any]) -> str:
    """As supervision.frozen.digest_of reads it."""
    return json.dumps(data, default=str, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def key_of(of: str, what: str) -> str:
    """The key of something below a row: as pg_temp.key_of computes it."""
    digits = digest(of, what)
    return f"{of[:13]}-7{digits[:3]}-8{digits[3:6]}-{digits[6:18]}"


def digest(*texts: str) -> str:
    return hashlib.md5("".join(texts).encode(), usedforsecurity=False).hexdigest()


class City:
    """What all filings have in common; forked processes draw portions of them from dice of their own."""

    def __init__(self, count: int, *, copies: int = 1, seed: int = 7, today: date | None = None) -> None:
        size = max(200, count // 50)
        self.seed, self.count, self.names = seed, -(-count // copies), Names(seed, enterprises=size)
        noon = datetime.combine(today or timezone.localdate(), datetime.min.time()) + timedelta(hours=12)
        self.now = timezone.make_aware(noon)
        self.password = make_password(PASSWORD)
        self.applicant, self.officer, self.unit = people(self.password)
        self.owner_of_unit = Named(str(self.unit.pk), self.unit.name, self.unit.uscc, str(self.applicant.pk))
        self.read_places()
        self.employ()
        self.modules = [(str(module), SPECS[module].number_prefix) for module in Module]
        self.mix = [kind for kind in MIX for _ in range(kind[3])]
        required = MaterialRule.objects.filter(need=Need.REQUIRED).values("material")
        self.materials = list(Material.objects.filter(is_active=True, pk__in=required).order_by("order")[:4])
        self.categories = [(value, str(label)) for value, label in ProjectCategory.choices]
        self.statuses = [(value, str(label)) for value, label in ConstructionStatus.choices]
        self.datum = str(Datum.CGCS2000.label)
        self.due = {self.now.date() - timedelta(n): None for n in range(40)}
        self.due = {day: add_workdays(day, 5) for day in self.due}
        self.tables = {model: Table(model) for model in WRITTEN}
        self.enterprises: list[Named] = []

    def read_places(self) -> None:
        roles = StationRole.objects.on(timezone.localdate())
        self.stations = {(role.area_id, role.role): role.station_id for role in roles}
        areas = JurisdictionArea.objects.exclude(district=None).select_related("district").order_by("pk")
        self.areas = [area for area in areas if all((area.pk, role) in self.stations for role in Target.values)]
        rest = max(1, (100 - sum(BUSY.values())) // len(self.areas))
        self.weights, total = [], 0
        for area in self.areas:
            total += BUSY.get(area.pk, rest)
            self.weights.append(total)

    def employ(self) -> None:
        """Officers for every role of every station; what the lists count as one's own is a fair share."""
        self.officers: dict[tuple[Any, str], list[Any]] = {}
        accounts, posts = [], []
        for station, role in sorted({(self.stations[area.pk, role], role) for area in self.areas for role in ROLES}):
            for _ in range(OFFICERS_EACH):
                name = f"{OFFICER}-{len(accounts)}"
                user = User(kind=User.Kind.STAFF, username=name, name="李审核", password=self.password)
                accounts.append(user)
                posts.append(StationPost(user=user, station_id=station, role=role))
                self.officers.setdefault((station, role), []).append(user.pk)
        User.objects.bulk_create(accounts)
        StationPost.objects.bulk_create(posts)
        self.officers[self.stations["JA", "safety"], "safety"][0] = self.officer.pk

    # People and enterprises

    def settle(self) -> dict[str, int]:
        """The enterprises with their accounts, grants and people."""
        dice = Random(f"{self.seed}-people")
        rows: dict[Any, list[dict[str, Any]]] = {model: [] for model in (User, Enterprise, Administrator, SystemGrant)}
        rows[Member] = []
        for number, name in enumerate(self.names.enterprises):
            self.enterprise(number, name, dice, rows)
        return {model._meta.label: Table(model).copy(some) for model, some in rows.items()}

    def enterprise(self, number: int, name: str, dice: Random, rows: dict) -> None:
        since = self.now - timedelta(days=dice.randrange(400, 2500))
        pk, account, code = (key(since, dice), key(since, dice), uscc("MC", number))
        self.enterprises.append(Named(pk, name, code, ""))
        tokens, text = indexed(name, code, status="active")
        agent, phone, identity = person_name(dice), f"136{number:08d}", id_number(date(1980, 1, 1), number)
        rows[Enterprise].append(
            {"id": pk, "name": name, "uscc": code, "types": [dice.choice(["owner", "contractor", "supervisor"])],
             "legal_representative": person_name(dice), "district_id": dice.choice(self.areas).district_id,
             "address": f"{dice.choice(self.names.roads)}{dice.randrange(1, 900)}号", "agent_name": agent,
             "agent_id_number": sealed(identity, f"enterprises.enterprise.agent_id_number:{pk}"),
             "agent_id_index": blind_index(identity, purpose="id_number"),
             "agent_phone": sealed(phone, f"enterprises.enterprise.agent_phone:{pk}"),
             "agent_phone_index": blind_index(phone, purpose="phone"),
             "registered_at": since, "search_tokens": tokens, "search_text": text}
        )  # fmt: skip
        shared = {"password": self.password, "created_at": since, "password_changed_at": since}
        rows[User].append(shared | {"id": account, "kind": "enterprise", "username": code, "name": name})
        rows[Administrator].append({"user_id": account, "enterprise_id": pk, "since": since})
        rows[SystemGrant].append(
            {"enterprise_id": pk, "system_id": SYSTEM, "granted_by_id": account, "granted_at": since}
        )
        for place in range(PEOPLE):
            person = self.person(number * PEOPLE + place, since, dice, shared)
            self.enterprises[-1].author = self.enterprises[-1].author or person["id"]
            rows[User].append(person)
            position = "1023" if place == 0 else "1024"
            rows[Member].append(
                {"id": key(since, dice), "enterprise_id": pk, "user_id": person["id"], "position_id": position,
                 "created_by_id": account, "created_at": since}
            )  # fmt: skip

    def person(self, number: int, since: datetime, dice: Random, shared: dict[str, Any]) -> dict[str, Any]:
        pk, phone, identity = key(since, dice), f"138{number:08d}", id_number(date(1970, 1, 1), number)
        return shared | {
            "id": pk, "kind": "personal", "username": f"p-{number:020d}", "name": person_name(dice),
            "phone": sealed(phone, f"accounts.user.phone:{pk}"), "phone_tail": phone[-4:],
            "phone_index": blind_index(phone, purpose="phone"), "phone_verified_at": since,
            "id_number": sealed(identity, f"accounts.user.id_number:{pk}"),
            "id_index": blind_index(identity, purpose="id_number"),
        }  # fmt: skip

    # Filings

    def write(self, portion: int) -> dict[str, int]:
        """Make and write one portion of the filings; how many rows of each table."""
        rows: dict[Any, list] = {model: [] for model in WRITTEN}
        for each in self.filings(portion):
            for model, some in each.items():
                rows[model] += some
        replicating()
        return {model._meta.label: table.copy(rows[model]) for model, table in self.tables.items()}

    def filings(self, portion: int) -> Iterator[dict[Any, list[dict[str, Any]]]]:
        dice = self.names.dice = Random(f"{self.seed}-{portion}")
        for number in range(portion * PORTION, min((portion + 1) * PORTION, self.count)):
            yield self.filing(number, dice)

    def filing(self, number: int, dice: Random) -> dict[Any, list[dict[str, Any]]]:
        """Everything about one filing that the database cannot compute: {model: rows}."""
        status, *reviewed = dice.choice(self.mix)[:3]
        back = dice.randrange(36 if status in AT_WORK else 5 * 365)
        at = self.now - timedelta(days=back, minutes=dice.randrange(1440))
        area = self.areas[bisect(self.weights, dice.randrange(self.weights[-1]))]
        module, prefix = self.modules[0] if status == "pulled" else dice.choice(self.modules)
        units, heads = self.units(number, dice)
        project, filing = key(at, dice), key(at, dice)
        project_name, works_name = self.names.works(area.district.name)
        by_permit = module == Module.JOINT
        filing_no = None if status in OPEN else f"{prefix}-{at:%Y%m%d}-{number:07d}"
        start = (at + timedelta(days=30)).date()
        basics: dict[str, Any] = {
            "works_name": works_name, "project_no": f"{area.district_id}{at:%y%m%d}{number % 1_000_000:06d}" if by_permit else "",
            "project_name": project_name, "project_category": "01", "district_id": area.district_id,
            "address": project_name[:60], "longitude": Decimal(114_000_000 + dice.randrange(700_000)).scaleb(-6),
            "latitude": Decimal(30_300_000 + dice.randrange(600_000)).scaleb(-6),
            "construction_area_m2": Decimal(dice.randrange(500, 200_000) * 100).scaleb(-2),
            "contract_amount_wan": Decimal(dice.randrange(50, 90_000) * 10_000).scaleb(-4), "planned_start_date": start,
            "planned_completion_date": start + timedelta(days=729), "duration_days": 730,
            "construction_status": "001", "is_prefabricated": False, "jurisdiction_area_id": area.pk,
            "construction_scale": f"{works_name}，详见施工图。"[:200],
            "permit_no": f"{area.district_id}{at:%Y%m%d}{number % 10_000:04d}" if by_permit else "",
        }  # fmt: skip
        row = basics | {
            "id": filing, "project_id": project, "module": module, "status": status, "number": filing_no,
            "enterprise_id": units[1].pk, "created_by_id": units[1].author, "changed_by_id": units[1].author,
            "changed_at": at, "created_at": at - timedelta(days=2), "uscc_codes": sorted({unit.uscc for unit in units}),
            "basics_version": 1, "parties_version": 1, "unit_works_version": 1, "attachments_version": 1,
        }  # fmt: skip
        handed_in = status not in OPEN
        roles = ROLES if handed_in else []
        texts = [works_name, project_name, basics["project_no"], filing_no, basics["permit_no"]]
        texts += [unit.name for unit in units] + ([works_name] if handed_in else [])
        stations = [self.stations[area.pk, role] for role in roles]
        filters = {"module": module, "status": status, "district": area.district_id, "station": stations}
        row["search_tokens"], row["search_text"] = indexed(*texts, **filters)
        parties = [self.party(filing, *one, order) for order, one in enumerate(zip(PARTIES, units, heads, strict=True))]
        rows = {Project: [self.project(row, number)], Filing: [row], FilingParty: parties}
        if handed_in:
            self.hand_in(rows, at, area, reviewed, dice)
        for party in parties:
            self.seal_party(party)
        return rows

    def units(self, number: int, dice: Random) -> tuple[list["Named"], list[tuple[str, str, str]]]:
        """The owner, contractor and supervisor, large ones named more often, and the (name, ID, phone) of their heads."""
        found = [self.enterprises[int(len(self.enterprises) * dice.random() ** 2)] for _ in PARTIES]
        if number % SHARE == 0:
            found[1] = self.owner_of_unit
        heads = []
        for _ in PARTIES:
            head = dice.randrange(len(self.enterprises) * PEOPLE)
            heads.append((person_name(dice), id_number(date(1970, 1, 1), head), f"138{head:08d}"))
        return found, heads

    def party(self, filing: str, party_type: str, unit: "Named", head: tuple, order: int) -> dict[str, Any]:
        return {
            "id": key_of(filing, party_type), "filing_id": filing, "party_type": party_type, "order": order,
            "enterprise_id": unit.pk, "unit_name": unit.name, "uscc": unit.uscc, "legal_representative": "周明远",
            "head_name": head[0], "head_id_number": head[1], "head_phone": head[2],
            "head_id_index": blind_index(head[1], purpose="id_number"), "certificate_no": f"鄂142{head[2][3:]}",
        }  # fmt: skip

    def seal_party(self, party: dict[str, Any]) -> None:
        for name in ("head_id_number", "head_phone"):
            party[name] = sealed(party[name], f"supervision.filingparty.{name}:{party['id']}")

    def project(self, row: dict[str, Any], number: int) -> dict[str, Any]:
        filed = row["changed_at"] if row["status"] == "filed" else None
        own = {name: row[name] for name in OF_PROJECT}
        temporary, name = (None if row["project_no"] else f"LS{number:09d}"), row["project_name"]
        texts = (name, row["works_name"], row["project_no"] or temporary)
        tokens, text = indexed(*texts, filed="yes" if filed else "no")
        return own | {
            "id": row["project_id"], "temporary_no": temporary, "project_no": row["project_no"] or None, "name": name,
            "category": "01", "created_at": row["created_at"], "filed_at": filed,
            "search_tokens": tokens, "search_text": text,
        }  # fmt: skip

    def hand_in(self, rows: dict, at: datetime, area: JurisdictionArea, reviewed: list[str], dice: Random) -> None:
        filing, parties = rows[Filing][0], rows[FilingParty]
        author = filing["created_by_id"]
        filing |= {"round": 1, "targets": ROLES, "submitted_by_id": author, "submitted_at": at}
        filing["prior_filing_exists"] = False
        if filing["status"] in Filing.LIVE:
            filing["live_key"] = filing["project_id"]
        filing["filed_at"] = rows[Project][0]["filed_at"]
        filing["void_reason"] = "工程停建。" if filing["status"] == "voided" else ""
        version = key(at, dice)
        data = canonical(self.data(filing, parties, area))
        rows[FilingVersion] = [
            {"id": version, "filing_id": filing["id"], "number": 1, "works_name": filing["works_name"],
             "data": sealed(data, f"supervision.filingversion.data:{version}"), "submitted_by_id": author,
             "digest": hashlib.sha256(data.encode()).hexdigest(), "submitted_at": at}
        ]  # fmt: skip
        rows[Review] = [
            self.review(role, state, filing["id"], version, self.stations[area.pk, role], at, dice)
            for role, state in zip(ROLES, reviewed, strict=True)
        ]

    def data(self, filing: dict[str, Any], parties: list[dict], area: JurisdictionArea) -> dict[str, Any]:
        """As supervision.frozen.snapshot makes it, from rows that are not there yet."""
        basics = {name: filing.get(name, filing.get(f"{name}_id", "")) for name in BASICS}
        basics |= {"coordinate_datum": "CGCS2000", "boundary_points": [], "permit_promised_by": None}
        labels = {name: value if isinstance(value, str) else shown(value) for name, value in basics.items()}
        labels |= {"district": str(area.district), "jurisdiction_area": str(area), "coordinate_datum": self.datum}
        labels |= {"project_category": self.categories[0][1], "construction_status": self.statuses[0][1]}
        return {
            "module": filing["module"], "number": filing["number"], "project": filing["project_id"],
            "targets": ROLES, "prior": {"exists": False, "reason": ""},
            "basics": basics, "labels": labels,
            "parties": [
                {"place": party["party_type"], "party_type": party["party_type"], **NO_PARTY,
                 **{name: party[name] for name in PARTY_FIELDS if name in party},
                 "enterprise": party["enterprise_id"], "head_id_index": party["head_id_index"]}
                for party in parties
            ],
            "officers": [
                {"place": f"officer#{n}", "id_index": None, "name": OFFICERS[n - 1], "id_number": None,
                 "certificate_no": f"鄂建安C{digest(filing['id'], str(n))[:7]}"}
                for n in (1, 2)
            ],
            "unit_works": [
                {"id": key_of(filing["id"], f"work{n}")} | NO_WORK | {
                    "code": f"{n:03d}", "name": f"{n}#楼", "structure_type": "005",
                    "area_above_m2": f"{filing['construction_area_m2'] / 2:.2f}", "area_below_m2": "0.00",
                    "floors_above": 6 + n * 10, "floors_below": 1, "height_m": f"{24 + n * 30}.00",
                    "cost_wan": f"{filing['contract_amount_wan'] / 2:.4f}"}
                for n in (1, 2)
            ],
            "attachments": [
                {"attachment": key_of(filing["id"], f"attachment{one.pk}"), "material": one.pk, "material_name": one.name,
                 "read_by": ROLES, "document": key_of(filing["id"], f"document{one.pk}"),
                 "name": f"{one.name}.pdf", "note": "", "size": 40_000 + 1000 * len(filing["works_name"]),
                 "sha256": digest(filing["id"], one.pk) + digest(one.pk, filing["id"]),
                 "media_type": "application/pdf"}
                for one in self.materials
            ],
            "conflicts": [],
        }  # fmt: skip

    def review(self, role, state, filing, version, station, at: datetime, dice: Random) -> dict[str, Any]:
        row = {"id": key_of(filing, role), "filing_id": filing, "version_id": version, "role": role, "status": state}
        row |= {"station_id": station, "created_at": at, "due_on": self.due.get(at.date(), at.date() + timedelta(7))}
        officer = dice.choice(self.officers[station, role])
        if state in DECIDED or state in UNDECIDED - {"waiting"}:
            row |= {"assignee_id": officer, "accepted_at": at + timedelta(hours=20)}
        if state in UNDECIDED and state != "survey_ordered":
            row["clock_started_at"] = at
        if state in DECIDED:
            row |= {"decided_by_id": officer, "decided_at": at + timedelta(days=3), "opinion": OPINIONS[state]}
        return row


class Named:
    """An enterprise as filings name it, and its person who files."""

    __slots__ = ("author", "name", "pk", "uscc")

    def __init__(self, pk: str, name: str, uscc: str, author: str) -> None:
        self.pk, self.name, self.uscc, self.author = pk, name, uscc, author


ROLES = [str(role) for role in Target]
PARTIES = [str(each) for each in (PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR)]
OFFICERS = ["赵敏", "孙立"]
NO_PARTY: dict[str, Any] = {"consortium_role": 0, "exempt": False, "exception_case": "", "note": ""}
NO_WORK = {name: None for name in UNIT_WORK_FIELDS} | {
    name: "" for name in UNIT_WORK_FIELDS if UnitWork._meta.get_field(name).get_internal_type() == "CharField"
}
OF_PROJECT = (
    "works_name district_id jurisdiction_area_id address longitude latitude construction_area_m2 contract_amount_wan "
    "construction_status"
).split()


def key(at: datetime, dice: Random) -> str:
    """A UUIDv7 of that moment."""
    digits = f"{_compose(int(at.timestamp() * 1000), dice.getrandbits(RANDOM_BITS)):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


# Writing


def replicating(role: str = "replica") -> None:
    """Neither triggers nor foreign keys look at rows that are right by construction, where the owner may say so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone()[0]:
            cursor.execute(f"SET session_replication_role = {role}")


def take_indexes(models: list[Any]) -> list[str]:
    """Drop what can be made again afterwards in one go; how to make it."""
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary "
            "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
            [tables],
        )
        found = cursor.fetchall()
        for name, _made in found:
            cursor.execute(f"DROP INDEX {name}")
    return [made for _name, made in found]


def run(statement: str) -> None:
    """In a connection of its own, as several run at once."""
    try:
        replicating()
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'; SET statement_timeout = 0")
            cursor.execute(KEY)
            cursor.execute(statement)
    finally:
        connection.close()


_city: City


def write(portion: int) -> dict[str, int]:
    return _city.write(portion)


def generate(
    count: int, say: Callable[[str], None] = print, *, processes: int = 2, copies: int = 1, today: date | None = None
) -> dict[str, int]:
    """Reference data, then so many filings with all that hangs on them; how many rows of each table.

    Of `copies` filings one is made here, the others are copied from it (bench/copies.py).
    """
    global _city
    began = time.monotonic()
    call_command("migrate", verbosity=0)
    call_command("reference", verbosity=0)
    if Enterprise.objects.exists():
        raise SystemExit("The database holds enterprises: generate into an empty one.")
    _city = City(count, copies=copies, today=today)
    indexes = take_indexes([*WRITTEN, *COMPUTED])
    written = _city.settle()
    say(f"{time.monotonic() - began:.0f} s: {len(_city.enterprises):,} enterprises")
    portions = range(-(-_city.count // PORTION))
    if processes > 1:
        connection.close()
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            add(written, pool.imap_unordered(write, portions))
    else:
        add(written, map(write, portions))
    say(f"{time.monotonic() - began:.0f} s: {_city.count:,} filings made")
    for step, several in steps(copies, indexes):
        together(several, processes)
        say(f"{time.monotonic() - began:.0f} s: {step}")
    replicating("DEFAULT")
    return written | {model._meta.label: model._default_manager.count() for model in [*WRITTEN, *COMPUTED]}


def add(written: dict[str, int], some: Any) -> None:
    for each in some:
        for label, count in each.items():
            written[label] = written.get(label, 0) + count


def steps(copies: int, indexes: list[str]) -> Iterator[tuple[str, list[str]]]:
    """What the database does with what was made; the statements of a step may run at once."""
    named = ", ".join(f"('{one.pk}', '{one.name}')" for one in _city.materials)
    materials = f"(SELECT code AS place, code, name FROM (VALUES {named}) v(code, name))"
    yield "their files", [each.replace("{materials}", materials) for each in FILES]
    if copies > 1:
        yield "originals remembered", [REMEMBER]
        for table in statements(copies):
            yield "copies", table
        yield "originals forgotten", [FORGET]
    yield "what hangs on them", BELOW
    yield "indexes", indexes
    yield "statistics", ["ANALYZE"]


def together(several: list[str], processes: int) -> None:
    if processes > 1:
        with ThreadPoolExecutor(processes) as pool:
            list(pool.map(run, several))
        return
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a test is one transaction
        cursor.execute(KEY)
        for statement in several:
            cursor.execute(statement)


def report(written: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {label.split('.')[-1]}" for label, count in sorted(written.items()))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--filings", type=int, default=100_000)
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--copies", type=int, help="of so many filings one is made, the others copied")
    arguments.add_argument("--today", type=date.fromisoformat, help="the day on which the city stands still")
    given = arguments.parse_args()
    copies = given.copies or max(1, given.filings // 100_000)
    print(report(generate(given.filings, processes=given.processes, copies=copies, today=given.today)))
