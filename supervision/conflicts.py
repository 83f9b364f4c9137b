"""Who may be named together, and where else: the rules about parties and their people, as data with their source.

Each rule is a function of a `Sheet`, which knows what its people do elsewhere from one question to the database.
An error keeps the filing from being submitted; a warning is ticked 已核实 and decided by the stations, who read the
rule, its source and what the applicant says. What a rule found is said without naming anybody else's project.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, UUIDField, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enterprises.models import Member
from portal.masking import mask_id
from portal.together import Together, among
from projects.models import PartyType, ProjectParty
from supervision.catalogue import (
    MOST_CHIEF_POSTS,
    OFFICERS_BY_AMOUNT,
    OFFICERS_BY_AREA,
    SUPERVISED_FROM_M2,
    SUPERVISED_FROM_WAN,
    ConstructionStatus,
    ProjectCategory,
)
from supervision.models import Filing, FilingParty, SafetyOfficer

if TYPE_CHECKING:
    from supervision.gaps import Sheet

Text = str | Promise
Facts = dict[str, Any]
OFFICER = "safety_officer"
EMPLOYED = "employed"
ENDED = (ConstructionStatus.FINISHED, ConstructionStatus.COMPLETED)


class Post(NamedTuple):
    """What one person does outside this project: leads for a sort of party, watches safety, is employed."""

    person: str  # blind index of the ID number
    post: str  # a PartyType, OFFICER or EMPLOYED
    project: UUID | None
    name: str  # of the project
    uscc: str


@dataclass(frozen=True)
class Rule:
    """One rule: what it is about, how grave it is, what it says, and where that is written."""

    code: str
    place: str  # in 责任主体信息, where it is mended
    find: Callable[["Sheet"], Facts | None]  # the facts of its sentence, None if it does not hold
    sentence: Text
    source: Text
    is_error: bool = False
    asks: tuple[str, ...] = ()  # what the applicant adds at `place`: "exception_case", "note"; "proof" is a file


@dataclass(frozen=True)
class Finding:
    """A rule that holds for a filing. `elsewhere` are projects, for the stations alone."""

    rule: Rule
    text: str
    elsewhere: list[str] = field(default_factory=list)


def findings_of(sheet: "Sheet") -> list[Finding]:
    """The rules that hold, errors and warnings, in the order of the table."""
    held = [(rule, facts) for rule in RULES if (facts := rule.find(sheet)) is not None]
    return [Finding(rule, str(rule.sentence) % facts, facts.get("elsewhere", [])) for rule, facts in held]


def for_stations(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The findings as a version keeps them."""
    return [
        {
            "code": finding.rule.code,
            "place": finding.rule.place,
            "text": finding.text,
            "source": str(finding.rule.source),
            "elsewhere": finding.elsewhere,
        }
        for finding in findings
    ]


# What people do elsewhere


def posts_elsewhere(filing: Filing, people: Iterable[str], *, owner: str = "") -> list[Post]:
    """Every post of these people outside the filing's project, and who employs them: one question, however many.

    The same works filed before (in an earlier module, say) are no second project; `owner` is the credit code of the
    建设单位, by which they are known.
    """
    people = sorted(set(people))
    if not people:
        return []
    works = {"project_no": filing.project_no, "permit_no": filing.permit_no, "works_name": filing.works_name}
    given = {name: text or UNSAID for name, text in works.items()}
    rows = POSTS.ask(people=people, project=filing.project_id, owner=owner or UNSAID, **given)["posts"]
    return [Post(*row) for row in rows]


def posts_of(people: list[str], **works: Any) -> QuerySet:
    branches = (named_elsewhere, leading_elsewhere, watching_elsewhere, employed)
    first, *rest = (branch(Elsewhere(**works), people) for branch in branches)
    return first.union(*rest, all=True)


UNSAID = "\ue000"  # what no filing says: unlike NULL it may stand in what is denied
POSTS = Together(
    lambda **given: {"posts": posts_of(**given)},
    **{"people": list, "project": UUID, "project_no": str, "permit_no": str, "works_name": str, "owner": str},
)


