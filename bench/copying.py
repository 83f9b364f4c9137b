"""Rows into PostgreSQL by COPY: a prototype says what all rows share, a row only what is its own."""

import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

PORTION = 20_000  # rows of one COPY; foreign keys are checked at the end of each
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Table:
    """A model's table as COPY wants it."""

    def __init__(self, model: type[models.Model]) -> None:
        self.fields = {field.attname: field for field in model._meta.concrete_fields if not field.generated}
        self.name = model._meta.db_table
        shared = {
            name: field.get_default() for name, field in self.fields.items() if not isinstance(field, models.AutoField)
        }
        self.shared = {name: text_of(self.fields[name], value) for name, value in shared.items()}

    def line(self, row: dict[str, Any]) -> str:
        own = {name: text_of(self.fields[name], value) for name, value in row.items()}
        return "\t".join((self.shared | own).values())

    def copy(self, rows: Iterable[dict[str, Any]]) -> int:
        """Write all rows, portion by portion, each in its own transaction; how many."""
        columns = ", ".join(f'"{self.fields[name].column}"' for name in self.shared)
        command, count = f'COPY "{self.name}" ({columns}) FROM STDIN', 0
        for lines in portions(map(self.line, rows)):
            with connection.cursor() as cursor:
                cursor.copy_expert(command, io.StringIO("\n".join(lines) + "\n"))
            count += len(lines)
        return count


def portions(lines: Iterable[str]) -> Iterator[list[str]]:
    lines = iter(lines)
    while portion := list(islice(lines, PORTION)):
        yield portion


def text_of(field: models.Field, value: Any) -> str:
    """A value in COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(field, ArrayField):
        return "{" + ",".join(f'"{str(one)}"' for one in value) + "}"
    if isinstance(field, models.JSONField):
        return json.dumps(value, ensure_ascii=False).translate(ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, UUID | int | Decimal | datetime | date):
        return str(value)
    return str(value).translate(ESCAPES)
