"""How long an export takes, and how much memory: python -m bench.export, against a database that bench.city filled."""

import os
import resource
import tempfile
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from accounts.models import User  # noqa: E402
from bench.city import APPLICANT  # noqa: E402
from portal.exports.actions import CHUNK  # noqa: E402
from portal.exports.workbook import write_workbook  # noqa: E402
from portal.lists.kinds import list_kind  # noqa: E402
from supervision.filing_list import with_shown  # noqa: E402
from supervision.models import Filing  # noqa: E402


def megabytes() -> float:
    """The most this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report() -> None:
    """Every column of every filing, first a thousand, then ten times as many each time."""
    viewer, kind = User.objects.get(username=APPLICANT), list_kind("filing-joint")
    shown = with_shown(Filing.objects.order_by("-changed_at", "-id"), {column.code for column in kind.columns})
    count = Filing.objects.count()
    for number in sorted({1_000, 10_000, count}):
        if number > count:
            continue
        began, worked = time.perf_counter(), time.process_time()
        with tempfile.TemporaryFile() as file:
            rows = kind.prepared(shown[:number].iterator(chunk_size=CHUNK), viewer)
            write_workbook(file, kind.columns, rows, title="bench", facts=[])
            size = file.tell() / 2**20
        spent = time.perf_counter() - began
        print(f"{number:,} rows: {spent:.1f} s, {time.process_time() - worked:.1f} s CPU, {size:.1f} MB, ", end="")
        print(f"most memory so far {megabytes():.0f} MB")


if __name__ == "__main__":
    report()