@dataclass(frozen=True)
class Elsewhere:
    """What lies outside a filing's own project and works."""

    project: UUID
    project_no: str
    permit_no: str
    works_name: str
    owner: str

    def other(self, path: str = "") -> Q:
        """That the filing at `path` is neither of this project nor of the same works under another number."""
        same = Q(**{f"{path}project": self.project})
        same |= Q(**{f"{path}project_no": self.project_no})
        same |= Q(**{f"{path}permit_no": self.permit_no})
        same |= Q(**{f"{path}works_name": self.works_name, f"{path}uscc_codes__contains": [self.owner]})
        return ~same


def named_elsewhere(elsewhere: Elsewhere, people: list[str]):
    """Heads that another live filing names; once it is 报监完毕 its project says who leads."""
    running = [status for status in Filing.LIVE if status != Filing.Status.FILED]
    named = FilingParty.objects.filter(
        elsewhere.other("filing__"), among("head_id_index", people), filing__status__in=running
    )
    return named.order_by().values_list("head_id_index", "party_type", "filing__project", "filing__works_name", "uscc")


def leading_elsewhere(elsewhere: Elsewhere, people: list[str]):
    """Leads of filed projects that still go on: a change of the person or the end of the works frees them."""
    filed = Filing.objects.filter(elsewhere.other(), project=OuterRef("project"), status=Filing.Status.FILED)
    leading = ProjectParty.objects.filter(Exists(filed), among("lead_id_index", people), ended_at=None)
    leading = leading.exclude(project__construction_status__in=ENDED)
    return leading.order_by().values_list("lead_id_index", "party_type", "project", "project__works_name", "uscc")


def watching_elsewhere(elsewhere: Elsewhere, people: list[str]):
    """Safety officers that another live filing names."""
    there = elsewhere.other("filing__")
    watching = SafetyOfficer.objects.filter(there, among("id_index", people), filing__status__in=Filing.LIVE)
    watching = watching.exclude(filing__project__construction_status__in=ENDED)
    return watching.order_by().values_list(
        "id_index", literal(OFFICER), "filing__project", "filing__works_name", literal("")
    )


def employed(elsewhere: Elsewhere, people: list[str]):
    """The enterprises that these people belong to."""
    members = Member.objects.filter(among("user__id_index", people), status=Member.Status.ACTIVE)
    nowhere = Value(None, output_field=UUIDField(null=True))
    return members.order_by().values_list("user__id_index", literal(EMPLOYED), nowhere, literal(""), "enterprise__uscc")


def literal(text: str) -> Value:
    return Value(text, output_field=CharField())


# Reading a sheet


def lead(sheet: "Sheet", party_type: str) -> FilingParty | None:
    """The party that answers for its sort; none where there is lawfully none."""
    party = sheet.lead(party_type)
    return None if party is None or party.exempt else party


def projects_led(sheet: "Sheet", party_type: str) -> dict[UUID, str]:
    """The other live projects for which the head of this party leads too."""
    party = lead(sheet, party_type)
    if party is None or not party.head_id_index:
        return {}
    return {
        post.project: post.name
        for post in sheet.posts
        if post.project and post.person == party.head_id_index and post.post == party_type
    }


def heads_and_officers(sheet: "Sheet") -> list[tuple[str, str, str]]:
    """(index, name with the last digits, credit code of the unit) of everybody in a key post."""
    heads = [
        (party.head_id_index, named(party.head_name, party.head_id_number), party.uscc)
        for party in sheet.parties
        if party.head_id_index and not party.exempt
    ]
    builder = lead(sheet, PartyType.CONTRACTOR)
    unit = builder.uscc if builder else ""
    officers = [(one.id_index, named(one.name, one.id_number), unit) for one in sheet.officers if one.id_index]
    return [*heads, *officers]


def named(name: str, id_number: str | None) -> str:
    """Two people of one name are told apart by their last four digits (edge case 37)."""
    return f"{name}（{mask_id(id_number)[-4:]}）" if id_number else name


# The rules


def same_unit(first: PartyType, second: PartyType) -> Callable[["Sheet"], Facts | None]:
    def find(sheet: "Sheet") -> Facts | None:
        one, other = lead(sheet, first), lead(sheet, second)
        same = one and other and one.uscc and one.uscc == other.uscc
        return {"first": first.label, "second": second.label} if same else None

    return find


