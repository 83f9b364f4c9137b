import json
import logging
import sys

import pytest
from django.db import IntegrityError

from portal.facts import serving
from portal.logs import Facts, JsonLines, mask_numbers


def logged(message, *args, error=None):
    """The line that a call of the logger gives."""
    try:
        if error:
            raise error
        info = None
    except Exception:
        info = sys.exc_info()
    record = logging.LogRecord("portal", logging.INFO, "x.py", 1, message, args, info)
    Facts().filter(record)
    return JsonLines().format(record)


@pytest.mark.parametrize(
    "nasty", ["\n", "\r\n", "\u2028", "\x85", "\x1b[2J", "\ud800", "\u202e", "\x00", '"}\n{"level":"x']
)
def test_one_record_is_one_line_whatever_it_says(nasty):
    line = logged("before %s after", nasty)

    assert line.splitlines() == [line]
    assert line.isprintable()
    line.encode()
    assert json.loads(line)["message"] == f"before {nasty} after"


def test_a_traceback_stays_on_the_line():
    line = logged("failed", error=ValueError("a\nb"))
    assert len(line.splitlines()) == 1
    assert "ValueError: a\nb" in json.loads(line)["exception"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("tel 13800138000.", "tel 138****8000."),
        ("tel13800138000x", "tel138****8000x"),
        ("+8613800138000", "+861****8000"),
        ("138 0013 8000", "138****8000"),
        ("id 420102198503129010", "id 420****9010"),
        ("id 42010619840615907X", "id 420****907X"),
        ("１３８００１３８０００", "１３８****８０００"),
        ("42010219850312901013800138000", "420****8000"),
    ],
)
def test_phones_and_id_numbers_are_masked(text, masked):
    assert mask_numbers(text) == masked
    assert json.loads(logged("%s", text))["message"] == masked


@pytest.mark.parametrize(
    "text",
    [
        "10 digits 1380013800",
        "0193a4c0-1234-7890-8abc-123456789012",
        "sha256 " + "12345678901234567890123456789012345678901234567890123456789012ab",
        "2026-11-22 14:00:00",
    ],
)
def test_other_numbers_stay_readable(text):
    assert mask_numbers(text) == text


def test_a_row_in_a_database_error_is_withheld():
    error = IntegrityError("duplicate key\nDETAIL:  Key (name)=(张三丰) already exists.\n")
    assert "张三丰" not in logged("failed", error=error)
    assert "duplicate key" in logged("failed", error=error)


def test_a_line_tells_the_request_it_belongs_to(rf):
    with serving(rf.get("/", REMOTE_ADDR="1.2.3.4")) as known:
        line = json.loads(logged("hello"))
    assert (line["request_id"], line["address"], line["level"]) == (known.request_id, "1.2.3.4", "INFO")
    assert "request_id" not in json.loads(logged("outside"))


def test_arguments_that_do_not_fit_do_not_lose_the_line():
    assert json.loads(logged("one %s two %s", "x"))["message"] == "one %s two %s ('x',)"
