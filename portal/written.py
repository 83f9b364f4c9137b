"""Questions to the database that are written once.

Django takes longer to write the SQL of a question with nested conditions than PostgreSQL takes to answer it. A question
that every page asks is therefore written once, about stand-ins, and asked about whatever takes their place:

    @written
    def codes_of(user: UUID) -> QuerySet:
        return Enterprise.objects.filter(members__user=user).values_list("uscc", flat=True)

    codes_of(user=request.user.pk)

The queryset stays the one place that says what is asked; the function is called with stand-ins and must not look at
them. What it may look at stands in `shape`: whether there is a keyword, which module, which day. One SQL is kept for
each shape. Prepared questions are planned by PostgreSQL once a connection, too (settings.PREPARED_QUESTIONS).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import update_wrapper
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, connections
from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, UUIDField, Value
from django.db.models.sql.compiler import SQLCompiler

from portal.replica import reading_alias

KEPT = 64  # shapes of one question, in each thread
NAMES = UUID("5f0c2c86-6d0f-4d6b-9d3e-6b1f0c7a2e11")
TYPES = {UUID: "uuid", str: "text", datetime: "timestamptz", date: "date", int: "bigint", Decimal: "numeric"}

_numbers = count(1)


@dataclass(frozen=True)
class Slot:
    """Where a value goes: as it is, or inside a pattern of LIKE."""

    name: str
    before: str = ""
    after: str = ""
    is_pattern: bool = False

    def filled(self, given: dict[str, Any]) -> Any:
        value = given[self.name]
        if self.is_pattern:
            return self.before + connection.ops.prep_for_like_query(value) + self.after
        return value


@dataclass
class Text:
    """What was written for one shape, as one thread asks it."""

    rows: QuerySet
    compiler: SQLCompiler
    sql: str  # with %s for the slots alone, where it is not prepared
    slots: tuple[Slot, ...]
    prepare: str  # PREPARE … AS, "" for what is not prepared

    def fetched(self, given: dict[str, Any], frame: str = "%s", values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What PostgreSQL answers to it, or to a question that holds it in the place of %s, with `values` of its own."""
        filled = (*(slot.filled(given) for slot in self.slots), *values)
        asked = connections[reading_alias()]
        with asked.cursor() as cursor:
            if self.prepare:
                make_ready(asked, cursor, self.prepare)
            text = frame.replace("%s", self.sql, 1)
            cursor.execute(text, filled) if filled else cursor.execute(text % ())
            return cursor.fetchall()

    def asked(self, given: dict[str, Any]) -> list[Any]:
        found = self.fetched(given)
        self.compiler.execute_sql = lambda *args, **options: [found]  # type: ignore[method-assign, assignment]
        try:
            return list(self.rows._iterable_class(self.rows))  # type: ignore[attr-defined, call-overload]
        finally:
            del self.compiler.execute_sql  # and with it what was found


class Written:
    """A question that is written once for each shape; see the module. `prepared`: planned once as well."""

    def __init__(
        self, build: Callable[..., QuerySet], *, prepared: bool = True, frame: Callable[[QuerySet], str] | None = None
    ) -> None:
        self.build = build
        self.prepared = prepared
        self.frame = frame  # SQL around it, with %s in its place; its answers are read by `raw`
        self.kept = threading.local()
        update_wrapper(self, build)

    def __call__(self, *shape: Hashable, **given: Any) -> list[Any]:
        """The rows, as the queryset would give them."""
        return self.text(shape, given).asked(given)

    def raw(self, *shape: Hashable, **given: Any) -> list[tuple[Any, ...]]:
        """The rows as PostgreSQL gives them."""
        return self.text(shape, given).fetched(given)

    def within(self, frame: str, values: tuple[Any, ...], *shape: Hashable, **given: Any) -> list[tuple[Any, ...]]:
        """The answer to SQL that holds the question where its first %s stands, then takes `values`."""
        return self.text(shape, given).fetched(given, frame, values)

    def text(self, shape: tuple[Hashable, ...], given: dict[str, Any]) -> Text:
        texts: OrderedDict[tuple, Text] = self.kept.__dict__.setdefault("texts", OrderedDict())
        key = (settings.PREPARED_QUESTIONS, *shape)
        found = texts.get(key)
        if found is None:
            found = texts[key] = self.write(shape, given)
            if len(texts) > KEPT:
                texts.popitem(last=False)
        else:
            texts.move_to_end(key)
        return found

    def write(self, shape: tuple[Hashable, ...], given: dict[str, Any]) -> Text:
        stand_ins = {name: stand_in(name, value) for name, value in given.items()}
        rows = self.build(*shape, **stand_ins)
        compiler = rows.query.get_compiler(connection.alias)
        sql, params = compiler.as_sql()
        sql = self.frame(rows).replace("%s", sql, 1) if self.frame else sql
        slots, fixed = [], []
        for param in params:
            slot = slot_of(param, stand_ins)
            fixed.append(Kept(slot, type_of(given[slot.name])) if slot else param)
            slots += [slot] if slot else []
        rows.query.get_compiler = lambda *args, **options: compiler  # type: ignore[method-assign]
        prepared = self.prepared and settings.PREPARED_QUESTIONS
        return written_out(rows, compiler, sql, fixed, tuple(slots), prepared)