def same_lead(sheet: "Sheet") -> Facts | None:
    leads = [party.head_id_number for party in (lead(sheet, each) for each in sheet.filing.spec.parties) if party]
    known = [number for number in leads if number]
    return {} if len(set(known)) < len(known) else None


def manager_busy(sheet: "Sheet") -> Facts | None:
    elsewhere = projects_led(sheet, PartyType.CONTRACTOR)
    return {"count": len(elsewhere), "elsewhere": sorted(elsewhere.values())} if elsewhere else None


def chief_engineer_busy(sheet: "Sheet") -> Facts | None:
    elsewhere = projects_led(sheet, PartyType.SUPERVISOR)
    facts = {"count": len(elsewhere), "most": MOST_CHIEF_POSTS, "elsewhere": sorted(elsewhere.values())}
    return facts if len(elsewhere) >= MOST_CHIEF_POSTS else None


def chief_engineer_several(sheet: "Sheet") -> Facts | None:
    elsewhere = projects_led(sheet, PartyType.SUPERVISOR)
    facts = {"count": len(elsewhere), "most": MOST_CHIEF_POSTS, "elsewhere": sorted(elsewhere.values())}
    return facts if 0 < len(elsewhere) < MOST_CHIEF_POSTS else None


def officers_needed(filing: Filing) -> tuple[int, str]:
    """How many full-time safety officers works of this size need, and the size; 0 while it is not known."""
    is_building = filing.project_category != ProjectCategory.MUNICIPAL
    size = filing.construction_area_m2 if is_building else filing.contract_amount_wan
    if size is None or not filing.project_category:
        return 0, ""
    steps = OFFICERS_BY_AREA if is_building else OFFICERS_BY_AMOUNT
    unit = _("施工面积 %(size)s m²") if is_building else _("合同金额 %(size)s 万元")
    return max(step.officers for step in steps if size >= step.at_least), str(unit) % {"size": plain(size)}


def plain(number: Any) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def too_few_officers(sheet: "Sheet") -> Facts | None:
    needed, size = officers_needed(sheet.filing)
    given = len([officer for officer in sheet.officers if officer.name])
    return {"needed": needed, "size": size, "given": given} if given < needed else None


def officers_elsewhere(sheet: "Sheet") -> Facts | None:
    posts = [post for post in sheet.posts if post.post == OFFICER]
    busy = {post.person for post in posts}
    people = [named(one.name, one.id_number) for one in sheet.officers if one.id_index in busy]
    mine = {one.id_index for one in sheet.officers}
    elsewhere = sorted({post.name for post in posts if post.person in mine})
    return {"people": "、".join(people), "elsewhere": elsewhere} if people else None


def officer_named_twice(sheet: "Sheet") -> Facts | None:
    seen: set[str] = set()
    twice = [one for one in sheet.officers if one.id_index and (one.id_index in seen or seen.add(one.id_index))]  # type: ignore[func-returns-value]
    return {"people": "、".join(named(one.name, one.id_number) for one in twice)} if twice else None


def in_two_enterprises(sheet: "Sheet") -> Facts | None:
    """Somebody in a key post whom another enterprise employs, or names in a live filing (edge case 36)."""
    units: dict[str, set[str]] = {}
    for post in sheet.posts:
        units.setdefault(post.person, set()).add(post.uscc)
    people = [name for index, name, uscc in heads_and_officers(sheet) if uscc and units.get(index, set()) - {uscc, ""}]
    return {"people": "、".join(dict.fromkeys(people))} if people else None


def without_supervisor(sheet: "Sheet") -> Facts | None:
    party = sheet.lead(PartyType.SUPERVISOR)
    if party is None or not party.exempt:
        return None
    area, amount = sheet.filing.construction_area_m2 or 0, sheet.filing.contract_amount_wan or 0
    large = area >= SUPERVISED_FROM_M2 or amount >= SUPERVISED_FROM_WAN
    limits = {"m2": plain(SUPERVISED_FROM_M2), "wan": plain(SUPERVISED_FROM_WAN)}
    more = _("；工程规模已达 %(m2)s m² 或 %(wan)s 万元，一般须实行监理") % limits if large else ""
    return {"more": more}


