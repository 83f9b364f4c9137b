"""Numbers and names as people type them: made regular first, then checked, then explained in one sentence.

`normalise_…` and `clean_…` take what was typed and return what is stored; `check_…` take what is stored and raise
ValidationError, or return warnings where a rule is only probable. Nothing here asks the database.
Sources: GB 32100-2015, GB 11714, GB 11643-1999; domain §3.1-3.5, §3.9.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Sentence  # translated when it is shown

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
FULL_WIDTH_ALNUM = {code: half for code, half in FULL_WIDTH.items() if chr(half).isalnum() or half == 0x20}
INVISIBLE = set(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
)  # shown as nothing, though Unicode calls them visible
HYPHENS = "\\-\u2010-\u2015\u2212\ufe63"

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = [pow(3, i, 31) for i in range(17)]
ORG_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]
ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
ID_CHECKS = "10X98765432"

PROVINCES = set(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
WUHAN_COUNTIES = set("00 01 02 03 04 05 06 07 11 12 13 14 15 16 17 21 22 23 24".split())  # with the abolished ones
AGES_ALLOWED, AGES_USUAL = (16, 75), (18, 65)


# Spelling


def clean_text(text: str) -> str:
    """Text of several lines: trimmed, one way to end a line, nothing invisible. Refuses control characters."""
    lines = _visible(text).replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "\n".join(line.rstrip() for line in lines.replace("\t", " ").split("\n")).strip()


def clean_name(text: str) -> str:
    """A name in one line: trimmed, single spaces, half-width letters and digits, brackets as （）."""
    text = _visible(text).translate(FULL_WIDTH_ALNUM).replace("(", "（").replace(")", "）")
    return " ".join(text.split())


def clean_person_name(text: str) -> str:
    """A person's name: as `clean_name`, with one kind of middle dot and no spaces between Chinese characters."""
    text = re.sub("\\s*[·•‧・･∙⋅]\\s*", "·", clean_name(text))
    return re.sub(f"(?<=[{HAN}]) (?=[{HAN}])", "", text)


def check_person_name(name: str) -> None:
    """A name of Chinese or Latin letters, two at least, as on the ID card."""
    letters = f"{HAN}A-Za-zÀ-ɏ\ue000-\uf8ff"  # rare characters of older ID cards lie in the private area
    if not re.fullmatch(f"[{letters}][{letters}·.' -]+", name):
        raise ValidationError(_("请填写与身份证一致的姓名，只能包含汉字、字母和间隔号“·”。"), code="name")


def _visible(text: str) -> str:
    """The text without zero-width and direction marks; control characters and broken Unicode are refused."""
    if text.isprintable() and INVISIBLE.isdisjoint(text):  # nearly every text; the rest of this is slow
        return unicodedata.normalize("NFC", text)
    kept = [c for c in text if unicodedata.category(c) != "Cf" and c not in INVISIBLE]
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\r\n" for c in kept):
        raise ValidationError(_("包含无法识别的控制字符，请删除后重新输入。"), code="control")
    return unicodedata.normalize("NFC", "".join(kept))


def _compact(text: str) -> str:
    """A code as it was meant: half-width, capital letters, without spaces, hyphens and invisible characters."""
    text = "".join(c for c in text.translate(FULL_WIDTH) if unicodedata.category(c) != "Cf")
    return re.sub(f"[\\s{HYPHENS}]", "", text).upper()


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _digits(text: str, count: int) -> bool:
    return re.fullmatch(f"[0-9]{{{count}}}", text) is not None


def _check_length(code: str, expected: int, message: Sentence) -> None:
    if len(code) != expected:
        raise ValidationError(message, code="length", params={"count": len(code)})


# 统一社会信用代码


def normalise_uscc(text: str) -> str:
    """The unified social credit code without spaces and hyphens, half-width, in capitals."""
    return _compact(text)


