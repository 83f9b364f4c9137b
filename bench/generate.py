"""Fill an empty database: python -m bench.generate --filings 100000.

With DATABASE_URL it is that database, which must hold no enterprise; without, call it through a throw-away one:
python -m portal.embedded.throwaway -- python -m bench.run --filings 100000
"""

import argparse
import json
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Station, StationPost, StationRole, Target, User  # noqa: E402
from bench.copying import Table  # noqa: E402
from bench.names import Names  # noqa: E402
from enterprises.models import Enterprise, Member, SystemGrant  # noqa: E402
from portal.crypto import seal_bytes  # noqa: E402
from portal.ids import uuid7  # noqa: E402
from portal.places import JurisdictionArea  # noqa: E402
from portal.search import fold, tokens_of  # noqa: E402
from projects.models import PartyType, Project  # noqa: E402
from supervision.catalogue import SPECS, SYSTEM, Module  # noqa: E402
from supervision.models import Filing, FilingParty, FilingVersion, Review  # noqa: E402

APPLICANT, OFFICER, PASSWORD = "bench-applicant", "bench-officer", "Bench-2026-only"
SHARE = 20  # every so many filings name the applicant's enterprise: a contractor of the largest sort
# (filing, safety review, quality review, how many of a hundred)
MIX: list[tuple[str, str, str, int]] = [
    ("draft", "", "", 7),
    ("submitted", "waiting", "waiting", 4),
    ("under_review", "accepted", "waiting", 4),
    ("under_review", "approved", "accepted", 3),
    ("returned", "returned", "accepted", 5),
    ("rejected", "rejected", "approved", 2),
    ("withdrawn", "cancelled", "cancelled", 3),
    ("filed", "approved", "approved", 72),
]
DECIDED = {"approved", "returned", "rejected"}
UNDECIDED = {"waiting", "accepted"}


def people() -> tuple[User, User, Enterprise]:
    """The applicant, the officer of the safety station of 江岸, and the applicant's enterprise."""
    password = make_password(PASSWORD)
    unit = Enterprise(
        name="湖北楚天宏基建设集团有限公司", uscc="91420106MAXC1B011K", types=["contractor"],
        legal_representative="周明远", district_id="420102", address="江岸区中山大道1号", agent_name="张敏",
    )  # fmt: skip
    unit.index_search()
    unit.save()
    applicant = User(kind=User.Kind.PERSONAL, username=APPLICANT, name="吴倩", password=password)
    applicant.set_phone("19900000007")
    applicant.set_id_number("420102197501019002")
    applicant.save()
    officer = User.objects.create(kind=User.Kind.STAFF, username=OFFICER, name="李审核", password=password)
    Member.objects.create(enterprise=unit, user=applicant, position_id="1023", created_by=applicant)
    SystemGrant.objects.create(enterprise=unit, system_id=SYSTEM, granted_by=applicant)
    role = StationRole.objects.on(timezone.localdate()).get(role=Target.SAFETY, area_id="JA")
    StationPost.objects.create(user=officer, station=role.station, role=Target.SAFETY)
    return applicant, officer, unit


