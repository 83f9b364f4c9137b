"""The lists of the three modules: how they are searched and ordered, and the columns they can show."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery, TextField, Value
from django.http import HttpRequest, QueryDict
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Target
from enterprises.models import Enterprise
from portal.lists.kinds import Column, Text
from portal.pages import Page, page_of, written_page
from portal.search import SEARCH_FIELDS, filter_token, words_of
from portal.validators import normalise_permit_no
from portal.written import any_of, written, written_unprepared
from projects.models import PartyType
from projects.places import ENTERPRISE, PROJECT, parts_of
from supervision.catalogue import SPECS, Module, ProjectCategory
from supervision.forms.search import DUE_FIRST, FilingSearchForm
from supervision.missing import lacking_files
from supervision.models import Filing, FilingParty, Review
from supervision.permissions import Reach
from supervision.progress import Tag, filing_tag, review_tag

PARTIES = (PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR)
NOT_SHOWN = [
    *SEARCH_FIELDS,
    *(f"{related}__{name}" for related in ("project", "permit") for name in SEARCH_FIELDS),
]  # kilobytes a row
OF_FILING = (  # what the columns, the ways on and 疑似已先行介入 take
    *"module enterprise_id number status works_name project_no project_name project_category address".split(),
    *"longitude latitude coordinate_datum construction_area_m2 contract_amount_wan permit_no round targets".split(),
    *"submitted_at filed_at changed_at district__name project__project_no project__temporary_no".split(),
    "permit__uscc_codes",
)
SHOWN_OF_REVIEWS = ("filing", "role", "status", "round", "due_on", "clock_started_at", "assignee__name")


@dataclass(frozen=True)
class FilingRow:
    """A filing as its columns take it."""

    filing: Any
    tag: Tag
    stations: dict[str, Tag | None]  # by role; None before it was handed in
    units: dict[str, str]  # names of the parties by their type, where a column shows them


# Searching


class Shape(NamedTuple):
    """Which conditions a search has, without their values: what its SQL looks like."""

    module: str
    names: frozenset[str]
    words: int  # of the keyword, to be found in the text besides
    sort: str


def shape_of(module: Module, form: FilingSearchForm) -> tuple[Shape, dict[str, Any]]:
    """The shape of what was asked, and its values."""
    given = form.given
    words = words_of(
        " ".join(filter(None, [given.get("q", ""), normalise_permit_no(given.get("permit", ""))])),
    )
    values: dict[str, Any] = {name: given[name] for name in ("status", "papers", "since", "until") if name in given}
    if "district" in given:
        values["district"] = given["district"].pk
    if words.tokens or words.contained:  # in the index, which knows the filters too; else the columns alone
        filters = {name: values[name] for name in ("status", "district") if name in values} | {"module": module}
        values["tokens"] = sorted([*words.tokens, *(filter_token(*pair) for pair in filters.items())])
    values |= {f"word{number}": word for number, word in enumerate(words.contained)}
    sort, key = parts_of(given.get("place", ""))
    values |= {sort: UUID(key)} if sort in (ENTERPRISE, PROJECT) else {}
    return Shape(module, frozenset(values), len(words.contained), given.get("sort", "")), values


def meeting(filings: QuerySet, shape: Shape, values: dict[str, Any]) -> QuerySet:
    """Those that meet the conditions, unordered."""
    found = filings.filter(module=shape.module, **{name: values[name] for name in shape.names & {"status", "district"}})
    if "tokens" in shape.names:
        found = found.filter(search_tokens__contains=Value(values["tokens"], ArrayField(TextField())))
    for number in range(shape.words):
        found = found.filter(search_text__contains=values[f"word{number}"])
    if ENTERPRISE in shape.names:
        codes = Enterprise.objects.filter(pk=values[ENTERPRISE]).values_list("uscc")
        found = found.filter(uscc_codes__overlap=codes)
    if PROJECT in shape.names:
        found = found.filter(project=values[PROJECT])
    if "papers" in shape.names:
        found = lacking_files(found)
    if "since" in shape.names:
        found = found.filter(changed_at__date__gte=values["since"])
    return found.filter(changed_at__date__lte=values["until"]) if "until" in shape.names else found


def searched(filings: QuerySet, module: Module, query: QueryDict) -> QuerySet:
    """Those of the module that meet the conditions: the latest change first, or the nearest deadline."""
    shape, values = shape_of(module, FilingSearchForm(query))
    found = meeting(filings, shape, values).defer(*SEARCH_FIELDS)
    if shape.sort == DUE_FIRST:
        return found.alias(due=Subquery(due_of())).order_by(F("due").asc(nulls_last=True), "-changed_at", "-id")
    return found.order_by("-changed_at", "-id")


LATEST, DUE = "1 DESC, 2 DESC", "1 ASC NULLS LAST, 2 DESC, 3 DESC"  # by the places in `keys_found`


def page_searched(request: HttpRequest, reach: Reach, module: Module, form: FilingSearchForm, codes: set[str]) -> Page:
    """One page of the same, of a person's own filings, in two questions that were written before."""
    shape, values = shape_of(module, form)
    if "papers" in shape.names:  # its rules are rows themselves, so it is written anew
        found = searched(Filing.objects.within(reach.codes, reach.projects), module, request.GET)
        return page_of(request, with_shown(found, codes), by_key=True)
    if reach.projects:
        values["projects"] = reach.projects
    order = DUE if shape.sort == DUE_FIRST else LATEST
    rows: Callable[[list[UUID]], Iterable[Any]] = lambda keys: filings_shown(keys, codes)  # noqa: E731
    return written_page(request, keys_found, order, shape, bool(reach.projects), rows=rows, codes=reach.codes, **values)


