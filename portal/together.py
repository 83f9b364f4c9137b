"""Several questions to the database in one, and written once.

Django takes longer to write a question than PostgreSQL to answer it, and each is a way there and back. Here questions
are QuerySets as everywhere, written once about somebody or something that does not exist, and asked in one statement
about whatever it is:

    AROUND = Together(
        lambda filing: {"reviews": Review.objects.filter(filing=filing).select_related("station"), "items": …},
        filing=UUID,
    )
    found = AROUND.ask(filing=filing.pk)     # {"reviews": [Review, …], "items": […]}

The rows are what the QuerySets alone would give: models with what `select_related` and annotations add, or tuples of
`values_list`. The given values stand for themselves in conditions and may be None, which equals nothing; several go
into `among`. What a question is may depend on the day, for it is written anew each day, but not on what it is given.
Nothing is locked and nothing prefetched here.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Func, Value
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable, get_related_populators
from django.utils import timezone

Read = Callable[[Any], Any]
NUMBERS = count(1)
# What stands for a value while the question is written: by its kind, something that nobody has.
NOBODY: dict[type, Callable[[int], Any]] = {
    UUID: lambda n: UUID(int=n),
    str: lambda n: f"\ue000{n}",
    date: lambda n: date(1, 1, 1 + n % 28),
    Decimal: lambda n: Decimal(-180 - n),
    list: lambda n: [f"\ue000{n}"],
}


class Among(Func):
    template, arg_joiner = "(%(expressions)s))", " = ANY ("
    output_field = models.BooleanField()
    conditional = True


def among(field: str, values: Any) -> Among:
    """That the field has one of the values, however many there are: `= ANY (…)`."""
    return Among(F(field), values if hasattr(values, "resolve_expression") else Value(values))


class Together:
    """Questions that are asked at once. `given` names what they are about, with its type."""

    def __init__(self, questions: Callable[..., dict[str, models.QuerySet]], **given: type) -> None:
        self.questions = questions
        self.written_on: dict[date, Written] = {}
        self.stands_for = {name: NOBODY[kind](next(NUMBERS)) for name, kind in given.items()}

    def ask(self, **given: Any) -> dict[str, list]:
        """The rows of each question about these values."""
        sql, params, parts = self.written_on.get(timezone.localdate()) or self.write()
        with connection.cursor() as cursor:
            cursor.execute(sql, [given[param[0]] if type(param) is tuple else param for param in params])
            found = cursor.fetchone()
        return {name: part.read(text) for (name, part), text in zip(parts.items(), found, strict=True)}

    def write(self) -> "Written":
        """The statement of today; its parameters, a value that is given as (its name,); and how each answer is read."""
        parts = {name: Part(rows) for name, rows in self.questions(**self.stands_for).items()}
        params = [self.named(param) for part in parts.values() for param in part.params]
        if unused := self.stands_for.keys() - {param[0] for param in params if type(param) is tuple}:
            raise ValueError(f"No question asks about {', '.join(unused)}.")
        written = f"SELECT {', '.join(part.sql for part in parts.values())}", params, parts
        self.written_on = {timezone.localdate(): written}
        return written

    def named(self, param: Any) -> Any:
        """The name that stands behind a parameter, or the parameter as it is."""
        for name, stand_in in self.stands_for.items():
            if type(param) is type(stand_in) and param == stand_in:
                return (name,)
        return param


class Part:
    """One question: its statement, which gives its rows as JSON, and how they become what Django would give."""

    def __init__(self, rows: models.QuerySet) -> None:
        compiler = rows.query.get_compiler(connection=connection)
        sql, self.params = compiler.as_sql()
        fields = [expression for expression, _sql, _alias in compiler.select]
        self.readers = [reader_of(field, compiler) for field in fields]
        names = ", ".join(f"c{n}" for n in range(len(fields)))
        columns = ", ".join(column_of(n, field) for n, field in enumerate(fields))
        self.sql = f"(SELECT json_agg(j)::text FROM (SELECT {columns} FROM ({sql}) q ({names})) j)"
        self.made = maker_of(rows, compiler)

    def read(self, text: str | None) -> list:
        return [self.made(row) for row in self.plain(json.loads(text))] if text else []

    def plain(self, rows: list[dict[str, Any]]) -> Iterator[tuple]:
        """The rows as the driver and Django's converters give them."""
        readers = self.readers
        for row in rows:
            yield tuple(read(value) if read else value for read, value in zip(readers, row.values(), strict=True))


