"""Where the documents of a holder are looked at and looked after, where its app has pages for that."""

from collections.abc import Callable
from typing import Any

Address = Callable[[Any], str]  # document -> url

_addresses: dict[str, dict[str, Address]] = {}


def register_addresses(holder: str, **addresses: Address) -> None:
    """Say for the documents held by "app.Model" where one is looked at (`view`) and looked after (`manage`)."""
    _addresses[holder.lower()] = addresses


def address_of(document: Any, what: str) -> str:
    """The address of such a page; "" if there is none."""
    make = _addresses.get(document.holder_type, {}).get(what)
    return make(document) if make else ""
