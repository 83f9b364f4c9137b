"""Logs as JSON lines: one record is one line whatever it contains, and no phone or ID number gets in."""

import json
import logging
import re
from datetime import UTC, datetime

from portal.facts import facts

# Text that a log may hold although it has long runs of digits: UUIDs and digests.
OPAQUE = r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=[0-9]*[a-f])[0-9a-f]{32,128}\b"
# Phones (11 digits), ID numbers (18, of which the last may be X); longer runs may contain them.
RUN = r"(?<!\d)\d{17}[Xx]|\d{11,}|(?<!\d)1[3-9]\d[ -]\d{4}[ -]\d{4}(?!\d)"
NUMBERS = re.compile(f"({OPAQUE})|({RUN})")

# PostgreSQL repeats the whole row or key in these lines of its messages.
ROW_CONTENT = re.compile(r"^(DETAIL|CONTEXT|详细描述|详细|背景|上下文):.*$", re.MULTILINE)

# Signs that a viewer takes for an end of line or that turn the direction of the text around.
UNSEEN = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def mask_numbers(text: str) -> str:
    """`text` with the middle of every run of eleven or more digits replaced by stars."""
    return NUMBERS.sub(lambda found: found[1] or f"{found[2][:3]}****{found[2][-4:]}", text)


class Facts(logging.Filter):
    """Adds the request's id and the client's address to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id, record.address = facts().request_id, facts().address
        return True


class JsonLines(logging.Formatter):
    """time (UTC), level, logger, message, and where known request_id, address, exception."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.cleaned(message_of(record)),
        }
        for name in ["request_id", "address"]:
            if value := getattr(record, name, ""):
                line[name] = value
        if record.exc_info and record.exc_info[1]:
            line["exception"] = self.cleaned(self.formatException(record.exc_info))
        return UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(line, ensure_ascii=False))

    def cleaned(self, text: str) -> str:
        return mask_numbers(ROW_CONTENT.sub(r"\1: (withheld)", text))


def message_of(record: logging.LogRecord) -> str:
    """The record's text, also where its arguments do not fit: a wrong log line must not lose what it was about."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"