def legacy_code(sheet: "Sheet") -> Facts | None:
    units = [party.unit_name for party in sheet.parties if len(party.uscc) == 9]
    return {"units": "、".join(units)} if units else None


MANAGERS = _("《注册建造师执业管理办法（试行）》（建市〔2008〕48号）第九条")
OFFICERS = _("《建筑施工企业安全生产管理机构设置及专职安全生产管理人员配备办法》（建质〔2008〕91号）第十三条")
QUALITY_35 = _("《建设工程质量管理条例》第三十五条")
QUALITY_12 = _("《建设工程质量管理条例》第十二条、《建设工程监理范围和规模标准规定》（建设部令第86号）")
CHIEFS = _("《建设工程监理规范》（GB/T 50319-2013）3.1.5")
LEADERS = _("《建筑工程五方责任主体项目负责人质量终身责任追究暂行办法》（建质〔2014〕124号）")
REGISTERED = _("《注册建造师管理规定》（建设部令第153号）第二十六条")
PORTAL = _("平台核对规则，由监督站核实")
OWNER, CONTRACTOR, SUPERVISOR = PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR

RULES: list[Rule] = [
    Rule(
        "contractor_supervises",
        f"{SUPERVISOR}.uscc",
        same_unit(CONTRACTOR, SUPERVISOR),
        _("施工单位与监理单位不能是同一单位（统一社会信用代码相同）"),
        QUALITY_35,
        is_error=True,
    ),
    Rule(
        "owner_builds", f"{CONTRACTOR}.uscc", same_unit(OWNER, CONTRACTOR), _("%(first)s与%(second)s为同一单位"), PORTAL
    ),
    Rule(
        "owner_supervises",
        f"{SUPERVISOR}.uscc",
        same_unit(OWNER, SUPERVISOR),
        _("%(first)s与%(second)s为同一单位（自行监理）"),
        QUALITY_12,
        asks=("note", "proof"),
    ),
    Rule(
        "supervisor_exempt",
        f"{SUPERVISOR}.exempt",
        without_supervisor,
        _("填报为依法不实行监理%(more)s"),
        QUALITY_12,
        asks=("note",),
    ),
    Rule(
        "legacy_code",
        f"{OWNER}.uscc",
        legacy_code,
        _("使用组织机构代码，仅限没有统一社会信用代码的单位：%(units)s"),
        PORTAL,
    ),
    Rule("same_lead", f"{CONTRACTOR}.head_name", same_lead, _("同一人担任了两个单位的负责人"), LEADERS),
    Rule(
        "manager_busy",
        f"{CONTRACTOR}.head_name",
        manager_busy,
        _("该项目经理已在其他 %(count)d 个项目任职；同时任职仅限三种例外情形，由监督站核定"),
        MANAGERS,
        asks=("exception_case", "note", "proof"),
    ),
    Rule(
        "chief_engineer_busy",
        f"{SUPERVISOR}.head_name",
        chief_engineer_busy,
        _("该总监理工程师已在其他 %(count)d 个项目任职，最多 %(most)d 个；其中一个项目终止或变更总监后方可任职"),
        CHIEFS,
        is_error=True,
    ),
    Rule(
        "chief_engineer_several",
        f"{SUPERVISOR}.head_name",
        chief_engineer_several,
        _("该总监理工程师已在其他 %(count)d 个项目任职，同时任职须经建设单位书面同意，最多 %(most)d 个"),
        CHIEFS,
        asks=("proof",),
    ),
    Rule(
        "officers_too_few",
        "officers",
        too_few_officers,
        _("专职安全员应不少于 %(needed)d 人（%(size)s），已填写 %(given)d 人"),
        OFFICERS,
    ),
    Rule("officer_elsewhere", "officers", officers_elsewhere, _("专职安全员已在其他项目任职：%(people)s"), OFFICERS),
    Rule(
        "officer_named_twice",
        "officers",
        officer_named_twice,
        _("专职安全员重复填写：%(people)s，请保留一个"),
        PORTAL,
        is_error=True,
    ),
    Rule(
        "two_enterprises",
        f"{CONTRACTOR}.head_name",
        in_two_enterprises,
        _("关键岗位人员同时在另一企业任职：%(people)s"),
        REGISTERED,
    ),
]
