"""The portal's own tags and filters; a builtin of every template."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.html import format_html

from portal import masking, once, reveals

register = template.Library()

register.filter("mask_name", masking.mask_name)
register.filter("mask_phone", masking.mask_phone)
register.filter("mask_id", masking.mask_id)


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
