"""Fields that read what people paste: numbers with commas, dates with slashes, full-width digits."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import validators
from portal.forms import NameField, UsccField

BLANK = [("", gettext_lazy("请选择"))]
YES_NO = [*BLANK, ("True", gettext_lazy("是")), ("False", gettext_lazy("否"))]
DAY_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"]
YEARS = range(1990, 2101)
SIX_PLACES = Decimal("0.000001")  # about a tenth of a metre


def bare(value: Any) -> Any:
    """Typed digits without thousands separators, blanks and full-width forms."""
    return re.sub("[,\\s]", "", unicodedata.normalize("NFKC", value)) if isinstance(value, str) else value


def plain(number: Decimal) -> str:
    """A number without the zeros that only its column has: 46280.0000 is 46280."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_typed(value: Any) -> str:
    """A stored value as somebody would type it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)


class MeasureField(forms.DecimalField):
    """An amount that is not below zero; 128,600.50 is read as 128600.50."""

    def __init__(self, label: Any, *, digits: int = 14, places: int = 2, **more: Any) -> None:
        super().__init__(label=label, max_digits=digits, decimal_places=places, min_value=0, **more)

    def to_python(self, value: Any) -> Any:
        return super().to_python(bare(value))


class DegreesField(forms.DecimalField):
    """A coordinate in degrees; more than six decimals are rounded, they say less than a tenth of a metre."""

    def __init__(self, label: Any, **more: Any) -> None:
        super().__init__(label=label, min_value=-180, max_value=180, **more)

    def to_python(self, value: Any) -> Any:
        number: Any = super().to_python(bare(value).strip("°") if isinstance(value, str) else value)
        if number is None or not number.is_finite() or abs(number) > 180:
            return number  # the validators say what is wrong
        return number.quantize(SIX_PLACES)


class CountField(forms.IntegerField):
    """A whole number from zero to `most`."""

    def __init__(self, label: Any, *, most: int, **more: Any) -> None:
        super().__init__(label=label, min_value=0, max_value=most, **more)

    def to_python(self, value: Any) -> int | None:
        return super().to_python(bare(value))


class DayField(forms.DateField):
    """A date; the complaint repeats what was typed, as the browser's calendar does not show it."""

    def __init__(self, label: Any, **more: Any) -> None:
        super().__init__(label=label, input_formats=DAY_FORMATS, **more)

    def to_python(self, value: Any) -> date | None:
        try:
            day = super().to_python(unicodedata.normalize("NFKC", value) if isinstance(value, str) else value)
        except ValidationError:
            day = date.min
        if day is not None and day.year not in YEARS:
            raise ValidationError(_("“%(typed)s”不是有效的日期，请按 2026-11-22 的格式填写。") % {"typed": value})
        return day


class YesNoField(forms.TypedChoiceField):
    """是, 否, or not said."""

    def __init__(self, label: Any, **more: Any) -> None:
        super().__init__(label=label, choices=YES_NO, coerce=lambda text: text == "True", empty_value=None, **more)


class ProseField(forms.CharField):
    """Several lines of text, at most `max_length` characters."""

    def __init__(self, label: Any, *, max_length: int = 500, rows: int = 3, **more: Any) -> None:
        super().__init__(label=label, max_length=max_length, widget=forms.Textarea({"rows": rows}), **more)

    def to_python(self, value: Any) -> str:
        return validators.clean_text(super().to_python(value) or "")


class PartyCodeField(UsccField):
    """The code of a party: of any register, and of owners who have only an older one (edge case 28)."""

    default_validators = [validators.check_party_code]


class ProjectNoField(forms.CharField):
    """项目编号: sixteen digits (domain §3.5)."""

    default_validators = [validators.check_project_no]  # type: ignore[list-item] # its warnings are for the check page

    def to_python(self, value: Any) -> str:
        return validators.normalise_project_no(super().to_python(value) or "")


def line(label: Any, most: int = 200, **more: Any) -> NameField:
    """One clean line of text."""
    return NameField(label=label, max_length=most, **more)


def choice(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[*BLANK, *choices], **more)
