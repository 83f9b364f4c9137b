"""The supervision bodies with their areas, and the agreements: what every installation starts with."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.agreement_texts import TEXTS
from accounts.models import Agreement, Station, StationRole, Target
from portal.reference import add_missing

IN_FORCE_FROM = date(2026, 1, 1)
AGREEMENT_VERSION = "2026-1"
AGREED_FROM = datetime(2026, 1, 1, tzinfo=ZoneInfo(settings.TIME_ZONE))

# The names are our proposal; the real ones are for an operator to enter (domain §3.8).
# A line's place in the list is its identity, so that a body that was renamed is not made a second time: append only.
STATIONS: list[tuple[str, tuple[str, ...], tuple[Target, ...]]] = [
    ("武汉市建设工程安全监督站", ("WH-CITY",), (Target.SAFETY,)),
    ("武汉市建设工程质量监督站", ("WH-CITY",), (Target.QUALITY,)),
    ("江岸区建筑管理站", ("JA",), tuple(Target)),
    ("江汉区建筑管理站", ("JH",), tuple(Target)),
    ("硚口区建筑管理站", ("QK",), tuple(Target)),
    ("汉阳区建筑管理站", ("HY",), tuple(Target)),
    ("武昌区建筑管理站", ("WC",), tuple(Target)),
    ("青山区建筑管理站", ("QS",), tuple(Target)),
    ("洪山区建筑管理站", ("HS",), tuple(Target)),
    ("东西湖区建筑管理站", ("DXH", "LKG"), tuple(Target)),
    ("蔡甸区建筑管理站", ("CD",), tuple(Target)),
    ("江夏区建筑管理站", ("JX",), tuple(Target)),
    ("黄陂区建筑管理站", ("HP",), tuple(Target)),
    ("新洲区建筑管理站", ("XZ",), tuple(Target)),
    ("东湖新技术开发区建设工程质量安全监督站", ("DHGX",), tuple(Target)),
    ("武汉经济技术开发区建设工程质量安全监督站", ("WHJK",), tuple(Target)),
    ("东湖生态旅游风景区建设工程质量安全监督站", ("DHFJ",), tuple(Target)),
    ("长江新区建设工程质量安全监督站", ("CJXQ",), tuple(Target)),
]


def load() -> int:
    """Add the bodies, roles and texts that are missing; returns how many rows were new."""
    return load_stations() + load_agreements()


def station_id(place: int) -> UUID:
    """The fixed identity of the body in this place of the list, in the form of a UUIDv7 of 2026-01-01."""
    return UUID(f"019b7550-e800-7000-8000-{place:012d}")


def load_stations() -> int:
    stations = [Station(pk=station_id(place), name=name) for place, (name, _areas, _roles) in enumerate(STATIONS, 1)]
    return add_missing(Station, stations) + load_station_roles()


def load_station_roles() -> int:
    """Give each role in an area to its body, unless somebody holds or held it: then the operator decides."""
    held = set(StationRole.objects.values_list("role", "area"))
    bodies = set(Station.objects.values_list("pk", flat=True))
    missing = [
        StationRole(station_id=station_id(place), role=role, area_id=area, valid_from=IN_FORCE_FROM)
        for place, (_name, areas, roles) in enumerate(STATIONS, 1)
        for area in areas
        for role in roles
        if (role, area) not in held and station_id(place) in bodies
    ]
    return len(StationRole.objects.bulk_create(missing, ignore_conflicts=True))


def load_agreements() -> int:
    """Add the first version of each text; a kind that has any version already is the operator's."""
    known = set(Agreement.objects.values_list("kind", flat=True))
    missing = [
        Agreement(kind=kind, version=AGREEMENT_VERSION, title=title, body=filled(body), effective_from=AGREED_FROM)
        for kind, (title, body) in TEXTS.items()
        if kind not in known
    ]
    return len(Agreement.objects.bulk_create(missing, ignore_conflicts=True))


def filled(body: str) -> str:
    """The text with this installation's names: who accepts it shall read who processes the data."""
    return body.format(
        platform=settings.PLATFORM_NAME,
        authority=settings.AUTHORITY_NAME or f"{settings.PLATFORM_CITY}建设行政主管部门（本平台的主管和运营单位）",
        contact=settings.SUPPORT_CONTACT or "页面底部公布的服务联系方式",
    )
