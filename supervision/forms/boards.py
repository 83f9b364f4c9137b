"""The forms of one section together: as stored, as sent, and what to do when two people changed it.

基本信息 is one form; the other two sections have one for each row. A row is named by its key, which begins the
names of its controls; which row of the database it is, a hidden `<key>.id` says.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.forms import BooleanField
from django.http import QueryDict
from django.utils.translation import gettext as _

from projects.models import PartyType
from supervision.actions import may_change, save_basics, save_parties, save_unit_works
from supervision.actions.sections import MOST_ROWS, typed_text
from supervision.catalogue import Section
from supervision.forms.basics import BasicsForm
from supervision.forms.kept import KeptForm, Places, Remarks
from supervision.forms.parties import SECRETS, OfficerForm, PartyForm
from supervision.forms.unit_works import UnitWorkForm
from supervision.frozen import OFFICERS, officer_place, party_place, places_of
from supervision.models import Filing, FilingParty

OPTIONAL_PARTIES = tuple(
    party_type
    for party_type in PartyType
    if party_type not in {PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR}
)
SEVERAL = {PartyType.SPECIALTY_SUB, PartyType.LABOUR_SUB}
MEMBER = "member:"  # before the sort of party that joins a consortium
OFFICER = "officer"
KEY = re.compile(r"[A-Za-z0-9_#-]{1,40}")


@dataclass
class Board:
    """The forms of a section, and what the reviewers say about it as a whole."""

    section: Section
    filing: Filing
    forms: list[Any]
    remarks: list = field(default_factory=list)
    places: Places = None  # what a return leaves open

    @property
    def cards(self) -> list[PartyForm]:
        return [form for form in self.forms if isinstance(form, PartyForm)]

    @property
    def officers(self) -> list[OfficerForm]:
        return [form for form in self.forms if isinstance(form, OfficerForm)]

    @property
    def opens_officers(self) -> bool:
        """Whether safety officers may be added and taken away."""
        return self.section == Section.PARTIES and may_change(self.places, self.section, OFFICERS)

    @property
    def form(self) -> Any:
        return self.forms[0]

    @property
    def has_rows(self) -> bool:
        return self.section != Section.BASICS

    @property
    def is_closed(self) -> bool:
        return bool(self.forms) and all(form.is_closed for form in self.forms) and not self.opens_officers

    def typed(self) -> dict[str, str]:
        return {name: text for form in self.forms for name, text in form.typed().items()}

    def sent(self) -> QueryDict:
        """What a browser would send of it."""
        return as_sent(self.typed(), [form.prefix for form in self.forms] if self.has_rows else [])

    def written(self) -> list[Any]:
        """The forms somebody wrote on."""
        return [form for form in self.forms if not (self.has_rows and form.is_blank)]

    def unreadable(self) -> dict[str, tuple[str, str]]:
        return {control: why for form in self.written() for control, why in form.unreadable().items()}

    def errors(self) -> dict[str, str]:
        return {control: message for control, (_text, message) in self.unreadable().items()}

    def save(self, *, version: int | None, by: Any) -> Filing:
        """Hand it to the action. Raises Refused, and Outdated when somebody saved this section meanwhile."""
        facts = {"malformed": self.unreadable(), "version": version, "by": by}
        if self.section == Section.BASICS:
            values = {name: value for name, value in self.form.values().items()}
            return save_basics(self.filing, values, **facts)
        if self.section == Section.UNIT_WORKS:
            return save_unit_works(self.filing, [form.row() for form in self.written()], **facts)
        rows = [[form.row() for form in forms if not form.is_blank] for forms in (self.cards, self.officers)]
        return save_parties(self.filing, rows[0], officers=rows[1], **facts)


def as_sent(typed: dict[str, str], rows: Iterable[str] = ()) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(typed)
    query.setlist("row", list(rows))
    return query


# Building


def sent_board(filing: Filing, section: Section, data: QueryDict, *, places: Places = None) -> Board:
    """The forms as they were sent."""
    return Board(section, filing, BUILDERS[section](filing, data, {"places": places}), places=places)


def stored_board(filing: Filing, section: Section, *, places: Places = None, remarks: Remarks | None = None) -> Board:
    """The forms as they are stored; what could not be read stands there as it was typed, with why."""
    options = {"places": places, "remarks": remarks}
    whole = (remarks or {}).get("", [])
    board = Board(section, filing, BUILDERS[section](filing, None, options), whole, places)
    stored = board.typed()
    kept = {
        control: typed_text(filing, control, text)
        for control, (text, _why) in filing.malformed.get(section, {}).items()
        if control in stored
    }
    if not kept:
        return board
    data = as_sent(stored | kept, [form.prefix for form in board.forms] if board.has_rows else [])
    return Board(section, filing, BUILDERS[section](filing, data, options), whole, places)


def basics_forms(filing: Filing, data: QueryDict | None, options: dict[str, Any]) -> list[KeptForm]:
    return [BasicsForm(data, filing=filing, **options)]


def party_forms(filing: Filing, data: QueryDict | None, options: dict[str, Any]) -> list[KeptForm]:
    """A card for each party there is, and for each that has to be; then a row for each safety officer."""
    stored = list(filing.parties.all())
    by_pk = {str(party.pk): party for party in stored}
    rows: dict[str, FilingParty | None] = {}
    if data is None:
        places = places_of(stored)
        rows.update({places[party.pk]: party for party in stored})
    else:
        rows.update({key: by_pk.get(data.get(f"{key}.id", "")) for key in sent_keys(data) if type_in(key)})
    for party_type in filing.spec.parties:
        if party_type not in {type_in(key) for key in rows if not joins(key, rows[key], data)}:
            rows[party_type.value if party_type.value not in rows else free_key(rows, party_type.value)] = None
    order = list(PartyType.values)
    types = [type_in(key) for key in rows]
    cards: list[KeptForm] = [
        PartyForm(
            data,
            party_type=party.party_type if party else type_in(key),
            party=party,
            prefix=key,
            is_required=type_in(key) in filing.spec.parties and not joins(key, party, data),
            is_member=joins(key, party, data),
            in_consortium=types.count(type_in(key)) > 1 and type_in(key) not in SEVERAL,
            **options,
        )
        for key, party in sorted(rows.items(), key=lambda row: order.index(type_in(row[0])))
    ]
    return cards + officer_forms(filing, data, options)


def joins(key: str, party: FilingParty | None, data: QueryDict | None) -> bool:
    """Whether a card is of a member of a consortium, as sent or else as stored."""
    member = str(FilingParty.Consortium.MEMBER.value)
    sent = data.get(f"{key}.consortium_role", "") if data is not None else ""
    return sent == member if sent else bool(party and party.is_member)


def officer_forms(filing: Filing, data: QueryDict | None, options: dict[str, Any]) -> list[KeptForm]:
    stored = list(filing.safety_officers.all())
    if data is None:
        return [
            OfficerForm(None, party=officer, prefix=officer_place(nth), **options)
            for nth, officer in enumerate(stored, 1)
        ]
    by_pk = {str(officer.pk): officer for officer in stored}
    keys = [key for key in sent_keys(data) if is_officer(key)]
    return [OfficerForm(data, party=by_pk.get(data.get(f"{key}.id", "")), prefix=key, **options) for key in keys]


def work_forms(filing: Filing, data: QueryDict | None, options: dict[str, Any]) -> list[KeptForm]:
    by_pk = {str(work.pk): work for work in filing.unit_works.all()}
    keys = list(by_pk) if data is None else sent_keys(data)
    return [
        UnitWorkForm(data, work=by_pk.get(key if data is None else data.get(f"{key}.id", "")), prefix=key, **options)
        for key in keys
    ]


BUILDERS: dict[str, Callable[[Filing, QueryDict | None, dict[str, Any]], list[KeptForm]]] = {
    Section.BASICS: basics_forms,
    Section.PARTIES: party_forms,
    Section.UNIT_WORKS: work_forms,
}


def sent_keys(data: QueryDict) -> list[str]:
    keys = dict.fromkeys(data.getlist("row")[: MOST_ROWS + 1])
    return [key for key in keys if KEY.fullmatch(key)]


def type_in(key: str) -> str:
    """The sort of party that a key names; "" if none."""
    head = key.partition("#")[0]
    return head if head in PartyType.values else ""


def is_officer(key: str) -> bool:
    return key.partition("#")[0] == OFFICER


def free_key(keys: Iterable[str], wanted: str) -> str:
    """A key that no row has yet: for a party its type, "specialty_sub#2" and so on; for a unit work "new1"."""
    taken, n = set(keys), 1

    def key(n: int) -> str:
        if wanted == OFFICER:
            return officer_place(n)
        return party_place(wanted, n) if type_in(wanted) else f"new{n}"

    while key(n) in taken:
        n += 1
    return key(n)


def addable(board: Board) -> list[PartyType]:
    """The parties that may be added: subcontractors as often as one likes, the others once."""
    present = {form.party_type for form in board.cards}
    return [party_type for party_type in OPTIONAL_PARTIES if party_type in SEVERAL or party_type not in present]


def joinable(board: Board) -> list[PartyType]:
    """The sorts of party that are there, so that others may join them in a consortium (edge case 30)."""
    present = {form.party_type for form in board.cards if not form.is_blank}
    return [party_type for party_type in PartyType if party_type in present and party_type not in SEVERAL]


def added_key(data: QueryDict, wanted: str) -> str:
    """Put the row that was asked for into what was sent; returns its key."""
    key = free_key(data.getlist("row"), wanted.removeprefix(MEMBER))
    data.appendlist("row", key)
    if wanted.startswith(MEMBER):
        data[f"{key}.consortium_role"] = str(FilingParty.Consortium.MEMBER.value)
    return key


# Two people


@dataclass(frozen=True)
class Difference:
    """A control that holds other text for me than for somebody who saved meanwhile."""

    name: str
    label: str
    mine: str  # as people read it
    theirs: str
    text: str  # as I typed it
    picked: str  # "mine" where the other person did not touch it


def differences(mine: Board, theirs: Board, touched: set[str] | None) -> list[Difference]:
    """Every control that differs. `touched` are the places changed by others since my page, None if unknown."""
    fields = {bound.html_name: bound for form in theirs.forms for bound in form}
    named = keys_in_common(mine, theirs)
    found = []
    for nth, form in enumerate(mine.written(), 1):
        for bound in form:
            name = named[form.prefix] + bound.html_name.removeprefix(form.prefix) if form.prefix else bound.html_name
            text = str(form.typed()[bound.html_name])
            other = fields.get(name)
            if bound.name == "id" or bound.field.disabled or same(bound, text, other):
                continue
            place = form.place_of(bound.name)
            picked = "mine" if touched is not None and place not in touched else ""
            label = " · ".join(filter(None, [title_of(form, nth), str(bound.label)]))
            theirs_text = read(other, str(other.form.typed()[name])) if other else ""
            found.append(Difference(name, label, read(bound, text), theirs_text, text, picked))
    return found


def same(bound: Any, text: str, other: Any) -> bool:
    """Whether my text says what theirs does; a number left empty is a number not changed."""
    if bound.name in SECRETS:
        kept = getattr(other.form.party, bound.name, None) if other is not None else None
        return not text or as_read(bound, text) == kept
    theirs = str(other.form.typed()[other.html_name]) if other is not None else ""
    return text.strip() == theirs.strip() or (other is not None and as_read(bound, text) == as_read(other, theirs))


def as_read(bound: Any, text: str) -> Any:
    """The value that a text means, so that 12.50 and 12.5 are no difference."""
    try:
        return bound.field.to_python(text)
    except Exception as unreadable:
        return repr(unreadable)


def read(bound: Any, text: str) -> str:
    """A control's text for people: the label of a choice, a personal number masked."""
    if bound.name in SECRETS:
        kept = getattr(getattr(bound.form, "party", None), bound.name, None)
        return SECRETS[bound.name](text or kept)
    labels = {str(key): str(label) for key, label in getattr(bound.field, "choices", ())}
    labels = labels or ({"True": _("是")} if isinstance(bound.field, BooleanField) else {})
    return labels.get(text, text) if text else ""