def check_uscc(code: str) -> None:
    """A unified social credit code (GB 32100); its first two characters may be any, owners can be public bodies."""
    _check_length(code, 18, _("统一社会信用代码应为18位，您输入了%(count)d位。"))
    _check_uscc_characters(code)
    if code[17] != _uscc_check(code):
        raise ValidationError(_("统一社会信用代码的校验码不符，请逐位与营业执照核对。"), code="checksum")


def _check_uscc_characters(code: str) -> None:
    if set(code) & set("IOSVZ"):
        raise ValidationError(_("代码不含字母 I、O、S、V、Z，请检查是否应为 1、0、5、U、2"), code="letters")
    for position, character in enumerate(code, start=1):
        if character not in USCC_ALPHABET:
            raise ValidationError(
                _("统一社会信用代码只含数字和字母，第%(position)d位“%(character)s”有误。"),
                code="character",
                params={"position": position, "character": character},
            )
    if not _digits(code[2:8], 6):
        raise ValidationError(_("统一社会信用代码第3至8位是行政区划代码，应全部为数字。"), code="region")


def _uscc_check(code: str) -> str:
    total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(code[:17], USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def check_party_code(code: str) -> None:
    """A unified social credit code, or the nine characters of an older 组织机构代码 (GB 11714) of who has no other."""
    if len(code) != 9:
        return check_uscc(code)
    remainder = sum(int(c, 36) * w for c, w in zip(code[:8], ORG_WEIGHTS, strict=True)) % 11 if code.isalnum() else -1
    if not code.isascii() or code[8] != "0123456789X0"[11 - remainder]:
        raise ValidationError(
            _("组织机构代码的校验码不符，请核对；已换领统一社会信用代码的，请填写18位代码。"), code="checksum"
        )


def uscc_inner_warning(code: str) -> Sentence | None:
    """What to say when characters 9 to 17 fail their own check (GB 11714); old codes may, so it is no error."""
    body, check = code[8:16], code[16:17]
    remainder = sum(int(c, 36) * w for c, w in zip(body, ORG_WEIGHTS, strict=True)) % 11
    if check == "0123456789X0"[11 - remainder]:
        return None
    return _("代码中的组织机构代码（第9至17位）校验不符，请与营业执照核对。")


# 居民身份证号


def normalise_resident_id(text: str) -> str:
    """The resident ID number without spaces and hyphens, half-width, with a capital X."""
    return _compact(text)


def check_resident_id(number: str, *, ages: tuple[int, int] | None = AGES_ALLOWED, today: date | None = None) -> None:
    """A resident ID number (GB 11643) of somebody of an age that may work on a site; any region is accepted."""
    if len(number) == 15 and _digits(number, 15):
        raise ValidationError(_("15位的旧身份证号已停用，请填写18位身份证号。"), code="length")
    _check_length(number, 18, _("身份证号应为18位，您输入了%(count)d位。"))
    _check_id_characters(number)
    _check_birth(birth_date(number), ages, today or timezone.localdate())
    if number[17] != ID_CHECKS[sum(int(c) * w for c, w in zip(number[:17], ID_WEIGHTS, strict=True)) % 11]:
        raise ValidationError(_("身份证号的校验位不符，请逐位与身份证核对。"), code="checksum")


def _check_id_characters(number: str) -> None:
    for position, character in enumerate(number, start=1):
        if character not in ("0123456789" if position < 18 else "0123456789X"):
            raise ValidationError(
                _("身份证号前17位应为数字，末位为数字或X，第%(position)d位“%(character)s”有误。"),
                code="character",
                params={"position": position, "character": character},
            )


def _check_birth(born: date, ages: tuple[int, int] | None, today: date) -> None:
    if born > today:
        raise ValidationError(_("身份证号中的出生日期（第7至14位）晚于今天，请核对。"), code="future")
    if ages and not ages[0] <= _age(born, today) <= ages[1]:
        raise ValidationError(
            _("身份证号对应的年龄须在%(youngest)d至%(oldest)d周岁之间，请核对。"),
            code="age",
            params={"youngest": ages[0], "oldest": ages[1]},
        )


def birth_date(number: str) -> date:
    """The date of birth in a resident ID number. Raises ValidationError when there is no such day."""
    born = _date(number[6:14])
    if born is None:
        raise ValidationError(_("身份证号中的出生日期（第7至14位）不存在，请核对。"), code="date")
    return born


def resident_id_warnings(number: str, *, today: date | None = None) -> list[Sentence]:
    """What is unusual in a valid number: a region that is not in the list, an age outside 18 to 65."""
    warnings: list[Sentence] = []
    if number[:2] not in PROVINCES or (number[:4] == "4201" and number[4:6] not in WUHAN_COUNTIES):
        warnings.append(_("身份证号前6位的行政区划代码不在目录中，请核对。"))
    if not AGES_USUAL[0] <= _age(birth_date(number), today or timezone.localdate()) <= AGES_USUAL[1]:
        warnings.append(_("年龄不在18至65周岁之间，请确认。"))
    return warnings


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


# 手机号


def normalise_mobile(text: str) -> str:
    """The eleven digits of a mobile number, without +86, spaces and hyphens."""
    return re.sub("^(\\+86|0086|86(?=[0-9]{11}$))", "", _compact(text))


def check_mobile(number: str) -> None:
    """A mobile number of the mainland."""
    if not number.isascii() or not number.isdigit():
        raise ValidationError(_("手机号只能包含数字。"), code="character")
    _check_length(number, 11, _("手机号应为11位，您输入了%(count)d位。"))
    if not re.match("1[3-9]", number):
        raise ValidationError(_("手机号应以13至19开头，请核对。"), code="prefix")


# 施工许可证编号, 项目编号


def normalise_permit_no(text: str) -> str:
    """One spelling for a permit number: half-width, capitals, no spaces, [] and () for all brackets."""
    if text.isascii() and text.isdigit():  # nearly every number; the rest of this is slow
        return text
    text = text.translate(FULL_WIDTH).translate(str.maketrans("〔〕【】", "[][]"))
    spelled = re.sub(f"[{HYPHENS}]", "-", "".join(c for c in text if unicodedata.category(c) != "Cf"))
    spelled = "".join(spelled.split()).upper()
    digits = spelled.replace("-", "")
    return digits if _digits(digits, 18) else spelled


def check_permit_no(number: str, *, today: date | None = None) -> list[Sentence]:
    """Warnings about a construction permit's number; only what cannot be one at all is refused (domain §3.4)."""
    if not re.fullmatch("[0-9A-Z\\[\\]()\\-\u4e00-\u9fa5]{6,50}", number):
        raise ValidationError(
            _("施工许可证编号应为6至50个字符，只能包含数字、字母、汉字、括号和连字符。"), code="character"
        )
    if not _digits(number, 18):
        return [_("非标准格式")]
    warnings: list[Sentence] = [] if number.startswith("4201") else [_("发证机关非武汉")]
    return warnings + _date_warnings(_date(number[6:14]), today)


def _date_warnings(day: date | None, today: date | None) -> list[Sentence]:
    if day is None:
        return [_("编号中的日期不存在，请核对。")]
    return [_("编号中的日期晚于今天，请核对。")] if day > (today or timezone.localdate()) else []


def normalise_project_no(text: str) -> str:
    """The project number without spaces and hyphens, half-width."""
    return _compact(text)


def check_project_no(number: str, *, today: date | None = None) -> list[Sentence]:
    """Warnings about a project number; what is not sixteen digits is refused (domain §3.5)."""
    if not _digits(number, 16):
        raise ValidationError(
            _("项目编号应为16位数字，您输入了%(count)d位。"), code="length", params={"count": len(number)}
        )
    warnings: list[Sentence] = [] if number.startswith("42") else [_("项目编号的行政区划代码不属于湖北省，请核对。")]
    return warnings + _date_warnings(_date("20" + number[6:12]), today)