def written(build: Callable[..., QuerySet]) -> Written:
    """For questions that go by keys, whoever asks: one plan does for all."""
    return Written(build)


def written_unprepared(build: Callable[..., QuerySet]) -> Written:
    """For questions whose best plan hangs on what is asked for: a rare word, a large enterprise."""
    return Written(build, prepared=False)


@dataclass(frozen=True)
class Kept:
    """In the place of a parameter while the others are written into the text."""

    slot: Slot
    type: str


def written_out(
    rows: QuerySet, compiler: SQLCompiler, sql: str, params: list[Any], slots: tuple[Slot, ...], prepared: bool
) -> Text:
    """The SQL with its fixed values in it. What is prepared takes numbered parameters of a known type."""
    with connection.cursor() as cursor:
        fixed = [param if isinstance(param, Kept) else in_full(cursor, param) for param in params]
    if not prepared:
        body = sql.replace("%%", "%%%%") % tuple("%s" if isinstance(one, Kept) else doubled(one) for one in fixed)
        return Text(rows, compiler, body, slots, "")
    number = count(1)
    body = sql % tuple(f"${next(number)}::{one.type}" if isinstance(one, Kept) else one for one in fixed)
    types = ", ".join(one.type for one in fixed if isinstance(one, Kept))
    name = f"written_{next(_numbers)}"
    places = ", ".join(["%s"] * len(slots))
    return Text(
        rows,
        compiler,
        f"EXECUTE {name}" + (f" ({places})" if slots else ""),
        slots,
        f"PREPARE {name}" + (f" ({types})" if slots else "") + f" AS {body}",
    )


def in_full(cursor: Any, param: Any) -> str:
    return cursor.cursor.mogrify("%s", (param,)).decode()


def doubled(text: str) -> str:
    """A fixed value in a text that is filled once more."""
    return text.replace("%", "%%")


def make_ready(asked: Any, cursor: Any, prepare: str) -> None:
    """Prepare a question once for each connection; not counted as one, for it asks nothing."""
    raw = cursor.connection
    known: tuple[Any, set[str]] | None = getattr(asked, "questions_prepared", None)
    if known is None or known[0] is not raw:
        known = raw, set()
        asked.questions_prepared = known
    if prepare not in known[1]:
        cursor.cursor.execute(prepare)
        known[1].add(prepare)


def any_of(field: str, values: list[Any]) -> Q:
    """`field = ANY (values)`, one parameter however many there are; for questions that are written once."""
    return Q(IsAnyOf(F(field), Value(values, ArrayField(UUIDField() if holds(values, UUID) else TextField()))))


def holds(values: list[Any], kind: type) -> bool:
    return bool(values) and isinstance(values[0], kind)


class IsAnyOf(Func):
    template, arg_joiner = "(%(expressions)s))", " = ANY ("
    output_field = BooleanField()
    conditional = True


def stand_in(name: str, value: Any) -> Any:
    """Something of the same type that no question holds by itself."""
    mark = uuid5(NAMES, name)
    if isinstance(value, list):
        return [stand_in(name, value[0] if value else "")]
    if isinstance(value, UUID):
        return mark
    if isinstance(value, str):
        return f"\x01{mark.hex}\x01"
    if isinstance(value, datetime):
        return datetime.fromtimestamp(mark.int % 10**9, tz=UTC)
    if isinstance(value, date):
        return date.fromordinal(1 + mark.int % 10**5)
    if isinstance(value, int):
        return -(mark.int % 10**9)
    if isinstance(value, Decimal):
        return Decimal(mark.int % 10**5) / 1000
    raise TypeError(f"No question can be written about a {type(value).__name__}.")


def type_of(value: Any) -> str:
    if isinstance(value, list):
        return f"{type_of(value[0]) if value else 'text'}[]"
    return TYPES[next(kind for kind in TYPES if isinstance(value, kind))]


def slot_of(param: Any, stand_ins: dict[str, Any]) -> Slot | None:
    """Which stand-in a parameter of the SQL is, or holds."""
    for name, mark in stand_ins.items():
        if type(param) is type(mark) and param == mark:
            return Slot(name)
        if isinstance(mark, str) and isinstance(param, str) and mark in param:
            before, after = param.split(mark)
            return Slot(name, before, after, is_pattern=True)
    return None