def title_of(form: Any, nth: int) -> str:
    if isinstance(form, PartyForm | OfficerForm):
        return form.title
    return f"{nth}. {form.typed()[form.add_prefix('name')]}" if isinstance(form, UnitWorkForm) else ""


def keys_in_common(mine: Board, theirs: Board) -> dict[str, str]:
    """For each of my rows the key that the same row has for them: by id, for a new row by equal content."""
    by_id = {form.typed()[form.add_prefix("id")]: form.prefix for form in theirs.forms if form.prefix}
    by_id.pop("", None)
    named, taken = {}, set()
    for form in mine.forms if mine.has_rows else ():
        pk = form.typed()[form.add_prefix("id")]
        twin = by_id.get(pk) or next((key for key in equal_rows(form, theirs) if key not in taken), None)
        named[form.prefix] = twin or form.prefix
        taken.add(named[form.prefix])
    return named


def equal_rows(form: Any, theirs: Board) -> list[str]:
    """Their rows that say the same as mine in every field."""
    typed = form.typed()
    names = [name for name in form.fields if name != "id"]
    return [
        other.prefix
        for other in theirs.forms
        if other.fields.keys() == form.fields.keys()
        and all(same(form[name], typed[form.add_prefix(name)], other[name]) for name in names)
    ]


def settled(data: QueryDict, theirs: Board) -> tuple[QueryDict, bool]:
    """What is to be saved after the choices on the conflict page, and whether every choice was made."""
    typed, everything, complete = theirs.typed(), data.get("all", ""), True
    for name in filter(None, data.getlist("differs")):
        pick = everything or data.get(f"pick:{name}", "")
        complete = complete and pick in {"mine", "theirs"}
        if pick != "theirs":
            typed[name] = data.get(f"mine:{name}", "")
    rows = [form.prefix for form in theirs.forms] if theirs.has_rows else []
    rows += [key for key in data.getlist("row") if key not in rows]
    return as_sent(typed, rows), complete