Written = tuple[str, list[Any], dict[str, Part]]
AS_TEXT = {"DecimalField", "JSONField"}  # JSON would make other numbers of them, or open them
READERS: dict[str, Read] = {
    "UUIDField": UUID,
    "DateField": date.fromisoformat,
    "DateTimeField": datetime.fromisoformat,
    "DecimalField": Decimal,
}
AS_THEY_ARE = {
    *("AutoField", "BigAutoField", "BigIntegerField", "BooleanField", "CharField", "GenericIPAddressField"),
    *("IntegerField", "JSONField", "PositiveIntegerField", "PositiveSmallIntegerField", "SlugField"),
    *("SmallIntegerField", "TextField", "PositiveBigIntegerField", "FloatField"),
}


def kind_of(field: Any) -> str:
    """What sort of column it is; a foreign key is of the sort of what it points to."""
    while getattr(field, "remote_field", None) is not None and hasattr(field, "target_field"):
        field = field.target_field
    return field.get_internal_type()


def column_of(n: int, expression: Any) -> str:
    field = expression.output_field
    as_text = kind_of(field) in AS_TEXT
    if isinstance(field, ArrayField):
        base = innermost(field)
        return f"q.c{n}::text[] AS c{n}" if kind_of(base) in READERS else f"q.c{n}"
    return f"q.c{n}::text AS c{n}" if as_text else f"q.c{n}"


def innermost(field: Any) -> Any:
    return innermost(field.base_field) if isinstance(field, ArrayField) else field


def reader_of(expression: Any, compiler: Any) -> Read | None:
    """How a value of this column is read from JSON; None where it is as it should be already."""
    steps = [step for step in (read_json(expression.output_field), *converters_of(expression, compiler)) if step]
    return None if not steps else (lambda value: through(steps, value))


def through(steps: list[Read], value: Any) -> Any:
    for step in steps:
        value = step(value)
    return value


def read_json(field: Any) -> Read | None:
    kind = kind_of(field)
    if isinstance(field, ArrayField):
        base = read_json(field.base_field)
        return (lambda values: values and [base(value) for value in values]) if base else None
    if kind not in READERS and kind not in AS_THEY_ARE:
        raise NotImplementedError(f"{kind} cannot be asked together with others yet.")
    read = READERS.get(kind)
    return (lambda value: None if value is None else read(value)) if read else None


def converters_of(expression: Any, compiler: Any) -> list[Read]:
    """What Django itself does with a value of this column, as opening JSON or leaving sealed text sealed."""
    found = compiler.get_converters([expression]).get(0, ([], expression))
    return [partial(converted, convert, expression) for convert in found[0]]


def converted(convert: Callable[..., Any], expression: Any, value: Any) -> Any:
    return convert(value, expression, connection)


def maker_of(rows: models.QuerySet, compiler: Any) -> Callable[[tuple], Any]:
    """What becomes of a row: a model with what was asked beside it, a tuple, or its one value."""
    kind = rows._iterable_class  # type: ignore[attr-defined]
    if issubclass(kind, FlatValuesListIterable):
        return lambda row: row[0]
    if issubclass(kind, ValuesListIterable):
        return lambda row: row
    if kind is not ModelIterable:
        raise NotImplementedError("Ask together for models or values_list.")
    model, indexes = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    begin, end = indexes[0], indexes[-1] + 1
    names = [column[0].target.attname for column in compiler.select[begin:end]]
    related = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]
    annotated = dict(compiler.annotation_col_map or {})

    def made(row: tuple) -> models.Model:
        thing = model.from_db(connection.alias, names, row[begin:end])
        for each in related:
            each.populate(row, thing)
        for name, index in annotated.items():
            setattr(thing, name, row[index])
        return thing

    return made