@written_unprepared
def keys_found(shape: Shape, by_projects: bool, *, codes: list[str], projects: Any = (), **values: Any) -> QuerySet:
    """What the list is ordered by, and the key."""
    found = meeting(Filing.objects.within(codes, projects), shape, values)
    if shape.sort == DUE_FIRST:
        return found.annotate(due=Subquery(due_of())).values_list("due", "changed_at", "pk")
    return found.values_list("changed_at", "pk")


def due_of() -> QuerySet:
    """The nearest deadline of a filing's stations that are at work; a clock that stands has none."""
    running = Review.objects.filter(filing=OuterRef("pk"), status__in=Review.UNDECIDED, clock_started_at__isnull=False)
    return running.order_by("due_on").values("due_on")[:1]


def with_shown(filings: QuerySet, codes: set[str]) -> QuerySet:
    """The filings with what these columns show of them."""
    reviews = Review.objects.select_related("assignee").only(*SHOWN_OF_REVIEWS)
    found = filings.select_related("district", "project", "permit").defer(*NOT_SHOWN)
    found = found.prefetch_related(Prefetch("reviews", reviews))
    if codes & set(PARTIES):
        found = found.prefetch_related(Prefetch("parties", unit_names()))
    return found


def unit_names() -> QuerySet:
    return FilingParty.objects.filter(party_type__in=PARTIES).only("filing", "party_type", "unit_name")


def filings_shown(keys: list[UUID], codes: set[str]) -> list[Any]:
    """As `with_shown`, of one page: written before, and narrower."""
    filings = filings_of_page(keys=keys)
    set_below(filings, "reviews", reviews_of_page(keys=keys))
    if codes & set(PARTIES):
        set_below(filings, "parties", units_of_page(keys=keys))
    return filings


def set_below(filings: list[Any], name: str, rows: list[Any]) -> None:
    """As a prefetch leaves it."""
    found: dict[UUID, list[Any]] = {filing.pk: [] for filing in filings}
    for row in rows:
        found[row.filing_id].append(row)
    for filing in filings:
        filing._prefetched_objects_cache = getattr(filing, "_prefetched_objects_cache", {}) | {name: found[filing.pk]}


@written
def filings_of_page(*, keys: list[UUID]) -> QuerySet:
    return Filing.objects.filter(any_of("pk", keys)).select_related("district", "project", "permit").only(*OF_FILING)


@written
def reviews_of_page(*, keys: list[UUID]) -> QuerySet:
    reviews = Review.objects.filter(any_of("filing", keys)).select_related("assignee")
    return reviews.only(*SHOWN_OF_REVIEWS).order_by("pk")


@written
def units_of_page(*, keys: list[UUID]) -> QuerySet:
    return unit_names().filter(any_of("filing", keys)).order_by("order", "pk")


# Rows


