"""What this process has served, counted for Prometheus: requests, seconds and queries. Nothing here names anybody."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

from django.db import connection
from django.http import HttpRequest, HttpResponse

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds

Respond = Callable[[HttpRequest], HttpResponse]
Sample = tuple[str, dict[str, str], float]  # name, labels, value

_lock = threading.Lock()
_counts: dict[tuple[str, tuple[tuple[str, str], ...]], float] = defaultdict(float)


def count(name: str, value: float, labels: dict[str, str]) -> None:
    """Add to a number that only grows."""
    with _lock:
        _counts[name, tuple(sorted(labels.items()))] += value


def counted() -> list[Sample]:
    """Everything counted so far in this process, with its number: a server has several."""
    with _lock:
        kept = sorted(_counts.items())
    return [(name, dict(labels) | {"process": str(os.getpid())}, value) for (name, labels), value in kept]


def as_text(samples: Iterable[Sample]) -> str:
    """The samples in Prometheus' text format 0.0.4. Labels are our own words, so they need no escapes."""
    lines = []
    for name, labels, value in samples:
        inner = ",".join(f'{label}="{text}"' for label, text in labels.items())
        lines.append(f"{name}{{{inner}}} {value:g}" if inner else f"{name} {value:g}")
    return "\n".join(lines) + "\n"


class Measured:
    """Counts each answer by method and class of status, with how long it took and how many queries it asked."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began, queries = time.perf_counter(), Queries()
        with connection.execute_wrapper(queries):
            response = self.get_response(request)
        took = time.perf_counter() - began
        method = request.method or ""
        kind = {"method": method if method in {"GET", "POST"} else "other"}
        count("portal_requests_total", 1, kind | {"status": f"{response.status_code // 100}xx"})
        count("portal_queries_total", queries.count, kind)
        count("portal_request_seconds_sum", took, kind)
        count("portal_request_seconds_count", 1, kind)
        for bound in (*BOUNDS, float("inf")):
            count("portal_request_seconds_bucket", took <= bound, kind | {"le": "+Inf" if bound > 10 else f"{bound:g}"})
        return response


class Queries:
    """Counts what passes through a connection."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute, sql, params, many, context):
        self.count += 1
        return execute(sql, params, many, context)
