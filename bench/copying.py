"""Rows into PostgreSQL by COPY: a prototype says what all rows share, a row only what is its own."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

PORTION = 20_000  # rows of one COPY; foreign keys are checked at the end of each
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Table:
    """A model's table as COPY wants it."""

    def __init__(self, model: type[models.Model]) -> None:
        fields = {field.attname: field for field in model._meta.concrete_fields if left_to_us(field)}
        self.name = model._meta.db_table
        self.writers = {name: writer_of(field) for name, field in fields.items()}
        self.shared = {name: self.text(name, field.get_default()) for name, field in fields.items()}
        self.columns = ", ".join(f'"{fields[name].column}"' for name in self.shared)

    def text(self, name: str, value: Any) -> str:
        return "\\N" if value is None else self.writers[name](value)

    def line(self, row: dict[str, Any]) -> str:
        values, text = self.shared.copy(), self.text
        for name, value in row.items():
            values[name] = text(name, value)
        return "\t".join(values.values())

    def copy(self, rows: Iterable[dict[str, Any]]) -> int:
        """Write all rows, portion by portion, each in its own transaction; how many."""
        command, count = f'COPY "{self.name}" ({self.columns}) FROM STDIN', 0
        for lines in portions(map(self.line, rows)):
            with connection.cursor() as cursor:
                cursor.copy_expert(command, io.StringIO("\n".join(lines) + "\n"))
            count += len(lines)
        return count


def left_to_us(field: Any) -> bool:
    """Not what the database computes or numbers."""
    return not (field.generated or isinstance(field, models.AutoField) or field.has_db_default())


def portions(lines: Iterable[str]) -> Iterator[list[str]]:
    lines = iter(lines)
    while portion := list(islice(lines, PORTION)):
        yield portion


def writer_of(field: models.Field) -> Callable[[Any], str]:
    """How a value of the field, other than None, looks in COPY's text format."""
    if isinstance(field, ArrayField):
        return lambda value: "{" + ",".join(f'"{str(one)}"' for one in value) + "}"
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False).translate(ESCAPES)
    if isinstance(field, models.BooleanField):
        return lambda value: "t" if value else "f"
    if isinstance(field, models.CharField | models.TextField):
        return lambda value: str(value).translate(ESCAPES)
    return str