def filing_rows(filings: Iterable[Any], viewer: Any, codes: set[str]) -> Iterator[FilingRow]:
    shows_units = bool(codes & set(PARTIES))
    for filing in filings:
        reviews = {review.role: review for review in filing.reviews.all()}
        tags: dict[str, Tag | None] = dict.fromkeys(Target.values)
        if filing.round:
            tags |= {role: review_tag(role, reviews.get(role), viewer=viewer) for role in Target.values}
        yield FilingRow(filing, filing_tag(filing), tags, units_of(filing) if shows_units else {})


def units_of(filing: Any) -> dict[str, str]:
    names: dict[str, list[str]] = {}
    for party in filing.parties.all():
        names.setdefault(party.party_type, []).append(party.unit_name)
    return {party_type: "、".join(found) for party_type, found in names.items()}


def due_on(row: FilingRow) -> date | None:
    """As `due_of`, of a row that is there."""
    days = [
        review.due_on
        for review in row.filing.reviews.all()
        if review.status in Review.UNDECIDED and review.clock_started_at and review.due_on
    ]
    return min(days, default=None)


# Columns


def of_filing(name: str) -> Callable[[FilingRow], Any]:
    return lambda row: getattr(row.filing, name)


def category(row: FilingRow) -> Any:
    """The label; get_project_category_display() would translate all of them, each time."""
    value = row.filing.project_category
    return ProjectCategory(value).label if value in ProjectCategory.values else value


def unit(party_type: str) -> Callable[[FilingRow], str]:
    return lambda row: row.units.get(party_type, "")


def station(role: str) -> Callable[[FilingRow], Tag | None]:
    return lambda row: row.stations[role]


def project_no(row: FilingRow) -> str:
    return row.filing.project_no or row.filing.project.number


def columns_of(module: Module) -> tuple[Column, ...]:
    """In the guide's order; the number that the module goes by is shown at once, the other on demand."""
    by_permit = SPECS[module].needs_permit_no
    field: Callable[[str], Text] = lambda name: Filing._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # noqa: E731
    return (
        Column("name", field("works_name"), lambda row: str(row.filing), is_fixed=True, width=36),
        Column("permit_no", field("permit_no"), of_filing("permit_no"), is_shown=by_permit, width=24),
        Column("project_no", field("project_no"), project_no, is_shown=not by_permit, width=24),
        Column("number", field("number"), of_filing("number"), is_shown=False),
        Column("project_name", field("project_name"), of_filing("project_name"), is_shown=False, width=36),
        Column("category", field("project_category"), category, is_shown=False),
        Column("district", field("district"), of_filing("district"), width=12),
        Column("address", field("address"), of_filing("address"), is_shown=False, width=36),
        Column("area", field("construction_area_m2"), of_filing("construction_area_m2"), is_shown=False),
        Column("amount", field("contract_amount_wan"), of_filing("contract_amount_wan"), is_shown=False),
        *(Column(party, party.label, unit(party), is_shown=False, width=30) for party in PARTIES),
        *(Column(role, Target(role).label, station(role)) for role in Target.values),
        Column("status", field("status"), lambda row: row.tag),
        Column("due", gettext_lazy("办理期限"), due_on, is_shown=False, width=12),
        Column("submitted_at", gettext_lazy("报监时间"), of_filing("submitted_at"), is_shown=False),
        Column("filed_at", gettext_lazy("报监完毕时间"), of_filing("filed_at"), is_shown=False),
        Column("changed_at", field("changed_at"), of_filing("changed_at")),
    )


@dataclass(frozen=True)
class Cell:
    """One cell of the table: a text, or a tag where it has a tone."""

    label: Text
    text: str
    tone: str = ""
    note: str = ""


def cells_of(row: FilingRow, columns: Iterable[Column]) -> list[Cell]:
    """The row's cells, the first column being the row's name, which the page links."""
    return [cell_of(row, column) for column in columns if not column.is_fixed]


def cell_of(row: FilingRow, column: Column) -> Cell:
    value = column.value(row)
    if isinstance(value, Tag):
        return Cell(column.label, value.text, value.tone)
    note = _("许可证拉取") if column.code == "permit_no" and row.filing.module == Module.JOINT else ""
    return Cell(column.label, text_of(value), note=note)


def text_of(value: Any) -> str:
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "Y-m-d H:i")
    if isinstance(value, date):
        return formats.date_format(value, "Y-m-d")
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return str(value) if value not in (None, "") else "—"