class City:
    """Draws the rows of one filing after the other; what several tables need of it is drawn once."""

    def __init__(self, count: int, seed: int = 7) -> None:
        self.names = Names(seed, enterprises=max(200, count // 50))
        self.dice, self.count, self.now = self.names.dice, count, timezone.now()
        self.applicant, self.officer, self.unit = people()
        self.areas = list(JurisdictionArea.objects.exclude(district=None).values_list("pk", "district_id"))
        roles = StationRole.objects.on(timezone.localdate()).filter(area__in=[area for area, _place in self.areas])
        self.stations = {(role.area_id, role.role): role.station_id for role in roles}
        self.areas = [pair for pair in self.areas if all((pair[0], role) in self.stations for role in Target.values)]
        self.usccs = [f"91420{n:013d}" for n in range(len(self.names.enterprises))]
        self.modules = [(str(module), SPECS[module].number_prefix) for module in Module]
        self.mix = [kind for kind in MIX for _ in range(kind[3])]
        self.tables = {model: Table(model) for model in (Project, Filing, FilingParty, FilingVersion, Review)}

    def filings(self) -> Iterator[dict[str, Any]]:
        """Everything about one filing: {model: rows}."""
        for number in range(self.count):
            yield self.filing(number)

    def parties(self, number: int) -> list[tuple[str, str, str]]:
        """(type, name, credit code); the large ones are named more often, as everywhere."""
        found = []
        for party_type in (PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR):
            index = int(len(self.usccs) * self.dice.random() ** 2)
            found.append((str(party_type), self.names.enterprises[index], self.usccs[index]))
        if number % SHARE == 0:
            found[1] = (str(PartyType.CONTRACTOR), self.unit.name, self.unit.uscc)
        return found

    def filing(self, number: int) -> dict[Any, list[dict[str, Any]]]:
        dice = self.dice
        changed_at = self.now - timedelta(minutes=dice.randrange(5 * 365 * 24 * 60))
        (area, district), (module, prefix) = dice.choice(self.areas), dice.choice(self.modules)
        (status, *reviewed), parties = dice.choice(self.mix)[:3], self.parties(number)
        project_name, works_name = self.names.works()
        project_no = f"{district}{changed_at:%y%m%d}{number % 1_000_000:06d}"[:20]
        permit_no = f"{district}{changed_at:%Y%m%d}{number % 10_000:04d}" if module == Module.JOINT else ""
        filing_no = f"{prefix}-{changed_at:%Y%m%d}-{number:07d}" if status != "draft" else None
        texts = [works_name, project_name, project_no, filing_no, permit_no, *(name for _type, name, _code in parties)]
        search = {"search_text": "\n".join(fold(text) for text in texts if text)}
        stations = [self.stations[area, role] for role in Target.values] if status != "draft" else []
        search["search_tokens"] = tokens_of(*texts, module=module, status=status, district=district, station=stations)
        project, filing = uuid7(), uuid7()
        place = {"district_id": district, "jurisdiction_area_id": area, "address": project_name[:60]}
        sizes = {
            "construction_area_m2": dice.randrange(500, 200_000),
            "contract_amount_wan": dice.randrange(50, 90_000),
        }
        rows: dict[Any, list[dict[str, Any]]] = {
            Project: [
                place | sizes | {"id": project, "temporary_no": f"LS{number:09d}", "name": project_name,
                "works_name": works_name, "category": "01", "created_at": changed_at,
                "search_tokens": tokens_of(project_name, works_name, filed="no")}
            ],
            Filing: [
                place | sizes | search | {"id": filing, "project_id": project, "module": module, "status": status,
                "number": filing_no, "works_name": works_name, "project_name": project_name, "project_no": project_no,
                "project_category": "01", "permit_no": permit_no, "changed_at": changed_at, "created_at": changed_at,
                "uscc_codes": [code for _type, _name, code in parties], "created_by_id": self.applicant.pk}
            ],
            FilingParty: [
                {"id": uuid7(), "filing_id": filing, "party_type": party_type, "unit_name": name, "uscc": code,
                 "head_name": "陈建桥", "order": order}
                for order, (party_type, name, code) in enumerate(parties)
            ],
        }  # fmt: skip
        if status != "draft":
            self.hand_in(rows, changed_at, area, reviewed, works_name)
        return rows

    def hand_in(self, rows: dict, at: datetime, area: str, reviewed: list[str], works_name: str) -> None:
        filing = rows[Filing][0]
        filing |= {"round": 1, "targets": list(Target.values), "submitted_by_id": self.applicant.pk, "submitted_at": at}
        if filing["status"] in Filing.LIVE:
            filing["live_key"] = f"bench:{filing['id']}"
        version = uuid7()
        place = f"supervision.filingversion.data:{version}"
        sealed = b64encode(seal_bytes(json.dumps({"basics": {"works_name": works_name}}).encode(), place)).decode()
        rows[FilingVersion] = [
            {"id": version, "filing_id": filing["id"], "number": 1, "data": sealed, "digest": "0" * 64,
             "works_name": works_name, "submitted_by_id": self.applicant.pk, "submitted_at": at}
        ]  # fmt: skip
        rows[Review] = [
            self.review(role, state, filing["id"], version, self.stations[area, role], at)
            for role, state in zip(Target.values, reviewed, strict=True)
        ]

    def review(self, role: str, state: str, filing, version, station, at: datetime) -> dict[str, Any]:
        taken = state not in ("waiting", "cancelled") and self.dice.random() < 0.2
        row = {"id": uuid7(), "filing_id": filing, "version_id": version, "role": role, "status": state}
        row |= {"station_id": station, "created_at": at, "due_on": (at + timedelta(days=5)).date()}
        row["assignee_id"] = self.officer.pk if taken else None
        if state in UNDECIDED:
            row["clock_started_at"] = at
            row["due_on"] = (self.now + timedelta(days=self.dice.randrange(-20, 8))).date()
        if state in DECIDED:
            row |= {"decided_by_id": self.officer.pk, "decided_at": at + timedelta(days=3)}
        return row


def generate(count: int, say: Callable[[str], None] = print) -> None:
    """Reference data, then so many filings with all that hangs on them."""
    began = time.monotonic()
    call_command("migrate", verbosity=0)
    call_command("reference", verbosity=0)
    if Enterprise.objects.exists():
        raise SystemExit("The database holds enterprises: generate into an empty one.")
    city = City(count)
    written = dict.fromkeys(city.tables, 0)
    portion: dict[Any, list] = {model: [] for model in city.tables}
    for rows in city.filings():
        for model, some in rows.items():
            portion[model] += some
        if len(portion[Filing]) >= 10_000:
            flush(city, portion, written)
    flush(city, portion, written)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    sizes = ", ".join(f"{count:,} {model._meta.model_name}" for model, count in written.items())
    say(f"{sizes} in {time.monotonic() - began:.0f} s, {Station.objects.count()} stations")


def flush(city: City, portion: dict[Any, list], written: dict) -> None:
    for model, table in city.tables.items():
        written[model] += table.copy(portion[model])
        portion[model] = []


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--filings", type=int, default=100_000)
    generate(arguments.parse_args().filings)
