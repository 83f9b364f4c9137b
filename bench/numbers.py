"""Valid numbers, counted through: they belong to nobody, and no two are equal."""

from datetime import date, timedelta
from functools import cache

from portal.validators import ID_CHECKS, ID_WEIGHTS, ORG_WEIGHTS, USCC_ALPHABET, USCC_WEIGHTS


def uscc(series: str, number: int) -> str:
    """The unified social credit code of the company of that number; `series`: MB, MC …"""
    body = f"{series}{number:06d}"
    remainder = sum(int(sign, 36) * weight for sign, weight in zip(body, ORG_WEIGHTS, strict=True)) % 11
    code = f"91420102{body}" + "0123456789X0"[11 - remainder]
    total = sum(USCC_ALPHABET.index(sign) * weight for sign, weight in zip(code, USCC_WEIGHTS, strict=True))
    return code + USCC_ALPHABET[(31 - total % 31) % 31]


@cache
def born(since: date, days: int) -> str:
    return f"420102{since + timedelta(days=days):%Y%m%d}"


def id_number(since: date, number: int) -> str:
    """The resident ID number of the person of that number, a hundred born on each day from `since` on."""
    digits = f"{born(since, number // 100)}{800 + number % 100}"
    return digits + ID_CHECKS[sum(int(sign) * weight for sign, weight in zip(digits, ID_WEIGHTS, strict=True)) % 11]
