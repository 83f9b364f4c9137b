"""The portal's own tags and filters; a builtin of every template."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from portal import masking, once, reveals
from portal.icons import STROKES

register = template.Library()

register.filter("mask_name", masking.mask_name)
register.filter("mask_phone", masking.mask_phone)
register.filter("mask_id", masking.mask_id)


DRAWN = {name: mark_safe(strokes) for name, strokes in STROKES.items()}


@register.filter
def strokes(name: str) -> SafeString:
    """What an icon draws, nothing where there is none of the name; a page has thirty, so each is one look-up."""
    return DRAWN.get(name, SafeString())


@register.filter
def as_json(value: Any) -> str:
    """For a data attribute that a script reads; the template escapes it."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def filesizezh(size: int | None) -> str:
    """Bytes as people read them: 812 KB, 4.7 MB."""
    amount = float(size or 0)
    for unit in ("字节", "KB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            break
        amount /= 1024
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


@register.simple_tag
def reveal_reasons() -> list[tuple[str, Any]]:
    """(code, words) of the reasons for looking at what is masked."""
    return list(reveals.REASONS.items())


@register.simple_tag
def once_token() -> str:
    """The hidden input that makes a form take effect once (portal.once)."""
    return format_html('<input type="hidden" name="{}" value="{}">', once.FIELD, once.new_token())
