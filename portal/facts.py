"""What is known about the request being served: for audit entries, logs and error pages."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

AGENT_LENGTH = 250  # the names of today's browsers stand at the end


@dataclass(frozen=True)
class RequestFactSheet:
    """Empty texts outside of a request, as in a task or a command."""

    request_id: str = ""
    address: str = ""  # of the client; empty when it came through a unix socket without a trusted proxy
    agent: str = ""
    forwarded: bool = False  # whether anything on the way claims to have passed it on

    @property
    def network(self) -> str:
        """What one subscriber holds: the address, or the /64 of an IPv6 address. For limits."""
        if ":" not in self.address:
            return self.address
        return str(ip_network((self.address, 64), strict=False))

    @property
    def is_loopback(self) -> bool:
        """Whether the browser runs on this very machine; a proxy in between makes that unknown, so no."""
        return bool(self.address) and not self.forwarded and ip_address(self.address).is_loopback


_current: ContextVar[RequestFactSheet] = ContextVar("request_facts", default=RequestFactSheet())  # noqa: B039


def facts() -> RequestFactSheet:
    """The facts of the request being served in this thread."""
    return _current.get()


@contextmanager
def serving(request: HttpRequest) -> Iterator[RequestFactSheet]:
    """The block in which `facts()` are those of `request`."""
    token = _current.set(gather(request))
    try:
        yield facts()
    finally:
        _current.reset(token)


def working_on(task_id: str) -> None:
    """From now on `facts()` are those of a task, which has nobody in front of it."""
    _current.set(RequestFactSheet(request_id=task_id))


def gather(request: HttpRequest) -> RequestFactSheet:
    """The facts of `request`. Its id is ours: one sent by a client could be forged or spoil a log."""
    agent = "".join(sign for sign in request.headers.get("User-Agent", "") if sign.isprintable())
    return RequestFactSheet(
        request_id=secrets.token_hex(8),
        address=client_address(request),
        agent=agent[:AGENT_LENGTH],
        forwarded="X-Forwarded-For" in request.headers or "Forwarded" in request.headers,
    )


def client_address(request: HttpRequest) -> str:
    """The address seen by the outermost of our own TRUSTED_PROXY_COUNT proxies, else the peer's; "" if unknown.

    Each proxy appends the peer it saw, so whatever stands left of ours was written by the client.
    """
    count = settings.TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if count and len(hops) >= count and (address := plain_address(hops[-count])):
        return address
    return plain_address(request.META.get("REMOTE_ADDR", ""))


def plain_address(text: str) -> str:
    """`text` without port, brackets and zone; "" if it is no address."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
