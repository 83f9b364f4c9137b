"""Which passwords are accepted (decisions 3): long ones, mixed ones, none that is printed or can be looked up."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SHORTEST, LONG_ENOUGH, LONGEST = 10, 15, 128
CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
PRINTED = "Zjwh@123!"  # in the guide for ever, whatever INITIAL_PASSWORD is today
PLATFORM_WORDS = ("wuhan", "zjwh", "zgj", "portal")


class LengthAndClasses:
    """Ten characters of three classes, or fifteen of any kind; nothing that takes long to hash."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(_("密码最长 128 位。"), code="too_long")
        if len(password) < SHORTEST:
            raise ValidationError(_("密码至少 10 位。"), code="too_short")
        if len(password) < LONG_ENOUGH and sum(bool(re.search(kind, password)) for kind in CLASSES) < 3:
            raise ValidationError(
                _("密码须含大写字母、小写字母、数字、符号中的至少三类；15 位以上不限。"), code="classes"
            )

    def get_help_text(self) -> str:
        return str(_("10 位以上且含大写字母、小写字母、数字、符号中的至少三类，或 15 位以上。"))


class NotPublished:
    """The printed initial password opens only its own change; nobody may keep it, in any spelling."""

    def validate(self, password: str, user: Any = None) -> None:
        typed = plain(password)
        for printed in {plain(PRINTED), plain(settings.INITIAL_PASSWORD)}:
            if printed in typed or len(bare(printed)) > 3 and bare(printed) in bare(typed):
                raise ValidationError(_("不能使用初始密码或与它相近的密码。"), code="published")

    def get_help_text(self) -> str:
        return str(_("不能使用初始密码。"))


class NotPersonal:
    """No part of what others know about the person or the platform."""

    def validate(self, password: str, user: Any = None) -> None:
        typed = plain(password)
        if any(word in typed for word in PLATFORM_WORDS):
            raise ValidationError(_("密码不能含有平台的名称或简称。"), code="platform")
        if any(part in typed for part in personal_parts(user)):
            raise ValidationError(_("密码不能含有姓名、账号、手机号或证件号。"), code="personal")

    def get_help_text(self) -> str:
        return str(_("不能含有姓名、手机号、证件号和平台名称。"))


def personal_parts(user: Any) -> set[str]:
    """What is known of somebody: name, account, phone, and the parts of the ID number that people remember."""
    if user is None:
        return set()
    return {plain(part) for part in _parts(user) if len(part) > 1}


def _parts(user: Any) -> Iterator[str]:
    yield user.name or ""
    yield user.username if len(user.username) > 3 else ""
    if phone := user.contact_phone():
        yield phone[-8:]
    if number := user.id_number:
        yield from (number[-6:], number[6:14])
    if user.is_enterprise_account:
        yield from (user.username[8:17], user.username[-8:])


def plain(text: str) -> str:
    """The text without case and without full-width forms. Cut: what is longer is refused anyway."""
    return unicodedata.normalize("NFKC", text[: LONGEST * 2]).casefold()


def bare(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())
