"""The lists of the three modules: how they are searched and ordered, and the columns they can show."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Target
from enterprises.models import Enterprise
from portal.lists.kinds import Column, Text
from portal.search import SEARCH_FIELDS, find
from portal.validators import normalise_permit_no
from projects.models import PartyType
from projects.places import ENTERPRISE, PROJECT, parts_of
from supervision.catalogue import SPECS, Module, ProjectCategory
from supervision.forms.search import DUE_FIRST, FilingSearchForm
from supervision.missing import lacking_files
from supervision.models import Filing, FilingParty, Review
from supervision.progress import Tag, filing_tag, review_tag

PARTIES = (PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR)
NOT_SHOWN = [
    *SEARCH_FIELDS,
    *(f"{related}__{name}" for related in ("project", "permit") for name in SEARCH_FIELDS),
]  # kilobytes a row
SHOWN_OF_REVIEWS = ("filing", "role", "status", "round", "due_on", "clock_started_at", "assignee__name")


@dataclass(frozen=True)
class FilingRow:
    """A filing as its columns take it."""

    filing: Any
    tag: Tag
    stations: dict[str, Tag | None]  # by role; None before it was handed in
    units: dict[str, str]  # names of the parties by their type, where a column shows them


# Searching


def searched(filings: QuerySet, module: Module, query: QueryDict) -> QuerySet:
    """Those of the module that meet the conditions: the latest change first, or the nearest deadline."""
    given = FilingSearchForm(query).given
    words = " ".join(filter(None, [given.get("q", ""), normalise_permit_no(given.get("permit", ""))]))
    found = narrowed(filings, module, words, given)
    if "place" in given:
        found = at_place(found, given["place"])
    if "papers" in given:
        found = lacking_files(found)
    if "since" in given:
        found = found.filter(changed_at__date__gte=given["since"])
    if "until" in given:
        found = found.filter(changed_at__date__lte=given["until"])
    if given.get("sort") == DUE_FIRST:
        return found.alias(due=Subquery(due_of())).order_by(F("due").asc(nulls_last=True), "-changed_at", "-id")
    return found.order_by("-changed_at", "-id")


def at_place(filings: QuerySet, code: str) -> QuerySet:
    """Those that one enterprise has to do with, or of one project; other places restrict nothing here."""
    sort, key = parts_of(code)
    if sort == ENTERPRISE:
        return filings.filter(uscc_codes__overlap=Enterprise.objects.filter(pk=key).values_list("uscc"))
    return filings.filter(project=key) if sort == PROJECT else filings


def narrowed(filings: QuerySet, module: Module, words: str, given: dict[str, Any]) -> QuerySet:
    """By module, status and district: with a keyword in its index too, which knows them; else in the columns alone."""
    conditions = {"module": module} | {name: given[name] for name in ("status", "district") if name in given}
    filings = filings.filter(**conditions)
    if not words:
        return find(filings, "")
    district = given["district"].pk if "district" in given else None
    return find(filings, words, module=module, status=given.get("status"), district=district)


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
        units = FilingParty.objects.filter(party_type__in=PARTIES).only("filing", "party_type", "unit_name")
        found = found.prefetch_related(Prefetch("parties", units))
    return found


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
